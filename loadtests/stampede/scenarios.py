"""The purchase path at its limit, at half of it, and when everything sells out."""

import random
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from loadtests.kit import system
from loadtests.kit.checkout import AGAINST, OURS
from loadtests.kit.report import aligned
from loadtests.kit.shop import Shop
from loadtests.stampede.arena import Arena, Run, open_arena
from loadtests.stampede.bench import BURST, PER_BUYER, UNITS, Bench
from loadtests.stampede.rush import Rush

_BUYERS_MIN: Final = 50


def limit(bench: Bench) -> None:
    """Raise the rate of arrivals step by step, then go back to half of what was reached."""
    if bench.against is not None:
        _compare(bench, bench.against)
        return
    size, add = bench.size, bench.report.add
    with bench.shop.node(pinned=False) as node, open_arena(bench.shop, node) as arena:
        skus = arena.stock("limit", 1, UNITS)
        target = arena.session(skus, UNITS)
        with arena.buyers(target, max(_BUYERS_MIN, round(max(size.rates) / PER_BUYER))):
            arena.rush(Rush(skus, max(1, int(size.rates[0])), size.rates[0]))  # the first are slow
            for rate in size.rates:
                _climb(bench, arena, skus, rate)
            steps = bench.report.raw["limit"]
            best = max(steps, key=lambda step: step["durable"])
            _climb(bench, arena, skus, best["durable"] / 2)
    half = steps.pop()
    bench.report.raw["half"] = [half]
    note = (
        f"{best['offered']:,.0f} attempts a second; {best['others']:.0%} of the machine with others"
    )
    add("limit", "durable orders", best["durable"], "/s", "≥ 6,000", note)
    add("limit", "CPU of server and stores", best["cpu_us"]["all"], "µs/order")
    add("limit", "the load's own share of a core", best["load"] * 100, "%")
    note = f"{half['offered']:,.0f} attempts a second, p99.9 {half['confirmed_ms'][2]:.0f} ms"
    add("limit", "at half: buy to reserved p99", half["reserved_ms"][1], "ms")
    add(
        "limit",
        "at half: buy to confirmed p99",
        half["confirmed_ms"][1],
        "ms",
        "≤ 40",
        note,
    )


def _compare(bench: Bench, against: Shop) -> None:
    """Offer the same rates to this checkout's server and another's, by turns in random order."""
    size, runs = bench.size, dict[tuple[str, float], list[Run]]()
    buyers = max(_BUYERS_MIN, round(max(size.rates) / PER_BUYER))
    with ExitStack() as stack:
        arenas: dict[str, Arena] = {}
        for name, shop in {OURS: bench.shop, AGAINST: against}.items():
            node = stack.enter_context(shop.node(pinned=False))
            arenas[name] = arena = stack.enter_context(open_arena(shop, node))
            skus = arena.stock("limit", 1, UNITS)
            stack.enter_context(arena.buyers(arena.session(skus, UNITS), buyers))
            arena.rush(Rush(skus, max(1, int(size.rates[0])), size.rates[0]))  # the first are slow
        for rate in size.rates:
            for _ in range(size.rounds):
                for name in random.sample(list(arenas), len(arenas)):
                    run = arenas[name].rush(Rush(skus, max(1, int(rate * size.seconds)), rate))
                    runs.setdefault((name, rate), []).append(run)
                    bench.check(f"limit, {name}, {rate:,.0f}/s", run)
    _report_compared(bench, runs)


