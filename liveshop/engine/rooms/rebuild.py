"""Makes a session's units in Redis good again after Redis may have lost writes.

docs/rebuild.md has the steps, and argues what may happen between them.
"""

from collections.abc import Sequence

import anyio
from msgspec.structs import replace

from liveshop.core import limits
from liveshop.core.errors import LiveshopError, NotFound
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Order, Reservation, ReservationState
from liveshop.engine.purchase.order_outcomes import OrderOutcomes
from liveshop.engine.purchase.ordered import resolved, sold
from liveshop.engine.rooms.command_log import CommandLog
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.order_records import Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.session_records import Rebuild
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.unit_records import UnitsStatus

_POLL_S = 0.05
_RETRY_S = 0.2
_QUOTAS_PER_READ = 5_000
_SURVIVORS_PER_READ = 1_000
_PATIENCE_S = limits.FENCED_MS_MAX / 1000
_PATIENCE_DOUBLINGS_MAX = 5


class Rebuilder:
    """Waits for the room to be fenced; then has the units rebuilt, by this node or another.

    The node that raises the epoch in Postgres rebuilds. The others look whether Redis is open
    again, and take over after `FENCED_MS_MAX`. They wait twice as long each time: two slow nodes
    would otherwise take over from each other for ever.
    """

    def __init__(self, session: Session, command_log: CommandLog, outcomes: OrderOutcomes) -> None:
        self._session = session
        self._command_log = command_log
        self._outcomes = outcomes
        # The epoch at which this node last opened, and the last one that it raised itself.
        self._good_epoch = 0
        self._raised_epoch = 0
        self._takeovers = 0

    async def run(self) -> None:
        """Rebuild whenever it is needed, until cancelled."""
        session = self._session
        while True:
            await session.wake.rebuild.wait()
            while not session.epochs.good or session.epochs.uncounted:
                try:
                    await (self._copy_counters() if session.epochs.good else self._open())
                except LiveshopError as failure:
                    session.log.info("the rebuild waits for a store: %s", failure)
                    await anyio.sleep(_RETRY_S)

    async def _open(self) -> None:
        """Open the room if Redis is good for the newest epoch, or is made so."""
        session = self._session
        await self._command_log.verify()
        if not (await self._try_epoch() or await self._wait_for_other_node()):
            rebuild = await session.node.stores[Sessions].raise_epoch(
                session.session_id, session.epochs.newest, epoch_min=session.epochs.trusted_from
            )
            if rebuild is None or not await self._rebuild(rebuild):
                return
        if not self._good_epoch:
            # A node that began the last copy of the counters may have died before its end.
            session.epochs.uncounted = True
        if not self._command_log.verified:
            await self._command_log.verify()
        if session.epochs.newest != self._good_epoch:
            session.clock.begin_again()
        self._good_epoch = session.epochs.newest
        self._takeovers = 0
        session.epochs.open()

    async def _wait_for_other_node(self) -> bool:
        """Wait for the node that raised the epoch; False if there is none, or it is slow."""
        epochs, waited_for, until_s = self._session.epochs, -1, 0.0
        patience_s = _PATIENCE_S * 2 ** min(self._takeovers, _PATIENCE_DOUBLINGS_MAX)
        theirs_alone = (0, self._good_epoch, self._raised_epoch)
        while epochs.newest >= epochs.trusted_from and epochs.newest not in theirs_alone:
            if epochs.newest != waited_for:
                waited_for, until_s = epochs.newest, anyio.current_time() + patience_s
            elif anyio.current_time() >= until_s:
                self._takeovers += 1
                return False
            await anyio.sleep(_POLL_S)
            if await self._try_epoch():
                return True
        return False

    async def _try_epoch(self) -> bool:
        """Take over the newest epoch from Postgres; return True if Redis sells at it."""
        session = self._session
        head = (await session.node.stores[Sessions].heads([session.session_id])).get(
            session.session_id
        )
        if head is None:
            raise NotFound("session", session.session_id)
        session.epochs.newest = head.epoch
        session.settled = head.settled
        if head.settled:
            return True
        if head.epoch < session.epochs.trusted_from:
            return False
        reply = await session.units.sweep(session.epochs.newest)
        if reply.status is UnitsStatus.OK:
            # Rows heard at an older epoch may be of an older Postgres, with higher versions.
            session.replace_rows(await session.node.stores[Sessions].rows(session.session_id))
            await self._outcomes.expired(reply.expired)
            return True
        return False

    async def _rebuild(self, rebuild: Rebuild) -> bool:
        """Load Redis again from Postgres; False if another node has taken over."""
        session = self._session
        session.epochs.newest = self._raised_epoch = rebuild.epoch
        if rebuild.epoch > 1:  # the first is no repair: the session is new
            session.node.metrics.rebuilds.inc()
        session.log.warning("rebuilding the units in Redis, epoch %d", rebuild.epoch)
        session.replace_rows(rebuild.rows)
        if await session.units.fence(rebuild.epoch) is not UnitsStatus.OK:
            return False
        session.node.reach(Failpoint.MID_REBUILD)
        resolved = await self._resolved(await session.units.survivors())
        # Read last: orders of this epoch are committed meanwhile. Rows from before an order that is
        # in `resolved` would count its units as neither sold nor held, and Redis would offer them.
        sessions = session.node.stores[Sessions]
        session.keep_rows(await sessions.rows(session.session_id))
        totals = await sessions.totals(session.session_id)
        session.epochs.uncounted = True
        reply = await session.units.load(
            rebuild.epoch,
            now_ms_min=rebuild.newest_ms,
            rows=list(session.rows.values()),
            totals=totals,
            pending=[item for order in rebuild.pending for item in _paying(order)],
            resolved=resolved,
        )
        if reply.status is not UnitsStatus.OK:
            return False
        session.node.reach(Failpoint.AFTER_LOAD)
        await self._outcomes.expired(reply.resolved)
        await self._command_log.verify()
        await self._command_log.push()
        return True

    async def _resolved(self, survivors: Sequence[Reservation]) -> list[Reservation]:
        """Return what Postgres has decided about survivors and Redis does not know."""
        store, outcomes = self._session.node.stores[Orders], []
        orders: dict[str, Order] = {}
        for first in range(0, len(survivors), _SURVIVORS_PER_READ):
            part = survivors[first : first + _SURVIVORS_PER_READ]
            decided = await store.decided(self._session.session_id, part)
            sold_in = {
                each.order_id for each in decided.values() if each.verdict is Verdict.CONFIRMED
            }
            # Whole orders: Redis may have lost their other lines, and the fact that they were
            # ordered.
            orders |= await store.many(sold_in - orders.keys())
            outcomes += [
                resolved(item, decided[item.rid].verdict)
                for item in part
                if item.rid in decided
                and decided[item.rid].verdict not in (Verdict.CONFIRMED, Verdict.PENDING)
            ]
        return outcomes + [item for order in orders.values() for item in sold(order)]

    async def _copy_counters(self) -> None:
        """Copy all that Postgres has counted; until it is there, only the database checks limits.

        If Redis has everything, this changes nothing and costs a read of every count. A node that
        died before it may not have told of a cancellation either.
        """
        session = self._session
        session.epochs.uncounted = False
        try:
            await self._outcomes.tell_cancelled()
            if not (session.settled or await self._copied(session.epochs.newest)):
                session.epochs.uncounted = True
        except LiveshopError:
            session.epochs.uncounted = True
            raise

    async def _copied(self, epoch: int) -> bool:
        session, sessions, after = self._session, self._session.node.stores[Sessions], None
        rows, totals = (
            await sessions.rows(session.session_id),
            await sessions.totals(session.session_id),
        )
        if not session.epochs.ok_or_fence(await session.units.copy(epoch, rows, totals=totals)):
            return False
        # At another epoch, the node that raised it copies the counts.
        while session.epochs.newest == epoch:
            counts = await sessions.quotas(session.session_id, after=after, limit=_QUOTAS_PER_READ)
            if not counts:
                break
            if not session.epochs.ok_or_fence(await session.units.copy(epoch, bought=counts)):
                return False
            after = (counts[-1].scope, counts[-1].buyer)
        return True


def _paying(order: Order) -> list[Reservation]:
    """Return the records of an order that waits for its money.

    Its charges end after its lines, as where they were taken: no sweep decides them first.
    """
    pay_until_ms = order.pay_until_ms
    assert pay_until_ms is not None, "an order that waits for its money has a deadline"
    return [
        replace(
            item,
            state=ReservationState.PAYING,
            deadline_ms=pay_until_ms + (not item.is_purchase),
        )
        for item in sold(order)
    ]
