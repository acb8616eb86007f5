"""The resources that a node and its stores take at a moment, and whether they grow."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from itertools import combinations
from statistics import median
from typing import Final

import asyncpg
import redis

from liveshop.cli.local_stores import LocalStores
from loadtests.kit import system
from loadtests.kit.shop import Node

SETTLED_S: Final = 120.0
# With a row every 30 s, and some time for the last.
MINUTES_MIN: Final = 4.0
TOO_SHORT: Final = "Too short to judge: it takes three rows after the first two minutes."
_GROWTH_MAX: Final = 0.05
_MIB: Final = 2**20
# Growth below this is none, however little there is: in the unit of the column.
_NOISE: Final = {
    "rss_mib": 2.0,
    "tasks": 5.0,
    "descriptors": 20.0,
    "redis_keys": 0.0,
    "redis_bytes_per_reservation": 20.0,
    "postgres_connections": 1.0,
    "pool_busy": 1.0,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of the table; a figure that only adds up, by design, is not judged."""

    second: float
    machine_percent: float
    cpu_percent: float
    viewers: float
    orders: float
    rss_mib: float
    tasks: float
    descriptors: float
    pool_busy: float
    postgres_connections: float
    redis_keys: float
    redis_mib: float
    redis_bytes_per_reservation: float


@dataclass(frozen=True, slots=True)
class Trend:
    """How much a column grew, once things had settled, and how much it may."""

    column: str
    growth: float
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether the column grew no further than allowed."""
        return self.growth <= self.allowed


class Gauge:
    """Looks at one node, often, and makes a row of what it saw since the last."""

    def __init__(self, node: Node, stores: LocalStores, session_id: str) -> None:
        self._node = node
        self._postgres_url = stores.postgres.url
        self._redis = redis.Redis.from_url(stores.valkey.url)
        self._done_key = f"{{s:{session_id}}}:done"
        self._empty_bytes = self._redis_bytes()
        self._looks: list[tuple[float, ...]] = []
        self._cpu_ns = node.cpu_ns()
        self._ticks = system.busy_and_all_ticks()
        self._at_s = 0.0

    def look(self) -> int:
        """Note what changes from moment to moment; return how many viewers there are."""
        text = self._node.metrics()
        names = ("viewers", "tasks", 'postgres_connections{state="busy"}')
        seen = [_value(text, f"liveshop_{name}") for name in names]
        self._looks.append((*seen, system.descriptors(self._node.process.pid)))
        return int(seen[0])

    async def sample(self, second: float) -> Sample:
        """Return a row: medians of the looks since the last, and the rest as it is now."""
        viewers, tasks, busy, descriptors = (
            median(each) for each in zip(*self._looks, strict=True)
        )
        self._looks.clear()
        cpu_ns, passed_s = self._node.cpu_ns(), second - self._at_s
        cpu_percent = (cpu_ns - self._cpu_ns) / 1e7 / passed_s
        self._cpu_ns, self._at_s = cpu_ns, second
        ticks = system.busy_and_all_ticks()
        worked, there_were = (now - before for now, before in zip(ticks, self._ticks, strict=True))
        self._ticks = ticks
        redis_bytes, kept = self._redis_bytes(), self._redis.zcard(self._done_key)
        return Sample(
            second=second,
            machine_percent=100 * worked / max(1, there_were),
            cpu_percent=cpu_percent,
            viewers=viewers,
            orders=_value(self._node.metrics(), "liveshop_orders_confirmed_total"),
            rss_mib=system.rss_bytes(self._node.process.pid) / _MIB,
            tasks=tasks,
            descriptors=descriptors,
            pool_busy=busy,
            postgres_connections=await self._connections(),
            redis_keys=self._redis.dbsize(),
            redis_mib=redis_bytes / _MIB,
            redis_bytes_per_reservation=(redis_bytes - self._empty_bytes) / max(1, kept),
        )

    def _redis_bytes(self) -> int:
        size: int = self._redis.info("memory")["used_memory_dataset"]
        return size

    async def _connections(self) -> float:
        connection = await asyncpg.connect(self._postgres_url)
        try:
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'liveshop'"
            return float(await connection.fetchval(query))
        finally:
            await connection.close()

    def close(self) -> None:
        """Let the connection to Redis go."""
        self._redis.close()


def trends(samples: Sequence[Sample], settled_s: float = SETTLED_S) -> list[Trend]:
    """Judge every column that must be flat by the rows after the first two minutes.

    The slope is the median of the slopes between all pairs of rows (Theil and Sen), so that no
    single row decides. Growth is that slope over the time judged; allowed are 5 % of the median,
    or what counts as noise for so small a figure.
    """
    judged = [each for each in samples if each.second >= settled_s]
    if len(judged) < 3:
        return []
    found = []
    for column, noise in _NOISE.items():
        points = [(each.second, float(getattr(each, column))) for each in judged]
        slope = median((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2))
        growth = slope * (points[-1][0] - points[0][0])
        allowed = max(noise, _GROWTH_MAX * median(y for _, y in points))
        found.append(Trend(column, growth, 0.0 if column == "redis_keys" else allowed))
    return found


def table(samples: Sequence[Sample]) -> str:
    """Return the rows as a table in Markdown."""
    names = [each.name for each in fields(Sample)]
    lines = [f"| {' | '.join(_HEADS.get(name, name) for name in names)} |"]
    lines.append("|" + "---:|" * len(names))
    for each in samples:
        cells = [
            f"{value:,.1f}" if name.endswith("_mib") else f"{value:,.0f}"
            for name, value in zip(names, astuple(each), strict=True)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


_HEADS: Final = {
    "second": "s",
    "machine_percent": "machine busy %",
    "cpu_percent": "server CPU %",
    "rss_mib": "RSS MiB",
    "pool_busy": "pool in use",
    "postgres_connections": "Postgres connections",
    "redis_keys": "Redis keys",
    "redis_mib": "Redis MiB",
    "redis_bytes_per_reservation": "Redis bytes per reservation kept",
}


def verdict(found: Sequence[Trend]) -> str:
    """Return a line for each column, and one for all."""
    if not found:
        return TOO_SHORT
    lines = [
        f"- {_HEADS.get(each.column, each.column)}: {each.growth:+,.1f}, up to {each.allowed:,.1f} "
        f"is flat{'' if each.flat else ': **it grows**'}"
        for each in found
    ]
    flat = all(each.flat for each in found)
    last = "flat after the first two minutes" if flat else "NOT flat after the first two minutes"
    return "\n".join([*lines, f"\nVerdict: {last}."])


def closed(metrics: str) -> dict[str, int]:
    """Return how many connections were closed, by close code."""
    found = re.findall(r'^liveshop_disconnects_total\{code="(\d+)"\} (\S+)$', metrics, re.MULTILINE)
    return {code: int(float(count)) for code, count in sorted(found)}


def _value(metrics: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0
