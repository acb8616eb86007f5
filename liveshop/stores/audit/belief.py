"""Redis' belief about a session: what it holds at one instant, and what it has on record."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from liveshop.stores.redis.link import RedisLink

SEPARATOR: Final = "\x1f"
_SCRIPT: Final = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
_KEYS: Final = ("cfg", "stock", "res", "due", "paying", "held", "totals", "plan")
_READ_MS_MAX: Final = 60_000
_FIELDS_PER_SCAN: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """The belief that Redis sells by; rows are `(units, sold, version, held)`, open records by rid.

    `ahead_ms` is by how much the session's time is ahead of Redis' clock.
    """

    epoch: int
    now_ms: int
    rows: dict[str, tuple[int, int, int, int]]
    open: dict[str, list[str]]
    held: dict[str, int]
    totals: list[int]
    plan: dict[str, str]
    ahead_ms: int


def key(session_id: str, name: str) -> str:
    """Return the name of one key of a session."""
    return f"{{s:{session_id}}}:{name}"


async def read_belief(link: RedisLink, session_id: str) -> Believed | None:
    """Read what Redis believes, None where it does not sell and so believes nothing."""
    keys = [key(session_id, name) for name in _KEYS]
    reply = await link.call("EVAL", _SCRIPT, len(keys), *keys, timeout_ms=_READ_MS_MAX)
    if reply is None:
        return None
    epoch, now_ms, stock, opened, held, totals, plan, ahead_ms = reply
    counts: dict[str, dict[str, int]] = {}
    for field, value in pairs(stock):
        row, _, name = field.rpartition(SEPARATOR)
        counts.setdefault(row, {})[name] = int(value)
    return Believed(
        epoch=int(epoch),
        now_ms=int(now_ms),
        rows={
            row: (n.get("units", 0), n.get("sold", 0), n.get("version", 0), n.get("held", 0))
            for row, n in counts.items()
        },
        open={rid: packed.split(SEPARATOR) for rid, packed in pairs(opened)},
        held={field: int(value) for field, value in pairs(held)},
        totals=[int(count or 0) for count in totals],
        plan=dict(pairs(plan)),
        ahead_ms=int(ahead_ms),
    )


async def scan(link: RedisLink, session_id: str, name: str) -> AsyncIterator[dict[str, str]]:
    """Read a hash of any size, a part at a time; a field that changes meanwhile may come or not."""
    cursor = "0"
    while True:
        args = (key(session_id, name), cursor, "COUNT", _FIELDS_PER_SCAN)
        cursor, flat = await link.call("HSCAN", *args, timeout_ms=_READ_MS_MAX)
        yield dict(pairs(flat))
        if cursor == "0":
            return


async def read_counts(
    link: RedisLink, session_id: str, fields: Sequence[str]
) -> list[tuple[int, int]]:
    """Return `(bought, version)` of buyers' counts; of those that are not there, zeros."""
    values = await link.call("HMGET", key(session_id, "bought"), *fields, timeout_ms=_READ_MS_MAX)
    return [_two_numbers(value) if value else (0, 0) for value in values]


async def how_many_counts(link: RedisLink, session_id: str) -> int:
    """Return how many counts of buyers Redis has."""
    return int(await link.call("HLEN", key(session_id, "bought")))


def units_of(record: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the rows that an open record holds units of, and how many: one may come twice."""
    sku, quantity, sale = record[3], int(record[4]), record[6]
    if sku:
        yield f"s{sku}", quantity
    if sale:
        yield sale, quantity
    charges = record[11] if len(record) > 11 else ""
    for charge in filter(None, charges.split("\x1e")):
        row, units, _limit = charge.split("\x1d")
        yield row, int(units)


def pairs(flat: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields and values of a reply that has them in turns."""
    parts = iter(flat)
    return zip(parts, parts, strict=True)


def _two_numbers(text: str) -> tuple[int, int]:
    first, second = text.split(SEPARATOR)
    return int(first), int(second)
