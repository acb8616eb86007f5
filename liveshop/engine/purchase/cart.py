"""Checkout and release: a buyer's ways to go on with what is in the cart."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from liveshop.core import messages
from liveshop.core.errors import Busy
from liveshop.core.model import Charge, Reservation, ReservationState
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.purchase.admission import Admission
from liveshop.engine.purchase.asking import carried_out
from liveshop.engine.purchase.ordered import Ordered
from liveshop.engine.purchase.writer import OrderWriter
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.redis.unit_records import PayReply, ReleaseReply

_Reply = TypeVar("_Reply", PayReply, ReleaseReply)


class Cart:
    """Orders or gives back what is held; both may be repeated with the same identifiers."""

    def __init__(self, session: Session, writer: OrderWriter, admission: Admission) -> None:
        self._session = session
        self._writer = writer
        self._admission = admission

    def refuses(self, order_id: str) -> Busy | None:
        """Return why a `checkout` would wait too long; one that is under way already never does."""
        if self._writer.has(order_id):
            return None
        return self._admission.refuse_checkout(self._writer.under_way)

    async def checkout(
        self,
        buyer: str,
        order_id: str,
        rids: list[str],
        asker: Asker,
        charges: Sequence[Charge] = (),
    ) -> None:
        """Order reservations, all or none; the asker is answered once Postgres has decided.

        `charges` are taken with them, all or none; an order that is known keeps those that it was
        made with. Raises what refuses it, and then nothing has changed.
        """
        reply, epoch = await self.pay(buyer, order_id, rids, charges)
        if reply.refusal is not None:
            raise reply.refusal
        ordered = Ordered(order_id, reply.reservations, [asker], epoch=epoch, charge=reply.charge)
        await self.order(reply, ordered)

    async def pay(
        self, buyer: str, order_id: str, rids: list[str], charges: Sequence[Charge]
    ) -> tuple[PayReply, int]:
        """Bring reservations into an order, with its charges; return the reply, and the epoch.

        The reply may be a refusal, and then nothing has changed.
        """
        checkouts, began_ns = self._admission.checkouts, self._admission.now_ns()
        epoch = self._session.epochs.newest
        checkouts.begin(began_ns)
        try:
            reply = await self._ask(
                lambda epoch: self._session.units.pay(
                    epoch, buyer=buyer, order_id=order_id, rids=rids, charges=charges
                )
            )
        finally:
            checkouts.end(began_ns, self._admission.now_ns())
        return reply, epoch

    async def order(self, reply: PayReply, ordered: Ordered) -> None:
        """Have an order written that was taken; one that has ended answers its askers again."""
        ended = [item for item in reply.reservations if not item.state.open]
        if not ended:
            self._writer.offer(ordered)
            return
        for asker in ordered.askers:
            await self._tell_again(ordered.order_id, ended[0], asker)

    async def release(self, buyer: str, rid: str, asker: Asker) -> None:
        """Give a held reservation back; raises what refuses it."""
        released, known = await self._release(buyer, rid)
        asker.answer(messages.resolved(released, asker.ref))
        if not known:
            self._session.mailbox.tell(buyer, messages.resolved(released), but=asker.viewer)
            await self._session.peers.post()

    async def take_back(self, buyer: str, rid: str) -> None:
        """Release a held reservation in place of its buyer, who is told; raises what refuses it."""
        released, known = await self._release(buyer, rid)
        if not known:
            self._session.mailbox.tell(buyer, messages.resolved(released))
            await self._session.peers.post()

    async def refuse(self, buyer: str, rid: str, code: str) -> None:
        """Give back what a `buy` holds that cannot be ordered, and tell its buyer why."""
        refused, known = await self._release(buyer, rid, code)
        if not known:
            self._session.mailbox.tell(buyer, messages.resolved(refused))
            await self._session.peers.post()

    async def _release(self, buyer: str, rid: str, code: str = "") -> tuple[Reservation, bool]:
        """Return the released reservation, and whether it was released before."""
        reply = await self._ask(
            lambda epoch: self._session.units.release(epoch, buyer=buyer, rid=rid, code=code)
        )
        if reply.refusal is not None:
            raise reply.refusal
        assert reply.reservation is not None, "a release that is not refused has its reservation"
        return reply.reservation, reply.known

    async def _ask(self, call: Callable[[int], Awaitable[_Reply]]) -> _Reply:
        """Return the reply of a call that was carried out; its identifiers make it repeatable."""
        session = self._session

        async def once() -> _Reply | None:
            reply = await call(session.epochs.newest)
            return reply if session.epochs.ok_or_fence(reply.status) else None

        return await carried_out(session, once)

    async def _tell_again(self, order_id: str, ended: Reservation, asker: Asker) -> None:
        """Answer a replay: the order was confirmed, or what became of its reservations."""
        if ended.state is ReservationState.SOLD:
            order = await self._session.node.stores[Orders].get(order_id)
            asker.answer(messages.confirmed(order, asker.ref))
        else:
            asker.answer(messages.resolved(ended, asker.ref))
