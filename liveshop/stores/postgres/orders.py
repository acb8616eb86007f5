"""Orders: from the writer's batches to the reader's pages."""

from collections.abc import Collection, Sequence
from itertools import groupby

import asyncpg

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.limits import ORDERS_PER_COMMIT_MAX, WELCOME_ORDERS_MAX
from liveshop.core.model import Charge, Order, OrderLine, OrderStatus, Reservation
from liveshop.core.pricing.price import read_reasons
from liveshop.stores.postgres.batch import Batch
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.locked import Reader, copies_of, lock_session
from liveshop.stores.postgres.order_records import (
    CancelReply,
    CommitReply,
    Decided,
    GivenUpReply,
    NewOrder,
    OrderPage,
    Undecided,
    Verdict,
    VoidReply,
)
from liveshop.stores.postgres.queries import queries
from liveshop.stores.postgres.void import decide, known_decisions, outcome_of

_SQL = queries("orders") | queries("batch")


class Orders:
    """The orders in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def commit(
        self, session_id: str, epoch: int, orders: Sequence[NewOrder], *, now_ms: int
    ) -> CommitReply:
        """Confirm one session's batch of orders in one transaction; any that cannot fit is refused.

        At most ORDERS_PER_COMMIT_MAX, each id once. Idempotent: after OutcomeUnknown send the
        same again. Raises NotFound for an unknown session.
        """
        assert len({order.order_id for order in orders}) == len(orders) <= ORDERS_PER_COMMIT_MAX
        batch = Batch(self._database, session_id, epoch, status="confirmed", now_ms=now_ms)
        return await batch.commit(orders)

    async def pend(
        self, session_id: str, epoch: int, orders: Sequence[NewOrder], *, now_ms: int
    ) -> CommitReply:
        """Store orders that wait for their money, each with `pay_until_ms`; no unit moves yet.

        In all else like `commit`.
        """
        assert len({order.order_id for order in orders}) == len(orders) <= ORDERS_PER_COMMIT_MAX
        assert all(order.pay_until_ms is not None for order in orders)
        batch = Batch(self._database, session_id, epoch, status="pending", now_ms=now_ms)
        return await batch.commit(orders)

    async def void(
        self, session_id: str, undecided: Sequence[Undecided], verdict: Verdict, *, now_ms: int
    ) -> VoidReply:
        """Make sure that reservations can never be ordered, unless they are already.

        At most ORDERS_PER_COMMIT_MAX. A node that writes their order later meets the verdict, if
        the order was not there before. CONFIRMED means settle them, PENDING that they go on, all
        else that they are over for good. Idempotent.
        """
        assert len(undecided) <= ORDERS_PER_COMMIT_MAX
        async with self._database.transaction(session_id) as connection:
            await lock_session(connection, session_id)
            return await decide(connection, session_id, undecided, verdict, now_ms=now_ms)

    async def cancel(self, order_id: str, *, again: bool = False) -> CancelReply:
        """Take a confirmed order back, its units and what it counted for limits included.

        The money becomes due for refund. NotFound for an unknown order, Conflict for one that is
        not, or no longer, confirmed. `again` after OutcomeUnknown: behind the session's lock, an
        order that is cancelled by then is so by the first attempt.
        """
        session_id = await session_of(self._database, order_id)
        async with self._database.transaction(session_id) as connection:
            session = await lock_session(connection, session_id)
            order = await read_order(connection, order_id)
            if again and order.status is OrderStatus.CANCELLED:
                copies = await copies_of(connection, session_id, [order_id])
                return CancelReply(order=order, copies=copies)
            if order.status is not OrderStatus.CONFIRMED:
                raise Conflict(f"the order is {order.status}")
            await connection.execute(
                _SQL["set_status"], session_id, order_id, OrderStatus.CANCELLED, None, None
            )
            await connection.execute(_SQL["count_order"], session_id, order_id, -1)
            await connection.execute(_SQL["lower_quotas"], session_id, order_id)
            if session["settled"]:
                await connection.execute(_SQL["restock_catalogue"], session_id, order_id)
            await connection.execute(_SQL["refund_payments"], order_id)
            return CancelReply(
                order=await read_order(connection, order_id),
                copies=await copies_of(connection, session_id, [order_id]),
            )

    async def give_up(self, order_id: str, verdict: Verdict) -> GivenUpReply:
        """Make an order void that waits for its money; a payment that comes later is to go back.

        Idempotent: an order that is void already stays so, with its first reason. NotFound for an
        unknown order, Conflict for one that was paid.
        """
        session_id = await session_of(self._database, order_id)
        async with self._database.transaction(session_id) as connection:
            await lock_session(connection, session_id)
            order = await read_order(connection, order_id)
            new = order.status is OrderStatus.PENDING
            if new:
                await connection.execute(_SQL["give_up"], session_id, order_id, verdict.value)
            elif order.status is not OrderStatus.VOID:
                raise Conflict(f"the order is {order.status}")
            stored = await connection.fetch(_SQL["known_orders"], [order_id])
            return GivenUpReply(
                order=await read_order(connection, order_id),
                verdict=outcome_of(stored[0], session_id, order.viewer_id, None).verdict,
                copies=await copies_of(connection, session_id, [order_id]),
                new=new,
            )

    async def get(self, order_id: str) -> Order:
        """Return an order, or raise NotFound."""
        return await read_order(self._database, order_id)

    async def page(
        self, session_id: str, *, after: int, limit: int, buyer: str | None = None
    ) -> OrderPage:
        """Return orders in the order of their last change, from the one after `after`."""
        args = (session_id, after, limit)
        if buyer is None:
            records = await self._database.fetch(_SQL["page_of_session"], *args)
        else:
            records = await self._database.fetch(_SQL["page_of_buyer"], *args, buyer)
        newest = records[-1]["seq"] if records else after
        return OrderPage(orders=orders_of(records), next=newest)

    async def of_buyer(
        self, session_id: str, buyer: str, limit: int = WELCOME_ORDERS_MAX
    ) -> list[Order]:
        """Return a buyer's newest orders, the newest first."""
        query = _SQL["newest_of_buyer"]
        return orders_of(await self._database.fetch(query, session_id, buyer, limit))

    async def cancelled_since(self, session_id: str, seq: int, limit: int) -> list[Order]:
        """Return the newest orders that were cancelled after the change numbered `seq`."""
        args = (session_id, seq, limit)
        return orders_of(await self._database.fetch(_SQL["cancelled_since"], *args))

    async def many(self, order_ids: Collection[str]) -> dict[str, Order]:
        """Return those of the orders that there are, by id, in one query."""
        if not order_ids:
            return {}
        records = await self._database.fetch(_SQL["orders_with_lines"], list(order_ids))
        return {order.order_id: order for order in orders_of(records)}

    async def decided(
        self, session_id: str, reservations: Sequence[Reservation]
    ) -> dict[str, Decided]:
        """Return what became of reservations, by rid; those not in Postgres are left out."""
        return await known_decisions(self._database, session_id, reservations)

    async def newest(
        self, limit: int, *, buyer: str | None = None, shop: str | None = None
    ) -> list[Order]:
        """Return the newest orders of one shop's sessions or all, those of the newest first."""
        if buyer is None:
            return orders_of(await self._database.fetch(_SQL["newest_everywhere"], limit, shop))
        query = _SQL["newest_of_buyer_everywhere"]
        return orders_of(await self._database.fetch(query, limit, buyer, shop))


