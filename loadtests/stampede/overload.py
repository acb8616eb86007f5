"""Far more than can be sold: the cost of refusing, and the sales meanwhile.

Arrivals are open: the load does not slow down when the server does. First the peak is measured by
the same buyers, then what an idle second, an order and a refusal cost, then the factors of the
peak. A factor is judged by what the processor time that is left could carry. The time of the load,
other programs, an idle room and the refusals is theirs.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from loadtests.kit import system
from loadtests.kit.report import aligned, percentile
from loadtests.kit.shop import Shop
from loadtests.stampede.arena import Arena, Costs, Run, Window, open_arena
from loadtests.stampede.bench import UNITS, Bench
from loadtests.stampede.rejection import rejection_us
from loadtests.stampede.rush import Rush

_FACTORS: Final = (2, 4, 8)
_PATIENCE_S: Final = 3.0
_CLIMB: Final = 1.3
_PER_BUYER: Final = 4.0  # the server lets a connection buy five times a second
_BUYERS_MIN: Final = 100
_BUYERS_MAX: Final = 15_000
_STALL_S: Final = 1.5  # more than a purchase may wait
_STALL_RATE_MIN: Final = 1_000.0
_REFUSED_S: Final = 2.0
_GOODPUT_MIN: Final = 0.9
_P99_MS_MAX: Final = 1_200.0
_REJECTION_US_MAX: Final = 15.0
_BUSY_MAX: Final = 0.9  # of a core: beyond it the load itself is late
_LATE_MS_MAX: Final = 100.0


@dataclass(frozen=True)
class Measured:
    """The outcome of one rush, judged by the window in which arrivals came.

    Later there is less to sell to than the node carries: those who are left have waited too long,
    and what it costs to tell them so has come before.
    """

    rate: float
    run: Run
    window: Window

    @property
    def served(self) -> int:
        """How many orders were confirmed in the window while their buyers waited."""
        return self.window.count(self.run.outcome.served_ns)

    @property
    def refusals(self) -> int:
        """How often the server said `busy` in the window: also to those who had given up."""
        return self.window.count(self.run.outcome.busy_ns)

    @property
    def goodput(self) -> float:
        """The orders of a second."""
        return self.served / self.window.seconds

    @property
    def busy(self) -> int:
        """How many buyers heard in time that they were refused because of the load."""
        return self.run.outcome.refused.get("busy", 0)


@dataclass(frozen=True)
class Prices:
    """The measured cost of one thing each: seconds of CPU."""

    idle: Costs  # of an idle room, a second; nanoseconds
    order_server_s: float
    order_all_s: float
    refusal_s: float


def overload(bench: Bench) -> None:
    """Offer twice, four and eight times the peak, and see what is sold in time."""
    quick, seconds = bench.size.quick, bench.size.seconds
    guess = 200.0 if quick else _guess(bench)
    count = min(_BUYERS_MAX, max(_BUYERS_MIN, round(guess * max(_FACTORS) / _PER_BUYER)))
    with bench.shop.node(pinned=False) as node, open_arena(bench.shop, node) as arena:
        skus = arena.stock("overload", 1, UNITS)
        target = arena.session(skus, UNITS)
        session_id = target.path.rpartition("/")[2]
        with arena.buyers(target, count):
            _rush(arena, skus, guess / 4, seconds)  # the first are slow
            idle = _idle(arena)
            find = _rush if quick else _peak
            peak = find(arena, skus, guess, seconds)
            prices = _prices(bench, arena, skus, session_id, peak, idle)
            rates = {factor: peak.goodput * factor for factor in _FACTORS}
            # The peak once more, by turns with its double: the best of some is more than what the
            # same machine carries a minute later.
            first = {1: peak.rate, 2: rates.pop(2)}
            rounds = [_each(arena, skus, first, seconds, quick) for _ in range(1 if quick else 3)]
            peak, double = (_median([each[factor] for each in rounds]) for factor in first)
            steps = {1: peak, 2: double} | _each(arena, skus, rates, seconds, quick)
    for factor, step in steps.items():
        _note(bench, factor, step, peak, prices)
    _say(bench, count, steps, prices)


def _guess(bench: Bench) -> float:
    """Return about what can be sold in a second, from a few buyers in a room of their own."""
    with bench.shop.node(pinned=False) as node, open_arena(bench.shop, node) as arena:
        skus = arena.stock("overload-guess", 1, UNITS)
        with arena.buyers(arena.session(skus, UNITS), 2_000):
            best = 0.0
            for rate in (1_000.0, 2_000.0, 4_000.0, 8_000.0):
                step = _rush(arena, skus, rate, 2.0)
                if step.goodput < 1.1 * best:
                    break
                best = max(best, step.goodput)
    return best


def _peak(arena: Arena, skus: Sequence[str], guess: float, seconds: float) -> Measured:
    """Return the rush with the most orders in time, of rates that rise until this gains nothing."""
    best, rate = _rush(arena, skus, guess * 0.6, seconds), guess * 0.6
    while True:
        rate *= _CLIMB
        time.sleep(1.0)
        step = _rush(arena, skus, rate, seconds)
        if step.goodput > best.goodput:
            best = step
        if step.goodput < 0.8 * rate:
            return best


def _each(
    arena: Arena, skus: Sequence[str], rates: Mapping[int, float], seconds: float, quick: bool
) -> dict[int, Measured]:
    """Return a rush at each of the rates, by its factor."""
    steps = {}
    for factor, rate in rates.items():
        time.sleep(0.0 if quick else 2.0)  # buyers' rates fill up again
        steps[factor] = _rush(arena, skus, rate, seconds)
    return steps


def _median(steps: Sequence[Measured]) -> Measured:
    """Return the one with the middle goodput."""
    return sorted(steps, key=lambda step: step.goodput)[len(steps) // 2]


def _rush(
    arena: Arena, skus: Sequence[str], rate: float, seconds: float, seconds_max: float = 60.0
) -> Measured:
    attempts = max(1, round(rate * seconds))
    rush = Rush(tuple(skus), attempts, rate, seconds_max, patience_s=_PATIENCE_S)
    return Measured(rate, *arena.rush_for(seconds, rush))


def _idle(arena: Arena) -> Costs:
    """Return what a room full of buyers costs in a second in which nobody buys."""
    time.sleep(1.0)
    before, began_s = arena.costs(), time.monotonic()
    time.sleep(2.0)
    spent, passed_s = arena.costs() - before, time.monotonic() - began_s
    return Costs(*(round(each / passed_s) for each in (spent.server, spent.redis, spent.postgres)))


def _prices(
    bench: Bench,
    arena: Arena,
    skus: Sequence[str],
    session_id: str,
    peak: Measured,
    idle: Costs,
) -> Prices:
    rate = max(2 * peak.goodput, _STALL_RATE_MIN)
    with _locked(bench.shop, session_id):
        # Orders wait for the lock: after a second everyone is refused, and nothing else is done.
        _rush(arena, skus, rate, _STALL_S, _STALL_S)
        refused = _rush(arena, skus, rate, _REFUSED_S)
    time.sleep(_STALL_S)  # the orders that waited are committed
    bench.check("overload, while orders are locked", refused.run)
    costs, orders = peak.run.costs, max(1, peak.run.orders)
    wall_s, refused_s = peak.run.seconds, refused.run.seconds
    told = len(refused.run.outcome.busy_ns)
    refusal_ns = (refused.run.costs.server - idle.server * refused_s) / max(1, told)
    # At the peak some are refused already.
    refusals_ns = refusal_ns * len(peak.run.outcome.busy_ns)
    return Prices(
        idle=idle,
        order_server_s=(costs.server - idle.server * wall_s - refusals_ns) / 1e9 / orders,
        order_all_s=(costs.total - idle.total * wall_s - refusals_ns) / 1e9 / orders,
        refusal_s=refusal_ns / 1e9,
    )


@contextmanager
def _locked(shop: Shop, session_id: str) -> Iterator[None]:
    """Lock a session's row, so that no order of it can be committed until the end of the block."""
    loop = asyncio.new_event_loop()
    try:
        connection = loop.run_until_complete(asyncpg.connect(shop.stores.postgres.url))
        try:
            lock = "SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE"
            loop.run_until_complete(connection.execute("BEGIN"))
            assert loop.run_until_complete(connection.fetchval(lock, session_id)) == session_id
            yield
        finally:
            loop.run_until_complete(connection.close())
    finally:
        loop.close()


