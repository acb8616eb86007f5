"""Postgres comes back as an older copy under nodes and a Redis that know more: it is the truth."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import pytest

from liveshop.core.close_codes import CloseCode
from liveshop.engine.rooms.session import Session
from liveshop.stores.audit.look import audit
from liveshop.stores.postgres.sessions import Sessions
from tests.engine.world import EngineShop, Watcher, open_shop
from tests.waiting import until

_ORDERS_RESTORED = (
    "DELETE FROM order_line WHERE rid NOT IN (SELECT rid FROM backup.order_line)",
    "DELETE FROM orders WHERE id NOT IN (SELECT id FROM backup.orders)",
    "DELETE FROM buyer_quota",
    "INSERT INTO buyer_quota TABLE backup.buyer_quota",
    """
    UPDATE stock AS t SET sold = b.sold, version = b.version FROM backup.stock AS b
    WHERE (t.session_id, t."row") = (b.session_id, b."row")
    """,
    """
    UPDATE session AS s SET seq = b.seq, orders = b.orders, units = b.units, revenue = b.revenue
    FROM backup.session AS b WHERE b.id = s.id
    """,
)


@dataclass
class Backup:
    """All that a database has at one moment, to be put in its place at another."""

    connection: asyncpg.Connection
    tables: list[str] = field(default_factory=list)

    async def take(self) -> None:
        """Keep what is there now."""
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        self.tables = [each["tablename"] for each in await self.connection.fetch(listed)]
        await self.connection.execute("CREATE SCHEMA backup")
        for table in self.tables:
            await self.connection.execute(f"CREATE TABLE backup.{table} AS TABLE public.{table}")

    async def restore(self) -> None:
        """Put it back, all at once, under whoever is connected."""
        async with self.connection.transaction():
            await self.connection.execute("SET LOCAL session_replication_role = replica")
            await self.connection.execute(f"TRUNCATE {', '.join(self.tables)}")
            for table in self.tables:
                await self.connection.execute(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE backup.{table}"
                )

    async def restore_orders(self) -> None:
        """Put back what orders have changed, while orders wait for the lock that one has."""
        for statement in _ORDERS_RESTORED:
            await self.connection.execute(statement)


@pytest.fixture
async def backup(postgres_url: str) -> AsyncIterator[Backup]:
    """A backup of the test's database, not taken yet."""
    connection = await asyncpg.connect(postgres_url)
    yield Backup(connection)
    await connection.close()


async def _sell(shop: EngineShop, watcher: Watcher, count: int, **fields: int) -> list[str]:
    """Buy one unit after the other; a purchase refused while Redis is loaded is sent again."""
    return [await _buy(shop, watcher, **fields) for _ in range(count)]


async def _buy(shop: EngineShop, watcher: Watcher, **fields: int) -> str:
    rid = shop.buy(watcher, "OBS-M", **fields)
    while True:
        told = len(watcher.of("error"))

        def news(told: int = told) -> bool:
            return len(watcher.of("error")) > told or _is_confirmed(watcher, rid)

        await watcher.until(news)
        if _is_confirmed(watcher, rid):
            return rid
        assert watcher.of("error")[-1]["code"] == "unavailable"
        await shop.opened((await watcher.sees("session"))["id"])
        shop.buy(watcher, "OBS-M", rid=rid, **fields)


def _is_confirmed(watcher: Watcher, rid: str) -> bool:
    return any(rid in message["rids"] for message in watcher.of("confirmed"))


async def _session(shop: EngineShop, session_id: str) -> Session:
    return (await shop.engine.rooms.get(session_id)).session


async def _settled_in_redis(session: Session, sold: int) -> None:
    """Wait until Redis knows, and has told, of so many orders."""
    await until(
        lambda: session.epochs.redis_head is not None and session.epochs.redis_head.seq >= sold
    )


async def test_an_older_postgres_is_believed_and_selling_goes_on_at_its_prices(
    shop: EngineShop, backup: Backup
) -> None:
    session_id = await shop.live(OBS_M=10)
    await shop.opened(session_id)
    ada, session = await shop.join(session_id, "ada"), await _session(shop, session_id)
    kept = await _sell(shop, ada, 2)
    await backup.take()
    offset, epoch = session.state.offset, session.epochs.newest
    await shop.host(session_id, "product.reprice", product_id="shirt", prices={"OBS-M": 100})
    lost = await _sell(shop, ada, 3)
    await _settled_in_redis(session, 5)
    await backup.restore()
    await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
    shown = (await ada.until(lambda: ada.of("session")[1:]))[0]
    assert shown["offset"] == offset
    assert shown["shelf"][0]["variants"][0]["price"] == 5000
    rid = await _buy(shop, ada, price=5000)
    assert (await ada.sees("confirmed", order_id=rid))["total"] == 5000
    events = await shop.host(session_id, "product.pin", product_id="shirt")
    assert events[-1].offset == offset + 1
    await ada.sees("product.pinned", offset=offset + 1)
    rows = await session.node.stores[Sessions].rows(session_id)
    assert [(row.units, row.sold) for row in rows] == [(10, 3)]
    # An order that was confirmed and is not in this Postgres is told to whoever looks.
    found = await audit(session.node.database, session.node.link, looks=2)
    assert {finding.check for finding in found} == {"sold_is_confirmed"}
    assert {rid for rid in lost if any(rid in finding.what for finding in found)} == set(lost)
    assert not any(rid in finding.what for rid in kept for finding in found)
    shop.buy(ada, "OBS-M", rid=lost[0], ref=7)
    assert (await ada.sees("refused", rid=lost[0]))["code"] == "unavailable"


