"""Brands in PostgreSQL."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.errors import BadRequest, NotFound
from liveshop.core.model import Status
from liveshop.features.brand.rules import NO_BRAND, Brand, brand_of, stored
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("brand.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandedSession:
    """A session as a link to it is shown, with the brand of its shop.

    The front page is shown so, too, as a session without a title.
    """

    shop: str | None
    title: str
    status: Status
    brand: Brand


class Brands:
    """The brands in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_shop(self, shop: str | None) -> Brand:
        """Return a shop's brand; one without a brand has an empty one."""
        record = await self._database.fetchrow(_SQL["of_shop"], shop or "")
        return NO_BRAND if record is None else brand_of(record["brand"])

    async def of_front(self) -> BrandedSession:
        """Return the front page, with the brand of the shop without a name."""
        brand = await self.of_shop(None)
        return BrandedSession(shop=None, title="", status=Status.SCHEDULED, brand=brand)

    async def of_session(self, session_id: str) -> BrandedSession:
        """Return a session with its brand; raises NotFound."""
        record = await self._database.fetchrow(_SQL["of_session"], session_id)
        if record is None:
            raise NotFound("session", session_id)
        return BrandedSession(
            shop=record["shop"],
            title=record["title"],
            status=Status(record["status"]),
            brand=NO_BRAND if record["brand"] is None else brand_of(record["brand"]),
        )

    async def put(self, shop: str | None, brand: Brand) -> None:
        """Replace a shop's brand; BadRequest for an upload that the shop does not have."""
        uploads = brand.uploads()
        named = [each for each in uploads if each is not None]
        async with self._database.transaction() as connection:
            if named:
                strange = await connection.fetchrow(_SQL["strange"], shop, named)
                if strange is not None:
                    raise _missing(strange["id"])
            try:
                await connection.execute(_SQL["put"], shop or "", stored(brand), *uploads)
            except asyncpg.ForeignKeyViolationError as exc:
                # Deleted meanwhile.
                raise BadRequest("an upload of the brand was deleted: upload it again") from exc


def _missing(upload_id: str) -> BadRequest:
    return BadRequest(f"the shop has no upload {upload_id}: POST /api/uploads makes one")
