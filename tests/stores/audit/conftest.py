"""The shop of the tests of Postgres, and a market that sells in both stores."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from liveshop.stores.audit.books import audit_books
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.link import RedisLink
from tests.stores.audit.market import LATER, Market
from tests.stores.postgres.conftest import database, shop
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, order
from tests.waiting import until

__all__ = ["database", "shop"]


@pytest.fixture
async def worked(shop: StoredShop) -> StoredShop:
    """The shop after one of everything, in which the audit finds nothing."""
    await shop.open("s2", {"A": 10}, payment="checkout")
    await shop.commit(order("r1", quantity=2, sale="@1"), order("r2", "B"), order("r3", "B", 99))
    for rid in ("c1", "c2"):
        waiting = order(rid, pay_until_ms=LATER)
        await shop.orders.pend("s2", 0, [waiting], now_ms=NOW)
    await shop.payments.confirm("c1", "p1", PRICE, now_ms=NOW)
    assert await audit_books(shop.database, now_ms=NOW) == []
    return shop


@pytest.fixture
async def link(redis_url: str) -> AsyncIterator[RedisLink]:
    """A connection to an empty Redis."""
    link = RedisLink(redis_url)
    task = asyncio.create_task(link.run())
    try:
        await until(lambda: link.connected)
        yield link
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def market(database: Database, link: RedisLink) -> Market:
    """An open market in which all is well."""
    market = Market(database, link)
    await market.open()
    assert await market.findings() == []
    return market
