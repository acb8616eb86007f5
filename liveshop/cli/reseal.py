"""`liveshop reseal`: put a new master key in place of the one before."""

import asyncio

import anyio
import click

from liveshop.cli.environment import read_settings
from liveshop.cli.reach import require_schema
from liveshop.core.errors import LiveshopError, reason
from liveshop.core.settings import Settings
from liveshop.features.people import KnownPeople, MasterKeys
from liveshop.features.webhooks import Webhooks
from liveshop.stores.postgres.database import Database


@click.command()
def reseal() -> None:
    """Seal the keys of all people and the secrets of webhooks under the current master key.

    That is LIVESHOP_PEOPLE_KEY, or without one LIVESHOP_SECRET. Nodes may serve meanwhile, if they
    have the same settings. Exits with 1 if the key of anything is lost; run it as often as you
    like.
    """
    settings = read_settings()
    if not MasterKeys.of(settings):
        raise click.ClickException("LIVESHOP_PEOPLE_KEY is not set, and no LIVESHOP_SECRET")
    try:
        people, webhooks = asyncio.run(_reseal(settings))
    except LiveshopError as error:
        raise click.ClickException(
            f"PostgreSQL does not answer at LIVESHOP_POSTGRES_URL: {reason(error)};"
            " what was done before is kept, run the same again"
        ) from error
    click.echo(f"{people[0]} people are under the current key now.")
    click.echo(f"{webhooks[0]} webhooks are under the current key now.")
    if lost := people[1] + webhooks[1]:
        click.echo(f"{lost} cannot be opened: no key that is set has sealed them.")
        raise SystemExit(1)


async def _reseal(settings: Settings) -> tuple[tuple[int, int], tuple[int, int]]:
    await require_schema(settings.postgres_url)
    database = Database(settings.postgres_url, pool_max=1)
    keys = MasterKeys.of(settings)
    outcome: tuple[tuple[int, int], tuple[int, int]] | LiveshopError
    async with anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        try:
            people = await KnownPeople(database, keys).wrap_again()
            outcome = people, await Webhooks(database, keys).wrap_again()
        except LiveshopError as error:
            # Carried out of the task group, which would wrap it up with others.
            outcome = error
        tasks.cancel_scope.cancel()
    if isinstance(outcome, LiveshopError):
        raise outcome
    return outcome
