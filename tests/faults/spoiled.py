"""A node in this process whose ways to its stores can be spoiled."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.engine.world import EngineShop, Watcher, open_shop
from tests.faults.proxy import Proxy
from tests.waiting import until


@dataclass(frozen=True)
class Spoiled:
    """A node, its ways to the stores, and the Postgres behind them."""

    shop: EngineShop
    redis: Proxy
    bus: Proxy
    postgres: Proxy
    postgres_url: str

    async def ask_postgres(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Ask Postgres itself, past the proxy."""
        connection = await asyncpg.connect(self.postgres_url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *args)
        finally:
            await connection.close()
        return rows

    async def orders(self) -> list[str]:
        """Return the ids of the confirmed orders, as Postgres has them."""
        rows = await self.ask_postgres("SELECT id FROM orders WHERE status = 'confirmed'")
        return [row["id"] for row in rows]


@asynccontextmanager
async def open_spoiled(
    redis_url: str, postgres_url: str, **settings: Any
) -> AsyncIterator[Spoiled]:
    """Run a node behind proxies, which do nothing yet."""
    async with AsyncExitStack() as stack:
        redis, bus, postgres = [
            await stack.enter_async_context(Proxy(url).listening())
            for url in (redis_url, redis_url, postgres_url)
        ]
        opened = open_shop(redis.url, postgres.url, bus_url=bus.url, **settings)
        shop = await stack.enter_async_context(opened)
        yield Spoiled(shop, redis, bus, postgres, postgres_url)


async def nothing_is_held(shop: EngineShop, session_id: str) -> None:
    """Wait until no reservation of a session is open."""
    broadcast = (await shop.engine.rooms.get(session_id)).session.broadcast
    await until(lambda: broadcast.stats is not None and broadcast.stats.held == 0)


def told(watcher: Watcher, ref: int) -> list[str]:
    """Return what a command was answered with: the types, or the codes of the errors."""
    answers = [message for message in watcher.inbox if message.get("ref") == ref]
    return [message.get("code", message["type"]) for message in answers]


def final(watcher: Watcher, rid: str) -> list[str]:
    """Return the final answers that a buyer was given for a reservation."""
    confirmed = [each["type"] for each in watcher.of("confirmed") if rid in each["rids"]]
    ended = [
        each["type"]
        for kind in ("released", "expired", "refused")
        for each in watcher.of(kind)
        if each["rid"] == rid
    ]
    return confirmed + ended


async def answered(watcher: Watcher, ref: int) -> None:
    """Wait until a command has an answer, whatever it is."""
    await watcher.until(lambda: told(watcher, ref))


async def ended(watcher: Watcher, rid: str) -> None:
    """Wait until a buyer has a final answer for a reservation, whatever it is."""
    await watcher.until(lambda: final(watcher, rid))
