"""Webhooks by the thousand: one is dead, one is slow, and the others are told in time.

`python -m loadtests.webhooks` starts a PostgreSQL, a worker and one server that receives for all
endpoints. Orders are committed so that 200 deliveries a second come about. The delay of each is
from the COMMIT of its order to its arrival. It exits with 1 if the p95 is over two seconds.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import anyio
import asyncpg

from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.local_stores import running
from liveshop.cli.subprocesses import free_port, spawn, stop
from liveshop.core.decision import Decision, Move
from liveshop.core.events import SessionStarted
from liveshop.core.feature import Vocabulary
from liveshop.core.model import Status
from liveshop.core.session import SessionInfo
from liveshop.features import FEATURES
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks import Webhooks
from liveshop.features.webhooks.store import Wanted
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.migrate import migrate
from liveshop.stores.postgres.order_records import NewLine, NewOrder
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.sessions import Sessions

_SECRET: Final = "s" * 32
_SESSIONS: Final = 100
_PRICE: Final = 1_000
_SLOW_S: Final = 14.0
_LAST_S_MAX: Final = 60.0
_DELAY_S_MAX: Final = 2.0


class _Receiver:
    """Receives for all endpoints; the path says for which."""

    def __init__(self) -> None:
        self.port = free_port()
        self.arrived: list[tuple[str, str, float]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
                message = json.loads(await reader.readexactly(length))
                endpoint = head.split(" ", 2)[1]
                order_id = message["data"].get("order_id")
                if order_id is not None:
                    self.arrived.append((endpoint, order_id, time.monotonic()))
                if endpoint == "/slow":
                    await asyncio.sleep(_SLOW_S)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()  # the last of these when the run ends before the slow one has answered


async def _sessions(database: Database) -> None:
    await database.commit(
        "INSERT INTO product (product_id, title, description) VALUES ('p', 'P', '')"
    )
    await database.commit(
        "INSERT INTO variant (sku, product_id, label, position, price, stock, imported_stock)"
        " VALUES ('A', 'p', 'A', 1, $1, 100000000, 100000000)",
        _PRICE,
    )
    sessions, now_ms = Sessions(database, Vocabulary(FEATURES)), _wall_ms()
    for number in range(_SESSIONS):
        info = SessionInfo(
            id=f"s{number}", title="T", currency="EUR", payment="direct", hold_ms=60_000
        )
        await sessions.create(info, Status.SCHEDULED, now_ms)
        started = Decision(
            events=(SessionStarted(offset=1, at_ms=now_ms),), moves=(Move(sku="A", units=100_000),)
        )
        await sessions.append(info.id, started, Status.LIVE, expected_offset=0)


async def _endpoints(database: Database, count: int, receiver: _Receiver) -> None:
    webhooks, dead = Webhooks(database, MasterKeys([_SECRET])), free_port()
    base = f"http://127.0.0.1:{receiver.port}"
    urls = [f"{base}/{number}" for number in range(count - 2)]
    for number, url in enumerate([*urls, f"{base}/slow", f"http://127.0.0.1:{dead}/"]):
        session_id = f"s{number % _SESSIONS}" if number < count - 2 else None
        wanted = Wanted(url=url, types=["order.*"], session_id=session_id, ordering="subject")
        await webhooks.make(wanted, shop=None, now_ms=_wall_ms())


async def _sell(database: Database, orders_a_second: float, seconds: float) -> dict[str, float]:
    """Commit orders, one after the other session's; return when each was."""
    orders, committed, number = Orders(database), dict[str, float](), 0
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        if number > passed * orders_a_second:
            await anyio.sleep(0.005)
            continue
        rid = str(uuid4())
        line = NewLine(
            rid=rid, sku="A", quantity=1, price=_PRICE, final=_PRICE, sku_limit=100, sale_limit=None
        )
        new = NewOrder(order_id=rid, buyer=rid, lines=[line])
        await orders.commit(f"s{number % _SESSIONS}", 0, [new], now_ms=_wall_ms())
        committed[rid] = time.monotonic()
        number += 1
    return committed


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _delays(arrived: Sequence[tuple[str, str, float]], committed: dict[str, float]) -> list[float]:
    first: dict[tuple[str, str], float] = {}
    for endpoint, order_id, at_s in arrived:
        if endpoint != "/slow" and order_id in committed:
            first.setdefault((endpoint, order_id), at_s - committed[order_id])
    return sorted(first.values())


async def _run(url: str, folder: Path, asked: argparse.Namespace) -> bool:
    await migrate(url)
    receiver = _Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", receiver.port, backlog=1_000)
    database = Database(url)
    async with server, anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        await _sessions(database)
        await _endpoints(database, asked.endpoints, receiver)
        each_told = (asked.endpoints - 2) / _SESSIONS
        environment = {
            "LIVESHOP_POSTGRES_URL": url,
            "LIVESHOP_SECRET": _SECRET,
            "LIVESHOP_WORK_PORT": "0",
            "LIVESHOP_EGRESS_ALLOW": "127.0.0.0/8",
        }
        command = (sys.executable, "-m", "liveshop.cli.commands", "work")
        worker = spawn(command, log=folder / "worker.log", environment=environment)
        try:
            # Every endpoint is pinged first.
            while (await _waiting(url))[0]:  # noqa: ASYNC110 - another process does it
                await anyio.sleep(0.5)
            before_s = _cpu_s(worker.pid)
            committed = await _sell(database, asked.rate / each_told, asked.seconds)
            wanted, give_up = round(len(committed) * each_told), time.monotonic() + _LAST_S_MAX
            while len(delays := _delays(receiver.arrived, committed)) < wanted:
                if time.monotonic() > give_up:
                    break
                await anyio.sleep(0.2)
            used_s = _cpu_s(worker.pid) - before_s
        finally:
            stop(worker, signal.SIGTERM)
        tasks.cancel_scope.cancel()
    return _told(delays, wanted, used_s, asked)


async def _waiting(url: str) -> tuple[int, int]:
    connection = await asyncpg.connect(url)
    try:
        row: Any = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM webhook WHERE due_ms IS NOT NULL AND failures = 0),"
            " (SELECT count(*) FROM outbox)"
        )
    finally:
        await connection.close()
    return row[0] + row[1], row[1]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(delays: Sequence[float], wanted: int, used_s: float, asked: argparse.Namespace) -> bool:
    p50, p95, p99 = (delays[int(len(delays) * part)] for part in (0.5, 0.95, 0.99))
    sys.stdout.write(
        f"{asked.endpoints} endpoints, one dead and one slow; {asked.rate} deliveries a second"
        f" for {asked.seconds} s\n"
        f"delivered {len(delays)} of {wanted}; delay p50 {p50:.3f} s, p95 {p95:.3f} s,"
        f" p99 {p99:.3f} s; worker {1000 * used_s / max(1, len(delays)):.2f} ms of CPU each\n"
    )
    return len(delays) == wanted and p95 <= _DELAY_S_MAX


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtests.webhooks", description=__doc__)
    parser.add_argument("--endpoints", type=int, default=3_000)
    parser.add_argument("--rate", type=int, default=200, help="deliveries a second in all")
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liveshop-webhooks-") as folder:
        postgres = LocalPostgres(Path(folder) / "postgres")
        with running(postgres):
            good = asyncio.run(_run(postgres.url, Path(folder), asked))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(_main())
