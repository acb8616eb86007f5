"""Ballots at their limit: how many votes a second are durable, and how soon each is answered."""

import statistics
import time
from contextlib import ExitStack
from typing import Any, Final

from loadtests.stampede import voters
from loadtests.stampede.arena import Arena, Run, open_arena
from loadtests.stampede.bench import UNITS, Bench
from loadtests.stampede.rush import Rush

# As many polls as may be open; a connection may vote three times a second, and six at once.
_POLLS: Final = 3
_VOTERS: Final = 7_000
_VOTERS_QUICK: Final = 50
_RATES: Final = (5_000.0, 10_000.0, 15_000.0, 20_000.0)
_RATES_QUICK: Final = (200.0,)
_REFILL_S: Final = 2.5


def vote(bench: Bench) -> None:
    """Have thousands vote in three polls at several rates, and then as fast as they are answered.

    The result of each poll has to be what its voters were told, however many nodes they share.
    """
    quick = bench.size.quick
    rates, count = (_RATES_QUICK, _VOTERS_QUICK) if quick else (_RATES, _VOTERS)
    rounds = 1 if quick else bench.size.rounds
    with ExitStack() as stack:
        node, *others = (
            stack.enter_context(bench.shop.node(pinned=False)) for _ in range(bench.size.nodes)
        )
        arena = stack.enter_context(open_arena(bench.shop, node, voters.serve, others))
        count -= count % bench.size.nodes
        target = arena.session(arena.stock("vote", 1, UNITS), UNITS)
        session_id = target.path.rpartition("/")[2]
        with arena.buyers(target, count):
            _round(bench, arena, session_id, count, 0.0)  # the first are slow
            for rate in (*rates, 0.0):
                runs = [_round(bench, arena, session_id, count, rate) for _ in range(rounds)]
                _report(bench, runs, rate)


def _round(bench: Bench, arena: Arena, session_id: str, count: int, rate: float) -> Run:
    """Open three polls, have everyone vote in each, and compare the results with the answers."""
    time.sleep(0.0 if bench.size.quick else _REFILL_S)
    choices = [{"label": f"Choice {number}"} for number in range(voters.CHOICES)]
    polls = [
        arena.node.command(session_id, "poll.open", question="Which?", choices=choices)
        for _ in range(_POLLS)
    ]
    run = arena.rush(Rush(tuple(map(str, polls)), _POLLS * count, rate))
    counted = sum(_close(arena, session_id, poll) for poll in polls)
    name = f"vote, {rate:,.0f}/s" if rate else "vote, at most"
    bench.check(name, run)
    if counted != run.orders:
        bench.wrong.append(f"{name}: {run.orders} votes were answered, {counted} counted")
    return run


def _close(arena: Arena, session_id: str, poll: int) -> int:
    body = {"type": "poll.close", "poll": poll}
    answer: dict[str, Any] = arena.node.post(f"/api/sessions/{session_id}/commands", body)
    total: int = answer["events"][-1]["total"]
    return total


def _report(bench: Bench, runs: list[Run], rate: float) -> None:
    of = f"{rate:,.0f} votes a second: " if rate else "as fast as answered: "
    durable = statistics.median(run.per_second(run.outcome.confirmed_ns) for run in runs)
    p50, p99, p999 = (
        statistics.median(run.percentiles(run.outcome.confirmed_ms)[each] for run in runs)
        for each in range(3)
    )
    cpu = {
        name: statistics.median(run.cpu_us()[name] for run in runs)
        for name in ("server", "redis", "postgres", "all")
    }
    load = statistics.median(run.outcome.cpu for run in runs)
    refused = sum(sum(run.outcome.refused.values()) for run in runs)
    add = bench.report.add
    wanted = "≥ 20,000" if rate in (0.0, 20_000.0) else ""
    add("vote", f"{of}durable", durable, "/s", wanted, f"{refused} refused; load {load:.0%}")
    add("vote", f"{of}p99 to the answer", p99, "ms", "≤ 150", f"p50 {p50:.0f}, p99.9 {p999:.0f}")
    note = ", ".join(f"{name} {cpu[name]:.0f}" for name in ("server", "redis", "postgres"))
    add("vote", f"{of}CPU of server and stores", cpu["all"], "µs/vote", "", note)
