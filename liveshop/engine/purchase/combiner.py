"""Gathers purchases that arrive together into one call of Redis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from liveshop.core import limits, messages
from liveshop.core.access import Ban
from liveshop.core.errors import Banned, Busy, InternalError, LiveshopError, NotLive
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Reservation, ReservationState
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.purchase.admission import Admission
from liveshop.engine.purchase.asking import carried_out
from liveshop.engine.purchase.batch_queue import BatchQueue
from liveshop.engine.purchase.ordered import Ordered, resolved
from liveshop.engine.purchase.pricing import NOTHING_WANTED, Wanted
from liveshop.engine.purchase.writer import OrderWriter
from liveshop.engine.rooms.command_log import CommandLog
from liveshop.engine.rooms.session import Session
from liveshop.engine.tracing import Stage, stages_of
from liveshop.stores.postgres.order_records import Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.redis.unit_records import LineReply, ReserveLine, ReserveReply, UnitsStatus

_OVERDUE_NS_MIN: Final = limits.OVERDUE_MS_MIN * 1_000_000


@dataclass(slots=True)
class Purchase:
    """A `buy` or `reserve`, who is to be answered, and whether that is done.

    A `replay` is of a rid that is known here to be reserved.
    """

    line: ReserveLine
    asker: Asker
    replay: bool = False
    answered: bool = False
    taken_s: float = 0.0
    asked_s: float = field(default_factory=perf_counter)
    # The call that it was part of, where purchases are traced.
    call: Stage | None = None
    # The codes and the total that came with a `buy`.
    wanted: Wanted = NOTHING_WANTED


class Combiner:
    """The first half of the purchase path: from the command to `reserved`.

    A purchase may be refused or dropped as long as no call has it: nothing is reserved for it and
    its rid is unused. Once a call has it, it goes all the way, since units may be `paying` for it.
    """

    def __init__(
        self,
        session: Session,
        command_log: CommandLog,
        writer: OrderWriter,
        admission: Admission,
    ) -> None:
        self._session = session
        self._command_log = command_log
        self._writer = writer
        self._admission = admission
        self._replays = 0
        self._bans = session.node.access.bans
        # Told of a buyer who was banned while units were set aside for it.
        self.on_banned: Callable[[str], None] = lambda buyer: None
        # Handed a `buy` that is held until it is priced, or was priced before.
        self.on_held_buy: Callable[[Reservation, Purchase], None] = lambda held, purchase: None
        self._queue: BatchQueue[Purchase] = BatchQueue(limits.PURCHASES_QUEUED_MAX)
        self._in_calls = 0

    def refuses(self, rid: str, *, buys: bool) -> Busy | None:
        """Return why a purchase is not taken in now; raises Unavailable.

        A rid known here to be reserved is taken in whatever the wait. Its buyer asks for an answer
        that exists, and `busy` would deny that. Of other rids nothing is known here, and `busy`
        says nothing about the outcome of an earlier attempt.
        """
        self._session.epochs.require_buying()
        if self._replays < limits.REPLAYS_QUEUED_MAX and self._is_reserved(rid):
            return None
        return self._admission.refuse_purchase(len(self), self._writer.under_way, buys=buys)

    def offer(self, purchase: Purchase) -> None:
        """Take a purchase in that is not refused; its asker is answered later."""
        if not len(self):
            self._admission.reserving.begin(self._admission.now_ns())
        purchase.replay = self._is_reserved(purchase.line.rid)
        self._replays += purchase.replay
        self._queue.put(purchase)

    def _is_reserved(self, rid: str) -> bool:
        return self._session.mailbox.is_watched(rid) or self._writer.has(rid)

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
            batch = await self._next()
            now_ns, first_s = self._admission.now_ns(), batch[0].asked_s
            full = len(self._queue) > 0
            self._in_calls += len(batch)
            self._session.node.metrics.reserve_wait.observe(now_ns / 1e9 - first_s)
            try:
                await self._call(batch)
            except Exception:
                # Their outcome is unknown to us: sent again, their rids tell.
                self._fail(batch)
            finally:
                self._in_calls -= len(batch)
                self._admission.reserving.done(
                    len(batch),
                    since_ns=int(first_s * 1e9),
                    now_ns=self._admission.now_ns(),
                    full=full,
                )

    async def _next(self) -> list[Purchase]:
        """Wait for the next purchases whose askers are there and can be answered in time."""
        while True:
            batch = await self._queue.take(limits.RESERVE_LINES_PER_CALL_MAX, self._is_wanted)
            if batch:
                return batch
            await checkpoint()

    def _is_wanted(self, purchase: Purchase) -> bool:
        """Return True if a purchase is worth a call; one that is not is dropped, and answered."""
        if purchase.replay:
            self._replays -= 1
        if purchase.asker.gone:
            self._session.node.metrics.dropped.labels("gone").inc()
            self._session.note("gone", purchase.line.rid)
            return False
        if self._bans and (ban := self._ban_of(purchase)) is not None:
            self._refuse(purchase, Banned(everywhere=ban.everywhere))
            return False
        now_ns = self._admission.now_ns()
        waited_ns = now_ns - int(purchase.asked_s * 1e9)
        purchase.taken_s = now_ns / 1e9
        if waited_ns <= self._patience_ns(purchase.line.command, now_ns):
            return True
        if purchase.replay or self._is_reserved(purchase.line.rid):
            return True
        self._session.node.metrics.dropped.labels("overdue").inc()
        self._refuse(purchase, self._admission.refuse_overdue(now_ns))
        return False

    def _patience_ns(self, command: str, now_ns: int) -> int:
        patience_ns = self._admission.wait_ns_max
        if command == "buy":
            patience_ns = self._admission.patience_ns(self._writer.under_way, now_ns)
        # However little is allowed, a loop that was late once makes no idle node busy.
        return max(patience_ns, _OVERDUE_NS_MIN)

    async def _call(self, batch: Sequence[Purchase]) -> None:
        began_s, epoch = perf_counter(), self._session.epochs.newest
        try:
            reply = await self._reserve([purchase.line for purchase in batch])
        except LiveshopError as refusal:
            self._note_call(batch, began_s)
            for purchase in batch:
                self._refuse(purchase, refusal)
            return
        self._note_call(batch, began_s)
        self._session.node.reach(Failpoint.AFTER_RESERVE)
        for reservation in reply.expired:
            self._session.mailbox.tell(reservation.buyer, messages.resolved(reservation))
        ended: list[tuple[Asker, Reservation]] = []
        for purchase, line in zip(batch, reply.lines, strict=True):
            try:
                self._answer(purchase, line, epoch)
            except Exception:
                self._fail([purchase])
            if line.reservation is not None and not line.reservation.state.open:
                ended.append((purchase.asker, line.reservation))
            if self._bans and self._ban_of(purchase) is not None:
                # It was banned while the call was under way, which may have set units aside after
                # the others were taken back.
                self.on_banned(purchase.line.buyer)
        if ended:
            await self._tell_again(ended)
        await self._session.peers.post()

    def _ban_of(self, purchase: Purchase) -> Ban | None:
        identity = purchase.asker.identity
        return None if identity is None else self._session.ban_of(identity)

    async def _reserve(self, lines: Sequence[ReserveLine]) -> ReserveReply:
        """Return the reply that was carried out.

        Raises Unavailable if Redis is away, or its units are not good now, and NotLive if they are
        no longer looked after.
        """
        return await carried_out(self._session, lambda: self._try_to_reserve(lines))

    async def _try_to_reserve(self, lines: Sequence[ReserveLine]) -> ReserveReply | None:
        """Make the call once; None where what kept it from being carried out is put right."""
        session = self._session
        started = perf_counter()
        reply = await session.units.reserve(session.epochs.newest, session.state.offset, lines)
        if reply.status is not UnitsStatus.OK and session.settled:
            raise NotLive(session.state.status)
        if reply.status is UnitsStatus.STALE:
            await self._command_log.push()
            return None
        if not session.epochs.ok_or_fence(reply.status):
            return None
        session.node.metrics.reserve_seconds.observe(perf_counter() - started)
        session.node.metrics.reserve_lines.observe(len(lines))
        return reply

    def _note_call(self, batch: Sequence[Purchase], began_s: float) -> None:
        if self._session.node.trace is not None:
            call = Stage("reserve", began_s, perf_counter())
            for purchase in batch:
                purchase.call = call

    def _answer(self, purchase: Purchase, line: LineReply, epoch: int) -> None:
        if line.refusal is not None:
            self._refuse(purchase, line.refusal)
            return
        reservation = line.reservation
        assert reservation is not None, "a line without a refusal has its reservation"
        waits = purchase.line.waits
        if reservation.state is ReservationState.PAYING and not waits:
            self._order(reservation, purchase, epoch)
        purchase.answered = True
        purchase.asker.reserved(reservation, known=line.known)
        # One that is `paying` was priced by a node that may have died since: another call tells
        # what its order takes.
        if reservation.command == "buy" and (waits or reservation.state is ReservationState.HELD):
            self._order_priced(reservation, purchase)
        if not line.known:
            self._session.node.metrics.reserved.inc()
            self._session.note("reserved", reservation.rid)
            told = messages.reserved(reservation)
            self._session.mailbox.tell(reservation.buyer, told, but=purchase.asker.viewer)

    def _order_priced(self, reservation: Reservation, purchase: Purchase) -> None:
        if reservation.state.open:
            self.on_held_buy(reservation, purchase)

    def _order(self, reservation: Reservation, purchase: Purchase, epoch: int) -> None:
        """Queue the order of a `buy`; one that was queued before is not written twice."""
        assert reservation.order_id is not None, "a paying reservation has its order"
        if reservation.command != "buy":
            return
        try:
            self._writer.offer(
                Ordered(
                    reservation.order_id,
                    (reservation,),
                    epoch=epoch,
                    asked_s=purchase.asked_s,
                    taken_s=purchase.taken_s,
                    call=purchase.call,
                )
            )
        except LiveshopError as refusal:
            # It stays paying: sent again it is queued again, and at its deadline it is resolved.
            self._session.node.metrics.refused.labels(refusal.code).inc()

    async def _tell_again(self, ended: Sequence[tuple[Asker, Reservation]]) -> None:
        """Answer replays with the final answers that their rids have."""
        sold_in = {
            reservation.order_id
            for _, reservation in ended
            if reservation.state is ReservationState.SOLD and reservation.order_id is not None
        }
        try:
            orders = await self._session.node.stores[Orders].many(sold_in)
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
        self._session.failed("purchases", [purchase.line.rid for purchase in batch])
        for purchase in batch:
            if not purchase.answered:
                self._refuse(purchase, InternalError())

    def _refuse(self, purchase: Purchase, refusal: LiveshopError) -> None:
        purchase.answered = True
        self._session.note("refused", purchase.line.rid, code=refusal.code)
        if purchase.call is not None:
            stages = stages_of(purchase.asked_s, purchase.call)
            self._session.tell_trace(purchase.line.rid, refusal.code, stages)
        self._session.node.metrics.refused.labels(refusal.code).inc()
        purchase.asker.refuse(refusal)
