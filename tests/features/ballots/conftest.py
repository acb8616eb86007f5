"""A session with ballots in a database of the test's own."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from liveshop.stores.postgres.database import Database
from tests.features.ballots.boxes import Boxes
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import StoredShop


@pytest.fixture
async def boxes(postgres_url: str) -> AsyncIterator[Boxes]:
    """The store of ballots, and a session that has an open box `p1`."""
    async with running(Database(postgres_url)) as database:
        await StoredShop(database).open("s1", {})
        boxes = Boxes(database)
        await boxes.store.open("s1", "p1", None)
        yield boxes


@pytest.fixture
async def stranger(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own, to hold a transaction open."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()
