"""`liveshop token`: make a token by hand."""

import click

from liveshop.cli.environment import read_settings
from liveshop.core.errors import LivesTooLong, Unauthorized
from liveshop.core.limits import ID_CHARS_MAX
from liveshop.core.roles import Role
from liveshop.edge.tokens import Tokens, make_token

_DAY_S = 86_400


@click.command()
@click.option("--sub", "viewer_id", required=True, help="The id of its bearer; all viewers see it.")
@click.option(
    "--role",
    type=click.Choice([role.word for role in Role]),
    default=Role.VIEWER.word,
    show_default=True,
    help="The role of its bearer.",
)
@click.option("--name", help="The name shown in the chat.")
@click.option("--session", "session_id", help="The only session it is valid for; any if left out.")
@click.option("--shop", help="The only shop it is valid for; all if left out.")
@click.option(
    "--ttl",
    "ttl_s",
    type=click.IntRange(min=1),
    default=_DAY_S,
    show_default=True,
    help="For how many seconds it is valid.",
)
def token(
    viewer_id: str,
    role: str,
    name: str | None,
    session_id: str | None,
    shop: str | None,
    ttl_s: int,
) -> None:
    """Print a token signed with LIVESHOP_SECRET."""
    settings = read_settings()
    if not settings.secret:
        raise click.ClickException("LIVESHOP_SECRET is not set: it signs the token")
    made = make_token(
        settings.secret,
        viewer_id=viewer_id,
        role=Role[role.upper()],
        ttl_s=ttl_s,
        name=name,
        session_id=session_id,
        shop=shop,
        issuer=settings.secret_issuer,
        audience=settings.secret_audience,
    )
    if Role[role.upper()] > Role[settings.secret_role_max.upper()]:
        raise click.ClickException(
            f"LIVESHOP_SECRET_ROLE_MAX is {settings.secret_role_max}: the server would refuse "
            f"a token with the role {role}"
        )
    try:
        Tokens.of(settings).read(made)
    except LivesTooLong as error:
        raise click.ClickException(f"the server would refuse this token: {error.message}") from None
    except Unauthorized as error:
        raise click.ClickException(
            f"the server would refuse this token: --sub, --name, --session and --shop take "
            f"1 to {ID_CHARS_MAX} characters, none of them a control character"
        ) from error
    click.echo(made)
