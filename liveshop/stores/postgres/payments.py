"""Payments: money that the merchant's backend reports, and what becomes of it."""

import asyncpg

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import OrderStatus
from liveshop.stores.failpoints import Reach, pass_by
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.locked import copies_of, lock_session
from liveshop.stores.postgres.orders import read_order
from liveshop.stores.postgres.payment_records import (
    Payment,
    PaymentPage,
    PaymentReply,
    PaymentStatus,
    RefundReason,
    given_id,
    stored_ids,
)
from liveshop.stores.postgres.queries import queries

_SQL = queries("payments") | queries("orders")
_REASONS = {
    "stock_sold_within_units": RefundReason.SOLD_OUT,
    "buyer_quota_within_cap": RefundReason.LIMIT,
}


class Payments:
    """The payments in one database."""

    def __init__(self, database: Database, *, reach: Reach = pass_by) -> None:
        self._database = database
        self._reach = reach

    async def confirm(
        self, order_id: str, payment_id: str, amount: int, *, now_ms: int
    ) -> PaymentReply:
        """Record a payment, then confirm its order, or record that the money is to go back.

        Idempotent by `payment_id`, of which each shop has its own: the same answer again, and what
        a crash left half done is finished. Raises NotFound for an unknown order and Conflict where
        the payment's id came with another order or amount of this shop; both store nothing.
        """
        place = await self._database.fetchrow(_SQL["place_of_order"], order_id)
        if place is None:
            raise NotFound("order", order_id)
        session_id = place["session_id"]
        record = (payment_id, order_id, amount, now_ms)
        stored = await self._record(place["shop"], *record)
        if (stored["order_id"], stored["amount"]) != (order_id, amount):
            raise Conflict("this payment_id was reported with another order or amount")
        self._reach(Failpoint.AFTER_PAYMENT)
        async with self._database.transaction(session_id) as connection:
            await lock_session(connection, session_id)
            payment = await _read(connection, stored["id"])
            new = payment.status is PaymentStatus.RECEIVED
            if new:
                reason = await _settle(connection, session_id, payment, now_ms)
                status = PaymentStatus.REFUND_DUE if reason else PaymentStatus.APPLIED
                await connection.execute(_SQL["resolve_payment"], stored["id"], status, reason)
            return await _reply(connection, session_id, stored, new=new)

    async def _record(
        self, shop: str | None, payment_id: str, order_id: str, amount: int, now_ms: int
    ) -> asyncpg.Record:
        """Record a payment unless it is known, and return it as it is stored.

        A transaction of its own: the money is on record whatever happens to the order. Of two
        shops that report an id at once the primary key lets one have it as it is, for good.
        """
        for stored_id in stored_ids(shop, payment_id):
            record = (stored_id, order_id, amount, now_ms)
            await self._database.commit(_SQL["record_payment"], *record)
            (stored,) = await self._database.fetch(_SQL["read_payment"], stored_id)
            if stored["shop"] == shop:
                return stored
        raise AssertionError(f"{stored_id} is an id of the shop {shop} only")

    async def unresolved(
        self, limit: int, *, until_ms: int | None = None, after: Payment | None = None
    ) -> list[Payment]:
        """Return payments that are RECEIVED only, the oldest first: `confirm` them again.

        Those recorded after `until_ms`, and those up to the one `after`, are left out.
        """
        behind = (after.at_ms, after.payment_id) if after else (None, None)
        records = await self._database.fetch(_SQL["unresolved_payments"], limit, until_ms, *behind)
        return [_payment(record) for record in records]

    async def page(
        self, status: PaymentStatus, *, after: str | None, limit: int, shop: str | None = None
    ) -> PaymentPage:
        """Return payments in a status, of one shop or all, by id, from the one after `after`."""
        # Of one shop each id is there once. Of all, those that have the same come one by one.
        behind = (given_id(after or ""), None if shop is not None else after or "")
        args = (status, *behind, limit + 1, shop)
        records = await self._database.fetch(_SQL["page_of_payments"], *args)
        payments = [_payment(record) for record in records[:limit]]
        if len(records) <= limit:
            return PaymentPage(payments=payments, next=None)
        last = payments[-1].payment_id if shop is not None else records[limit - 1]["id"]
        return PaymentPage(payments=payments, next=last)

    async def refunded(
        self, payment_id: str, *, shop: str | None = None, order_id: str | None = None
    ) -> PaymentReply:
        """Record that a refund that was due has been made; a cancelled order is refunded then.

        The payment is one of `shop`, or of all, and of `order_id` if that is given. NotFound for
        an unknown payment, Conflict for one that is not, or no longer, due, and where several
        shops have given the id.
        """
        found = await self._database.fetch(_SQL["payments_given_id"], payment_id, shop, order_id)
        if not found:
            raise NotFound("payment", payment_id)
        if len(found) > 1:
            raise Conflict(f"several shops have a payment {payment_id}: name its `order`, too")
        (stored,) = found
        session_id = stored["session_id"]
        async with self._database.transaction(session_id) as connection:
            await lock_session(connection, session_id)
            payment = await _read(connection, stored["id"])
            if payment.status is not PaymentStatus.REFUND_DUE:
                raise Conflict(f"the payment is {payment.status}")
            await connection.execute(
                _SQL["resolve_payment"], stored["id"], PaymentStatus.REFUNDED, payment.reason
            )
            if payment.reason is RefundReason.CANCELLED:
                args = (session_id, payment.order_id, OrderStatus.REFUNDED, None, None)
                await connection.execute(_SQL["set_status"], *args)
            return await _reply(connection, session_id, stored, new=True)


