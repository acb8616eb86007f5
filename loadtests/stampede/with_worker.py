"""A purchase while a worker has more to do than it manages, and while none runs.

The worker and its receivers run with the lowest priority, since they would have a machine of their
own; they share the stores.
"""

import asyncio
import random
import signal
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit import system
from loadtests.kit.shop import wait_until
from loadtests.kit.worker import Worker
from loadtests.stampede.arena import Run, open_arena
from loadtests.stampede.bench import UNITS, Bench, p99_ms
from loadtests.stampede.rush import Rush

# All of them hear of each order: thousands of deliveries a second, which no worker manages.
_ENDPOINTS: Final = 3
_PAIRS: Final = 5
_ALLOW: Final = {"LIVESHOP_EGRESS_ALLOW": "127.0.0.0/8"}
_ANSWER: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_WORK: Final = """
import sys
from liveshop.cli.commands import main
from loadtests.kit.system import take_lowest_priority
take_lowest_priority()
sys.argv = ["liveshop", "work"]
main()
"""
_WITH, _WITHOUT = "with a worker", "without one"


class _Receiver(asyncio.Protocol):
    """Takes whatever is delivered, as cheaply as can be."""

    def __init__(self) -> None:
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        while True:
            head, ends, rest = self._got.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
            if not ends or len(rest) < length:
                return
            self._got = rest[length:]
            self._transport.write(_ANSWER)


def serve(pipe: Connection, port: int) -> None:
    """Receive webhooks until the pipe is closed."""
    system.take_lowest_priority()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(loop.create_server(_Receiver, "127.0.0.1", port))
    loop.add_reader(pipe.fileno(), loop.stop)
    loop.run_forever()
    loop.close()


@contextmanager
def _worker(bench: Bench) -> Iterator[int]:
    """Run `liveshop work` on the shop's stores; yield its process's id once it works."""
    shop, port = bench.shop, free_port()
    log = shop.folder / "worker.log"
    environment = {
        "LIVESHOP_POSTGRES_URL": shop.stores.postgres.url,
        "LIVESHOP_SECRET": shop.secret,
        "LIVESHOP_WORK_PORT": str(port),
        **_ALLOW,
    }
    command = (sys.executable, "-c", _WORK)
    process = spawn(command, log=log, environment=environment)
    try:
        started_ns = system.cpu_ns(process.pid)
        # Its start takes less than three seconds of a core.
        wait_until(
            lambda: system.cpu_ns(process.pid) - started_ns > 3_000_000_000 or bench.size.quick,
            lambda: f"the worker works: {last_lines(log)}",
        )
        yield process.pid
    finally:
        stop(process, signal.SIGTERM)  # which gives back what it has claimed


def with_worker(bench: Bench) -> None:
    """Sell at a quarter of the maximum, by turns while a worker delivers and while none runs."""
    size = bench.size
    runs: dict[str, list[Run]] = {_WITH: [], _WITHOUT: []}
    shares = list[float]()
    port = free_port()
    with (
        Worker(serve, None, port),
        bench.shop.node(pinned=False, **_ALLOW) as node,
        open_arena(bench.shop, node) as arena,
    ):
        node.api_key = make_token(bench.shop.secret, viewer_id="load", role=Role.ADMIN, ttl_s=600)
        for number in range(_ENDPOINTS):
            url = f"http://127.0.0.1:{port}/{number}"
            node.post("/api/webhooks", {"url": url, "types": ["order.*"]})
        node.api_key = bench.shop.api_key
        skus = arena.stock("worker", 1, UNITS)
        rush, buyers = bench.rush(skus)
        with arena.buyers(arena.session(skus, UNITS), buyers):
            most = arena.rush(rush)
            rate = most.orders / most.seconds / 4
            part = Rush(skus, max(1, int(rate * size.seconds)), rate)
            for _ in range(1 if size.quick else _PAIRS):
                for which in random.sample(list(runs), 2):
                    if which == _WITHOUT:
                        run = arena.rush(part)
                    else:
                        with _worker(bench) as pid:
                            before = system.cpu_ns(pid)
                            run = arena.rush(part)
                            shares.append((system.cpu_ns(pid) - before) / 1e9 / run.seconds)
                    runs[which].append(run)
                    bench.check(f"worker, {which}", run)
    _tell(bench, rate, runs, statistics.median(shares))


def _tell(bench: Bench, rate: float, runs: dict[str, list[Run]], share: float) -> None:
    """Report the medians of the pairs' ratios."""
    add, pairs = bench.report.add, list(zip(runs[_WITH], runs[_WITHOUT], strict=True))
    cost = {which: [_node_us(run) for run in each] for which, each in runs.items()}
    ratios = [one / other for one, other in zip(cost[_WITH], cost[_WITHOUT], strict=True)]
    note = (
        f"{statistics.median(cost[_WITH]):.0f} µs to {statistics.median(cost[_WITHOUT]):.0f} at"
        f" {rate:,.0f} orders/s; {len(pairs)} pairs, {min(ratios):.3g} to {max(ratios):.3g}"
    )
    add("worker", "the worker's own share of a core", share * 100, "%")
    add("worker", "CPU/order of node and Redis", statistics.median(ratios), "×", "≤ 1.05", note)
    stores = [
        one.cpu_us()["postgres"] / max(1.0, other.cpu_us()["postgres"]) for one, other in pairs
    ]
    note = "the worker's own statements among it"
    add("worker", "CPU/order of PostgreSQL", statistics.median(stores), "×", "", note)
    note = f"{p99_ms(runs[_WITH]):.1f} ms to {p99_ms(runs[_WITHOUT]):.1f}"
    late = [p99_ms([one]) / p99_ms([other]) for one, other in pairs]
    add("worker", "buy to confirmed p99", statistics.median(late), "×", "≤ 1.25", note)


def _node_us(run: Run) -> float:
    """Return the CPU that the node and Redis take for an order."""
    each = run.cpu_us()
    return each["server"] + each["redis"]