def _report_compared(bench: Bench, runs: Mapping[tuple[str, float], Sequence[Run]]) -> None:
    """Report the medians of the rounds' ratios, of each rate and of all."""
    costs: list[float] = []
    for rate in bench.size.rates:
        pairs = list(zip(runs[OURS, rate], runs[AGAINST, rate], strict=True))
        cpu = [one.cpu_us()["all"] / other.cpu_us()["all"] for one, other in pairs]
        durable = [
            one.orders / one.seconds / (other.orders / other.seconds) for one, other in pairs
        ]
        costs += cpu
        ours, theirs = (
            statistics.median(run.cpu_us()["all"] for run in runs[name, rate])
            for name in (OURS, AGAINST)
        )
        note = f"{ours:.0f} µs to {theirs:.0f}; the median of {len(pairs)}"
        of = f"at {rate:,.0f}/s: "
        bench.report.add(
            "limit", f"{of}CPU/order to {AGAINST}", statistics.median(cpu), "×", "", note
        )
        bench.report.add("limit", f"{of}durable/s to {AGAINST}", statistics.median(durable), "×")
    note = f"spread of {len(costs)} rounds: {min(costs):.3g} to {max(costs):.3g}"
    bench.report.add("limit", f"CPU/order to {AGAINST}", statistics.median(costs), "×", "", note)


def _climb(bench: Bench, arena: Arena, skus: Sequence[str], rate: float) -> None:
    before = system.busy_and_all_ticks()
    run = arena.rush(Rush(tuple(skus), max(1, int(rate * bench.size.seconds)), rate))
    after = system.busy_and_all_ticks()
    machine = (after[0] - before[0]) / max(1, after[1] - before[1])
    ours = (run.costs.total / 1e9 / run.seconds + run.outcome.cpu) / system.machine()["cores"]
    outcome, seconds = run.outcome, bench.size.seconds
    step = {
        "offered": rate,
        "attempts": outcome.sent / seconds,
        "reserved": run.per_second(outcome.reserved_ns, seconds),
        "durable": run.per_second(outcome.confirmed_ns, seconds),
        "reserved_ms": run.percentiles(outcome.reserved_ms),
        "confirmed_ms": run.percentiles(outcome.confirmed_ms),
        "cpu_us": run.cpu_us(),
        "load": outcome.cpu,
        "late_ms": run.percentiles(outcome.late_ms)[1],
        "others": max(0.0, machine - ours),
        "refused": outcome.refused,
    }
    bench.report.raw.setdefault("limit", []).append(step)
    bench.check(f"limit, {rate:,.0f}/s", run)


def sell_out(bench: Bench) -> None:
    """Have far more buyers than units, each trying again as soon as it is refused."""
    size, add = bench.size, bench.report.add
    with bench.shop.node(pinned=False) as node, open_arena(bench.shop, node) as arena:
        skus = arena.stock("sell-out", 1, size.units)
        target = arena.session(skus, size.units)
        with arena.buyers(target, -(-size.attempts // BURST)):
            run = arena.rush(Rush(skus, size.attempts, seconds_max=120.0))
    bench.check("sell-out", run, size.units)
    refused = ", ".join(f"{count:,} {code}" for code, count in sorted(run.outcome.refused.items()))
    add("sell-out", f"{size.attempts:,} attempts answered", run.seconds, "s", "< 10", refused)
    add("sell-out", "attempts", run.outcome.sent / run.seconds, "/s")
    add("sell-out", "units sold", run.orders, "", f"{size.units:,}")
    add("sell-out", "the load's own share of a core", run.outcome.cpu * 100, "%")
    wanted = min(size.units, size.attempts)
    if run.orders != wanted:
        bench.wrong.append(f"sell-out: {run.orders} units were sold, not {wanted}")


def steps_table(steps: Sequence[dict[str, Any]]) -> str:
    """Return the steps of `limit` as a table in Markdown."""
    head = (
        *("offered/s", "attempts/s", "reserved/s", "durable/s"),
        *("reserved p50, p99, p99.9 ms", "confirmed p50, p99, p99.9 ms"),
        *("CPU/order µs: server, Redis, Postgres", "load's core", "machine busy with others"),
    )
    rows = [
        (
            *(f"{step[name]:,.0f}" for name in ("offered", "attempts", "reserved", "durable")),
            *(_joined(step[name]) for name in ("reserved_ms", "confirmed_ms")),
            _joined([step["cpu_us"][name] for name in ("server", "redis", "postgres")]),
            *(f"{step[name]:.0%}" for name in ("load", "others")),
        )
        for step in steps
    ]
    return aligned(head, rows, right=range(len(head)))


def _joined(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)
