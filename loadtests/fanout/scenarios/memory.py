"""The cost of an idle viewer: memory of the server, and its CPU between two pings."""

import random
import time
from dataclasses import dataclass
from typing import Final

from loadtests.fanout.bench import Bench, ratio
from loadtests.kit import system
from loadtests.kit.checkout import AGAINST, OURS
from loadtests.kit.shop import Node, Shop

_VIEWERS: Final = 15_000
_QUICK_VIEWERS: Final = 200
_PING_MS: Final = 25_000
_QUICK_PING_MS: Final = 2_000
_CASES: Final = (
    ("a short head", False, 0),
    ("a head of 900 bytes", False, 900),
    ("a head of 900 bytes, compression offered", True, 900),
)


@dataclass(frozen=True)
class _PerViewer:
    """Bytes of a viewer who does nothing, and the server's shares of a core.

    `agreed` says how many negotiated compression.
    """

    rss: float
    slab: float
    buffers: float
    agreed: str
    alone: float  # the server's share without those viewers
    share: float


def run(bench: Bench) -> None:
    """Measure each case with a server of its own: memory that was used once is used again."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    for number, (name, deflate, head_bytes) in enumerate(_CASES, start=1):
        watch_idle = number == len(_CASES)
        shops = random.sample(list(bench.shops.items()), len(bench.shops))
        measured = {
            whose: _measure(bench, shop, viewers, deflate, head_bytes, watch_idle=watch_idle)
            for whose, shop in shops
        }
        _report(bench, name, viewers, measured, watch_idle=watch_idle)


def _measure(
    bench: Bench, shop: Shop, viewers: int, deflate: bool, head_bytes: int, *, watch_idle: bool
) -> _PerViewer:
    ping_ms = _QUICK_PING_MS if bench.size.quick else _PING_MS
    few = max(1, min(200, viewers // 10))
    with (
        shop.node(LIVESHOP_PING_MS=str(ping_ms)) as node,
        bench.crowd("memory") as listeners,
    ):
        target = shop.demo.target(node.port, deflate=deflate, head_bytes=head_bytes)
        # The first viewers bring in what all of them share.
        listeners.join(target, few)
        alone = _idle_share(node, ping_ms) if watch_idle else 0.0
        before = _memory(node)
        joined = listeners.join(target, viewers - few)
        after = _memory(node)
        share = _idle_share(node, ping_ms) if watch_idle else 0.0
    rss, slab, buffers = (
        (one - other) / (viewers - few) for one, other in zip(after, before, strict=True)
    )
    agreed = f"{joined.deflate:,} of {joined.count:,} negotiated it" if deflate else ""
    return _PerViewer(rss, slab, buffers, agreed, alone, share)


def _report(
    bench: Bench, name: str, viewers: int, measured: dict[str, _PerViewer], *, watch_idle: bool
) -> None:
    add, ours = bench.report.add, measured[OURS]
    add("memory", f"RSS per idle viewer, {name}", ours.rss / 1024, "KiB", "≤ 5", ours.agreed)
    of = "of the whole machine"
    add("memory", "  the kernel's objects, both ends", ours.slab / 1024, "KiB", "", of)
    label, of = "  the kernel's TCP buffers, both ends", "/proc/net/sockstat"
    add("memory", label, ours.buffers / 1024, "KiB", "", of)
    if AGAINST in measured:
        theirs = measured[AGAINST].rss
        note = f"{theirs / 1024:.3g} KiB"
        add("memory", f"  RSS to {AGAINST}", ratio(ours.rss, theirs), "×", "", note)
    if watch_idle:
        ping_ms = _QUICK_PING_MS if bench.size.quick else _PING_MS
        note = f"a ping every {ping_ms / 1000:g} s; the pulse on its own takes {ours.alone:.2%}"
        label = f"{viewers:,} idle viewers, besides the pulse"
        share = 100 * (ours.share - ours.alone)
        add("memory", label, share, "% of a core", "≤ 3", note)


def _memory(node: Node) -> tuple[int, int, int]:
    node.collect()
    return system.rss_bytes(node.process.pid), system.slab_bytes(), system.tcp_buffer_bytes()


def _idle_share(node: Node, ping_ms: int) -> float:
    started, before = time.monotonic_ns(), node.cpu_ns()
    time.sleep(ping_ms / 1000 + 1)  # nothing is done in the time that is measured
    return (node.cpu_ns() - before) / (time.monotonic_ns() - started)
