"""Gathers purchases that arrive together into one call of Redis."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import anyio

from liveshop.core import limits, messages
from liveshop.core.errors import InternalError, LiveshopError, NotLive
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Reservation, ReservationState
from liveshop.engine.asking import carried_out
from liveshop.engine.batch_queue import BatchQueue
from liveshop.engine.context import RoomContext
from liveshop.engine.host import Host
from liveshop.engine.mailbox import Asker
from liveshop.engine.tracing import Stage, stages_of
from liveshop.engine.writer import Ordered, OrderWriter, resolved
from liveshop.stores.postgres.records import Verdict
from liveshop.stores.redis.records import LineReply, ReserveLine, ReserveReply, UnitsStatus


@dataclass(slots=True)
class Purchase:
    """A `buy` or `reserve`, who is to be answered, and whether that is done."""

    line: ReserveLine
    asker: Asker
    answered: bool = False
    asked_s: float = field(default_factory=perf_counter)
    # The call that it was part of, where purchases are traced.
    call: Stage | None = None


class Combiner:
    """The first half of the purchase path: from the command to `reserved`."""

    def __init__(self, room: RoomContext, host: Host, writer: OrderWriter) -> None:
        self._room = room
        self._host = host
        self._writer = writer
        self._queue: BatchQueue[Purchase] = BatchQueue(limits.PURCHASES_QUEUED_MAX)
        self._in_calls = 0

    def offer(self, purchase: Purchase) -> None:
        """Take a purchase in; raises Busy or Unavailable, and else answers the asker later."""
        self._room.require_buying()
        self._queue.put(purchase)

    @property
    def waiting(self) -> int:
        """How many purchases wait for a call."""
        return len(self._queue)

    def __len__(self) -> int:
        return len(self._queue) + self._in_calls

    async def run(self) -> None:
        """Make calls, at most `RESERVE_CALLS_IN_FLIGHT_MAX` at a time, until cancelled."""
        async with anyio.create_task_group() as tasks:
            for _ in range(limits.RESERVE_CALLS_IN_FLIGHT_MAX):
                tasks.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            batch = await self._queue.take(limits.RESERVE_LINES_PER_CALL_MAX)
            self._in_calls += len(batch)
            waited_s = perf_counter() - batch[0].asked_s
            self._room.node.metrics.reserve_wait.observe(waited_s)
            try:
                await self._call(batch)
            except Exception:
                # What became of them is unknown to us: sent again, their rids tell.
                self._fail(batch)
            finally:
                self._in_calls -= len(batch)

    async def _call(self, batch: Sequence[Purchase]) -> None:
        began_s = perf_counter()
        try:
            reply = await self._reserve([purchase.line for purchase in batch])
        except LiveshopError as refusal:
            self._note_call(batch, began_s)
            for purchase in batch:
                self._refuse(purchase, refusal)
            return
        self._note_call(batch, began_s)
        self._room.node.reach(Failpoint.AFTER_RESERVE)
        for reservation in reply.expired:
            self._room.mailbox.tell(reservation.buyer, messages.resolved(reservation))
        ended: list[tuple[Asker, Reservation]] = []
        for purchase, line in zip(batch, reply.lines, strict=True):
            try:
                self._answer(purchase, line)
            except Exception:
                self._fail([purchase])
            if line.reservation is not None and not line.reservation.state.open:
                ended.append((purchase.asker, line.reservation))
        if ended:
            await self._tell_again(ended)
        await self._room.post()

    async def _reserve(self, lines: Sequence[ReserveLine]) -> ReserveReply:
        """Return the reply that was carried out.

        Raises Unavailable where Redis is away, or its units are not good now, and NotLive where
        they are not looked after any more.
        """
        return await carried_out(self._room, lambda: self._try_to_reserve(lines))

    async def _try_to_reserve(self, lines: Sequence[ReserveLine]) -> ReserveReply | None:
        """Make the call once; None where what kept it from being carried out is put right."""
        room = self._room
        started = perf_counter()
        reply = await room.units.reserve(room.epoch, room.state.offset, lines)
        if reply.status is not UnitsStatus.OK and room.settled:
            raise NotLive(room.state.status)
        if reply.status is UnitsStatus.STALE:
            await self._host.push()
            return None
        if not room.good(reply.status):
            return None
        room.node.metrics.reserve_seconds.observe(perf_counter() - started)
        room.node.metrics.reserve_lines.observe(len(lines))
        return reply

    def _note_call(self, batch: Sequence[Purchase], began_s: float) -> None:
        if self._room.node.trace is not None:
            call = Stage("reserve", began_s, perf_counter())
            for purchase in batch:
                purchase.call = call

    def _answer(self, purchase: Purchase, line: LineReply) -> None:
        if line.refusal is not None:
            self._refuse(purchase, line.refusal)
            return
        reservation = line.reservation
        assert reservation is not None, "a line without a refusal has its reservation"
        if reservation.state is ReservationState.PAYING:
            self._order(reservation, purchase)
        purchase.answered = True
        purchase.asker.reserved(reservation, known=line.known)
        if not line.known:
            self._room.node.metrics.reserved.inc()
            self._room.note("reserved", reservation.rid)
            told = messages.reserved(reservation)
            self._room.mailbox.tell(reservation.buyer, told, but=purchase.asker.viewer)

    def _order(self, reservation: Reservation, purchase: Purchase) -> None:
        """Queue the order of a `buy`; one that was queued before is not written twice."""
        assert reservation.order_id is not None, "a paying reservation has its order"
        if reservation.command != "buy":
            return
        try:
            self._writer.offer(
                Ordered(
                    reservation.order_id,
                    (reservation,),
                    asked_s=purchase.asked_s,
                    call=purchase.call,
                )
            )
        except LiveshopError as refusal:
            # It stays paying: sent again it is queued again, and at its deadline it is resolved.
            self._room.node.metrics.refused.labels(refusal.code).inc()

    async def _tell_again(self, ended: Sequence[tuple[Asker, Reservation]]) -> None:
        """Answer replays with the final answers that their rids have."""
        sold_in = {
            reservation.order_id
            for _, reservation in ended
            if reservation.state is ReservationState.SOLD and reservation.order_id is not None
        }
        try:
            orders = await self._room.node.orders.many(sold_in)
        except LiveshopError as failure:
            for asker, _ in ended:
                asker.refuse(failure)
            return
        for asker, reservation in ended:
            if reservation.state is not ReservationState.SOLD:
                asker.answer(messages.resolved(reservation))
            elif reservation.order_id in orders:
                asker.answer(messages.confirmed(orders[reservation.order_id]))
            else:
                # Postgres has gone back behind it, and is the truth.
                lost = resolved(reservation, Verdict.UNAVAILABLE)
                asker.answer(messages.resolved(lost))

    def _fail(self, batch: Sequence[Purchase]) -> None:
        self._room.failed("purchases", [purchase.line.rid for purchase in batch])
        for purchase in batch:
            if not purchase.answered:
                self._refuse(purchase, InternalError())

    def _refuse(self, purchase: Purchase, refusal: LiveshopError) -> None:
        purchase.answered = True
        self._room.note("refused", purchase.line.rid, code=refusal.code)
        if purchase.call is not None:
            stages = stages_of(purchase.asked_s, purchase.call)
            self._room.tell_trace(purchase.line.rid, refusal.code, stages)
        self._room.node.metrics.refused.labels(refusal.code).inc()
        purchase.asker.refuse(refusal)
