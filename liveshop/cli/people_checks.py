"""The checks of `liveshop doctor` of the keys that names and mail are sealed under."""

from typing import Final

import anyio

from liveshop.cli.checks import Check, Verdict
from liveshop.core.errors import LiveshopError
from liveshop.core.settings import Settings
from liveshop.features.guests import closed_reason
from liveshop.features.people import KnownPeople, MasterKeys
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.migrate import MayNotMigrate, current, fits

_MAKE: Final = "`openssl rand -hex 32` makes one"


def check_people_key(settings: Settings) -> Check:
    """Look whether names and mail have a key of their own."""
    keys = [key for key in (settings.people_key, settings.people_key_second) if key]
    if {settings.secret, settings.secret_second}.intersection(keys):
        found = "LIVESHOP_PEOPLE_KEY is also a secret that signs tokens."
        return Check(Verdict.BAD, found, f"Set another, and run `liveshop reseal`; {_MAKE}.")
    if keys:
        return Check(Verdict.GOOD, "Names and mail are sealed under a key of their own.")
    if closed_reason(settings) is not None:
        return Check(Verdict.GOOD, "No guests are let in, and no names kept.")
    found = "Names and mail of guests are sealed under LIVESHOP_SECRET, and lost when it changes."
    fix = f"Set LIVESHOP_PEOPLE_KEY, and run `liveshop reseal`; {_MAKE}."
    return Check(Verdict.WARNING, found, fix)


async def check_names(settings: Settings) -> list[Check]:
    """Look whether all names that are kept can be opened; other checks tell why it cannot look."""
    try:
        if not fits(await current(settings.postgres_url)):
            return []
        lost = await _lost(settings)
    except (LiveshopError, MayNotMigrate):
        return []
    if not lost:
        return []
    found = f"The names of {lost} people cannot be opened: no key that is set has sealed them."
    fix = "Set the key that did as LIVESHOP_PEOPLE_KEY_SECOND, and run `liveshop reseal`."
    return [Check(Verdict.WARNING, found, fix)]


async def _lost(settings: Settings) -> int:
    database = Database(settings.postgres_url, pool_max=1)
    lost = 0
    async with anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        try:
            lost = await KnownPeople(database, MasterKeys.of(settings)).lost()
        except LiveshopError:
            lost = 0  # PostgreSQL went away after it was looked at
        tasks.cancel_scope.cancel()
    return lost
