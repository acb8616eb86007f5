"""What an idle viewer costs: memory of the server, and its CPU between two pings."""

import time
from typing import Final

from loadtests.fanout.bench import Bench
from loadtests.kit import system
from loadtests.kit.shop import Node

_VIEWERS: Final = 15_000
_QUICK_VIEWERS: Final = 200
_PING_MS: Final = 25_000
_QUICK_PING_MS: Final = 2_000
_CASES: Final = (
    ("a short head", False, 0),
    ("a head of 900 bytes", False, 900),
    ("a head of 900 bytes, compression offered", True, 900),
)


def run(bench: Bench) -> None:
    """Measure each case with a server of its own: memory that was used once is used again."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    for number, (name, deflate, head_bytes) in enumerate(_CASES, start=1):
        _measure(bench, name, viewers, deflate, head_bytes, watch_idle=number == len(_CASES))


def _measure(
    bench: Bench, name: str, viewers: int, deflate: bool, head_bytes: int, *, watch_idle: bool
) -> None:
    ping_ms = _QUICK_PING_MS if bench.size.quick else _PING_MS
    few = max(1, min(200, viewers // 10))
    with (
        bench.shop.node(LIVESHOP_PING_MS=str(ping_ms)) as node,
        bench.crowd("memory") as listeners,
    ):
        target = bench.shop.demo.target(node.port, deflate=deflate, head_bytes=head_bytes)
        # The first viewers bring in what all of them share.
        listeners.join(target, few)
        alone = _idle_share(node, ping_ms) if watch_idle else 0.0
        before = _memory(node)
        joined = listeners.join(target, viewers - few)
        after = _memory(node)
        share = _idle_share(node, ping_ms) if watch_idle else 0.0
    per_viewer = [
        (one - other) / (viewers - few) / 1024 for one, other in zip(after, before, strict=True)
    ]
    agreed = f"{joined.deflate:,} of {joined.count:,} negotiated it" if deflate else ""
    rss, slab, buffers = per_viewer
    add = bench.report.add
    add("memory", f"RSS per idle viewer, {name}", rss, "KiB", "≤ 5", agreed)
    add("memory", "  the kernel's objects, both ends", slab, "KiB", "", "of the whole machine")
    add("memory", "  the kernel's TCP buffers, both ends", buffers, "KiB", "", "/proc/net/sockstat")
    if watch_idle:
        note = f"a ping every {ping_ms / 1000:g} s; the pulse alone takes {alone:.2%}"
        name = f"{viewers:,} idle viewers, beside the pulse"
        add("memory", name, 100 * (share - alone), "% of a core", "≤ 3", note)


def _memory(node: Node) -> tuple[int, int, int]:
    node.collect()
    return system.rss_bytes(node.process.pid), system.slab_bytes(), system.tcp_buffer_bytes()


def _idle_share(node: Node, ping_ms: int) -> float:
    started, before = time.monotonic_ns(), node.cpu_ns()
    time.sleep(ping_ms / 1000 + 1)  # what is measured is a time in which nothing is done
    return (node.cpu_ns() - before) / (time.monotonic_ns() - started)