async def session_of(reader: Reader, order_id: str) -> str:
    """Return the session whose lock an order is under, or raise NotFound."""
    records = await reader.fetch(_SQL["session_of_order"], order_id)
    if not records:
        raise NotFound("order", order_id)
    session_id: str = records[0]["session_id"]
    return session_id


async def read_order(reader: Reader, order_id: str) -> Order:
    """Return an order, or raise NotFound."""
    records = await reader.fetch(_SQL["order_with_lines"], order_id)
    if not records:
        raise NotFound("order", order_id)
    return orders_of(records)[0]


async def read_pending(reader: Reader, session_id: str) -> list[Order]:
    """Return a session's orders that wait for their money."""
    return orders_of(await reader.fetch(_SQL["pending_orders"], session_id))


def orders_of(records: Sequence[asyncpg.Record]) -> list[Order]:
    """Make orders of one row a line, the lines of an order standing together."""
    return [_order(list(lines)) for _, lines in groupby(records, key=lambda record: record["id"])]


def _order(records: Sequence[asyncpg.Record]) -> Order:
    first = records[0]
    return Order(
        order_id=first["id"],
        session_id=first["session_id"],
        viewer_id=first["buyer"],
        status=OrderStatus(first["status"]),
        lines=[
            OrderLine(
                rid=record["rid"],
                sku=record["sku"],
                quantity=record["qty"],
                price=record["price"],
                final=record["final"],
                sale=record["sale"],
                memo=record["memo"],
            )
            for record in records
            if record["rid"] is not None
        ],
        total=first["total"],
        currency=first["currency"],
        at_ms=first["at_ms"],
        charges=tuple(
            Charge(row=row, units=units, limit=limit) for row, units, limit in first["charges"]
        ),
        pay_until_ms=first["pay_until_ms"],
        why=read_reasons(first["why"]),
    )
