"""Exports in PostgreSQL, as those who ask for them see them."""

import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.errors import LimitReached, NotFound
from liveshop.features.exports.rules import (
    EXPORTS_MAX,
    KEPT_DAYS,
    Asked,
    Dataset,
    ExportState,
    Format,
)
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("exports.sql"))
_ID_BYTES: Final = 8
_KEPT_MS: Final = KEPT_DAYS * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export, and how far it is: `rows` of `rows_expected`, which is None before it is begun."""

    export_id: str
    number: int
    asked: Asked
    state: ExportState
    made_ms: int
    expires_ms: int
    rows: int
    rows_expected: int | None
    bytes: int
    sha256: str | None
    done_ms: int | None
    failure: str | None


class Exports:
    """The exports of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, asked: Asked, now_ms: int) -> Export:
        """Ask for an export, which a worker makes; LimitReached if a shop keeps too many."""
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["one_at_a_time"], asked.shop)
            if await connection.fetchval(_SQL["count"], asked.shop) >= EXPORTS_MAX:
                raise LimitReached("exports", limit=EXPORTS_MAX, left=0)
            row = await connection.fetchrow(
                _SQL["create"],
                *(f"exp_{secrets.token_hex(_ID_BYTES)}", asked.shop, asked.session_id),
                *(asked.from_ms, asked.to_ms, asked.dataset, asked.format),
                *(now_ms, now_ms + _KEPT_MS),
            )
        return export_of(row)

    async def get(self, export_id: str, shop: str | None) -> Export:
        """Return an export that a shop, or None, one of all, may see; raises NotFound."""
        row = await self._database.fetchrow(_SQL["read"], export_id, shop)
        if row is None:
            raise NotFound("export", export_id)
        return export_of(row)

    async def page(self, shop: str | None, *, before: int | None, limit: int) -> list[Export]:
        """Return exports that a shop, or None, one of all, may see, the newest first."""
        rows = await self._database.fetch(_SQL["page"], shop, before, limit)
        return [export_of(each) for each in rows]

    async def remove(self, export_id: str) -> None:
        """Delete an export with its file; a worker that makes it stops."""
        await self._database.commit(_SQL["remove"], export_id)

    async def parts(self, export_id: str) -> AsyncGenerator[bytes, None]:
        """Yield the file of an export; no connection is kept between two parts.

        Raises NotFound if it was deleted meanwhile, so that nobody takes a torn file for a whole
        one.
        """
        number = 0
        while True:
            row = await self._database.fetchrow(_SQL["part"], export_id, number)
            if row is None:
                await self.get(export_id, None)
                return
            yield row["body"]
            number += 1


def export_of(row: asyncpg.Record) -> Export:
    """Return an export as it is stored."""
    return Export(
        export_id=row["id"],
        number=row["number"],
        asked=Asked(
            dataset=Dataset(row["dataset"]),
            format=Format(row["format"]),
            session_id=row["session_id"],
            shop=row["shop"],
            from_ms=row["from_ms"],
            to_ms=row["to_ms"],
        ),
        state=ExportState(row["state"]),
        made_ms=row["made_ms"],
        expires_ms=row["expires_ms"],
        rows=row["rows"],
        rows_expected=row["rows_expected"],
        bytes=row["bytes"],
        sha256=row["sha256"],
        done_ms=row["done_ms"],
        failure=row["failure"],
    )
