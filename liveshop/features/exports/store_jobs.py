"""The making of exports: one worker at a time has one, and another takes over if it dies."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from liveshop.features.exports.rules import ROWS_MAX, TRIES_MAX, Asked
from liveshop.features.exports.store import export_of
from liveshop.features.exports.store_rows import head, written
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("exports.sql"))
_ROWS: Final = load_queries(Path(__file__).with_name("rows.sql"))
LEASE_MS: Final = 60_000
# A part is written in one statement, and read by a node in one turn of its loop.
PART_BYTES: Final = 262_144
_ROWS_AT_ONCE: Final = 1_000
_FORGOTTEN_AT_ONCE_MAX: Final = 5


class LostLease(Exception):
    """The export was deleted, or another worker makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An export that is this worker's for a while."""

    export_id: str
    lease: str
    asked: Asked


class Jobs:
    """The exports of one database that are to be made."""

    def __init__(self, database: Database, *, rows_max: int = ROWS_MAX) -> None:
        self._database = database
        self._rows_max = rows_max

    async def take(self, now_ms: int) -> Job | None:
        """Take the oldest that nobody makes, for LEASE_MS; None if there is none.

        One that was begun too often is given up before.
        """
        await self._database.commit(_SQL["give_up"], now_ms, TRIES_MAX)
        lease = uuid4().hex
        taken = await self._database.commit(_SQL["lease"], now_ms, now_ms + LEASE_MS, lease)
        if not taken:
            return None
        export = export_of(taken[0])
        return Job(export_id=export.export_id, lease=lease, asked=export.asked)

    @asynccontextmanager
    async def reading(self, job: Job) -> AsyncGenerator["Reading", None]:
        """Read the rows of an export as of one instant, however long that takes."""
        asked = job.asked
        args = (asked.session_id, asked.shop, asked.from_ms, asked.to_ms)
        async with self._database.transaction() as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield Reading(connection, asked, args)

    def file(self, job: Job) -> "File":
        """Return the file of an export, to be begun."""
        return File(self._database, job)

    async def refuse(self, job: Job, why: str, now_ms: int) -> None:
        """Say why a file cannot be made; it is not tried again."""
        await self._database.commit(_SQL["refuse"], job.export_id, job.lease, now_ms, why)

    async def hand_back(self, job: Job) -> None:
        """Let another worker make it, from the begin."""
        await self._database.commit(_SQL["hand_back"], job.export_id, job.lease)

    async def forget(self, now_ms: int) -> bool:
        """Delete exports whose time is over, some; return True if there may be more."""
        gone = await self._database.commit(_SQL["forget"], now_ms, _FORGOTTEN_AT_ONCE_MAX)
        return len(gone) == _FORGOTTEN_AT_ONCE_MAX

    def too_many(self, rows: int) -> str | None:
        """Return why so many rows are no file, None if they are."""
        if rows <= self._rows_max:
            return None
        return (
            f"{rows:,} rows are more than {self._rows_max:,}: choose a session, or a shorter span"
        )


class Reading:
    """The rows of an export as of one instant."""

    def __init__(self, connection: Connection, asked: Asked, args: tuple[Any, ...]) -> None:
        self._connection = connection
        self._asked = asked
        self._query = _ROWS[asked.dataset]
        self._args = args

    async def count(self) -> int:
        """Count them."""
        query = f"SELECT count(*) FROM ({self._query}) AS all_of_them"
        counted: int = await self._connection.fetchval(query, *self._args)
        return counted

    async def chunks(self) -> AsyncGenerator[tuple[int, bytes], None]:
        """Yield them as they stand in the file, some at a time, each time with how many."""
        cursor = await self._connection.cursor(self._query, *self._args)
        while records := await cursor.fetch(_ROWS_AT_ONCE):
            yield len(records), written(self._asked, records)


class File:
    """The file of an export while it is made. Each method raises LostLease if it is another's."""

    def __init__(self, database: Database, job: Job) -> None:
        self._database = database
        self._job = job
        self._digest = sha256()
        self._rest = bytearray()
        self._parts = self._rows = self._bytes = 0

    async def begin(self, rows: int) -> None:
        """Forget what another worker has made of it, and say how many rows it will have."""
        job = self._job
        await self._mine(await self._database.commit(_SQL["begin"], job.export_id, job.lease, rows))
        self._rest += head(job.asked)

    async def add(self, rows: int, data: bytes, now_ms: int) -> None:
        """Take in rows; a part that is full is written."""
        self._rest += data
        self._rows += rows
        while len(self._rest) >= PART_BYTES:
            part = bytes(self._rest[:PART_BYTES])
            del self._rest[:PART_BYTES]
            await self._write(part, now_ms)

    async def finish(self, now_ms: int) -> None:
        """Write the rest, and say that the file is whole."""
        await self._write(bytes(self._rest), now_ms)
        job = self._job
        args = (job.export_id, job.lease, now_ms, self._digest.hexdigest())
        await self._mine(await self._database.commit(_SQL["finish"], *args))

    async def _write(self, part: bytes, now_ms: int) -> None:
        self._digest.update(part)
        self._bytes += len(part)
        job = self._job
        async with self._database.transaction() as connection:
            args = (now_ms + LEASE_MS, self._rows, self._bytes)
            held = await connection.fetch(_SQL["hold"], job.export_id, job.lease, *args)
            await self._mine(held)
            await connection.execute(_SQL["add_part"], job.export_id, self._parts, part)
        self._parts += 1

    async def _mine(self, found: list[Any]) -> None:
        if not found:
            raise LostLease
