"""The snapshot of the demo's session: bytes on the wire, and CPU for each who joins with it."""

import random
import statistics
from typing import Final

from loadtests.fanout.bench import Bench, Listeners, ratio
from loadtests.kit.crowd import Joined
from loadtests.kit.shop import Node, wait_until

_VIEWERS: Final = 5_000
_QUICK_VIEWERS: Final = 200


def run(bench: Bench) -> None:
    """Let a room fill plain and compressed, in random order, round after round."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    cpu_us: dict[bool, list[float]] = {False: [], True: []}
    octets: dict[bool, int] = {}
    negotiated = 0
    with bench.shop.node() as node, bench.crowd("snapshot") as listeners:
        _fill(bench, node, listeners, viewers, deflate=False)
        listeners.start_watching_itself()
        for _ in range(bench.size.rounds):
            for deflate in random.sample((False, True), 2):
                joined, took = _fill(bench, node, listeners, viewers, deflate=deflate)
                cpu_us[deflate].append(took)
                octets[deflate] = joined.snapshot_bytes
                negotiated += joined.deflate
        listeners.tell_own_share()
    rounds = f"median of {bench.size.rounds} rounds, {viewers:,} joiners"
    add = bench.report.add
    add("snapshot", "plain, on the wire", octets[False], "bytes")
    add("snapshot", "a join with it", statistics.median(cpu_us[False]), "µs CPU", "", rounds)
    if negotiated:
        add("snapshot", "compressed, to plain", 100 * octets[True] / octets[False], "%", "≤ 35")
        ratios = [ratio(*pair) for pair in zip(cpu_us[True], cpu_us[False], strict=True)]
        name = "CPU of a compressed join to a plain one"
        add("snapshot", name, statistics.median(ratios), "×", "≤ 1.1", rounds)
    else:
        note = "the server declines compression"
        add("snapshot", "compressed, to plain", None, "%", "≤ 35", note)
        add("snapshot", "CPU of a compressed join to a plain one", None, "×", "≤ 1.1", note)
    bench.report.raw["snapshot"] = {"plain_us": cpu_us[False], "compressed_us": cpu_us[True]}


def _fill(
    bench: Bench, node: Node, listeners: Listeners, viewers: int, *, deflate: bool
) -> tuple[Joined, float]:
    before = node.cpu_ns()
    joined = listeners.join(bench.shop.demo.target(node.port, deflate=deflate), viewers)
    cpu_us = (node.cpu_ns() - before) / 1_000 / viewers
    listeners.leave()
    wait_until(lambda: node.counter("liveshop_viewers") == 0, "the room is empty again")
    return joined, cpu_us
