"""Uploads in PostgreSQL: what there is, and how much a shop has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.errors import Conflict, LimitReached, NotFound
from liveshop.features.media import limits
from liveshop.features.media.rules import NAMES, Upload, address_of, renditions_of, text_of
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("media.sql"))
_FIX: Final = "delete some that are not used"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPage:
    """Uploads, the newest first; `next` is the `after` of the next page, None on the last."""

    uploads: list[Upload]
    next: str | None


class UploadRows:
    """The uploads in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, upload_id: str) -> Upload | None:
        """Return an upload, None where there is none."""
        record = await self._database.fetchrow(_SQL["find"], upload_id)
        return None if record is None else _upload(record)

    async def page(self, *, after: str | None, limit: int, shop: str | None) -> UploadPage:
        """Return uploads, those of one `shop` or all, the newest first."""
        records = await self._database.fetch(_SQL["page"], after, limit + 1, shop)
        uploads = [_upload(record) for record in records[:limit]]
        return UploadPage(
            uploads=uploads, next=uploads[-1].upload_id if len(records) > limit else None
        )

    @asynccontextmanager
    async def adding(self, upload: Upload) -> AsyncIterator[bool]:
        """Add an upload when the block ends, in which its files are stored; False if it is there.

        Its row is locked for the block: if another node deleted it meanwhile, its files would go
        while its row came. Raises LimitReached if its shop has as many as it may.
        """
        async with self._database.transaction() as connection:
            record = await connection.fetchrow(
                _SQL["add"],
                *(upload.upload_id, upload.shop, upload.created_at_ms, upload.format),
                *(upload.width, upload.height, upload.bytes, text_of(upload.renditions)),
            )
            added = bool(record["added"])
            if added:
                await _count_in(connection, upload)
            yield added

    @asynccontextmanager
    async def removing(self, upload_id: str) -> AsyncIterator[None]:
        """Remove an upload when the block ends, in which its files are deleted.

        Raises NotFound, and Conflict while a product or something else of its shop shows it.
        """
        async with self._database.transaction() as connection:
            try:
                removed = await connection.fetchrow(_SQL["remove"], upload_id)
            except asyncpg.ForeignKeyViolationError as exc:
                raise Conflict("the picture is in use: take it out of the brand first") from exc
            if removed is None:
                raise NotFound("upload", upload_id)
            files = [address_of(upload_id, name) for name in NAMES]
            shown = await connection.fetchrow(_SQL["shown_by"], upload_id, files)
            if shown is not None:
                raise Conflict(f"the product {shown['product_id']} shows the picture")
            yield


async def _count_in(connection: Connection, upload: Upload) -> None:
    shop, size = upload.shop or "", upload.bytes
    most = (limits.UPLOADS_PER_SHOP_MAX, limits.UPLOAD_BYTES_PER_SHOP_MAX)
    if await connection.fetchrow(_SQL["count_in"], shop, size, *most) is not None:
        return
    total = await connection.fetchrow(_SQL["total"], shop)
    if total["uploads"] >= limits.UPLOADS_PER_SHOP_MAX:
        raise LimitReached("uploads of a shop", limit=most[0], left=0, fix=_FIX)
    left = max(0, most[1] - total["bytes"])
    raise LimitReached("bytes of a shop's uploads", limit=most[1], left=left, fix=_FIX)


def _upload(record: asyncpg.Record) -> Upload:
    return Upload(
        upload_id=record["id"],
        shop=record["shop"],
        created_at_ms=record["created_at_ms"],
        format=record["format"],
        width=record["width"],
        height=record["height"],
        renditions=renditions_of(record["renditions"]),
    )
