"""The orders of a show in PostgreSQL, in the order in which they are packed."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from itertools import groupby
from pathlib import Path
from typing import Final

from liveshop.core.model import Order, OrderStatus
from liveshop.features.fulfilment.rules import ORDERS_PER_READ, Offered
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.orders import orders_of
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("fulfilment.sql"))


class Fulfilment:
    """Orders by their buyers, and what their SKUs are, in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def orders(
        self, session_id: str, status: OrderStatus | None = None
    ) -> AsyncGenerator[list[Order], None]:
        """Yield the orders of a show by buyer, each once, some at a time.

        No connection is kept between two parts, so that a slow reader holds nobody up. Orders that
        are made meanwhile are left out if their buyers' turn is over.
        """
        buyer, seq = "", 0
        # An order that changes gets a higher seq, so that it would come again as its buyer's last.
        told: set[str] = set()
        while True:
            args = (session_id, buyer, seq, ORDERS_PER_READ, status)
            records = await self._database.fetch(_SQL["orders_by_buyer"], *args)
            if not records:
                return
            orders = [order for order in orders_of(records) if order.order_id not in told]
            last = records[-1]
            if last["buyer"] != buyer:
                told.clear()
            buyer, seq = last["buyer"], last["seq"]
            told.update(each.order_id for each in orders if each.viewer_id == buyer)
            yield orders

    async def by_buyer(self, session_id: str) -> AsyncGenerator[list[list[Order]], None]:
        """Yield all confirmed orders of each of some buyers at a time, by the buyers' ids."""
        last: list[Order] = []  # may go on with the next part
        async with aclosing(self.orders(session_id, OrderStatus.CONFIRMED)) as found:
            async for orders in found:
                together = groupby([*last, *orders], key=lambda order: order.viewer_id)
                buyers = [list(own) for _, own in together]
                last = buyers.pop() if buyers else []
                yield buyers
        if last:
            yield [last]

    async def offered(self, skus: Collection[str]) -> dict[str, Offered]:
        """Return what the catalogue says of SKUs; one that it does not know is left out."""
        if not skus:
            return {}
        records = await self._database.fetch(_SQL["offered"], sorted(skus))
        return {
            record["sku"]: Offered(
                product_id=record["product_id"],
                title=record["title"],
                image=record["image"],
                label=record["label"],
            )
            for record in records
        }
