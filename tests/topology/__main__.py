"""`python -m tests.topology`: the work of many machines, on processes of this one."""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from tests.crash.run import Report
from tests.crash.schedules import Schedule
from tests.crash.world import CrashWorld
from tests.topology.run import PAUSE_S, WatchedRun, schedule_with
from tests.topology.world import (
    ClusterTopology,
    PgBouncerTopology,
    SentinelTopology,
    StandbyTopology,
    Topology,
    opened,
)

_COLUMNS = ("scenario", "what", "attempts", "confirmed", "unknowns", "findings", "seconds")


@dataclass(frozen=True)
class Scenario:
    """A topology, and what happens to it during a stampede."""

    world: Callable[[Path], CrashWorld]
    schedule: Schedule


def _restarts() -> Schedule:
    return schedule_with("rolling restart", commands=4_000, at=(0.1, 0.5), lasts_s=PAUSE_S)


def _failovers() -> Schedule:
    return schedule_with("failover", commands=4_000, at=(0.2, 0.6), lasts_s=1)


SCENARIOS = {
    "nginx": Scenario(lambda folder: Topology(folder, balancer="nginx"), _restarts()),
    "sentinel": Scenario(SentinelTopology, _failovers()),
    "cluster": Scenario(ClusterTopology, _failovers()),
    "standby": Scenario(
        StandbyTopology, schedule_with("failover", commands=3_000, at=(0.3,), lasts_s=1)
    ),
    "pgbouncer": Scenario(
        PgBouncerTopology, schedule_with("postgres", commands=3_000, at=(0.3, 0.6), lasts_s=1)
    ),
    "haproxy": Scenario(lambda folder: Topology(folder, balancer="haproxy"), _restarts()),
}


def _row(name: str, report: Report) -> str:
    killed = ", ".join(f"{count} × {what}" for what, count in sorted(report.killed.items()))
    confirmed = report.outcomes["confirmed"]
    cells = (name, killed, report.attempts, confirmed, report.unknowns, len(report.findings))
    return "| " + " | ".join(map(str, cells)) + f" | {report.seconds:.0f} |"


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Run the scenarios, or those NAMED; exits 1 on any finding."""
    started, rows, failed = time.monotonic(), [], False
    unknown = sorted(set(names) - set(SCENARIOS))
    if unknown:
        raise click.ClickException(f"there are {', '.join(SCENARIOS)}, but no {unknown[0]}")
    for name in names or tuple(SCENARIOS):
        scenario = SCENARIOS[name]
        click.echo(f"{name}: {scenario.schedule}")
        with tempfile.TemporaryDirectory(prefix="liveshop-topology-") as folder:
            with opened(scenario.world(Path(folder))) as world:
                report = WatchedRun(world, scenario.schedule).carry_out()
        rows.append(_row(name, report))
        click.echo(f"  refusals {dict(report.errors)}; host {dict(report.hosted)}")
        if report.findings:
            failed = True
            click.echo(report.story())
    click.echo("| " + " | ".join(_COLUMNS) + " |\n" + "|---" * len(_COLUMNS) + "|")
    click.echo("\n".join(rows))
    click.echo(f"{time.monotonic() - started:.0f} s in all")
    sys.exit(failed)


if __name__ == "__main__":
    main()
