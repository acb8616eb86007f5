"""The activity log in PostgreSQL: rows are added and read, and only their addresses go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

from liveshop.core.activity import Activity, ActorKind
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("activity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An entry, and its place in the log."""

    number: int
    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage:
    """Entries, the newest first; `next` is the `before` of the next page, None on the last."""

    entries: list[Numbered]
    next: int | None


class Executor(Protocol):
    """A connection in whose transaction an entry is written."""

    async def execute(self, query: str, *args: Any) -> Any:
        """Carry out a statement."""


class ActivityStore:
    """The activity log in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entries: Sequence[Activity]) -> None:
        """Add entries; those that are there already are left as they are. May be repeated."""
        await self._database.commit(_SQL["add_activity"], *_columns(entries))

    async def page(
        self,
        *,
        before: int,
        limit: int,
        shop: str | None = None,
        session_id: str | None = None,
        subject: str | None = None,
    ) -> ActivityPage:
        """Return entries numbered below `before`, the newest first, of what is named or of all."""
        args = (before, limit + 1, shop, session_id, subject)
        records = await self._database.fetch(_SQL["page_of_activity"], *args)
        entries = [_numbered(record) for record in records[:limit]]
        more = len(records) > limit
        return ActivityPage(entries=entries, next=entries[-1].number if more else None)

    async def forget_addresses(self, before_ms: int, limit: int) -> int:
        """Take the addresses out of up to `limit` older entries; return of how many."""
        return len(await self._database.commit(_SQL["forget_addresses"], before_ms, limit))


async def add_within(connection: Executor, entry: Activity) -> None:
    """Add an entry in the transaction of what it tells of."""
    await connection.execute(_SQL["add_activity"], *_columns([entry]))


def _columns(entries: Sequence[Activity]) -> list[list[Any]]:
    return [[getattr(entry, name) for entry in entries] for name in Activity.__struct_fields__]


def _numbered(record: asyncpg.Record) -> Numbered:
    fields = {name: record[name] for name in Activity.__struct_fields__}
    fields["kind"] = ActorKind(record["kind"])
    return Numbered(number=record["number"], activity=Activity(**fields))
