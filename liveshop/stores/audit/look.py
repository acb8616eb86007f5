"""Whether the engine keeps its promises: Postgres on its own, and Redis against Postgres."""

from collections.abc import Callable, Sequence
from typing import Final

import anyio

from liveshop.core.audit import AuditFile
from liveshop.core.errors import NotFound
from liveshop.stores.audit.belief import read_belief
from liveshop.stores.audit.books import CHECKS, audit_books
from liveshop.stores.audit.copies import SQL, audit_copies
from liveshop.stores.audit.findings import (
    FINDINGS_KEPT_MAX,
    FINDINGS_PER_CHECK_MAX,
    Finding,
    in_order,
)
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.link import RedisLink

_BETWEEN_LOOKS_S: Final = 1.0

# Told how many steps are done, of how many.
Progress = Callable[[int, int], None]


def _nobody(done: int, steps: int) -> None:
    """Tell nobody how far the audit is."""


async def audit(
    database: Database,
    link: RedisLink,
    *,
    session_id: str | None = None,
    looks: int = 5,
    files: Sequence[AuditFile] = (),
    progress: Progress = _nobody,
) -> list[Finding]:
    """Return every broken promise, none if all is well; may run while the engine sells.

    `files` are the checks of features.

    Looks again, a second later, at what it finds: an order on its way is in one store and not
    yet in the other. Raises Unavailable where a store is away, NotFound for an unknown session.
    """
    findings = await _look(database, link, session_id, files, progress)
    for _ in range(looks - 1):
        if not findings:
            break
        await anyio.sleep(_BETWEEN_LOOKS_S)
        # An order on its way explains a finding that has gone, and maybe a new one.
        again = await _look(database, link, session_id, files, progress)
        before = set(findings)
        findings = [finding for finding in again if finding in before]
    return in_order(first_of_each(findings, session_id))


def first_of_each(findings: Sequence[Finding], session_id: str | None = None) -> list[Finding]:
    """Return the first findings of each kind, and how many more there are.

    Those of Redis are counted session by session: each has to be loaded again.
    """
    kinds: dict[tuple[str, str | None], list[Finding]] = {}
    for each in findings:
        of_books = each.check in CHECKS or each.about is not None
        session = session_id if of_books else each.session
        kinds.setdefault((each.check, session), []).append(each)
    told: list[Finding] = []
    for (check, session), found in kinds.items():
        told += found[:FINDINGS_PER_CHECK_MAX]
        if len(found) > FINDINGS_PER_CHECK_MAX:
            least = "at least " if len(found) >= FINDINGS_KEPT_MAX else ""
            more = f"and {least}{len(found) - FINDINGS_PER_CHECK_MAX} more of this kind"
            told.append(Finding(check=check, session=session, what=more))
    return told


async def unread(database: Database, link: RedisLink, session_id: str | None = None) -> list[str]:
    """Return the sessions of which Redis believes nothing now, so that no copy is looked at.

    It is so from a repair until a node has loaded them again.
    """
    sessions = await database.fetch(SQL["sessions"], session_id)
    return [
        each["id"] for each in sessions if not await _sells(link, each["id"], each["stock_epoch"])
    ]


async def _look(
    database: Database,
    link: RedisLink,
    session_id: str | None,
    files: Sequence[AuditFile],
    progress: Progress,
) -> list[Finding]:
    if session_id is not None and not await database.fetch(SQL["is_known"], session_id):
        raise NotFound("session", session_id)
    sessions = await database.fetch(SQL["sessions"], session_id)
    checks = len(CHECKS) + sum(len(file.checks) for file in files)
    steps, done = checks + len(sessions), 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    now_ms = await link.now_ms()
    findings = await audit_books(
        database, now_ms=now_ms, session_id=session_id, files=files, step=step
    )
    for session in sessions:
        findings += await audit_copies(database, link, session["id"], session["stock_epoch"])
        step()
    return findings


async def _sells(link: RedisLink, session_id: str, epoch: int) -> bool:
    believed = await read_belief(link, session_id)
    return believed is not None and believed.epoch >= epoch
