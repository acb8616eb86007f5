"""Real stores for every test that asks: one Valkey and one PostgreSQL for each process of tests."""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis
from hypothesis import HealthCheck, settings

from liveshop.cli.local_stores import LocalStores, local_stores
from liveshop.stores.postgres.migrate import migrate
from tests.leaving_out import leave_out
from tests.spread import Spread, order, processes

_TEMPLATE = "migrated"
_numbers = itertools.count(1)

# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--without`, for a tree where the line of a feature is not in the list."""
    parser.addoption("--without", action="append", default=[], help="a feature that is left out")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Say how many processes of tests `-n auto` is."""
    return processes()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spread:
    """Spread the tests over the processes as `Spread` does, whatever `--dist` says."""
    # Else xdist sorts the files by how many tests they have.
    config.option.loadscopereorder = False
    return Spread(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every test an id of its own, and sort them by `spread.order` in every process alike.

    Tests that need a feature that is left out are left out with it.
    """
    left_out = leave_out(items, config.getoption("--without"))
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        # Schemathesis puts the operation into a test's name, but pytest 9.2 takes the id from
        # elsewhere. Tests of one id would be one test to xdist, which would run it once.
        if not item.nodeid.endswith(item.name):
            item._id = item.id.with_params(item.name.partition("[")[2].removesuffix("]"))
    if hasattr(config, "workerinput"):
        order(items)


@pytest.fixture(scope="session")
def stores() -> Iterator[LocalStores]:
    """Both stores, for all tests of a process; without fsync, since none cuts the power."""
    with store_folder() as folder, local_stores(folder, durable=False) as running:
        yield running


@pytest.fixture
def own_stores() -> Iterator[LocalStores]:
    """Stores that a test may kill."""
    with store_folder() as folder, local_stores(folder, durable=False) as running:
        yield running


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of the test's own, in place of pytest's: a PostgreSQL in it stays readable to it."""
    with store_folder() as folder:
        yield folder


@contextmanager
def store_folder() -> Iterator[Path]:
    """Give a folder that goes with what is in it.

    Not one of pytest's: each run of pytest that begins closes those of all others to other users,
    and as root PostgreSQL is another user.
    """
    with tempfile.TemporaryDirectory(prefix="liveshop-stores-") as folder:
        yield Path(folder)


@pytest.fixture
def redis_url(stores: LocalStores) -> str:
    """An empty Valkey, which may still have function libraries of earlier tests."""
    with redis.Redis.from_url(stores.valkey.url) as client:
        client.flushall()
    return stores.valkey.url


@pytest.fixture
async def bare_postgres_url(stores: LocalStores) -> AsyncIterator[str]:
    """A database of the test's own with nothing in it."""
    async for url in _database(stores, template="template1"):
        yield url


@pytest.fixture
async def postgres_url(stores: LocalStores, migrated_template: str) -> AsyncIterator[str]:
    """A database of the test's own with the newest schema and no rows."""
    async for url in _database(stores, template=migrated_template):
        yield url


@pytest.fixture(scope="session")
def migrated_template(stores: LocalStores) -> str:
    """A database with the newest schema, to be copied: 30 ms instead of every migration."""
    asyncio.run(_execute(stores, f"CREATE DATABASE {_TEMPLATE}"))
    asyncio.run(migrate(stores.postgres.database_url(_TEMPLATE)))
    return _TEMPLATE


async def _database(stores: LocalStores, *, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    await _execute(stores, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield stores.postgres.database_url(name)
    await _execute(stores, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(stores: LocalStores, statement: str) -> None:
    connection = await asyncpg.connect(stores.postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
