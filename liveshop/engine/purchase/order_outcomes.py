"""The outcomes of an order after the sale: payment, cancellation, and what is overdue."""

import dataclasses
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from liveshop.core import limits, messages
from liveshop.core.errors import Conflict, Expired, LiveshopError, NotFound
from liveshop.core.model import Order, OrderStatus, Reservation, ReservationState
from liveshop.engine.fanout.mailbox import Watched
from liveshop.engine.purchase.ordered import resolved, sold
from liveshop.engine.purchase.settler import Settler
from liveshop.engine.purchase.writer import OrderWriter
from liveshop.engine.rooms.session import Session
from liveshop.engine.until_known import until_known
from liveshop.stores.postgres.order_records import Copies, GivenUpReply, Undecided, Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.payment_records import PaymentReply, RefundReason


class OrderOutcomes:
    """Takes what Postgres has decided about orders to Redis, buyers and hosts."""

    def __init__(self, session: Session, writer: OrderWriter, settler: Settler) -> None:
        self._session = session
        self._writer = writer
        self._settler = settler

    async def paid(self, reply: PaymentReply) -> None:
        """Tell of an order that a payment has confirmed; one cancelled since is told of already."""
        if reply.order.status is OrderStatus.CONFIRMED:
            self._writer.announcer.confirmed(reply.order, new=reply.new)
            await self._settler.settle(sold(reply.order), reply.copies)
            await self._session.peers.post()

    async def not_sold(self, reply: PaymentReply) -> None:
        """Tell of an order whose money has come and whose units are gone."""
        if reply.new and reply.payment.reason in (RefundReason.SOLD_OUT, RefundReason.LIMIT):
            verdict = Verdict(reply.payment.reason.value)
            outcomes = [resolved(reservation, verdict) for reservation in sold(reply.order)]
            await self._settler.settle(outcomes, reply.copies)
            await self.expired(outcomes)

    async def cancelled(self, order: Order, copies: Copies) -> None:
        """Give the units of a cancelled order back to the session, and tell its buyer."""
        await self._settler.settle((), copies)
        self._session.mailbox.tell(order.viewer_id, messages.cancelled(order))
        await self._session.peers.post()

    async def abandon(self, buyer: str, order_id: str) -> None:
        """Make a buyer's pending order void, and tell all its connections; see `give_up`."""
        order = await self._session.node.stores[Orders].get(order_id)
        if (order.session_id, order.viewer_id) != (self._session.session_id, buyer):
            raise NotFound("order", order_id)
        reply = await give_up(self._session.node.stores[Orders], order_id, Verdict.RELEASED)
        await self.given_up(reply)

    async def given_up(self, reply: GivenUpReply) -> None:
        """Free the units of an order that nobody pays for, and tell its buyer if that is news."""
        outcomes = [resolved(reservation, reply.verdict) for reservation in sold(reply.order)]
        # Again if it was void before: a node may have ended between PostgreSQL and Redis.
        await self._settler.settle(outcomes, reply.copies)
        if reply.new:
            await self.expired(outcomes)

    async def expired(self, reservations: Iterable[Reservation]) -> None:
        """Tell buyers of reservations whose time is over, not of what was charged besides them."""
        for reservation in reservations:
            if reservation.is_told:
                self._session.mailbox.tell(reservation.buyer, messages.resolved(reservation))
        await self._session.peers.post()

    async def resolve_overdue(self, reservations: Sequence[Reservation]) -> None:
        """Have Postgres decide what became of `paying` reservations past their deadline.

        Those that the writer here has under way it resolves itself.
        """
        overdue = [
            reservation
            for reservation in reservations
            if reservation.order_id and not self._writer.has(reservation.order_id)
        ]
        if not overdue:
            return
        session = self._session
        reply = await session.node.stores[Orders].void(
            session.session_id,
            [Undecided.of(item) for item in overdue],
            Verdict.EXPIRED,
            now_ms=session.clock.now_ms(),
        )
        outcomes = []
        for reservation in overdue:
            decided = reply.decided[reservation.rid]
            if decided.verdict is not Verdict.PENDING:
                outcome = resolved(reservation, decided.verdict)
                outcomes.append(replace(outcome, order_id=decided.order_id))
        await self._settler.settle(outcomes, reply.copies)
        await self.tell_outcomes(outcomes)

    async def tell_outcomes(self, outcomes: Sequence[Reservation]) -> None:
        """Tell buyers what became of reservations; those sold by what became of their order."""
        await self.expired(item for item in outcomes if item.taken)
        outcomes = [item for item in outcomes if not item.taken]
        sold_in = {item.order_id for item in outcomes if item.state is ReservationState.SOLD}
        orders = await self._session.node.stores[Orders].many(
            {order_id for order_id in sold_in if order_id}
        )
        for order in orders.values():
            self._tell_order(order)
        await self.expired(item for item in outcomes if item.state is not ReservationState.SOLD)

    async def tell_lost(self, lost: Sequence[Watched]) -> None:
        """Tell buyers of reservations that Redis has lost: they ended, unless Postgres has more.

        Another node may be about to write their orders: Postgres has to decide before anything is
        told, or a buyer told `refused` might be sold the unit. Those of orders under way here get
        their answer from the writer.
        """
        for take in (each for each in lost if each.offer):
            # No order can have it: one that spends it is told of that in the same call of Redis.
            told = messages.refused_take(take.rid, take.offer, Verdict.UNAVAILABLE.value)
            self._session.mailbox.tell(take.buyer, told)
        lost = [each for each in lost if not each.offer]
        under_way = self._writer.rids()
        unclear = [each for each in lost if each.rid not in under_way]
        for first in range(0, len(unclear), limits.ORDERS_PER_COMMIT_MAX):
            await self._decide_lost(unclear[first : first + limits.ORDERS_PER_COMMIT_MAX])
        await self._session.peers.post()

    async def _decide_lost(self, lost: Sequence[Watched]) -> None:
        session = self._session
        reply = await session.node.stores[Orders].void(
            session.session_id,
            [
                Undecided(
                    rid=each.rid,
                    buyer=each.buyer,
                    sku=each.sku,
                    quantity=each.quantity,
                    price=each.price,
                )
                for each in lost
            ],
            Verdict.UNAVAILABLE,
            now_ms=session.clock.now_ms(),
        )
        confirmed = {
            each.order_id for each in reply.decided.values() if each.verdict is Verdict.CONFIRMED
        }
        orders = await session.node.stores[Orders].many(confirmed)
        await self._settler.settle(
            [item for order in orders.values() for item in sold(order)], reply.copies
        )
        for each in lost:
            decided = reply.decided[each.rid]
            if decided.verdict is Verdict.PENDING or not session.mailbox.is_watched(each.rid):
                continue  # it goes on, or the answer has been told meanwhile
            if decided.verdict is Verdict.CONFIRMED:
                self._tell_order(orders[decided.order_id])
            elif decided.verdict is Verdict.EXPIRED:
                session.mailbox.tell(each.buyer, messages.expired(each.rid, each.sku))
            elif decided.verdict is Verdict.RELEASED:
                session.mailbox.tell(each.buyer, messages.released(each.rid, each.sku))
            else:
                code = decided.verdict.value
                session.mailbox.tell(each.buyer, messages.refused(each.rid, each.sku, code))

    def _tell_order(self, order: Order) -> None:
        confirmed = order.status is OrderStatus.CONFIRMED
        message = messages.confirmed(order) if confirmed else messages.cancelled(order)
        self._session.mailbox.tell(order.viewer_id, message)

    async def tell_cancelled(self) -> None:
        """Tell the buyers here of orders cancelled lately, which may have been told before.

        If another node has not, nothing else would: a sold reservation is no longer watched.
        """
        session = self._session
        for order in await session.node.stores[Orders].cancelled_since(
            session.session_id, session.epochs.head_seqs[0], limits.OUTGOING_MESSAGES_MAX
        ):
            session.mailbox.deliver(order.viewer_id, messages.cancelled(order))

    async def tell_missed(self) -> None:
        """Tell the buyers here of what they have not heard of from other nodes."""
        await self.tell_cancelled()
        buyers = self._session.audience.buyers()
        for first in range(0, len(buyers), limits.BUYERS_PER_CALL_MAX):
            part = buyers[first : first + limits.BUYERS_PER_CALL_MAX]
            for reservation in await self._session.units.mine(*part):
                if not self._session.mailbox.is_watched(reservation.rid):
                    told = messages.kept(reservation)
                    self._session.mailbox.deliver(reservation.buyer, told)


async def give_up(orders: Orders, order_id: str, verdict: Verdict) -> GivenUpReply:
    """Make a pending order void before its time; `given_up` frees its units and tells its buyer.

    Idempotent; an order that is void already stays so, with its first reason. Raises NotFound, or
    Conflict for an order that was paid.
    """

    async def once(again: bool) -> GivenUpReply:
        reply = await orders.give_up(order_id, verdict)
        return dataclasses.replace(reply, new=reply.new or again)

    return await until_known(once)


def refund_refusal(reply: PaymentReply) -> LiveshopError:
    """Return why a payment could not become an order; the money is listed as `refund_due`."""
    order_id, reason = reply.order.order_id, reply.payment.reason
    if reason is RefundReason.EXPIRED:
        return Expired(f"the order {order_id}")
    return Conflict(f"the payment is refund_due: {reason}")
