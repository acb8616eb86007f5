"""Takes payments and cancellations to the rooms of their orders."""

import logging
from dataclasses import replace

import anyio

from liveshop.core import limits
from liveshop.core.errors import LiveshopError
from liveshop.core.model import Order
from liveshop.engine.errands import Errands
from liveshop.engine.node import Node
from liveshop.engine.purchase.order_outcomes import give_up, refund_refusal
from liveshop.engine.rooms.room import Room
from liveshop.engine.rooms.rooms import Rooms
from liveshop.engine.until_known import until_known
from liveshop.stores.postgres.order_records import Copies, Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.payment_records import Payment, PaymentReply, PaymentStatus
from liveshop.stores.postgres.payments import Payments

_logger = logging.getLogger(__name__)

_FINISH_S = limits.PAYMENT_UNRESOLVED_MS_MAX / 1000


class OrderService:
    """Confirms and cancels orders; any node finishes what a crash left half done."""

    def __init__(self, node: Node, rooms: Rooms, errands: Errands) -> None:
        self._node = node
        self._rooms = rooms
        self._errands = errands
        self._tried: Payment | None = None

    async def confirm(self, order_id: str, payment_id: str, amount: int) -> Order:
        """Take a payment that was reported; return its confirmed order.

        Idempotent by `payment_id`. Raises Conflict or Expired where the money is to be refunded:
        it is listed as `refund_due`.
        """
        return await self._errands.carry_out(lambda: self._confirm(order_id, payment_id, amount))

    async def cancel(self, order_id: str) -> Order:
        """Cancel a confirmed order; its units are for sale again."""
        return await self._errands.carry_out(lambda: self._cancel(order_id))

    async def fail(self, order_id: str) -> Order:
        """Make a pending order void: its money will not come. Its units are for sale again.

        Idempotent; raises NotFound, or Conflict for an order that was paid.
        """
        return await self._errands.carry_out(
            lambda: self._give_up(order_id, Verdict.PAYMENT_FAILED)
        )

    async def abandon(self, order_id: str) -> Order:
        """Make a pending order void: its buyer wants it no longer. In all else like `fail`."""
        return await self._errands.carry_out(lambda: self._give_up(order_id, Verdict.RELEASED))

    async def _give_up(self, order_id: str, verdict: Verdict) -> Order:
        reply = await give_up(self._node.stores[Orders], order_id, verdict)
        room = await self._room_of(reply.order, reply.copies)
        if room is not None:
            await room.outcomes.given_up(reply)
        return reply.order

    async def _confirm(self, order_id: str, payment_id: str, amount: int) -> Order:
        reply = await self._pay(order_id, payment_id, amount)
        room = await self._room_of(reply.order, reply.copies)
        if reply.payment.status is not PaymentStatus.APPLIED:
            if reply.new:
                self._node.metrics.refunds.inc()
            if room is not None:
                await room.outcomes.not_sold(reply)
            raise refund_refusal(reply)
        if room is not None:
            await room.outcomes.paid(reply)
        return reply.order

    async def _room_of(self, order: Order, copies: Copies) -> Room | None:
        """Return the room of an order, loaded if need be; None if nobody there is to hear of it.

        A settled session has no order that waits, so there is no news of one. Money that comes late
        must not take the room of a show that is being watched.
        """
        if copies.settled:
            return self._rooms.loaded(order.session_id)
        return await self._rooms.get(order.session_id)

    async def _cancel(self, order_id: str) -> Order:
        orders = self._node.stores[Orders]
        reply = await until_known(lambda again: orders.cancel(order_id, again=again))
        room = await self._rooms.get(reply.order.session_id)
        await room.outcomes.cancelled(reply.order, reply.copies)
        return reply.order

    async def _pay(self, order_id: str, payment_id: str, amount: int) -> PaymentReply:
        """Have Postgres decide; after an answer that was lost, what is there already is ours."""

        async def confirm(again: bool) -> PaymentReply:
            now_ms = self._node.now_ms()
            payments = self._node.stores[Payments]
            reply = await payments.confirm(order_id, payment_id, amount, now_ms=now_ms)
            return replace(reply, new=reply.new or again)

        return await until_known(confirm)

    async def run(self) -> None:
        """Finish payments that were stored and not applied, now and then, until cancelled."""
        while True:
            await anyio.sleep(_FINISH_S)
            try:
                await self._finish()
            except LiveshopError as failure:
                _logger.info("payments cannot be finished now: %s", failure)
            except Exception:
                _logger.exception("payments could not be finished")

    async def _finish(self) -> None:
        # Newer ones the node that stored them is about to apply.
        until_ms = self._node.now_ms() - limits.PAYMENT_UNRESOLVED_MS_MAX
        payments = await self._node.stores[Payments].unresolved(
            limits.PAGE_ITEMS_MAX, until_ms=until_ms, after=self._tried
        )
        # If each look began with the oldest, those that cannot be finished would keep all others
        # waiting, whichever shop they are of.
        self._tried = payments[-1] if len(payments) == limits.PAGE_ITEMS_MAX else None
        for payment in payments:
            try:
                await self._confirm(payment.order_id, payment.payment_id, payment.amount)
            except LiveshopError as refusal:
                _logger.warning(
                    "payment %s: %s", payment.payment_id, refusal, extra={"order": payment.order_id}
                )
            except Exception:
                # The others must still be finished.
                _logger.exception(
                    "payment %s cannot be finished",
                    payment.payment_id,
                    extra={"order": payment.order_id},
                )
