"""Whether anybody else noticed an attack: figures, what may become of them, and the table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Final

from loadtests.kit.report import aligned, percentile
from tests.hostile.victim import Reading

TIMES_MAX: Final = 1.5
WINDOW_S: Final = 2.0
STALL_MS_MAX: Final = 500.0
LOG_LINES_PER_S_MAX: Final = 20.0
DESCRIPTORS_LEFT_MAX: Final = 40
# Of 10,000 connections at once, the most there may be, the allocator keeps 10 KB each.
RSS_BYTES_LEFT_MAX: Final = 128 * 2**20
REDIS_BYTES_PER_S_MAX: Final = 8_192.0
# The guesses that one address may make in a second, and the machine's noise.
TRANSACTIONS_PER_S_MAX: Final = 65.0
_TOLD_MAX: Final = 4
# The figures that are compared, and their names in the table.
FIGURES: Final = {
    "event": "event",
    "reserved": "reserved",
    "confirmed": "confirmed",
    "join": "join",
    "/healthz": "/healthz",
    "/joinable": "/joinable",
}

Lags = Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Figure:
    """The lag of one thing over some seconds: medians of its windows' percentiles, in ms."""

    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, lags: Sequence[tuple[float, float]], began_s: float, seconds: float) -> "Figure":
        """Take a figure of lags, given with the instants at which they ended.

        A lag belongs to the window in which it began, and a window without any was a stall.
        """
        count = max(1, int(seconds / WINDOW_S))
        windows: list[list[float]] = [[] for _ in range(count)]
        for at_s, lag in lags:
            number = int((at_s - lag / 1_000 - began_s) / WINDOW_S)
            if 0 <= number < count:
                windows[number].append(lag)
        p50, p99 = (
            [percentile(each, q) if each else math.inf for each in windows] for q in (50, 99)
        )
        worst = max((lag for _, lag in lags), default=math.inf)
        return cls(median(p50), median(p99), worst)


@dataclass(frozen=True)
class Quiet:
    """The figures without an attack: the larger of before and after."""

    figures: Mapping[str, Figure]

    @classmethod
    def of(cls, before: Mapping[str, Figure], after: Mapping[str, Figure]) -> "Quiet":
        """Take the larger of each figure, before and after the attack."""
        return cls(
            {
                name: Figure(
                    *(
                        max(getattr(before[name], each), getattr(after[name], each))
                        for each in ("p50", "p99", "worst")
                    )
                )
                for name in before
            }
        )


@dataclass
class Outcome:
    """The outcome of one attack, as it is told in a row of the table and kept as JSON."""

    name: str
    what: str
    point: int
    quiet: dict[str, Figure] = field(default_factory=dict)
    meanwhile: dict[str, Figure] = field(default_factory=dict)
    noticed: list[str] = field(default_factory=list)
    slower: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    cpu_percent: float = 0.0
    waited_percent: float = 0.0  # for a processor, which says how busy the machine was
    rss_mib: float = 0.0
    log_lines_per_s: float = 0.0
    noise: float = 0.0
    tries: int = 1
    last_words: str = ""
    log: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nobody else noticed."""
        return not (self.noticed or self.slower)

    def as_json(self) -> dict[str, Any]:
        """Return it for a file."""
        return asdict(self)


def slower(quiet: Mapping[str, Figure], meanwhile: Mapping[str, Figure]) -> list[str]:
    """Return what took longer than it may, as sentences without an end."""
    found = []
    for name, called in FIGURES.items():
        before, now = quiet[name], meanwhile[name]
        if not now.p99 <= TIMES_MAX * before.p99:
            found.append(f"{called} {shown(now.p99)} for {shown(before.p99)} ms")
        elif now.worst > before.worst + STALL_MS_MAX:
            found.append(f"{called} once {shown(now.worst)} ms")
    return found


def left_over(before: Reading, after: Reading, seconds: float) -> list[str]:
    """Return what an attack of so many seconds has left behind in a node that goes on."""
    found = []
    if (count := after.descriptors - before.descriptors) > DESCRIPTORS_LEFT_MAX:
        found.append(f"{count:,} descriptors left")
    if (size := after.rss_bytes - before.rss_bytes) > RSS_BYTES_LEFT_MAX:
        found.append(f"{size / 2**20:,.0f} MiB left")
    if (lines := (after.log_lines - before.log_lines) / seconds) > LOG_LINES_PER_S_MAX:
        found.append(f"{lines:,.0f} log lines a second")
    return found


def shown(lag_ms: float) -> str:
    """Return a lag as it stands in the table."""
    if math.isinf(lag_ms):
        return "∞"
    return f"{lag_ms:,.0f}" if lag_ms >= 100 else f"{lag_ms:.1f}"


def verdict(outcome: Outcome) -> str:
    """Return a row's last cell: the first few of what was noticed."""
    found = outcome.noticed + outcome.slower
    more = [f"{len(found) - _TOLD_MAX} more"] if len(found) > _TOLD_MAX else []
    return "; ".join(found[:_TOLD_MAX] + more) or "nobody noticed"


def table(outcomes: Sequence[Outcome], before: Mapping[str, str]) -> str:
    """Return the table for the document: p99 in ms without and with each attack, and what it did.

    `before` has the verdicts of an older checkout, by the attack's name.
    """
    names = list(FIGURES)
    head = ["attack", *FIGURES.values(), "CPU %", "MiB", "log/s", "verdict"]
    if before:
        head.append("before")
    rows = []
    for each in outcomes:
        cells = [
            f"{shown(each.quiet[name].p99)} → {shown(each.meanwhile[name].p99)}"
            if name in each.quiet and name in each.meanwhile
            else "—"
            for name in names
        ]
        more = [before.get(each.name, "—")] if before else []
        rows.append(
            [
                f"{each.what} (`{each.name}`)",
                *cells,
                f"{each.cpu_percent:.0f}",
                f"{each.rss_mib:+.0f}",
                f"{each.log_lines_per_s:.1f}",
                verdict(each),
                *more,
            ]
        )
    return aligned(head, rows, right=range(1, len(FIGURES) + 4))
