"""A connection storm: thousands join at once, and some buy meanwhile."""

import asyncio
import json
import random
import statistics
import subprocess
import time
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from typing import Final

import asyncpg
import redis

from loadtests.fanout.bench import Bench, Listeners, ratio
from loadtests.fanout.scenarios.latency import report_purchases, script_for
from loadtests.fanout.senders import rival
from loadtests.kit import system
from loadtests.kit.checkout import AGAINST, OURS
from loadtests.kit.frames import Target
from loadtests.kit.shop import Node, wait_until, wait_until_idle

_VIEWERS: Final = 5_000
_QUICK_VIEWERS: Final = 200
_AT_ONCE: Final = 1_000
_JOINS_PER_SECOND: Final = 1_500
_PURCHASES: Final = 40
# PostgreSQL's processes report what they have counted once a second.
_STATISTICS_S: Final = 1.2


def run(bench: Bench) -> None:
    """Measure joins as fast as they go, against Starlette's, then purchases during paced ones."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    with ExitStack() as stack:
        node = stack.enter_context(bench.shop.node())
        listeners = stack.enter_context(bench.crowd("storm"))
        snapshot = node.get(f"/api/sessions/{bench.shop.demo.session_id}")
        text = json.dumps([{"type": "session", **snapshot}], separators=(",", ":"))
        with (
            rival(bench, "starlette", text) as (starlette, target),
            bench.against.node() if bench.against else nullcontext() as other,
        ):
            _compare(bench, node, other, listeners, viewers, starlette, target)
        _count_queries(bench, node, listeners, viewers)
        _buy_meanwhile(bench, node, listeners, viewers)


def _compare(
    bench: Bench,
    node: Node,
    other: Node | None,
    listeners: Listeners,
    viewers: int,
    starlette: subprocess.Popen[bytes],
    theirs: Target,
) -> None:
    nodes = {OURS: node} | ({AGAINST: other} if other is not None else {})
    pids = {name: each.process.pid for name, each in nodes.items()} | {"starlette": starlette.pid}
    targets = {name: bench.shops[name].demo.target(each.port) for name, each in nodes.items()}
    for target in targets.values():
        _fill(listeners, target, viewers // 10)
    targets["starlette"] = theirs
    cpu_us: dict[str, list[float]] = {name: [] for name in targets}
    listeners.start_watching_itself()
    for _ in range(bench.size.rounds):
        for name in random.sample(list(targets), len(targets)):
            before = system.cpu_ns(pids[name])
            listeners.begin_join(targets[name], viewers, at_once=_AT_ONCE)
            listeners.end_join(viewers)
            cpu_us[name].append((system.cpu_ns(pids[name]) - before) / 1_000 / viewers)
            listeners.leave()
            for each in nodes.values():
                empty = partial(_is_empty, each)
                wait_until(empty, "the room is empty")
            wait_until_idle(pids[name])
    listeners.tell_own_share()
    ratios = [ratio(*pair) for pair in zip(cpu_us[OURS], cpu_us["starlette"], strict=True)]
    rounds = f"{viewers:,} joiners at once, all got their snapshot; median of {len(ratios)} rounds"
    ours_us, theirs_us = (statistics.median(cpu_us[name]) for name in (OURS, "starlette"))
    add = bench.report.add
    add("storm", "a join with the snapshot", ours_us, "µs CPU", "", rounds)
    add("storm", "joins per second of CPU", 1e6 / ours_us, "/s", "≥ 2,500")
    add("storm", "a join at Starlette's", theirs_us, "µs CPU")
    add("storm", "to Starlette's", statistics.median(ratios), "×", "≤ 0.5")
    if other is not None:
        pairs = zip(cpu_us[OURS], cpu_us[AGAINST], strict=True)
        to_other = statistics.median(ratio(*pair) for pair in pairs)
        note = f"{statistics.median(cpu_us[AGAINST]):.3g} µs"
        add("storm", f"a join to {AGAINST}", to_other, "×", "", note)
    bench.report.raw["storm"] = cpu_us


def _is_empty(node: Node) -> bool:
    return node.counter("liveshop_viewers") == 0


def _fill(listeners: Listeners, target: Target, viewers: int) -> None:
    listeners.join(target, max(1, viewers))
    listeners.leave()


def _count_queries(bench: Bench, node: Node, listeners: Listeners, viewers: int) -> None:
    before = _queries(bench)
    joined = listeners.join(bench.shop.demo.target(node.port), viewers)
    after = _queries(bench)
    listeners.leave()
    took = f"pulses and all, in {joined.seconds + 2 * _STATISTICS_S:.1f} s"
    for name, one, other in zip(("PostgreSQL", "Redis"), after, before, strict=True):
        label = f"queries of {name} per joiner"
        bench.report.add("storm", label, (one - other) / viewers, "", "0", took)


def _queries(bench: Bench) -> tuple[int, int]:
    time.sleep(_STATISTICS_S)
    stores = bench.shop.stores
    with redis.Redis.from_url(stores.valkey.url) as client:
        commands: int = client.info("stats")["total_commands_processed"]
    return asyncio.run(_transactions(stores.postgres.url)), commands


async def _transactions(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        query = "SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database"
        count: int = await connection.fetchval(query)
        return count
    finally:
        await connection.close()


def _buy_meanwhile(bench: Bench, node: Node, listeners: Listeners, viewers: int) -> None:
    storm_s = viewers / _JOINS_PER_SECOND
    room = bench.shop.bench
    script = replace(script_for(bench, node, room, 0, _PURCHASES), seconds=storm_s + 1)
    with bench.actors() as actors:
        quiet = actors.ask("play", replace(script, seconds=2.0))
        actors.begin("play", script)
        time.sleep(0.5)  # the storm breaks while they buy
        listeners.begin_join(
            room.target(node.port), viewers, per_second=_JOINS_PER_SECOND, at_once=_AT_ONCE
        )
        joined = listeners.end_join(viewers)
        played = actors.end(script.seconds + 30)
        listeners.leave()
    report_purchases(bench, "storm", quiet, ", without a storm")
    note = f"asked for {_JOINS_PER_SECOND:,}"
    bench.report.add("storm", "joins, paced", viewers / joined.seconds, "/s", "", note)
    report_purchases(bench, "storm", played, ", meanwhile")
