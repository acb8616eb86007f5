"""`python -m tests.crash --seeds 30`: crash tests, and a table of what they have shown."""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from tests.crash.run import Report, Run
from tests.crash.schedules import schedule_of
from tests.crash.voting import VotingRun
from tests.crash.world import open_world

_COLUMNS = (
    "seed", "schedule", "attempts", "reserved", "confirmed", "released", "expired", "refused",
    "payments", "kills", "unknowns", "findings", "seconds",
)  # fmt: skip


def _row(report: Report) -> dict[str, int | float | str]:
    return {
        "seed": report.schedule.seed,
        "schedule": f"{report.schedule.kind}, {report.schedule.payment}",
        "attempts": report.attempts,
        "reserved": report.reserved,
        "confirmed": report.outcomes["confirmed"],
        "released": report.outcomes["released"],
        "expired": report.outcomes["expired"],
        "refused": report.outcomes["refused"] + report.outcomes["not reserved"],
        "payments": len(report.history.payments),
        "kills": report.killed.total(),
        "unknowns": report.unknowns,
        "findings": len(report.findings),
        "seconds": round(report.seconds, 1),
    }


def _table(rows: list[dict[str, int | float | str]]) -> str:
    total: dict[str, int | float | str] = {"seed": "all", "schedule": f"{len(rows)} seeds"}
    for name in _COLUMNS[2:]:
        total[name] = round(sum(float(row[name]) for row in rows), 1)
        if name != "seconds":
            total[name] = int(total[name])
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    lines += ["| " + " | ".join(str(row[name]) for name in _COLUMNS) + " |" for row in rows]
    lines.append("| " + " | ".join(str(total[name]) for name in _COLUMNS) + " |")
    return "\n".join(lines)


def never_reached(reports: Sequence[Report]) -> list[str]:
    """Return the failpoints that were armed in these runs, and at which no node ever ended."""
    armed = sum((report.armed for report in reports), Counter[str]())
    reached = sum((report.reached for report in reports), Counter[str]())
    return sorted(name for name in armed if not reached[name])


def _tell_failpoints(reports: Sequence[Report]) -> bool:
    """Say how often each failpoint was reached; False where none was, armed as they were.

    A single one may be missed: a rebuild, say, that did not happen while its failpoint was armed.
    `tests/system/test_failpoints.py` reaches each.
    """
    armed = sum((report.armed for report in reports), Counter[str]())
    reached = sum((report.reached for report in reports), Counter[str]())
    for name in sorted(armed):
        click.echo(f"failpoint {name}: armed {armed[name]} times, reached {reached[name]}")
    missed = never_reached(reports)
    if missed:
        click.echo(f"never reached, so nothing is shown of them: {', '.join(missed)}")
    return not armed or bool(reached)


def _vote(seeds: Sequence[int]) -> bool:
    """Run the seeds of voting; return True if there is no finding."""
    reports = []
    with (
        tempfile.TemporaryDirectory(prefix="liveshop-crash-") as folder,
        open_world(Path(folder)) as world,
    ):
        for seed in seeds:
            reports.append(VotingRun(world, seed).carry_out())
            click.echo(reports[-1])
    reached = sum((report.reached for report in reports), Counter[str]())
    ballots = sum(report.ballots for report in reports)
    findings = sum(len(report.findings) for report in reports)
    click.echo(f"{len(reports)} seeds, {ballots} ballots, failpoints {dict(reached)}: {findings}")
    return not findings


@click.command()
@click.option("--seeds", default=30, show_default=True, help="How many, from --first on.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--seed", type=int, help="Only this one.")
@click.option("--voting", is_flag=True, help="Polls and voters, in place of buyers.")
@click.option("--history", type=click.Path(path_type=Path), help="Where everything said goes.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Where the figures go.")
def main(
    seeds: int,
    first: int,
    seed: int | None,
    voting: bool,
    history: Path | None,
    file: Path | None,
) -> None:
    """Kill nodes, Valkey and PostgreSQL in stampedes.

    Exits 1 on any finding, and where failpoints were armed and no seed has reached any.
    """
    started = time.monotonic()
    chosen = [seed] if seed is not None else list(range(first, first + seeds))
    if voting:
        sys.exit(not _vote(chosen))
    reports: list[Report] = []
    with (
        tempfile.TemporaryDirectory(prefix="liveshop-crash-") as folder,
        open_world(Path(folder)) as world,
    ):
        for each in chosen:
            schedule = schedule_of(each)
            click.echo(schedule)
            report = Run(world, schedule).carry_out()
            reports.append(report)
            click.echo("  " + ", ".join(f"{name} {value}" for name, value in _row(report).items()))
            click.echo(f"  refusals {dict(report.errors)}; host {dict(report.hosted)}")
            click.echo(f"  charges {dict(report.taken)}; coupons {report.coupons}")
            if history is not None:
                history.write_text("\n".join(map(str, report.history.entries)))
            if report.findings:
                click.echo(report.story())
    rows = [_row(report) for report in reports]
    killed = sum((report.killed for report in reports), Counter())
    click.echo(_table(rows))
    click.echo(f"killed: {dict(killed)}; {time.monotonic() - started:.0f} s in all")
    if file is not None:
        file.write_text(json.dumps({"seeds": rows, "killed": killed}, indent=1))
    shown = _tell_failpoints(reports)
    sys.exit(not shown or any(report.findings for report in reports))


if __name__ == "__main__":
    main()
