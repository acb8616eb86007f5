"""CPU per delivery: one event to a whole room, against the floor and others, or another checkout.

With `--against` only the two checkouts are measured, no floor and no others. The floor sends over
liveshop's own connections: they would be in the processor's cache more often than those of the
other checkout. That is enough to make a delivery to a small room a quarter cheaper.
"""

import itertools
import json
import random
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from loadtests.fanout.bench import FAN_OUT, Bench, Listeners, ratio
from loadtests.fanout.senders import Bare, Live, Rival, Sender, Sent, duplicates, rival
from loadtests.kit.checkout import AGAINST, OURS
from loadtests.kit.frames import Target
from loadtests.kit.report import percentile
from loadtests.kit.shop import Node, Shop
from loadtests.kit.worker import Worker

_SIZES: Final = (500, 2_000, 5_000, 10_000, 15_000)
_QUICK_SIZES: Final = (50, 200)
# Others are compared with up to this size; three times as many sockets are enough.
_RIVALS_VIEWERS_MAX: Final = 5_000
_WARM_UPS: Final = 3
# In a small room one message costs too little to be measured singly.
_DELIVERIES_PER_ROUND_MIN: Final = 4_000
# Two checkouts differ by little.
_COMPARED_PER_ROUND_MIN: Final = 60_000
_OTHERS: Final = ("starlette", "websockets")
_FIRST_OFFSET: Final = 1_000_000_000
_COMMAND: Final = "command, "
_NAMES: Final = {
    f"{FAN_OUT}{OURS}": "CPU per delivery",
    OURS: "CPU per delivery, with the command",
    f"{FAN_OUT}{AGAINST}": "CPU per delivery of the other checkout",
    "floor": "the floor, a loop of socket.send",
    "floor in C": "the floor in C",
    "websockets": "websockets.broadcast",
    "starlette": "Starlette's send loop",
}


@dataclass
class _Measured:
    """The measurements with one size of room: CPU microseconds by sender, a list of rounds."""

    viewers: int
    cpu_us: dict[str, list[float]] = field(default_factory=dict)
    # Of liveshop's events, in milliseconds since they were sent.
    latency_ms: list[float] = field(default_factory=list)
    last_ms: list[float] = field(default_factory=list)
    first_write_ms: list[float] = field(default_factory=list)
    expected: int = 0
    reached: int = 0

    def ratio(self, one: str, other: str) -> float:
        """Return the median of the rounds' ratios."""
        return _median(self.ratios(one, other))

    def ratios(self, one: str, other: str) -> list[float]:
        """Return the ratio of each round."""
        pairs = zip(self.cpu_us.get(one, []), self.cpu_us.get(other, []), strict=False)
        return [ratio(mine, theirs) for mine, theirs in pairs]


def run(bench: Bench) -> None:
    """Measure room after room, each larger than the one before."""
    sizes = sorted(bench.size.viewers) or (_QUICK_SIZES if bench.size.quick else _SIZES)
    with ExitStack() as stack:
        servers = {}
        for name, shop in random.sample(list(bench.shops.items()), len(bench.shops)):
            node = stack.enter_context(shop.node())
            crowd = stack.enter_context(bench.crowd("deliver" if name == OURS else name))
            servers[name] = _Server(node, shop, crowd)
        stage = _Stage(bench, servers)
        for name in () if bench.against else _OTHERS:
            process, target = stack.enter_context(rival(bench, name, stage.snapshot))
            crowd = stack.enter_context(bench.crowd(f"deliver, {name}"))
            stage.rivals[name] = (Rival(process, stage.size, crowd), target)
        measured = [stage.measure(viewers) for viewers in sizes]
    for each in measured:
        _report(bench, each)
    if bench.against:
        _report_all_rooms(bench, measured)
    else:
        _report_spread(bench, measured)
    bench.report.raw["deliver"] = [
        {"viewers": each.viewers, "cpu_us_per_delivery": each.cpu_us} for each in measured
    ]