def _carried(step: Measured, prices: Prices) -> dict[str, float]:
    """Return what the processor time left would carry a second, and every term of it."""
    window, seconds, idle = step.window, step.window.seconds, prices.idle
    refusals_s = prices.refusal_s * step.refusals
    machine_s = _cores() * seconds
    left_s = machine_s - window.load_s - window.others_s - idle.total / 1e9 * seconds - refusals_s
    one_core_s = seconds - idle.server / 1e9 * seconds - refusals_s
    by_all = max(0.0, left_s) / prices.order_all_s / seconds
    by_server = max(0.0, one_core_s) / prices.order_server_s / seconds
    return {
        "seconds": seconds,
        "cores × s": machine_s,
        "load s": window.load_s,
        "others s": window.others_s,
        "idle s": idle.total / 1e9 * seconds,
        "refusals s": refusals_s,
        "left s": left_s,
        "left of the server's core s": one_core_s,
        "carried/s": min(by_all, by_server),
    }


def _note(bench: Bench, factor: int, step: Measured, peak: Measured, prices: Prices) -> None:
    outcome, costs = step.run.outcome, step.window.costs
    name = "the peak" if factor == 1 else f"{factor} ×"
    carried = _carried(step, prices)
    row = {
        "name": name,
        "offered": step.rate,
        "sent": outcome.sent,
        "goodput": step.goodput,
        "served": len(outcome.served_ns),
        "busy": step.busy,
        "refused": outcome.refused,
        "refusals": step.refusals,
        "given_up": outcome.given_up,
        "asked_again": outcome.asked_again,
        "served_ms": [percentile(outcome.served_ms, each) for each in (50, 99)],
        "refused_ms": [percentile(outcome.refused_ms, each) for each in (50, 99)],
        "cpu_s": [costs.server / 1e9, costs.redis / 1e9, costs.postgres / 1e9, step.window.load_s],
        "late_ms": percentile(outcome.late_ms, 99),
        "load": outcome.cpu,
        "carried": carried,
    }
    bench.report.raw.setdefault("overload", []).append(row)
    bench.check(f"overload, {name}", step.run)
    accounted = len(outcome.served_ns) + len(outcome.refused_ms) + outcome.given_up
    if accounted != outcome.sent:
        said = f"overload, {name}: {outcome.sent} were sent, and {accounted} accounted for"
        bench.wrong.append(said)
    if factor > 1 and not bench.size.quick:
        _judge(bench, factor, step, peak, carried["carried/s"])


