"""The means of a scenario: a shop, the size of the run, and a crowd when it asks for one."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import click

from loadtests.fanout import actors
from loadtests.kit import crowd, system
from loadtests.kit.checkout import AGAINST, OURS
from loadtests.kit.crowd import Joined
from loadtests.kit.frames import Target
from loadtests.kit.report import Report
from loadtests.kit.shop import Shop
from loadtests.kit.worker import Worker, WorkerFailed

FAN_OUT: Final = "fan-out, "  # the cost of a command to a full room beyond one to an empty room
_BUSY: Final = 0.9
_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Size:
    """How large a run is; each scenario takes what it needs of it."""

    viewers: tuple[int, ...]  # empty: each scenario has its own
    rounds: int
    seconds: float
    quick: bool

    def room(self, usual: int) -> int:
        """Return how many viewers a scenario with one room has."""
        return max(self.viewers) if self.viewers else min(usual, system.viewers_max())


@dataclass
class Bench:
    """Everything that scenarios share."""

    shop: Shop
    size: Size
    report: Report
    # A shop of another checkout, to be compared with.
    against: Shop | None = None

    @property
    def shops(self) -> dict[str, Shop]:
        """The shop, and the one that it is compared with, by the name that figures have."""
        return {OURS: self.shop} | ({AGAINST: self.against} if self.against else {})

    @contextmanager
    def crowd(self, name: str) -> Iterator["Listeners"]:
        """Start a load process of its own; its share of a core is reported at the end."""
        with Worker(crowd.serve, system.cores()[1]) as worker:
            yield Listeners(worker, self.report, name)

    @contextmanager
    def actors(self) -> Iterator[Worker]:
        """Start the process of the host and the buyers."""
        with Worker(actors.serve, system.cores()[1]) as worker:
            yield worker


class Listeners:
    """A load process, as the scenarios drive it."""

    def __init__(self, worker: Worker, report: Report, name: str) -> None:
        self.worker = worker
        self._report = report
        self._name = name

    def begin_join(
        self, target: Target, count: int, *, per_second: float = 0, at_once: int = _AT_ONCE
    ) -> None:
        """Let viewers come in; `end_join` waits for them."""
        seconds = 30 + count / 200
        self.worker.begin("join", target, count, per_second, at_once, seconds)

    def end_join(self, count: int) -> Joined:
        """Return how they came in; raises WorkerFailed unless all did."""
        joined: Joined = self.worker.end(60 + count / 200)
        if joined.count != count:
            raise WorkerFailed(f"{joined.count} of {count} viewers joined: {joined.refused}")
        return joined

    def join(self, target: Target, count: int, *, per_second: float = 0) -> Joined:
        """Let viewers come in, and wait for them."""
        self.begin_join(target, count, per_second=per_second)
        return self.end_join(count)

    def leave(self) -> None:
        """Cut every connection."""
        self.worker.ask("leave")

    def wait(self, offsets: list[int], count: int, seconds: float = 20.0) -> int:
        """Wait until `count` viewers have each offset; return the deliveries there were."""
        reached: int = self.worker.ask("wait", offsets, count, seconds, seconds=seconds + 60)
        return reached

    def arrivals(self) -> dict[int, list[int]]:
        """Return when each offset arrived, and forget it."""
        arrived = self.worker.ask("arrivals", seconds=120)
        return {offset: list(stamps) for offset, stamps in arrived.items()}

    def start_watching_itself(self) -> None:
        """Begin the time over which the load's own share of a core is told."""
        self.worker.ask("usage")

    def tell_own_share(self, when: str = "") -> None:
        """Report the load's share of a core since then, and whether it was the bottleneck."""
        share: float = self.worker.ask("usage")["cpu"]
        note = "the load was the bottleneck" if share > _BUSY else ""
        self._report.add(self._name, f"the load's own core{when}", share * 100, "%", "", note)
        if note:
            click.echo(f"{self._name}: {note}, with {share:.0%} of its core", err=True)


def ratio(one: float, other: float) -> float:
    """Return a quotient, not a number where there is none."""
    return one / other if other else math.nan
