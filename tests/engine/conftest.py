"""A shop for every test that asks."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.engine.world import EngineShop, open_shop


@pytest.fixture
async def shop(redis_url: str, postgres_url: str) -> AsyncIterator[EngineShop]:
    """One node on real stores."""
    async for opened in _opened(redis_url, postgres_url):
        yield opened


@pytest.fixture
async def other(shop: EngineShop, redis_url: str, postgres_url: str) -> AsyncIterator[EngineShop]:
    """A second node on the same stores."""
    async for opened in _opened(redis_url, postgres_url):
        yield opened


async def _opened(redis_url: str, postgres_url: str) -> AsyncIterator[EngineShop]:
    """Run a node in a task of its own.

    A fixture is set up and torn down in different tasks, and a task group must be left in the
    one that it was entered in.
    """
    opened: asyncio.Future[EngineShop] = asyncio.get_running_loop().create_future()
    closing = asyncio.Event()

    async def keep_open() -> None:
        async with open_shop(redis_url, postgres_url) as shop:
            opened.set_result(shop)
            await closing.wait()

    task = asyncio.create_task(keep_open())
    task.add_done_callback(lambda _: opened.done() or opened.cancel())
    try:
        shop = await opened
    except asyncio.CancelledError:
        task.result()
        raise
    yield shop
    closing.set()
    await task
