"""The means of every scenario of a stampede."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.kit.report import Report
from loadtests.kit.shop import Shop
from loadtests.stampede.arena import Run
from loadtests.stampede.rush import Rush

# The server lets a connection buy five times a second, and ten times at once.
PER_BUYER: Final = 3.0
BURST: Final = 10
UNITS: Final = 1_000_000


@dataclass(frozen=True)
class Size:
    """How much is bought: `rates` a second and for how long, and `rush` purchases in one go."""

    rates: tuple[float, ...]
    seconds: float
    attempts: int
    units: int
    rush: int
    past_orders: int
    products: int
    rounds: int
    nodes: int = 1  # for `vote`
    quick: bool = False  # nothing is judged by its time


@dataclass
class Bench:
    """The stores, the size of the run and its report; `wrong` says what is not only slow."""

    shop: Shop
    size: Size
    report: Report
    wrong: list[str]
    # A shop of another checkout, to be compared with.
    against: Shop | None = None

    def check(self, name: str, run: Run, units: int | None = None) -> None:
        """Note what must not happen, however much is asked for."""
        outcome = run.outcome
        counts = {
            "purchases without an answer": outcome.unanswered,
            "rids with two answers": outcome.contradicted,
            "connections lost": outcome.lost_connections,
            "units sold beyond all there were": max(0, run.orders - (units or run.orders)),
        }
        self.wrong += [f"{name}: {count} {what}" for what, count in counts.items() if count]

    def rush(self, skus: Sequence[str]) -> tuple[Rush, int]:
        """Return purchases as fast as they are answered, and how many buyers they take."""
        return Rush(tuple(skus), self.size.rush), max(1, self.size.rush // BURST)


def durable(runs: Sequence[Run]) -> float:
    """Return the median of the orders a second."""
    return statistics.median(run.per_second(run.outcome.confirmed_ns) for run in runs)


def cpu_us(runs: Sequence[Run]) -> float:
    """Return the median of the CPU that server and stores take for an order."""
    return statistics.median(run.cpu_us()["all"] for run in runs)


def p99_ms(runs: Sequence[Run]) -> float:
    """Return the median of the p99 from buy to `confirmed`."""
    return statistics.median(run.percentiles(run.outcome.confirmed_ms)[1] for run in runs)


def shares(runs: Sequence[Run]) -> str:
    """Return how that CPU is shared out, and the orders a second, for a note."""
    each = [run.cpu_us() for run in runs]
    server, redis, postgres = (
        f"{statistics.median(one[name] for one in each):.0f}"
        for name in ("server", "redis", "postgres")
    )
    return (
        f"server {server}, Redis {redis}, Postgres {postgres}; "
        f"{durable(runs):,.0f} durable orders a second"
    )
