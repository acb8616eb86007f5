"""Whether Postgres, looked at on its own, keeps its promises."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from liveshop.core.audit import AuditFile, Check, Look
from liveshop.stores.audit.findings import FINDINGS_KEPT_MAX, Finding
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

CHECKS: Final = load_queries(Path(__file__).with_suffix(".sql"))
# How long after a deadline it is normal that nobody has come round to it yet.
OVERDUE_MS_MAX: Final = 60_000
_CHECK_S_MAX: Final = 1_800.0

_LIMITED: Final = f"""
SELECT session_id, what FROM ({{}}) AS finding
ORDER BY session_id, what LIMIT {FINDINGS_KEPT_MAX}
"""


async def audit_books(
    database: Database,
    *,
    now_ms: int,
    session_id: str | None = None,
    files: Iterable[AuditFile] = (),
    step: Callable[[], None] = lambda: None,
) -> list[Finding]:
    """Return what does not add up in Postgres, all of it as of one instant.

    `files` are the checks of features. Of each check the first FINDINGS_KEPT_MAX are returned;
    `step` is called after each. A payment that is being worked on at this very moment is a
    finding: ask again.
    """
    findings: list[Finding] = []
    files = list(files)
    more = [(name, sql, file.checks[name]) for file in files for name, sql in file.queries.items()]
    async with database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # Whole tables are added up here, which no index makes cheaper.
        await connection.execute("SET LOCAL enable_seqscan = on")
        await connection.execute("SET LOCAL statement_timeout = 0")
        for check, sql, about in (*((name, sql, None) for name, sql in CHECKS.items()), *more):
            args = arguments(sql, session_id, now_ms)
            records = await connection.fetch(_LIMITED.format(sql), *args, timeout=_CHECK_S_MAX)
            findings += [
                Finding(check=check, session=record["session_id"], what=record["what"], about=about)
                for record in records
            ]
            step()
        for file in files:
            for check, look in file.looks.items():
                findings += await _looked(connection, check, look, file.checks[check], session_id)
                step()
    return findings


async def _looked(
    connection: Connection, check: str, look: Look, about: Check, session_id: str | None
) -> list[Finding]:
    findings = []
    async for session, what in look(connection, session_id):
        findings.append(Finding(check=check, session=session, what=what, about=about))
        if len(findings) == FINDINGS_KEPT_MAX:
            break
    return findings


def arguments(sql: str, session_id: str | None, now_ms: int) -> tuple[str | int | None, ...]:
    """Return what a check is asked with."""
    overdue = (now_ms - OVERDUE_MS_MAX,) if "$2" in sql else ()
    return (session_id, *overdue)
