"""Whether the engine keeps its promises: Postgres by itself, and Redis against Postgres."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from liveshop.stores.postgres.audit import OVERDUE_MS_MAX, Finding, audit_postgres
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries
from liveshop.stores.redis.link import RedisLink

_SQL = queries("audit")
_SCRIPT = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
_KEYS = ("cfg", "stock", "res", "due", "paying", "held", "bought", "totals")
_SEPARATOR = "\x1f"
_READ_MS_MAX = 60_000
_BETWEEN_LOOKS_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Believed:
    """What Redis believes of one session; rows are `(units, sold, version, held)`."""

    epoch: int
    now_ms: int
    rows: dict[str, tuple[int, int, int, int]]
    open: dict[str, list[str]]
    held: dict[str, int]
    bought: dict[tuple[str, str], tuple[int, int]]
    totals: list[int]


async def audit(database: Database, link: RedisLink, *, looks: int = 5) -> list[Finding]:
    """Return every broken promise, none if all is well; may run while the engine sells.

    Looks again, a second later, at what it finds: an order on its way is in one store and not
    yet in the other. Raises Unavailable where a store is away.
    """
    findings = await _look(database, link)
    for _ in range(looks - 1):
        if not findings:
            break
        await anyio.sleep(_BETWEEN_LOOKS_S)
        # What has gone was on its way; what is new may be.
        again = await _look(database, link)
        findings = [finding for finding in again if finding in findings]
    return findings


async def _look(database: Database, link: RedisLink) -> list[Finding]:
    findings = await audit_postgres(database, now_ms=await link.now_ms())
    for record in await database.fetch(_SQL["redis_sessions"]):
        # Redis first: what it copied from Postgres is there by the time that Postgres is asked.
        believed = await _believed(link, record["id"])
        if believed is not None and believed.epoch == record["stock_epoch"]:
            findings += _held_findings(record["id"], believed)
            findings += await _copy_findings(database, record["id"], believed)
    return findings


async def _believed(link: RedisLink, session_id: str) -> _Believed | None:
    """Read what Redis believes, None where it does not sell and so believes nothing."""
    keys = [f"{{s:{session_id}}}:{name}" for name in _KEYS]
    reply = await link.call("EVAL", _SCRIPT, len(keys), *keys, timeout_ms=_READ_MS_MAX)
    if reply is None:
        return None
    epoch, now_ms, stock, opened, held, bought, totals = reply
    counts: dict[str, dict[str, int]] = {}
    for field, value in _pairs(stock):
        row, _, name = field.rpartition(_SEPARATOR)
        counts.setdefault(row, {})[name] = int(value)
    return _Believed(
        epoch=int(epoch),
        now_ms=int(now_ms),
        rows={
            row: (n.get("units", 0), n.get("sold", 0), n.get("version", 0), n.get("held", 0))
            for row, n in counts.items()
        },
        open={rid: packed.split(_SEPARATOR) for rid, packed in _pairs(opened)},
        held={field: int(value) for field, value in _pairs(held)},
        bought={_two(field): _two_numbers(value) for field, value in _pairs(bought)},
        totals=[int(count or 0) for count in totals],
    )


def _held_findings(session_id: str, believed: _Believed) -> Iterator[Finding]:
    """Compare what is held with the reservations that hold it."""
    rows: Counter[str] = Counter()
    scopes: Counter[str] = Counter()
    for rid, record in believed.open.items():
        _state, buyer, _command, sku, quantity, _price, sale, _order, deadline, *_ = record
        for row in filter(None, (f"s{sku}", sale)):
            rows[row] += int(quantity)
            scopes[buyer + _SEPARATOR + row] += int(quantity)
        if int(deadline) < believed.now_ms - OVERDUE_MS_MAX:
            yield Finding(promise="P4", what=f"session {session_id}: {rid} is long overdue")
    for row in sorted(believed.rows.keys() | rows):
        held = believed.rows.get(row, (0, 0, 0, 0))[3]
        if held != rows[row]:
            what = f"session {session_id}: row {row} holds {held}, its reservations {rows[row]}"
            yield Finding(promise="P4", what=what)
    for scope in sorted(believed.held.keys() | scopes):
        if believed.held.get(scope, 0) != scopes[scope]:
            name = scope.replace(_SEPARATOR, " of ")
            what = f"session {session_id}: what {name} holds is not what is reserved"
            yield Finding(promise="P4", what=what)


async def _copy_findings(database: Database, session_id: str, believed: _Believed) -> list[Finding]:
    """Compare Redis' copies with the truth: none newer, none older, none different."""
    findings = []
    for row, *truth in await database.fetch(_SQL["redis_rows"], session_id):
        copy = list(believed.rows.get(row, (0, 0, 0, 0))[:3])
        if copy != truth:
            what = f"row {row} (units, sold, version): Redis {copy}, Postgres {truth}"
            findings.append(what)
    for buyer, scope, *truth in await database.fetch(_SQL["redis_bought"], session_id):
        copy = list(believed.bought.get((buyer, scope), (0, 0)))
        if copy != truth:
            what = f"what {buyer} bought of {scope}: Redis {copy}, Postgres {truth}"
            findings.append(what)
    for truth in map(list, await database.fetch(_SQL["redis_totals"], session_id)):
        if believed.totals != truth:
            what = f"orders, units, revenue: Redis {believed.totals}, Postgres {truth}"
            findings.append(what)
    return [Finding(promise="P1", what=f"session {session_id}: {what}") for what in findings]


def _pairs(flat: Sequence[Any]) -> Iterator[tuple[str, str]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _two(text: str) -> tuple[str, str]:
    first, second = text.split(_SEPARATOR)
    return first, second


def _two_numbers(text: str) -> tuple[int, int]:
    first, second = text.split(_SEPARATOR)
    return int(first), int(second)
