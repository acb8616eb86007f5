"""Connections to PostgreSQL that are given up: the other end, whatever it is, sees them end."""

import asyncio

import anyio
import pytest

from liveshop.cli.local_stores import LocalStores
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.migrate import current
from tests.faults.proxy import Proxy
from tests.stores.postgres.conftest import running
from tests.waiting import until

# Nothing, the answer to SSLRequest, in the midst of logging in, and in the midst of a result.
_ANSWERED_BYTES = (0, 1, 10, 100, 200, 600)


@pytest.mark.parametrize("use_uvloop", [False, True])
@pytest.mark.parametrize("answered_bytes", _ANSWERED_BYTES)
def test_a_connection_whose_opening_is_cancelled_is_closed(
    stores: LocalStores, answered_bytes: int, use_uvloop: bool
) -> None:
    async def give_up() -> None:
        async with (
            Proxy(stores.postgres.url).listening() as proxy,
            running(Database(proxy.url)) as database,
        ):
            proxy.answer_bytes_max = answered_bytes
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(database.fetch, f"SELECT repeat('x', 1000), {answered_bytes}")
                await proxy.held_back.wait()
                assert proxy.connections == 1
                tasks.cancel_scope.cancel()
            await until(lambda: not proxy.connections)
            proxy.answer_bytes_max = None
            await database.ping()

    anyio.run(give_up, backend_options={"use_uvloop": use_uvloop})


@pytest.mark.parametrize("answered_bytes", _ANSWERED_BYTES[:4])
async def test_a_command_that_is_stopped_while_it_connects_leaves_nothing_open(
    stores: LocalStores, answered_bytes: int
) -> None:
    async with Proxy(stores.postgres.url).listening() as proxy:
        proxy.answer_bytes_max = answered_bytes
        command = asyncio.create_task(current(proxy.url))
        await proxy.held_back.wait()
        command.cancel()
        with pytest.raises(asyncio.CancelledError):
            await command
        await until(lambda: not proxy.connections)


@pytest.mark.parametrize("use_uvloop", [False, True])
def test_of_a_pool_that_ends_while_it_connects_nothing_stays_open(
    stores: LocalStores, use_uvloop: bool
) -> None:
    async def end() -> None:
        async with Proxy(stores.postgres.url).listening() as proxy:
            async with (
                running(Database(proxy.url)) as database,
                anyio.create_task_group() as tasks,
            ):
                await database.ping()
                proxy.answer_bytes_max = 10
                for _ in range(3):
                    tasks.start_soon(database.fetch, "SELECT pg_sleep(60)")
                await until(lambda: proxy.connections == 3)
                await proxy.held_back.wait()
                tasks.cancel_scope.cancel()
            await until(lambda: not proxy.connections)

    anyio.run(end, backend_options={"use_uvloop": use_uvloop})
