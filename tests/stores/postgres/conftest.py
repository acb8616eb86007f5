"""A running Database on a migrated database of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from liveshop.stores.postgres.database import Database
from tests.stores.postgres.shop import StoredShop


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[Database]:
    """Run a database's pool for the length of a block."""
    task = asyncio.create_task(database.run())
    try:
        # The pool opens no connection of its own, so that it is there after one turn of the loop.
        await asyncio.sleep(0)
        yield database
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    """A running pool on an empty, migrated database."""
    async with running(Database(postgres_url)) as database:
        yield database


@pytest.fixture
async def shop(database: Database) -> StoredShop:
    """A live session `s1` with 10 units each of the SKUs A and B, and a sale `@1` of 5 units."""
    shop = StoredShop(database)
    await shop.stock_catalogue({"A": 30, "B": 30, "C": 30})
    await shop.open("s1", {"A": 10, "B": 10}, sale_units=5)
    return shop