@dataclass(frozen=True)
class _Server:
    """A server of liveshop, its rooms and its viewers."""

    node: Node
    shop: Shop
    listeners: Listeners

    def sender(self) -> Live:
        """Return what makes an event for all of the viewers."""
        return Live(self.node, self.shop.bench, self.listeners)

    def command_ns(self) -> int:
        """Return what the same command costs where nobody watches."""
        before = self.node.cpu_ns()
        self.node.publish(self.shop.alone)
        return self.node.cpu_ns() - before


class _Stage:
    """Everyone who sends, with as many viewers each as have been let in so far."""

    def __init__(self, bench: Bench, servers: dict[str, _Server]) -> None:
        self._bench = bench
        self._servers = servers
        self._node = node = servers[OURS].node
        self._listeners = servers[OURS].listeners
        self._offsets = itertools.count(_FIRST_OFFSET)
        self._viewers: dict[str, int] = {}
        self.rivals: dict[str, tuple[Rival, Target]] = {}
        session = f"/api/sessions/{bench.shop.bench.session_id}"
        self.snapshot = json.dumps(
            [{"type": "session", **node.get(session)}], separators=(",", ":")
        )
        node.publish(bench.shop.bench)
        event = node.get(f"{session}/events?after=0&limit=200")["events"][-1]
        self.size = len(json.dumps([event], separators=(",", ":")))

    def measure(self, viewers: int) -> _Measured:
        """Let viewers in up to a number, then send to them in rounds, in random order."""
        for name, server in self._servers.items():
            target = server.shop.bench.target(server.node.port)
            self._let_in(name, server.listeners, target, viewers)
        compared = {
            name: sender
            for name, (sender, target) in self.rivals.items()
            if viewers <= _RIVALS_VIEWERS_MAX
        }
        for name in compared:
            sender, target = self.rivals[name]
            self._let_in(name, sender.listeners, target, viewers)
        senders: dict[str, Sender] = {
            **{name: server.sender() for name, server in self._servers.items()},
            **compared,
        }
        with ExitStack() as stack:
            if not self._bench.against:
                senders |= self._bare(stack.enter_context(duplicates(self._node, viewers)))
            return self._rounds(_Measured(viewers), senders)

    def _let_in(self, name: str, crowd: Listeners, target: Target, viewers: int) -> None:
        crowd.join(target, viewers - self._viewers.get(name, 0))
        self._viewers[name] = viewers

    def _bare(self, worker: Worker | None) -> dict[str, Sender]:
        if worker is None:
            return {}
        bare: dict[str, Sender] = {"floor": Bare(worker, "send", self.size, self._listeners)}
        if worker.ask("compile"):
            bare["floor in C"] = Bare(worker, "send_in_c", self.size, self._listeners)
        return bare

    def _rounds(self, measured: _Measured, senders: dict[str, Sender]) -> _Measured:
        for _ in range(_WARM_UPS):
            for sender in senders.values():
                sender.send(next(self._offsets), measured.viewers)
        self._listeners.arrivals()
        self._listeners.start_watching_itself()
        for _ in range(self._bench.size.rounds):
            self._round(measured, senders)
        self._listeners.tell_own_share(f", {measured.viewers:,} viewers")
        # The same command where nobody watches costs what is no delivery.
        for name in self._servers:
            cpu_us = measured.cpu_us
            rounds = zip(cpu_us[name], cpu_us[f"{_COMMAND}{name}"], strict=True)
            cpu_us[f"{FAN_OUT}{name}"] = [whole - command for whole, command in rounds]
        return measured

    def _round(self, measured: _Measured, senders: dict[str, Sender]) -> None:
        quick, against = self._bench.size.quick, self._bench.against
        deliveries = _COMPARED_PER_ROUND_MIN if against else _DELIVERIES_PER_ROUND_MIN
        times = 1 if quick else -(-deliveries // measured.viewers)
        cpu_ns: Counter[str] = Counter()
        for _ in range(times):
            # In random order: after itself, one has its connections in the core's cache still.
            commands = {f"{_COMMAND}{name}": each for name, each in self._servers.items()}
            for name in random.sample([*senders, *commands], len(senders) + len(commands)):
                if name in commands:
                    cpu_ns[name] += commands[name].command_ns()
                else:
                    cpu_ns[name] += self._send(measured, name, senders[name])
        for name, spent_ns in cpu_ns.items():
            cpu_us = spent_ns / 1_000 / times / measured.viewers
            measured.cpu_us.setdefault(name, []).append(cpu_us)

    def _send(self, measured: _Measured, name: str, sender: Sender) -> int:
        sent = sender.send(next(self._offsets), measured.viewers)
        measured.expected += measured.viewers
        measured.reached += sent.reached
        stamps = sender.listeners.arrivals().get(sent.offset, [])
        if name == OURS and stamps:
            _note_times(measured, sent, stamps)
        return sent.cpu_ns


def _note_times(measured: _Measured, sent: Sent, stamps: Sequence[int]) -> None:
    measured.latency_ms += [(stamp - sent.sent_ns) / 1e6 for stamp in stamps]
    measured.last_ms.append((stamps[-1] - sent.sent_ns) / 1e6)
    measured.first_write_ms.append((stamps[0] - sent.answered_ns) / 1e6)


def _report(bench: Bench, measured: _Measured) -> None:
    viewers = f"{measured.viewers:,} viewers"

    def add(name: str, value: float, unit: str, wanted: str = "") -> None:
        bench.report.add("deliver", f"{viewers}: {name}", value, unit, wanted)

    for name, label in _NAMES.items():
        if name in measured.cpu_us:
            add(label, _median(measured.cpu_us[name]), "µs")
    asked = measured.viewers == 5_000
    fan_out = f"{FAN_OUT}{OURS}"
    if "floor" in measured.cpu_us:
        add("to the floor", measured.ratio(fan_out, "floor"), "×", "≤ 1.3" if asked else "")
        add("to the floor, with the command", measured.ratio(OURS, "floor"), "×")
    for name, wanted in (("floor in C", ""), ("websockets", ""), ("starlette", "≤ 0.65")):
        if name in measured.cpu_us:
            add(f"to {name}", measured.ratio(fan_out, name), "×", wanted if asked else "")
    if AGAINST in measured.cpu_us:
        add(f"to {AGAINST}", measured.ratio(fan_out, f"{FAN_OUT}{AGAINST}"), "×")
        add(f"to {AGAINST}, with the command", measured.ratio(OURS, AGAINST), "×")
    add("reach", 100 * ratio(measured.reached, measured.expected), "%", "100")
    per_second = [measured.viewers * 1_000 / last for last in measured.last_ms]
    add("deliveries", _median(per_second), "/s")
    add("command sent to viewer, p50", percentile(measured.latency_ms, 50), "ms")
    add("command sent to viewer, p99", percentile(measured.latency_ms, 99), "ms")
    add("command sent to the last viewer", _median(measured.last_ms), "ms")
    add("answer to the first write", _median(measured.first_write_ms), "ms", "≤ 10")


def _report_spread(bench: Bench, measured: list[_Measured]) -> None:
    ratios = [each.ratio(f"{FAN_OUT}{OURS}", "floor") for each in measured]
    middle = (max(ratios) + min(ratios)) / 2
    bench.report.add(
        "deliver",
        f"to the floor, {measured[0].viewers:,} to {measured[-1].viewers:,} viewers",
        100 * ratio(max(ratios) - middle, middle),
        "± %",
        "≤ 15",
    )


def _report_all_rooms(bench: Bench, measured: list[_Measured]) -> None:
    for mine, theirs, what in (
        (f"{FAN_OUT}{OURS}", f"{FAN_OUT}{AGAINST}", ""),
        (OURS, AGAINST, ", with the command"),
    ):
        ratios = [each for room in measured for each in room.ratios(mine, theirs)]
        note = f"spread of {len(ratios)} rounds: {min(ratios):.3g} to {max(ratios):.3g}"
        bench.report.add("deliver", f"to {AGAINST}{what}", _median(ratios), "×", "", note)


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")
