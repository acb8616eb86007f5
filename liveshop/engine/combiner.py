"""Gathers purchases that arrive together into one call of Redis."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import anyio

from liveshop.core import limits, messages
from liveshop.core.errors import LiveshopError, NotLive, OutcomeUnknown, Unavailable
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Reservation, ReservationState
from liveshop.engine.batch_queue import BatchQueue
from liveshop.engine.context import RoomContext
from liveshop.engine.host import Host
from liveshop.engine.mailbox import Asker
from liveshop.engine.writer import Ordered, OrderWriter
from liveshop.stores.redis.records import LineReply, ReserveLine, ReserveReply, UnitsStatus


@dataclass(frozen=True, slots=True)
class Purchase:
    """A `buy` or `reserve`, and who is to be answered."""

    line: ReserveLine
    asker: Asker


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
            try:
                await self._call(batch)
            finally:
                self._in_calls -= len(batch)

    async def _call(self, batch: Sequence[Purchase]) -> None:
        try:
            reply = await self._reserve([purchase.line for purchase in batch])
        except LiveshopError as refusal:
            for purchase in batch:
                self._refuse(purchase, refusal)
            return
        self._room.node.reach(Failpoint.AFTER_RESERVE)
        for reservation in reply.expired:
            self._room.mailbox.tell(reservation.buyer, messages.resolved(reservation))
        for purchase, line in zip(batch, reply.lines, strict=True):
            await self._answer(purchase, line)
        await self._room.post()

    async def _reserve(self, lines: Sequence[ReserveLine]) -> ReserveReply:
        """Return the reply that was carried out; asking again is safe, since each line has a rid.

        Raises Unavailable where Redis is away, or its units are not good now, and NotLive where
        they are not looked after any more.
        """
        room = self._room
        for _ in range(limits.COMMAND_ATTEMPTS_MAX):
            room.require_buying()
            started = perf_counter()
            try:
                reply = await room.units.reserve(room.epoch, room.state.offset, lines)
            except OutcomeUnknown:
                continue
            if reply.status is not UnitsStatus.OK and room.settled:
                raise NotLive(room.state.status)
            if reply.status is UnitsStatus.STALE:
                await self._host.push()
            elif room.good(reply.status):
                room.node.metrics.reserve_seconds.observe(perf_counter() - started)
                room.node.metrics.reserve_lines.observe(len(lines))
                return reply
        raise Unavailable()

    async def _answer(self, purchase: Purchase, line: LineReply) -> None:
        if line.refusal is not None:
            self._refuse(purchase, line.refusal)
            return
        reservation = line.reservation
        assert reservation is not None, "a line without a refusal has its reservation"
        asker = purchase.asker
        asker.reserved(reservation, known=line.known)
        if not line.known:
            self._room.node.metrics.reserved.inc()
            told = messages.reserved(reservation)
            self._room.mailbox.tell(reservation.buyer, told, but=asker.viewer)
        if reservation.state is ReservationState.PAYING:
            self._order(reservation)
        elif not reservation.state.open:
            await self._tell_again(asker, reservation)

    def _order(self, reservation: Reservation) -> None:
        """Queue the order of a `buy`; one that was queued before is not written twice."""
        assert reservation.order_id is not None, "a paying reservation has its order"
        if reservation.command != "buy":
            return
        try:
            self._writer.offer(Ordered.of(reservation.order_id, (reservation,)))
        except LiveshopError as refusal:
            # It stays paying: sent again it is queued again, and at its deadline it is resolved.
            self._room.node.metrics.refused.labels(refusal.code).inc()

    async def _tell_again(self, asker: Asker, reservation: Reservation) -> None:
        """Answer a replay with the final answer that the rid has."""
        if reservation.state is not ReservationState.SOLD:
            asker.answer(messages.resolved(reservation))
            return
        assert reservation.order_id is not None, "a sold reservation has its order"
        try:
            order = await self._room.node.orders.get(reservation.order_id)
        except LiveshopError as failure:
            asker.refuse(failure)
        else:
            asker.answer(messages.confirmed(order))

    def _refuse(self, purchase: Purchase, refusal: LiveshopError) -> None:
        self._room.node.metrics.refused.labels(refusal.code).inc()
        purchase.asker.refuse(refusal)
