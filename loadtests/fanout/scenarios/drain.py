"""SIGTERM with a full room and purchases under way."""

import asyncio
import signal
import time
from dataclasses import replace
from http.client import HTTPException
from typing import Final

import asyncpg

from loadtests.fanout.actors import Played
from loadtests.fanout.bench import Bench, ratio
from loadtests.fanout.scenarios.latency import script_for
from loadtests.kit.crowd import Leaving
from loadtests.kit.report import percentile
from loadtests.kit.shop import Node
from loadtests.kit.worker import WorkerFailed

_VIEWERS: Final = 5_000
_QUICK_VIEWERS: Final = 200
_DRAIN_MS: Final = 10_000
_QUICK_DRAIN_MS: Final = 2_000
_PURCHASES: Final = 40
_END_S_MAX: Final = 15.0
_READY_S_MAX: Final = 1.0


def run(bench: Bench) -> None:
    """Stop a server, and ask viewers, buyers and stores what became of them."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    drain_ms = _QUICK_DRAIN_MS if bench.size.quick else _DRAIN_MS
    drain_s, room = drain_ms / 1000, bench.shop.bench
    with (
        bench.shop.node(LIVESHOP_DRAIN_MS=str(drain_ms)) as node,
        bench.crowd("drain") as listeners,
        bench.actors() as actors,
    ):
        listeners.join(room.target(node.port), viewers)
        script = replace(script_for(bench, node, room, 0, _PURCHASES), seconds=drain_s + _END_S_MAX)
        actors.begin("play", script)
        time.sleep(1)  # purchases are under way
        node.process.send_signal(signal.SIGTERM)
        started, started_ns = time.monotonic(), time.monotonic_ns()
        listeners.worker.begin("see_off", drain_s + _END_S_MAX)
        ready = _readiness(node)
        leaving: Leaving = listeners.worker.end(drain_s + _END_S_MAX + 10)
        code = node.process.wait(drain_s + _END_S_MAX)
        took_s = time.monotonic() - started
        played: Played = actors.end(script.seconds + 30)
    _report(bench, leaving, started_ns, drain_s)
    add = bench.report.add
    note = "" if ready else "nobody answers"
    add("drain", "/readyz while stopping", ready, "", "503", note)
    add("drain", "SIGTERM to the end", took_s, "s", f"≤ {drain_s:g} or so")
    add("drain", "exit code", code, "", "0")
    kept = asyncio.run(_confirmed(bench.shop.stores.postgres.url, played.confirmed))
    note = f"{len(played.confirmed)} were confirmed to buyers"
    add("drain", "confirmed orders missing", len(played.confirmed) - kept, "", "0", note)
    good, said = bench.shop.audit()
    add("drain", "`liveshop audit` keeps every promise", float(good), "", "1", said[:80])


def _readiness(node: Node) -> float | None:
    """Return the first answer of `/readyz` that is not 200; None if nobody answers any longer."""
    deadline = time.monotonic() + _READY_S_MAX
    while time.monotonic() < deadline:
        try:
            node.get("/readyz")
        except WorkerFailed as refusal:
            return float(str(refusal).split(": ")[1].split()[0])
        except (OSError, HTTPException):
            return None
        time.sleep(0.01)
    return 200


def _report(bench: Bench, leaving: Leaving, started_ns: int, drain_s: float) -> None:
    add = bench.report.add
    told = 100 * ratio(leaving.told_first, leaving.watching)
    codes = ", ".join(f"{count:,} with {code}" for code, count in sorted(leaving.codes.items()))
    add("drain", "viewers told before they were closed", told, "%", "100", codes)
    told_s = [(stamp - started_ns) / 1e9 for stamp in leaving.told_ns]
    closed_s = [(stamp - started_ns) / 1e9 for stamp in leaving.closed_ns]
    for percent in (1, 50, 99):
        add("drain", f"SIGTERM to being told, p{percent}", percentile(told_s, percent), "s")
    for percent in (1, 50, 99):
        add("drain", f"SIGTERM to being closed, p{percent}", percentile(closed_s, percent), "s")
    spread = percentile(closed_s, 99) - percentile(closed_s, 1)
    wanted = "spread over the drain time"
    add("drain", "closes are spread over", 100 * ratio(spread, drain_s), "% of it", wanted)


async def _confirmed(url: str, orders: list[str]) -> int:
    connection = await asyncpg.connect(url)
    try:
        query = "SELECT count(*) FROM orders WHERE id = ANY($1) AND status = 'confirmed'"
        count: int = await connection.fetchval(query, orders)
        return count
    finally:
        await connection.close()
