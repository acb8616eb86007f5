"""Product sets in PostgreSQL."""

from dataclasses import dataclass
from pathlib import Path

import asyncpg

from liveshop.core import wire
from liveshop.core.errors import Conflict, LimitReached, NotFound
from liveshop.features.product_sets.rules import SETS_OF_SHOP_MAX, ProductSet, SetContents
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries

_SQL = load_queries(Path(__file__).with_name("product_sets.sql"))
_NO_SHOP = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSummary:
    """A set without its products."""

    set_id: str
    shop: str | None
    name: str
    notes: str
    products_total: int
    updated_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPage:
    """Sets in the order of their ids; `next` is the `after` of the next page, or None."""

    sets: list[SetSummary]
    next: tuple[str, str | None] | None


class ProductSets:
    """The product sets in one database; a shop's own, and those of no shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, product_set: ProductSet) -> bool:
        """Make a set or replace it; return whether it was made. LimitReached beyond the most."""
        rows = await self._database.commit(
            _SQL["save"],
            product_set.shop or _NO_SHOP,
            product_set.set_id,
            product_set.name,
            product_set.notes,
            wire.encode_one({"products": product_set.products}).decode(),
            len(product_set.products),
            product_set.updated_at_ms,
            SETS_OF_SHOP_MAX,
        )
        if not rows:
            raise LimitReached("product sets of a shop", limit=SETS_OF_SHOP_MAX, left=0)
        return bool(rows[0]["new"])

    async def find(self, set_id: str, shop: str | None, *, anywhere: bool = False) -> ProductSet:
        """Return a set of a shop or of none, or raise NotFound.

        With `anywhere` it is the one of no shop, else the only one that there is; Conflict if
        several shops have the id.
        """
        args = (set_id, None if anywhere else shop or _NO_SHOP)
        rows = await self._database.fetch(_SQL["find"], *args)
        if not rows:
            raise NotFound("product set", set_id)
        if len(rows) > 1 and rows[0]["shop"] != _NO_SHOP:
            raise Conflict(f"several shops have a product set {set_id}: name the `shop`")
        return _product_set(rows[0])

    async def page(
        self, shop: str | None, *, anywhere: bool, after: tuple[str, str], limit: int
    ) -> SetPage:
        """Return up to `limit` sets of a shop, or of all, from the one after an id and a shop."""
        args = (None if anywhere else shop or _NO_SHOP, *after, limit + 1)
        rows = await self._database.fetch(_SQL["page"], *args)
        sets = [
            SetSummary(
                set_id=row["set_id"],
                shop=row["shop"] or None,
                name=row["name"],
                notes=row["notes"],
                products_total=row["products_total"],
                updated_at_ms=row["updated_ms"],
            )
            for row in rows[:limit]
        ]
        more = len(rows) > limit
        return SetPage(sets=sets, next=(sets[-1].set_id, sets[-1].shop) if more else None)

    async def delete(self, set_id: str, shop: str | None) -> None:
        """Take a set away; NotFound if there is none."""
        if not await self._database.commit(_SQL["delete"], shop or _NO_SHOP, set_id):
            raise NotFound("product set", set_id)


def _product_set(row: asyncpg.Record) -> ProductSet:
    contents: SetContents = wire.decode_as(wire.decode_object(row["body"]), SetContents)
    return ProductSet(
        set_id=row["set_id"],
        shop=row["shop"] or None,
        name=row["name"],
        notes=row["notes"],
        products=contents.products,
        updated_at_ms=row["updated_ms"],
    )