async def _settle(
    connection: Connection, session_id: str, payment: Payment, now_ms: int
) -> RefundReason | None:
    """Confirm the order of a payment, under the lock; else return why the money goes back."""
    order = await connection.fetchrow(_SQL["order_to_pay"], payment.order_id)
    reason = _refusal(order, payment.amount, now_ms)
    if reason is not None:
        return reason
    try:
        async with connection.transaction():
            paid = (session_id, payment.order_id, OrderStatus.CONFIRMED, now_ms, None)
            await connection.execute(_SQL["set_status"], *paid)
            await connection.execute(_SQL["count_order"], session_id, payment.order_id, 1)
            await connection.execute(_SQL["raise_quotas"], session_id, payment.order_id)
    except asyncpg.CheckViolationError as exc:
        reason = _REASONS.get(exc.constraint_name or "")
        if reason is None:
            raise
        # Its units are gone: no later payment is to find some again behind the buyer's back.
        gone = (session_id, payment.order_id, OrderStatus.VOID, None, reason.value)
        await connection.execute(_SQL["set_status"], *gone)
    return reason


def _refusal(order: asyncpg.Record, amount: int, now_ms: int) -> RefundReason | None:
    match OrderStatus(order["status"]):
        case OrderStatus.VOID:
            return RefundReason.EXPIRED
        case OrderStatus.CONFIRMED | OrderStatus.CANCELLED | OrderStatus.REFUNDED:
            return RefundReason.SECOND
    if amount != order["total"]:
        return RefundReason.WRONG_AMOUNT
    return None if now_ms < order["pay_until_ms"] else RefundReason.EXPIRED


async def _read(connection: Connection, stored_id: str) -> Payment:
    return _payment((await connection.fetch(_SQL["read_payment"], stored_id))[0])


async def _reply(
    connection: Connection, session_id: str, stored: asyncpg.Record, *, new: bool
) -> PaymentReply:
    payment = await _read(connection, stored["id"])
    return PaymentReply(
        payment=payment,
        order=await read_order(connection, payment.order_id),
        copies=await copies_of(connection, session_id, [payment.order_id]),
        new=new,
        shop=stored["shop"],
    )


def _payment(record: asyncpg.Record) -> Payment:
    return Payment(
        payment_id=given_id(record["id"]),
        order_id=record["order_id"],
        amount=record["amount"],
        status=PaymentStatus(record["status"]),
        reason=RefundReason(record["reason"]) if record["reason"] else None,
        at_ms=record["at_ms"],
    )
