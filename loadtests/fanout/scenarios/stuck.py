"""Readers who stop reading: they are let go, and the others notice nothing."""

import statistics
import time
from dataclasses import dataclass, replace
from typing import Final

from loadtests.fanout.actors import Played
from loadtests.fanout.bench import Bench, Listeners, ratio
from loadtests.fanout.scenarios.latency import script_for
from loadtests.kit import system
from loadtests.kit.report import percentile
from loadtests.kit.shop import Node
from loadtests.kit.worker import Worker

_VIEWERS: Final = 5_000
_QUICK_VIEWERS: Final = 200
_STUCK: Final = 50
_BYTES_PER_SECOND: Final = 20_000
_EVENT_BYTES: Final = 1_780
_QUICK_PUBLISHES: Final = 40
# Kernel buffers, as large as they come, hold some 10 s of this; 3 s more until they are cut.
_SECONDS: Final = 25.0
_QUICK_SECONDS: Final = 8.0
_QUICK_BUFFER_BYTES: Final = 4_096
_TOO_SLOW: Final = 'liveshop_disconnects_total{code="4002"}'


@dataclass
class _Round:
    """The others' p99 without and with stuck readers, and what became of those."""

    before_ms: float
    during_ms: float
    closed: float
    descriptors_left: int
    buffers_peak: int
    buffers_after: int
    orphans: int
    reach: float


def run(bench: Bench) -> None:
    """Publish without and with stuck readers, round after round, on the same server."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    stuck = min(_STUCK, max(1, viewers // 4))
    room = bench.shop.wide
    with (
        bench.shop.node() as node,
        bench.crowd("stuck") as listeners,
        bench.actors() as actors,
    ):
        stage = _Stage(bench, node, listeners, actors, viewers, stuck)
        listeners.join(room.target(node.port), viewers - stuck)
        listeners.start_watching_itself()
        rounds = [stage.round() for _ in range(1 if bench.size.quick else 5)]
        listeners.tell_own_share()
    _report(bench, rounds, viewers, stuck)


class _Stage:
    """A room into which some come who will not read."""

    def __init__(
        self,
        bench: Bench,
        node: Node,
        listeners: Listeners,
        actors: Worker,
        viewers: int,
        stuck: int,
    ) -> None:
        quick = bench.size.quick
        publishes = _QUICK_PUBLISHES if quick else _BYTES_PER_SECOND / _EVENT_BYTES
        seconds = _QUICK_SECONDS if quick else _SECONDS
        script = script_for(bench, node, bench.shop.wide, publishes, 0)
        self._script = replace(script, seconds=seconds)
        self._buffer = _QUICK_BUFFER_BYTES if quick else 0
        self._target = bench.shop.wide.target(node.port)
        self._node = node
        self._listeners = listeners
        self._actors = actors
        self._viewers = viewers
        self._stuck = stuck

    def round(self) -> _Round:
        """Publish to those who read; then let some more in, who stop reading, and publish on."""
        readers = self._viewers - self._stuck
        before_ms, reach = self._publish(readers)
        closed = self._node.counter(_TOO_SLOW)
        descriptors = system.descriptors(self._node.process.pid)
        self._listeners.join(self._target, self._stuck)
        self._listeners.worker.ask("stick", self._stuck, self._buffer)
        self._actors.begin("play", self._script)
        peak = 0
        ends = time.monotonic() + self._script.seconds
        while time.monotonic() < ends:
            peak = max(peak, system.tcp_buffer_bytes())
            time.sleep(0.1)
        during_ms, reach_then = self._latency(self._actors.end(60), readers)
        closed = self._node.counter(_TOO_SLOW) - closed
        left = system.descriptors(self._node.process.pid) - descriptors
        after, orphans = system.tcp_buffer_bytes(), system.tcp_orphans()
        self._listeners.worker.ask("cut_stuck")
        return _Round(
            before_ms, during_ms, closed, left, peak, after, orphans, min(reach, reach_then)
        )

    def _publish(self, readers: int) -> tuple[float, float]:
        script = replace(self._script, seconds=self._script.seconds / 2)
        return self._latency(self._actors.ask("play", script), readers)

    def _latency(self, played: Played, readers: int) -> tuple[float, float]:
        """Return the p99 in milliseconds over all deliveries, and the reach."""
        offsets = list(played.published)
        reached = self._listeners.wait(offsets, readers)
        arrivals = self._listeners.arrivals()
        took_ms = [
            (stamp - sent_ns) / 1e6
            for offset, sent_ns in played.published.items()
            for stamp in arrivals.get(offset, [])
        ]
        return percentile(took_ms, 99), ratio(reached, readers * len(offsets))


def _report(bench: Bench, rounds: list[_Round], viewers: int, stuck: int) -> None:
    def median(values: list[float]) -> float:
        return statistics.median(values)

    add = bench.report.add
    note = f"of {stuck} stuck among {viewers:,}; the least of {len(rounds)} rounds"
    add("stuck", "closed with 4002", min(each.closed for each in rounds), "", str(stuck), note)
    left = max(each.descriptors_left for each in rounds)
    add("stuck", "descriptors left of them", left, "", "0")
    orphans = max(each.orphans for each in rounds)
    add("stuck", "sockets that only the kernel still has", orphans, "", "0")
    for name, peak in (("peak", True), ("afterwards", False)):
        octets = max(each.buffers_peak if peak else each.buffers_after for each in rounds)
        label = f"the kernel's TCP buffers, {name}"
        add("stuck", label, octets / 1024, "KiB", "", "of the whole machine")
    add("stuck", "the others' p99 before", median([r.before_ms for r in rounds]), "ms")
    add("stuck", "the others' p99 with them", median([r.during_ms for r in rounds]), "ms")
    ratios = [ratio(each.during_ms, each.before_ms) for each in rounds]
    add("stuck", "with them to before", median(ratios), "×", "≤ 1.5")
    add("stuck", "the others' reach", 100 * min(each.reach for each in rounds), "%", "≥ 100")
