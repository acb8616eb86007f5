"""Takes payments and cancellations to the rooms of their orders."""

import logging
from dataclasses import replace

import anyio

from liveshop.core import limits
from liveshop.core.errors import LiveshopError, OutcomeUnknown
from liveshop.core.model import Order
from liveshop.engine.node import Node
from liveshop.engine.purchase.order_outcomes import refund_refusal
from liveshop.engine.rooms.rooms import Rooms
from liveshop.stores.postgres.payment_records import PaymentReply, PaymentStatus

_logger = logging.getLogger(__name__)

_FINISH_S = limits.PAYMENT_UNRESOLVED_MS_MAX / 1000


class OrderService:
    """Confirms and cancels orders; what a crash left half done is finished by any node."""

    def __init__(self, node: Node, rooms: Rooms) -> None:
        self._node = node
        self._rooms = rooms

    async def confirm(self, order_id: str, payment_id: str, amount: int) -> Order:
        """Take a payment that was reported; return its confirmed order.

        Idempotent by `payment_id`. Raises Conflict or Expired where the money is to be refunded.
        """
        reply = await self._pay(order_id, payment_id, amount)
        room = await self._rooms.get(reply.order.session_id)
        if reply.payment.status is not PaymentStatus.APPLIED:
            if reply.new:
                self._node.metrics.refunds.inc()
            await room.outcomes.not_sold(reply)
            raise refund_refusal(reply)
        await room.outcomes.paid(reply)
        return reply.order

    async def cancel(self, order_id: str) -> Order:
        """Cancel a confirmed order; its units are for sale again."""
        reply = await self._node.orders.cancel(order_id)
        room = await self._rooms.get(reply.order.session_id)
        await room.outcomes.cancelled(reply.order, reply.copies)
        return reply.order

    async def _pay(self, order_id: str, payment_id: str, amount: int) -> PaymentReply:
        """Have Postgres decide; after an answer that was lost, what is there already is ours."""
        lost = False
        for _ in range(limits.COMMAND_ATTEMPTS_MAX):
            try:
                now_ms = self._node.clock.now_ms()
                reply = await self._node.payments.confirm(
                    order_id, payment_id, amount, now_ms=now_ms
                )
            except OutcomeUnknown:
                lost = True
            else:
                return replace(reply, new=reply.new or lost)
        raise OutcomeUnknown()

    async def run(self) -> None:
        """Finish payments that were stored and not applied, now and then, until cancelled."""
        while True:
            await anyio.sleep(_FINISH_S)
            try:
                await self._finish()
            except LiveshopError as failure:
                _logger.info("payments wait: %s", failure)
            except Exception:
                _logger.exception("payments could not be finished")

    async def _finish(self) -> None:
        stored_ms_max = self._node.clock.now_ms() - limits.PAYMENT_UNRESOLVED_MS_MAX
        for payment in await self._node.payments.unresolved(limits.PAGE_ITEMS_MAX):
            if payment.at_ms > stored_ms_max:
                continue  # whoever stored it is about to apply it
            try:
                await self.confirm(payment.order_id, payment.payment_id, payment.amount)
            except LiveshopError as refusal:
                _logger.warning(
                    "payment %s: %s", payment.payment_id, refusal, extra={"order": payment.order_id}
                )
            except Exception:
                # The others must be finished all the same.
                _logger.exception(
                    "payment %s cannot be finished",
                    payment.payment_id,
                    extra={"order": payment.order_id},
                )
