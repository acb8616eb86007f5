"""`liveshop migrate`: bring the database's schema up to date."""

import asyncio

import click

from liveshop.cli.environment import read_settings
from liveshop.core.errors import LiveshopError, reason
from liveshop.stores.postgres import migrate as schema


@click.command()
def migrate() -> None:
    """Bring the schema of LIVESHOP_POSTGRES_URL up to date.

    It may be run at any time and by several at once; nothing happens where nothing is due. A
    schema of a later release stays as it is.
    """
    settings = read_settings()
    try:
        before = asyncio.run(schema.current(settings.postgres_url))
        asyncio.run(schema.migrate(settings.postgres_url))
        now = asyncio.run(schema.current(settings.postgres_url))
    except LiveshopError as error:
        raise click.ClickException(
            f"PostgreSQL does not answer at LIVESHOP_POSTGRES_URL: {reason(error)};"
            " `liveshop doctor` says more"
        ) from error
    except schema.MayNotMigrate as error:
        raise click.ClickException(
            f"{error}: `liveshop migrate` needs the role that owns the tables, and nodes another"
            " one (deploy/postgres/roles.sql)"
        ) from error
    click.echo(f"The schema is at {now}" + (", as it was." if before == now else "."))
