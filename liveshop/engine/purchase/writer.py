"""Commits orders in batches: nothing is `confirmed` before its COMMIT has returned."""

from collections.abc import Mapping, Sequence
from time import perf_counter

import anyio

from liveshop.core import limits
from liveshop.core.errors import InternalError, LiveshopError
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import (
    Order,
    Reservation,
    sku_row,
)
from liveshop.core.pricing.price import Priced, price
from liveshop.engine.purchase.admission import Admission
from liveshop.engine.purchase.batch_queue import BatchQueue
from liveshop.engine.purchase.commits import Commits, Written
from liveshop.engine.purchase.order_announcer import OrderAnnouncer
from liveshop.engine.purchase.ordered import STATES, Ordered, resolved, sold
from liveshop.engine.purchase.settler import Settler
from liveshop.engine.rooms.command_log import CommandLog
from liveshop.engine.rooms.session import Session
from liveshop.engine.tracing import Stage, stages_of
from liveshop.stores.postgres.order_records import (
    CommitReply,
    NewLine,
    NewOrder,
    Outcome,
    Verdict,
)

_RETRY_S = 0.1


class OrderWriter:
    """The second half of the purchase path: from `paying` to `confirmed`, or to the address.

    Nothing is dropped here, whoever has gone and however long it has waited. An order that came
    here has reservations in `paying`. Their units are taken from others, their buyers may know it
    (by `welcome`, too), and only Postgres may say what becomes of them. If one were dropped, the
    units would be held until the deadline (P4). A buyer told `busy` would ask again, or go, and the
    sweep or a replay might still find the order confirmed (P5). The combiner drops purchases that
    may be dropped, before Redis is asked.
    """

    def __init__(
        self, session: Session, command_log: CommandLog, settler: Settler, admission: Admission
    ) -> None:
        self._session = session
        self._admission = admission
        self._pace, self._now_ns = admission.committing, admission.now_ns
        self._command_log = command_log
        self._commits = Commits(session)
        self.announcer = OrderAnnouncer(session)
        self._settler = settler
        self._queue: BatchQueue[Ordered] = BatchQueue(limits.ORDERS_QUEUED_MAX)
        self._known: dict[str, Ordered] = {}
        self._settling = 0
        self._settler_free = anyio.Semaphore(1, fast_acquire=True)

    def offer(self, ordered: Ordered) -> None:
        """Queue an order, or join the one that is under way; raises Busy."""
        known = self._known.get(ordered.order_id)
        if known is not None:
            known.askers.extend(ordered.askers)
            return
        if not self._known:
            self._pace.begin(self._now_ns())
        self._queue.put(ordered)
        self._known[ordered.order_id] = ordered

    def has(self, order_id: str) -> bool:
        """Return True if an order is under way here."""
        return order_id in self._known

    @property
    def under_way(self) -> int:
        """How many orders Postgres has not answered."""
        return len(self._known)

    @property
    def waiting(self) -> int:
        """How many orders wait for a transaction."""
        return len(self._queue)

    @property
    def lag_s(self) -> float:
        """For how long the oldest order has been here without an answer of Postgres."""
        oldest = next(iter(self._known.values()), None)
        return 0.0 if oldest is None else perf_counter() - oldest.since_s

    def rids(self) -> set[str]:
        """Return the reservations of all orders under way here."""
        return {item.rid for ordered in self._known.values() for item in ordered.reservations}

    def __len__(self) -> int:
        return len(self._known) + self._settling

    async def run(self) -> None:
        """Commit batches, one after the other; where more wait, each is settled meanwhile."""
        async with anyio.create_task_group() as tasks:
            while True:
                batch = await self._queue.take(limits.ORDERS_PER_COMMIT_MAX)
                self._session.node.metrics.commit_wait.observe(perf_counter() - batch[0].since_s)
                full = len(self._queue) > 0
                try:
                    written = await self._write(batch)
                except Exception:
                    # An order that is in Postgres is found by the rid, or at the deadline.
                    self._fail(batch)
                    continue
                if written is not None:
                    since_ns = int(batch[0].since_s * 1e9)
                    self._admission.confirmed(self._now_ns() - int(batch[0].taken_s * 1e9))
                    self._pace.done(len(batch), since_ns=since_ns, now_ns=self._now_ns(), full=full)
                    self._settling += len(batch)
                    # One at a time: Redis does one after the other too.
                    await self._settler_free.acquire()
                    if len(self._queue):
                        tasks.start_soon(self._settle, batch, *written)
                    else:
                        # The outcomes told just now are in Redis before buyers' next commands.
                        await self._settle(batch, *written)

    async def _write(self, batch: list[Ordered]) -> Written | None:
        """Store a batch, and tell its buyers; None if no order of it could be priced."""
        try:
            await self._learn_limits(batch)
            orders = self._new_orders(batch)
            if not orders:
                return None
            began_s = perf_counter()
            reply, stored = await self._commits.make(orders)
            commit = Stage("commit", began_s, perf_counter())
            self._session.node.reach(Failpoint.AFTER_COMMIT)
        finally:
            # After a bug, too: while orders wait nobody can buy, and no next batch would come to
            # end that.
            self._session.epochs.orders_stored()
            for ordered in batch:
                del self._known[ordered.order_id]
        for ordered in batch:
            try:
                order = stored.get(ordered.order_id)
                self.announcer.announce(ordered, reply.outcomes[ordered.order_id], order)
                if self._session.node.trace is not None:
                    self._trace(ordered, reply.outcomes[ordered.order_id], commit)
            except Exception:
                self._fail([ordered])
        return reply, stored

    def _fail(self, batch: Sequence[Ordered]) -> None:
        """Log a bug, and answer those who wait for one of these orders and have no answer yet."""
        rids = [item.rid for ordered in batch for item in ordered.reservations]
        self._session.failed("orders", rids)
        for ordered in batch:
            while ordered.askers:
                ordered.askers.pop(0).refuse(InternalError())

    async def _learn_limits(self, batch: Sequence[Ordered]) -> None:
        """Read on in the log if Redis has sold at an offset that this room does not know yet.

        The database counts and caps what buyers have by the limits that it is given here.
        """
        reservations = [item for ordered in batch for item in ordered.reservations]
        while not all(map(self._session.knows_limits, reservations)):
            try:
                await self._command_log.catch_up()
            except LiveshopError:
                await anyio.sleep(_RETRY_S)
            else:
                return

    def _new_orders(self, batch: list[Ordered]) -> list[NewOrder]:
        """Return what is stored of a batch. An order that meets a bug leaves the batch, and fails.

        Otherwise one cart that an offer cannot price would fail all that came with it.
        """
        orders, kept = list[NewOrder](), list[Ordered]()
        for ordered in batch:
            try:
                orders.append(self._new_order(ordered))
            except Exception:
                del self._known[ordered.order_id]
                self._fail([ordered])
            else:
                kept.append(ordered)
        batch[:] = kept
        return orders

    def _new_order(self, ordered: Ordered) -> NewOrder:
        # Once: what the buyer is told must be what is stored.
        priced = ordered.priced = ordered.priced or self._priced(ordered)
        # Nobody is asked to pay nothing: such an order is confirmed at once.
        pending = self._session.state.info.payment == "checkout" and priced.goods > 0
        return NewOrder(
            order_id=ordered.order_id,
            buyer=ordered.buyer,
            pay_until_ms=ordered.pay_until_ms if pending else None,
            priced_at=ordered.priced_at,
            lines=list(map(self._new_line, ordered.reservations, priced.finals)),
            why=priced.why,
            charges=ordered.charges,
        )

    def _priced(self, ordered: Ordered) -> Priced:
        """Return the price of an order that nobody has priced: one that no limited offer is for.

        Or its node has died after Redis took its charges: then these say what it had.
        """
        pricing = self._session.pricing
        if pricing.offering is None or not (pricing.in_force or ordered.charge):
            return price(ordered.reservations)
        ordered.priced_at = self._session.state.offset
        return pricing.offering.again(ordered.reservations, ordered.charges)

    def _new_line(self, reservation: Reservation, final: int) -> NewLine:
        session = self._session
        reserved_ms = reservation.deadline_ms - session.state.info.hold_ms
        sku_limit = session.limits.since(sku_row(reservation.sku), reserved_ms)
        return NewLine(
            rid=reservation.rid,
            sku=reservation.sku,
            quantity=reservation.quantity,
            price=reservation.price,
            final=final,
            sale=reservation.sale,
            memo=reservation.memo,
            sku_limit=limits.LIMIT_UNITS_MAX if sku_limit is None else sku_limit,
            sale_limit=session.limits.now(reservation.sale),
        )

    async def _settle(
        self, batch: Sequence[Ordered], reply: CommitReply, stored: Mapping[str, Order]
    ) -> None:
        try:
            outcomes = [
                resolved(reservation, outcome.verdict)
                for ordered in batch
                if (outcome := reply.outcomes[ordered.order_id]).verdict in STATES
                and ordered.order_id not in stored
                for reservation in ordered.records
            ]
            outcomes += [item for order in stored.values() for item in sold(order)]
            overtaken = [
                reservation.rid
                for ordered in batch
                if reply.outcomes[ordered.order_id].verdict is Verdict.PENDING
                and ordered.epoch < reply.epoch
                for reservation in ordered.records
            ]
            await self._settler.settle(outcomes, reply.copies, overtaken)
            if reply.head_offset > self._session.state.offset:
                self._session.wake.behind.set()
            await self._session.peers.post()
        except Exception:
            self._fail(batch)
        finally:
            self._settling -= len(batch)
            self._settler_free.release()

    def _trace(self, ordered: Ordered, outcome: Outcome, commit: Stage) -> None:
        stages = stages_of(ordered.asked_s, ordered.call, commit)
        self._session.tell_trace(ordered.order_id, outcome.verdict.value, stages)
