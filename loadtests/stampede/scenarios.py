"""The purchase path at its limit, at half of it, and when everything sells out."""

from collections.abc import Sequence
from typing import Any, Final

from loadtests.kit import system
from loadtests.kit.report import aligned
from loadtests.stampede.arena import Arena, open_arena
from loadtests.stampede.bench import BURST, PER_BUYER, UNITS, Bench
from loadtests.stampede.rush import Rush

_BUYERS_MIN: Final = 50


def limit(bench: Bench) -> None:
    """Raise the rate of arrivals step by step, then go back to half of what was reached."""
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
