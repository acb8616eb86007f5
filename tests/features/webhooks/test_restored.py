"""PostgreSQL becomes an older copy while a worker runs: what a receiver sees then."""

from collections.abc import Sequence

import anyio
import asyncpg

from liveshop.cli.local_stores import LocalStores
from liveshop.features.change_feed.store import Feed
from liveshop.stores.postgres.database import Database
from tests.features.webhooks.conftest import Sender
from tests.features.webhooks.receiver import Received, receiver
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import StoredShop
from tests.waiting import until


async def _closed(connection: asyncpg.Connection, name: str) -> None:
    """Let nobody be connected to a database."""
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
    with anyio.fail_after(30):
        while await connection.fetchval(others, name):
            await connection.fetch(gone, name)


async def _copy(stores: LocalStores, name: str) -> None:
    """Make a copy of a database as it is, while a worker would be connected to it."""
    connection = await asyncpg.connect(stores.postgres.url)
    try:
        await _closed(connection, name)
        await connection.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    finally:
        await connection.close()


async def _restore(stores: LocalStores, name: str) -> None:
    """Put the copy in the place of the database."""
    connection = await asyncpg.connect(stores.postgres.url)
    try:
        await _closed(connection, name)
        await connection.execute(f"ALTER DATABASE {name} RENAME TO {name}_lost")
        await connection.execute(f"ALTER DATABASE {name}_copy RENAME TO {name}")
        await connection.execute(f"DROP DATABASE {name}_lost")
    finally:
        await connection.close()


def _of(requests: Sequence[Received], kind: str) -> list[Received]:
    return [each for each in requests if each.message["type"] == kind]


async def _sell(url: str, sender: Sender, count: int) -> list[str]:
    """Confirm orders over connections of their own: those of before were cut."""
    async with running(Database(url)) as database:
        sender.shop = StoredShop(database)
        return await sender.sell(count)


async def test_an_older_copy_is_told_first_and_its_new_past_under_new_ids(
    stores: LocalStores, postgres_url: str, sender: Sender
) -> None:
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    async with receiver() as erp:
        await sender.hook(erp.url, "order.*", "system.*", "session.*")
        async with sender.working():
            kept = await _sell(postgres_url, sender, 2)
            await until(lambda: len(_of(erp.requests, "order.confirmed")) == 2)
            async with running(Database(postgres_url)) as database:
                sender.shop = StoredShop(database)
                await sender.settled()
            await _copy(stores, name)
            lost = await _sell(postgres_url, sender, 3)
            await until(lambda: len(_of(erp.requests, "order.confirmed")) == 5)
            async with running(Database(postgres_url)) as database:
                known = (await Feed(database).changes(0, 1_000, types=None, shop=None)).next
            await _restore(stores, name)
            await until(lambda: len(_of(erp.requests, "system.restored")) == 1)
            new = await _sell(postgres_url, sender, 1)
            async with running(Database(postgres_url)) as database:
                await StoredShop(database).end("s1")
                sender.shop = StoredShop(database)
                await until(lambda: len(_of(erp.requests, "session.ended")) == 1)
                await until(lambda: len(_of(erp.requests, "order.confirmed")) >= 6)
                await sender.settled()
                feed = Feed(database)
                told = _of(erp.requests, "system.restored")[0].message
                after = told["data"]["newest"]
                later = await feed.changes(after, 100, types=None, shop=None)
    assert told["data"] == {"newest": known - 3, "known": known}
    orders = [each.message["data"]["order_id"] for each in _of(erp.requests, "order.confirmed")]
    assert sorted(orders) == sorted([*kept, *lost, *new])
    # The messages after `newest` are exactly those that the receiver was sent since.
    since = erp.requests[erp.requests.index(_of(erp.requests, "system.restored")[0]) :]
    assert sorted(later.bodies) == sorted(each.body for each in since)
    assert len({each.headers["webhook-id"] for each in erp.requests}) == len(erp.requests)


async def test_a_worker_that_starts_says_nothing_of_a_restore(
    postgres_url: str, sender: Sender
) -> None:
    async with receiver() as erp:
        await sender.hook(erp.url, "*")
        async with sender.working():
            await sender.sell()
            await until(lambda: len(_of(erp.requests, "order.confirmed")) == 1)
            await sender.settled()
        async with sender.working():
            await sender.sell()
            await until(lambda: len(_of(erp.requests, "order.confirmed")) == 2)
            await sender.settled()
    assert _of(erp.requests, "system.restored") == []
