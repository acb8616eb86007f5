"""Reach the stores from a command that runs once, and say why where they cannot be reached."""

from typing import Final

import anyio
import click

from liveshop.core.errors import Unavailable
from liveshop.stores.postgres.migrate import current, fits
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.opening import close_connection, open_connection

_CONNECT_S_MAX: Final = 3.0
_POLL_S: Final = 0.02


async def try_redis(url: str) -> None:
    """Connect and leave again; raises Unavailable, whose cause says what is wrong.

    A link tries again and again instead, and logs each failure.
    """
    try:
        with anyio.fail_after(_CONNECT_S_MAX):
            await close_connection(await open_connection(url, decode=True))
    except TimeoutError as error:
        raise Unavailable() from error


async def until_connected(link: RedisLink) -> None:
    """Return once a started link is connected, or soon anyway: its first call says why."""
    with anyio.move_on_after(_CONNECT_S_MAX):
        while True:
            if link.whole:
                return
            await anyio.sleep(_POLL_S)


async def require_schema(url: str) -> None:
    """End the command with one clear line where the database's tables are not those we need.

    Raises Unavailable, whose cause says what is wrong, where the database cannot be reached.
    """
    if not fits(await current(url)):
        raise click.ClickException(
            "the database's tables are not those of this release: run `liveshop migrate` first"
        )
