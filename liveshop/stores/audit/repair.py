"""Computes again what can be computed from what else is known; never orders, never money."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from liveshop.stores.audit import books
from liveshop.stores.audit.belief import key, read_belief, scan
from liveshop.stores.audit.copies import AHEAD_MS_MAX
from liveshop.stores.audit.findings import Finding
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.redis.link import RedisLink

_SQL: Final = load_queries(Path(__file__).with_suffix(".sql"))
_GIVE_DEADLINE: Final = Path(__file__).with_name("deadline.lua").read_text(encoding="utf-8")
_SET_BACK: Final = Path(__file__).with_name("clock.lua").read_text(encoding="utf-8")
_FIX_S_MAX: Final = 1_800.0
# In the order in which one fix may make the next possible.
_SESSION_FIXES: Final = (
    "allocation_adds_up",
    "sold_is_ordered",
    "quota_is_ordered",
    "totals_add_up",
    "orders_are_numbered",
    "log_has_no_gap",
    "event_knows_its_offset",
    "status_is_logged",
    "settled_keeps_nothing",
)
# A count above its limit is counted again like one that is wrong.
_SAME_FIX: Final = {"quota_within_limit": "quota_is_ordered"}


async def repair(
    database: Database, link: RedisLink, findings: Iterable[Finding], session_id: str | None = None
) -> list[str]:
    """Repair what can be repaired of what was found; return what was done, line by line.

    Safe while the engine sells: each session is repaired under its lock, in one transaction that
    also raises its epoch, so that what Redis has is loaded again. Audit again to see what is left.
    """
    to_mend = [finding for finding in findings if finding.mends]
    done: list[str] = []
    of_books = {each.check for each in to_mend} & books.CHECKS.keys()
    if "catalogue_adds_up" in of_books:
        of_books.remove("catalogue_adds_up")
        records = await database.commit(_SQL["catalogue_adds_up"], session_id)
        done += [f"the catalogue: {record[0]}" for record in records]
    of_redis = {
        each.session
        for each in to_mend
        if each.session is not None and each.check not in books.CHECKS
    }
    sessions = set(of_redis)
    for check in of_books:
        # Of a kind only the first are told: the others may be in other sessions.
        sessions |= await _sessions_with(database, check, session_id)
    fixes = {_SAME_FIX.get(check, check) for check in of_books}
    for each in sorted(sessions):
        done += await _mend(database, link, each, fixes, rebuild=each in of_redis)
    return done


async def _sessions_with(database: Database, check: str, session_id: str | None) -> set[str]:
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL statement_timeout = 0")
        records = await connection.fetch(
            f"SELECT DISTINCT session_id FROM ({books.CHECKS[check]}) AS finding",
            session_id,
            timeout=_FIX_S_MAX,
        )
    return {record["session_id"] for record in records}


async def _mend(
    database: Database, link: RedisLink, session_id: str, fixes: set[str], *, rebuild: bool
) -> list[str]:
    done = await _give_deadlines(link, session_id) if rebuild else []
    done += await _set_back(database, link, session_id) if rebuild else []
    believed = await read_belief(link, session_id)
    epoch = 0 if believed is None else believed.epoch
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute(_SQL["lock"], session_id)
        for fix in _SESSION_FIXES:
            if fix in fixes:
                done += await _fix(connection, fix, session_id)
        if done or rebuild:
            done += await _fix(connection, "raise_epoch", session_id, epoch)
    return [f"session {session_id}: {line}" for line in done]


async def _fix(connection: Connection, name: str, *args: str | int) -> list[str]:
    records = await connection.fetch(_SQL[name], *args, timeout=_FIX_S_MAX)
    return [record[0] for record in records]


async def _set_back(database: Database, link: RedisLink, session_id: str) -> list[str]:
    """Set a session's time back that is far ahead of the clock."""
    [session] = await database.fetch(_SQL["newest"], session_id)
    keys = [key(session_id, name) for name in ("cfg", "res", "due", "paying")]
    args = (session["newest_ms"], AHEAD_MS_MAX)
    back_ms = await link.call("EVAL", _SET_BACK, len(keys), *keys, *args)
    return [f"its time is set back by {back_ms // 1000} s"] if back_ms else []


async def _give_deadlines(link: RedisLink, session_id: str) -> list[str]:
    """Have the sweep find reservations that it does not know of."""
    keys = [key(session_id, name) for name in ("res", "due", "paying")]
    done = []
    async for records in scan(link, session_id, "res"):
        for rid, packed in records.items():
            if packed.startswith(("held", "paying")):
                if await link.call("EVAL", _GIVE_DEADLINE, len(keys), *keys, rid):
                    done.append(f"{rid} has its deadline again")
    return done
