"""The local stores start, stop, and recover from whatever an earlier run left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.local_stores import local_stores
from liveshop.cli.local_valkey import LocalValkey
from liveshop.cli.subprocesses import LocalStoreError

_HOLD_STORES = """
import sys, threading
from pathlib import Path
from liveshop.cli.local_stores import local_stores
with local_stores(Path(sys.argv[1]), durable=False) as stores:
    sys.stdout.write(f"{stores.valkey.process.pid} {stores.postgres.process.pid}\\n")
    sys.stdout.flush()
    threading.Event().wait()
"""


async def _remember(url: str, value: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS remembered (value int)")
    await connection.execute("INSERT INTO remembered VALUES ($1)", value)
    await connection.close()


async def _remembered(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT value FROM remembered ORDER BY value")
    await connection.close()
    return [row["value"] for row in rows]


async def test_data_survives_a_stop_and_a_second_start(tmp_path: Path) -> None:
    with local_stores(tmp_path) as stores:
        await _remember(stores.postgres.url, 1)
        with redis.Redis.from_url(stores.valkey.url) as client:
            client.set("remembered", "1")
    with local_stores(tmp_path) as stores:
        assert await _remembered(stores.postgres.url) == [1]
        with redis.Redis.from_url(stores.valkey.url) as client:
            assert client.get("remembered") == b"1"


async def test_data_survives_kill_9_of_both_stores(tmp_path: Path) -> None:
    with local_stores(tmp_path) as stores:
        await _remember(stores.postgres.url, 1)
        with redis.Redis.from_url(stores.valkey.url) as client:
            client.set("remembered", "1")
        stores.valkey.kill()
        stores.postgres.kill()
        stores.valkey.start()
        stores.postgres.start()
        assert await _remembered(stores.postgres.url) == [1]
        with redis.Redis.from_url(stores.valkey.url) as client:
            assert client.get("remembered") == b"1"


def test_valkey_appends_every_write_and_evicts_nothing(tmp_path: Path) -> None:
    valkey = LocalValkey(tmp_path)
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    valkey.stop()


def test_neither_store_lets_a_stranger_in(tmp_path: Path) -> None:
    valkey = LocalValkey(tmp_path)
    valkey.start()
    with (
        redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.get("anything")
    valkey.stop()


async def test_the_next_start_recovers_from_a_killed_parent(tmp_path: Path) -> None:
    pids = _start_stores_and_kill_their_parent(tmp_path)
    with local_stores(tmp_path, durable=False) as stores:
        await _remember(stores.postgres.url, 1)
        assert await _remembered(stores.postgres.url) == [1]
        assert [pid for pid in pids if _runs(pid)] == []


async def test_a_store_that_still_runs_on_the_folder_is_stopped_first(tmp_path: Path) -> None:
    leftover = LocalPostgres(tmp_path / "postgres", durable=False)
    leftover.start()
    leftover_valkey = LocalValkey(tmp_path / "valkey")
    leftover_valkey.start()
    await _remember(leftover.url, 1)
    with local_stores(tmp_path, durable=False) as stores:
        assert leftover.process is not None and leftover_valkey.process is not None
        assert leftover.process.wait(10) == 0
        assert leftover_valkey.process.wait(10) == 0
        assert await _remembered(stores.postgres.url) == [1]


async def test_a_zombie_named_by_the_pid_file_is_not_a_running_store(tmp_path: Path) -> None:
    killed = LocalPostgres(tmp_path, durable=False)
    killed.start()
    await _remember(killed.url, 1)
    assert killed.process is not None
    _kill_without_reaping(killed.process.pid)
    again = LocalPostgres(tmp_path, durable=False)
    again.start()
    assert await _remembered(again.url) == [1]
    again.stop()
    killed.process.wait()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    with (
        pytest.raises(LocalStoreError, match="cannot use the folder") as raised,
        local_stores(file / "data"),
    ):
        pass
    assert "\n" not in str(raised.value)


def _start_stores_and_kill_their_parent(folder: Path) -> list[int]:
    parent = subprocess.Popen(
        [sys.executable, "-c", _HOLD_STORES, str(folder)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.kill()
    parent.wait()
    return pids


def _kill_without_reaping(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