async def test_orders_that_an_older_postgres_lacks_leave_their_units_to_be_sold_once(
    shop: EngineShop, backup: Backup
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada, session = await shop.join(session_id, "ada"), await _session(shop, session_id)
    await _sell(shop, ada, 1)
    await backup.take()
    epoch, offset = session.epochs.newest, session.state.offset
    await _sell(shop, ada, 4)
    await _settled_in_redis(session, 5)
    await backup.restore()
    # No event is missing: only the orders tell.
    await until(
        lambda: (
            session.epochs.newest > epoch
            and session.epochs.buying
            and session.left() == {"sOBS-M": 4}
        )
    )
    assert session.state.offset == offset
    bo = await shop.join(session_id, "bo")
    await _sell(shop, bo, 4)
    shop.buy(bo, "OBS-M", ref=9)
    assert (await bo.sees("error", ref=9))["code"] == "sold_out"


async def test_the_first_orders_in_an_older_postgres_are_enough_to_notice_it(
    shop: EngineShop, backup: Backup
) -> None:
    session_id = await shop.live(limit=20, OBS_M=20)
    await shop.opened(session_id)
    ada, session = await shop.join(session_id, "ada"), await _session(shop, session_id)
    await backup.take()
    epoch = session.epochs.newest
    await _sell(shop, ada, 3)
    await _settled_in_redis(session, 3)
    async with backup.connection.transaction():
        await backup.connection.execute("SELECT FROM session FOR UPDATE")
        for _ in range(6):
            shop.buy(ada, "OBS-M")
        await ada.until(lambda: ada.of("reserved")[8:])
        await backup.restore_orders()
    # Those that waited bring its count of orders beyond what was known.
    await ada.until(lambda: ada.of("confirmed")[8:])
    await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
    truth = {row.row: row for row in await session.node.stores[Sessions].rows(session_id)}
    assert truth["sOBS-M"].sold == 6
    await until(lambda: session.broadcast.gauges.left == {"OBS-M": 14})
    assert session.rows == truth


async def test_two_nodes_follow_an_older_postgres_alike(
    shop: EngineShop, other: EngineShop, backup: Backup
) -> None:
    session_id = await shop.live(OBS_M=10)
    rooms = [await _session(each, session_id) for each in (shop, other)]
    for each in (shop, other):
        await each.opened(session_id)
    watchers = [await each.join(session_id, "ada") for each in (shop, other)]
    await backup.take()
    epoch = rooms[0].epochs.newest
    await shop.host(session_id, "product.pin", product_id="shirt")
    await other.host(session_id, "session.pause")
    await until(lambda: rooms[0].state.offset == rooms[1].state.offset)
    await backup.restore()
    await until(lambda: all(room.epochs.newest > epoch and room.epochs.good for room in rooms))
    # Their logs have gone apart from what they knew, to the same number of events.
    await shop.host(session_id, "product.reprice", product_id="shirt", prices={"OBS-M": 700})
    await shop.host(session_id, "product.pin", product_id="shirt")
    await until(
        lambda: rooms[0].state == rooms[1].state and all(room.epochs.buying for room in rooms)
    )
    for each, watcher in zip((shop, other), watchers, strict=True):
        await _buy(each, watcher, price=700)


async def test_a_node_that_starts_after_it_does_not_go_on_selling_by_an_old_plan(
    redis_url: str, postgres_url: str, backup: Backup
) -> None:
    async with open_shop(redis_url, postgres_url) as before:
        session_id = await before.live(OBS_M=10)
        await before.opened(session_id)
        ada, session = await before.join(session_id, "ada"), await _session(before, session_id)
        await backup.take()
        await before.host(session_id, "product.reprice", product_id="shirt", prices={"OBS-M": 1})
        await _sell(before, ada, 2)
        await _settled_in_redis(session, 2)
    await backup.restore()
    async with open_shop(redis_url, postgres_url) as after:
        bo, session = await after.join(session_id, "bo"), await _session(after, session_id)
        epoch = (await session.node.stores[Sessions].get(session_id)).stock_epoch
        await until(
            lambda: (
                session.epochs.trusted_from > 0
                and session.epochs.newest >= session.epochs.trusted_from
                and session.epochs.buying
            )
        )
        assert session.epochs.newest >= epoch
        rid = await _buy(after, bo)
        assert (await bo.sees("confirmed", order_id=rid))["total"] == 5000


async def test_a_session_that_an_older_postgres_does_not_have_is_closed(
    shop: EngineShop, backup: Backup
) -> None:
    await backup.take()
    session_id = await shop.live(OBS_M=1)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    await backup.restore()
    await ada.until(lambda: ada.closed)
    assert ada.closed == CloseCode.NO_SUCH_SESSION
    await until(lambda: shop.engine.rooms.loaded(session_id) is None)
    assert shop.engine.node.health.ready