def _judge(bench: Bench, factor: int, step: Measured, peak: Measured, carried: float) -> None:
    """Note as wrong what overload costs beyond what it has to."""
    wanted = peak.goodput if factor == 2 else min(peak.goodput, carried)
    p99_ms = percentile(step.run.outcome.served_ms, 99)
    said = f"overload, {factor} ×:"
    if step.goodput < _GOODPUT_MIN * wanted:
        bench.wrong.append(
            f"{said} {step.goodput:,.0f} orders a second in time, of {wanted:,.0f} wanted × "
            f"{_GOODPUT_MIN}"
        )
    if p99_ms > _P99_MS_MAX:
        bench.wrong.append(f"{said} p99 of those served is {p99_ms:,.0f} ms")


def overload_table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the factors as tables in Markdown: the outcome of each, and the terms of the bound."""
    head = (
        *("", "offered/s", "sent", "served", "goodput/s", "busy", "given up", "asked again"),
        "refusals",
        *("served p50, p99 ms", "refused p50, p99 ms"),
        *("CPU s: server, Redis, Postgres, load", "load's core", "sent late, p99 ms"),
    )
    lines = [
        (
            row["name"],
            *(f"{row[name]:,.0f}" for name in ("offered", "sent", "served", "goodput", "busy")),
            *(f"{row[name]:,.0f}" for name in ("given_up", "asked_again", "refusals")),
            *(", ".join(f"{ms:,.0f}" for ms in row[name]) for name in ("served_ms", "refused_ms")),
            ", ".join(f"{each:.2f}" for each in row["cpu_s"]),
            f"{row['load']:.0%}",
            f"{row['late_ms']:,.0f}",
        )
        for row in rows
    ]
    terms = list(rows[0]["carried"])
    bound = [(row["name"], *(f"{row['carried'][term]:,.2f}" for term in terms)) for row in rows]
    return (
        aligned(head, lines, right=range(1, len(head)))
        + "\n\n"
        + aligned(("", *terms), bound, right=range(1, len(terms) + 1))
    )


def _say(bench: Bench, count: int, steps: Mapping[int, Measured], prices: Prices) -> None:
    add, peak = bench.report.add, steps[1]
    add("overload", "the peak", peak.goodput, "/s", "", f"{count:,} buyers connected")
    add("overload", "an idle room's server and stores", prices.idle.total / 1e6, "ms/s")
    note = f"of that the server {prices.order_server_s * 1e6:.0f}"
    add("overload", "CPU of server and stores", prices.order_all_s * 1e6, "µs/order", "", note)
    note = "with reading its frame and writing its answer"
    add("overload", "CPU of the server", prices.refusal_s * 1e6, "µs/refusal", "", note)
    rejection = rejection_us()
    note = "besides reading its frame and writing its answer"
    add("overload", "CPU of a rejection", rejection, "µs", f"≤ {_REJECTION_US_MAX:.0f}", note)
    if rejection > _REJECTION_US_MAX and not bench.size.quick:
        bench.wrong.append(f"overload: a rejection costs {rejection:.1f} µs")
    for factor, row in zip(_FACTORS, bench.report.raw["overload"][1:], strict=True):
        step = steps[factor]
        wanted = peak.goodput if factor == 2 else min(peak.goodput, row["carried"]["carried/s"])
        note = f"{wanted:,.0f}/s wanted × {_GOODPUT_MIN}"
        if step.run.outcome.cpu > _BUSY_MAX or row["late_ms"] > _LATE_MS_MAX:
            note += "; the load was the bottleneck: less came than was meant to"
        add("overload", f"{factor} ×: goodput", step.goodput, "/s", f"≥ {0.9 * wanted:,.0f}", note)
        add("overload", f"{factor} ×: p99", row["served_ms"][1], "ms", f"≤ {_P99_MS_MAX:,.0f}")


def _cores() -> int:
    cores: int = system.machine()["cores"]
    return cores
