"""`liveshop serve`: run one node."""

import logging

import click

from liveshop.cli.environment import settings_with_keys
from liveshop.cli.node import PortTaken, listen, log_to, serve_until_signalled
from liveshop.core.settings import SETTINGS
from liveshop.edge.tokens import Tokens


class _WithSettings(click.Command):
    """A command whose help lists every setting."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Environment"):
            formatter.write_dl(
                [
                    (
                        setting.name,
                        f"{setting.meaning} [{setting.kind}; default: {setting.default or 'none'}]",
                    )
                    for setting in SETTINGS
                ]
            )


@click.command(cls=_WithSettings)
def serve() -> None:
    """Serve sessions until SIGTERM or SIGINT.

    Any number of nodes may serve the same stores; run `liveshop migrate` first.
    """
    settings = settings_with_keys()
    try:
        Tokens(public_key=settings.jwt_public_key)
    except ValueError as error:
        raise click.ClickException(f"LIVESHOP_JWT_PUBLIC_KEY: {error}") from error
    log_to(logging.StreamHandler(), settings.log_level)
    try:
        listener = listen(settings.host, settings.port)
    except PortTaken as error:
        raise click.ClickException(f"{error} (LIVESHOP_HOST, LIVESHOP_PORT)") from error
    with listener:
        serve_until_signalled(settings, listener)
