"""The shops that things belong to, in PostgreSQL."""

from dataclasses import dataclass

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("shops")


@dataclass(frozen=True, slots=True)
class Owner:
    """The shop of a thing that is there, None if it belongs to none."""

    shop: str | None


class Shops:
    """Finds the shop of a thing in one database; None where there is no such thing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_session(self, session_id: str) -> Owner | None:
        """Find the owner of a session."""
        return await self._find("of_session", session_id)

    async def of_product(self, product_id: str) -> Owner | None:
        """Find the owner of a product."""
        return await self._find("of_product", product_id)

    async def of_order(self, order_id: str) -> Owner | None:
        """Find the owner of an order: that of its session."""
        return await self._find("of_order", order_id)

    async def of_payment(self, payment_id: str, shop: str | None) -> Owner | None:
        """Find the owner of a payment: that of its order.

        Each shop has ids of its own: for somebody bound to a `shop` it is that of the shop, if
        there is one. For all others it is unknown where several have the id.
        """
        found = await self._database.fetch(_SQL["of_payment"], payment_id, shop)
        if not found or (shop is None and len(found) > 1):
            return None
        return Owner(found[0]["shop"])

    async def of_key(self, key_id: str) -> Owner | None:
        """Find the shop that an API key is bound to."""
        return await self._find("of_key", key_id)

    async def _find(self, query: str, which: str) -> Owner | None:
        record = await self._database.fetchrow(_SQL[query], which)
        return None if record is None else Owner(record["shop"])
