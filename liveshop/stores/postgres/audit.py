"""Whether Postgres keeps its promises, asked with SQL that the purchase path does not use."""

from dataclasses import dataclass

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("audit")
# How long after a deadline it is normal that nobody has come round to it yet.
OVERDUE_MS_MAX = 60_000
_FINDINGS_PER_CHECK_MAX = 20
_CHECK_S_MAX = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken promise: which one (`P1` to `P5`), and what was found."""

    promise: str
    what: str


async def audit_postgres(database: Database, *, now_ms: int) -> list[Finding]:
    """Return what does not add up in Postgres, all of it as of one instant.

    A payment that is being worked on at this very moment is a finding: ask again.
    """
    findings: list[Finding] = []
    checks = {name: sql for name, sql in _SQL.items() if not name.startswith("redis_")}
    async with database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await connection.execute("SET LOCAL statement_timeout = 0")
        for name, sql in checks.items():
            args = (now_ms - OVERDUE_MS_MAX,) if "$1" in sql else ()
            limited = f"SELECT * FROM ({sql}) AS finding (what) LIMIT {_FINDINGS_PER_CHECK_MAX}"
            records = await connection.fetch(limited, *args, timeout=_CHECK_S_MAX)
            promise = name.partition("_")[0].upper()
            findings += [Finding(promise=promise, what=record["what"]) for record in records]
    return findings
