"""The audit holds what Redis believes against what Postgres knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from liveshop.core.model import Reservation, ReservationState, Row
from liveshop.stores.audit import audit
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.units import SessionUnits
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import NOW, PRICE, Shop, order

SEPARATOR = "\x1f"
SESSION = "{s:s1}:"


class Market:
    """A session that sold two units in both stores and has one more reserved in Redis."""

    def __init__(self, database: Database, link: RedisLink) -> None:
        self.shop = Shop(database)
        self.link = link
        self.units = SessionUnits(link, Library(), "s1")

    async def open(self) -> None:
        """Sell, rebuild Redis from Postgres, and copy."""
        await self.shop.stock_catalogue({"A": 30})
        await self.shop.open("s1", {"A": 10}, sale_units=5)
        rebuild = await self.shop.sessions.raise_epoch("s1", 0)
        assert rebuild is not None
        await self.units.fence(1)
        await self.units.load(
            1,
            now_ms_min=NOW,
            rows=rebuild.rows,
            totals=rebuild.totals,
            pending=[self.reservation()],
        )
        reply = await self.shop.orders.commit(
            "s1", 1, [order("r1", quantity=2, sale="@1")], now_ms=NOW
        )
        await self.units.copy(1, reply.copies.rows, reply.copies.bought, reply.copies.totals)

    def reservation(self) -> Reservation:
        """Return the reservation that is under way."""
        return Reservation(
            rid="r2",
            buyer="bo",
            command="buy",
            sku="A",
            quantity=1,
            price=PRICE,
            sale="@1",
            state=ReservationState.PAYING,
            order_id="r2",
            deadline_ms=NOW + 86_400_000_000,
        )

    async def findings(self) -> list[str]:
        """Return what one look finds."""
        found = await audit(self.shop.database, self.link, looks=1)
        return [f"{finding.promise} {finding.what}" for finding in found]


@pytest.fixture
async def market(postgres_url: str, redis_url: str) -> AsyncIterator[Market]:
    """An open market in which all is well."""
    link = RedisLink(redis_url)
    task = asyncio.create_task(link.run())
    try:
        async with running(Database(postgres_url)) as database:
            async with asyncio.timeout(10):
                while not link.connected:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            market = Market(database, link)
            await market.open()
            assert await market.findings() == []
            yield market
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_copy_that_lags_behind_is_found_until_it_is_made(market: Market) -> None:
    reply = await market.shop.orders.commit("s1", 1, [order("r3")], now_ms=NOW)
    assert await market.findings() == [
        "P1 session s1: row sA (units, sold, version): Redis [10, 2, 2], Postgres [10, 3, 3]",
        "P1 session s1: what ada bought of sA: Redis [2, 1], Postgres [3, 2]",
        "P1 session s1: orders, units, revenue: Redis [1, 2, 10000], Postgres [2, 3, 15000]",
    ]
    await market.units.copy(1, reply.copies.rows, reply.copies.bought, reply.copies.totals)
    assert await market.findings() == []


async def test_a_copy_that_is_newer_than_the_truth_is_found(market: Market) -> None:
    await market.units.copy(1, [Row(row="sA", units=10, sold=1, version=9)])
    assert await market.findings() == [
        "P1 session s1: row sA (units, sold, version): Redis [10, 1, 9], Postgres [10, 2, 2]"
    ]


async def test_a_hold_that_nobody_has_is_found(market: Market) -> None:
    await market.link.call("HSET", SESSION + "stock", f"sA{SEPARATOR}held", 2)
    assert await market.findings() == ["P4 session s1: row sA holds 2, its reservations 1"]


async def test_a_buyers_hold_that_nobody_has_is_found(market: Market) -> None:
    await market.link.call("HSET", SESSION + "held", f"eve{SEPARATOR}sA", 1)
    assert await market.findings() == [
        "P4 session s1: what eve of sA holds is not what is reserved"
    ]


async def test_a_reservation_long_past_its_deadline_is_found(market: Market) -> None:
    packed = await market.link.call("HGET", SESSION + "res", "r2")
    deadline = str(market.reservation().deadline_ms)
    await market.link.call("HSET", SESSION + "res", "r2", packed.replace(deadline, "1"))
    assert await market.findings() == ["P4 session s1: r2 is long overdue"]


async def test_what_redis_does_not_sell_by_is_not_believed(market: Market) -> None:
    await market.link.call("HSET", SESSION + "stock", f"sA{SEPARATOR}held", 2)
    await market.units.fence(2)
    assert await market.findings() == []


async def test_what_is_gone_at_the_second_look_was_on_its_way(market: Market) -> None:
    reply = await market.shop.orders.commit("s1", 1, [order("r3")], now_ms=NOW)
    looking = asyncio.create_task(audit(market.shop.database, market.link, looks=2))
    done, _ = await asyncio.wait([looking], timeout=0.2)
    assert not done
    await market.units.copy(1, reply.copies.rows, reply.copies.bought, reply.copies.totals)
    assert await looking == []
