"""The fulfilment of orders in PostgreSQL: kept and told in one transaction."""

from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.errors import Conflict
from liveshop.core.model import Order, OrderStatus
from liveshop.features.change_feed import tell
from liveshop.features.shipping.rules import Fulfilment, FulfilmentState, Parcel, step_data
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("shipping.sql"))


class Fulfilments:
    """The fulfilments of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, order: Order, parcel: Parcel, now_ms: int) -> Fulfilment:
        """Keep what became of an order, and tell it; the same again changes and tells nothing.

        Conflict for an order that is not confirmed, and for a parcel that was delivered before.
        The order is not locked: one that is cancelled now might be cancelled right after instead.
        """
        if order.status is not OrderStatus.CONFIRMED:
            raise Conflict(f"the order is {order.status}")
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                _SQL["put"],
                *(order.order_id, order.session_id, order.viewer_id, parcel.state),
                *(parcel.carrier, parcel.tracking, parcel.tracking_url, now_ms),
            )
            if row is None:
                return await self._as_it_was(connection, order.order_id, parcel)
            made = _fulfilment(row)
            await tell(
                connection,
                subject=f"fulfilment/{order.order_id}",
                kind=f"fulfilment.{parcel.state}",
                at_ms=now_ms,
                data=step_data(made, order.session_id, order.viewer_id),
                session_id=order.session_id,
                shop=await connection.fetchval(_SQL["shop"], order.session_id),
            )
        return made

    async def page(
        self, session_id: str, *, buyer: str | None, after: str, limit: int
    ) -> list[Fulfilment]:
        """Return the fulfilments of a session, or those of one buyer's orders in it."""
        rows = (
            await self._database.fetch(_SQL["page"], session_id, after, limit)
            if buyer is None
            else await self._database.fetch(_SQL["page_of_buyer"], session_id, buyer, after, limit)
        )
        return [_fulfilment(each) for each in rows]

    async def _as_it_was(self, connection: Connection, order_id: str, parcel: Parcel) -> Fulfilment:
        row = await connection.fetchrow(_SQL["read"], order_id)
        assert row is not None, "a row that refused an update is there"
        known = _fulfilment(row)
        if known.parcel != parcel:
            raise Conflict(f"the order is {known.parcel.state} already")
        return known


def _fulfilment(row: asyncpg.Record) -> Fulfilment:
    return Fulfilment(
        order_id=row["order_id"],
        parcel=Parcel(
            state=FulfilmentState(row["state"]),
            carrier=row["carrier"],
            tracking=row["tracking"],
            tracking_url=row["tracking_url"],
        ),
        shipped_ms=row["shipped_ms"],
        delivered_ms=row["delivered_ms"],
    )
