"""Whether Redis' belief about a session is what Postgres knows, and holds together on its own."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from liveshop.stores.audit.belief import (
    SEPARATOR,
    Believed,
    how_many_counts,
    read_belief,
    read_counts,
    scan,
    units_of,
)
from liveshop.stores.audit.books import OVERDUE_MS_MAX
from liveshop.stores.audit.findings import FINDINGS_KEPT_MAX, Finding
from liveshop.stores.audit.plan import audit_plan
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.redis.link import RedisLink

SQL: Final = load_queries(Path(__file__).with_suffix(".sql"))
_COUNTS_PER_READ: Final = 5_000
# How far a session's time may be ahead of Redis' clock, which was set right meanwhile.
AHEAD_MS_MAX: Final = 60_000
# An order that was cancelled later has been sold.
_SOLD: Final = ("confirmed", "cancelled", "refunded")


async def audit_copies(
    database: Database, link: RedisLink, session_id: str, epoch: int
) -> list[Finding]:
    """Return where Redis is wrong about a session, none where it does not sell it at `epoch`."""
    # Redis first: all that it copied from Postgres is there by the time that Postgres is asked.
    believed = await read_belief(link, session_id)
    if believed is None or believed.epoch < epoch:
        return []
    if believed.epoch > epoch:
        what = f"Redis sells at epoch {believed.epoch}, Postgres has raised it to {epoch}"
        return [Finding(check="epoch_is_known", session=session_id, what=what)]
    found: dict[Finding, None] = {}  # in order, and each once: a scan may come by twice
    seen: Counter[str] = Counter()
    async for check, what in _everything(database, link, session_id, believed):
        seen[check] += 1
        if seen[check] <= FINDINGS_KEPT_MAX:
            found[Finding(check=check, session=session_id, what=what)] = None
    return list(found)


async def _everything(
    database: Database, link: RedisLink, session_id: str, believed: Believed
) -> AsyncIterator[tuple[str, str]]:
    """Yield the check that failed and what is wrong, again and again."""
    for finding in (*_clock(believed), *_holds(believed)):
        yield finding
    for finding in await _rows(database, session_id, believed):
        yield finding
    for finding in await audit_plan(database, SQL, session_id, believed.plan):
        yield finding
    async for finding in _counts(database, link, session_id):
        yield finding
    async for records in scan(link, session_id, "res"):
        for finding in await _answers(database, session_id, believed, records):
            yield finding


def _clock(believed: Believed) -> Iterator[tuple[str, str]]:
    """Compare the session's time with Redis' clock: holds end by the former."""
    if believed.ahead_ms > AHEAD_MS_MAX:
        minutes = believed.ahead_ms // 60_000
        yield "time_is_near", f"its time is {minutes} minutes ahead of Redis' clock"


def _holds(believed: Believed) -> Iterator[tuple[str, str]]:
    """Compare what is held with the reservations that hold it."""
    rows: Counter[str] = Counter()
    scopes: Counter[str] = Counter()
    for rid, record in believed.open.items():
        if len(record) < 9:
            yield "reservation_ends", f"{rid} has a deadline and is not on record"
            continue
        _state, buyer, _command, _sku, _quantity, _price, _sale, _order, deadline, *_ = record
        for row, units in units_of(record):
            rows[row] += units
            scopes[buyer + SEPARATOR + row] += units
        if int(deadline) < believed.now_ms - OVERDUE_MS_MAX:
            yield "reservation_ends", f"{rid} is long overdue"
    for row in sorted(believed.rows.keys() | rows):
        held = believed.rows.get(row, (0, 0, 0, 0))[3]
        if held != rows[row]:
            what = f"row {row} holds {held}, its reservations {rows[row]}"
            yield "row_holds_what_is_reserved", what
    for scope in sorted(believed.held.keys() | scopes):
        if believed.held.get(scope, 0) != scopes[scope]:
            buyer, row = scope.split(SEPARATOR)
            what = f"{buyer} holds {believed.held.get(scope, 0)} of {row}, reserved {scopes[scope]}"
            yield "buyer_holds_what_is_reserved", what


async def _rows(database: Database, session_id: str, believed: Believed) -> list[tuple[str, str]]:
    """Compare rows and totals with the truth: none newer, none older, none different."""
    found = []
    for row, *truth in await database.fetch(SQL["rows"], session_id):
        copy = list(believed.rows.get(row, (0, 0, 0, 0))[:3])
        if copy != truth:
            what = f"row {row} (units, sold, version): Redis {copy}, Postgres {truth}"
            found.append(("row_is_copied", what))
    for truth in map(list, await database.fetch(SQL["totals"], session_id)):
        if believed.totals != truth:
            what = f"orders, units, revenue: Redis {believed.totals}, Postgres {truth}"
            found.append(("totals_are_copied", what))
    return found


async def _counts(
    database: Database, link: RedisLink, session_id: str
) -> AsyncIterator[tuple[str, str]]:
    """Compare what buyers bought, part by part: a million of them never are in memory at once."""
    after, count = ("", ""), 0
    while True:
        args = (session_id, *after, _COUNTS_PER_READ)
        truths = await database.fetch(SQL["counts"], *args)
        if not truths:
            break
        fields = [truth["buyer"] + SEPARATOR + truth["scope"] for truth in truths]
        copies = await read_counts(link, session_id, fields)
        for (scope, buyer, *truth), copy in zip(truths, copies, strict=True):
            if list(copy) != truth:
                what = f"what {buyer} bought of {scope}: Redis {list(copy)}, Postgres {truth}"
                yield "count_is_copied", what
        count += len(truths)
        after = (truths[-1]["scope"], truths[-1]["buyer"])
    if await how_many_counts(link, session_id) > count:
        async for stored in scan(link, session_id, "bought"):
            for what in await _counts_of_nothing(database, session_id, list(stored)):
                yield "count_is_copied", what


async def _counts_of_nothing(
    database: Database, session_id: str, fields: Sequence[str]
) -> list[str]:
    named = [tuple(field.split(SEPARATOR)) for field in fields]
    scopes, buyers = [scope for _, scope in named], [buyer for buyer, _ in named]
    records = await database.fetch(SQL["known_counts"], session_id, scopes, buyers)
    known = {(record["buyer"], record["scope"]) for record in records}
    return [
        f"what {buyer} bought of {scope}: Redis counts it, Postgres does not"
        for buyer, scope in named
        if (buyer, scope) not in known
    ]


async def _answers(
    database: Database, session_id: str, believed: Believed, records: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Compare the answers that Redis has on record with the orders."""
    split = {rid: packed.split(SEPARATOR) for rid, packed in records.items()}
    stored = await database.fetch(SQL["ordered"], session_id, list(records))
    orders = {each["rid"]: (each["status"], each["buyer"]) for each in stored}
    # Charges of an order are no line of it: they name it themselves.
    beside = {rid: record[7] for rid, record in split.items() if record[2] == "charge"}
    if beside:
        charged = await database.fetch(SQL["charged"], session_id, list(beside.values()))
        known = {each["id"]: (each["status"], each["buyer"]) for each in charged}
        orders |= {rid: known[order_id] for rid, order_id in beside.items() if order_id in known}
    found = []
    for rid, record in split.items():
        state, buyer, code = record[0], record[1], record[9]
        status, owner = orders.get(rid, ("no order", buyer))
        if state in ("held", "paying"):
            if rid not in believed.open and int(record[8]) < believed.now_ms:
                found.append(("reservation_ends", f"{rid} is {state} and has no deadline"))
        elif state == "sold":
            # A take that was spent is in no order: the order's own charge has what it had.
            if status not in _SOLD and record[2] != "take":
                found.append(("sold_is_confirmed", f"{rid} of {buyer} is sold, and has {status}"))
        elif status in _SOLD and owner == buyer and code != "conflict":
            found.append(("answer_is_final", f"{rid} of {buyer} is {state}, its order {status}"))
    return found
