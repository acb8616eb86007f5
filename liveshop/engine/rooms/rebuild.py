"""Makes a session's units in Redis good again after Redis may have lost writes."""

from collections.abc import Sequence

import anyio
from msgspec.structs import replace

from liveshop.core import limits
from liveshop.core.errors import LiveshopError, NotFound
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Order, Reservation, ReservationState
from liveshop.engine.purchase.ordered import resolved, sold
from liveshop.engine.purchase.till import Till
from liveshop.engine.rooms.context import RoomContext
from liveshop.engine.rooms.host import Host
from liveshop.stores.postgres.records import PendingOrder, Rebuild, Verdict
from liveshop.stores.redis.records import UnitsStatus

_POLL_S = 0.05
_RETRY_S = 0.2
_QUOTAS_PER_READ = 5_000
_SURVIVORS_PER_READ = 1_000
_PATIENCE_S = limits.FENCED_MS_MAX / 1000
_PATIENCE_DOUBLINGS_MAX = 5


class Rebuilder:
    """Waits for the room to be fenced; then has the units rebuilt, by this node or another.

    Whoever raises the epoch in Postgres rebuilds. The others look whether Redis is open again,
    and after `FENCED_MS_MAX` take over; each time longer, so that two nodes that are both slow
    do not take over from each other for ever.
    """

    def __init__(self, room: RoomContext, host: Host, till: Till) -> None:
        self._room = room
        self._host = host
        self._till = till
        # The epoch at which the units were last good here, and the last that was raised here.
        self._good_epoch = 0
        self._raised_epoch = 0
        self._takeovers = 0

    async def run(self) -> None:
        """Rebuild whenever it is needed, until cancelled."""
        room = self._room
        while True:
            await room.rebuild_wanted.wait()
            room.rebuild_wanted = anyio.Event()
            while not room.opened or room.uncounted:
                try:
                    await (self._copy_counters() if room.opened else self._open())
                except LiveshopError as failure:
                    room.log.info("waits for a store: %s", failure)
                    await anyio.sleep(_RETRY_S)

    async def _open(self) -> None:
        """Open the room if Redis is good for the newest epoch, or is made so."""
        room = self._room
        await self._host.verify()
        if not (await self._is_open() or await self._is_opened_elsewhere()):
            rebuild = await room.node.sessions.raise_epoch(
                room.session_id, room.epoch, epoch_min=room.epoch_min
            )
            if rebuild is None or not await self._rebuild(rebuild):
                return
        if not self._good_epoch:
            # Whoever has counted last may not have got to the end.
            room.uncounted = True
        if not self._host.verified:
            await self._host.verify()
        if room.epoch != self._good_epoch:
            room.clock.begin_anew()
        self._good_epoch = room.epoch
        self._takeovers = 0
        room.open()

    async def _is_opened_elsewhere(self) -> bool:
        """Wait for the node that has raised the epoch; False if there is none, or it is slow."""
        room, waited_for, until_s = self._room, -1, 0.0
        patience_s = _PATIENCE_S * 2 ** min(self._takeovers, _PATIENCE_DOUBLINGS_MAX)
        theirs_alone = (0, self._good_epoch, self._raised_epoch)
        while room.epoch >= room.epoch_min and room.epoch not in theirs_alone:
            if room.epoch != waited_for:
                waited_for, until_s = room.epoch, anyio.current_time() + patience_s
            elif anyio.current_time() >= until_s:
                self._takeovers += 1
                return False
            await anyio.sleep(_POLL_S)
            if await self._is_open():
                return True
        return False

    async def _is_open(self) -> bool:
        """Read the newest epoch, and tell whether Redis sells at it."""
        room = self._room
        head = (await room.node.sessions.heads([room.session_id])).get(room.session_id)
        if head is None:
            raise NotFound("session", room.session_id)
        room.epoch = head.epoch
        room.settled = head.settled
        if head.settled:
            return True
        if head.epoch < room.epoch_min:
            return False
        reply = await room.units.sweep(room.epoch)
        if reply.status is UnitsStatus.OK:
            # Whoever has loaded them had a reason not to believe what this node has heard.
            room.replace_rows(await room.node.sessions.rows(room.session_id))
            await self._till.expired(reply.expired)
            return True
        return False

    async def _rebuild(self, rebuild: Rebuild) -> bool:
        """Load Redis anew from Postgres; False where another node has taken over."""
        room = self._room
        room.epoch = self._raised_epoch = rebuild.epoch
        if rebuild.epoch > 1:  # the first is no repair: the session is new
            room.node.metrics.rebuilds.inc()
        room.log.warning("rebuilding, epoch %d", rebuild.epoch)
        room.replace_rows(rebuild.rows)
        if await room.units.fence(rebuild.epoch) is not UnitsStatus.OK:
            return False
        room.node.reach(Failpoint.MID_REBUILD)
        survivors = await room.units.survivors()
        room.uncounted = True
        reply = await room.units.load(
            rebuild.epoch,
            now_ms_min=rebuild.newest_ms,
            rows=rebuild.rows,
            totals=rebuild.totals,
            pending=[item for pending in rebuild.pending for item in _paying(pending)],
            resolved=await self._resolved(survivors),
        )
        if reply.status is not UnitsStatus.OK:
            return False
        room.node.reach(Failpoint.AFTER_LOAD)
        await self._till.expired(reply.resolved)
        await self._host.verify()
        await self._host.push()
        return True

    async def _resolved(self, survivors: Sequence[Reservation]) -> list[Reservation]:
        """Return what Postgres has made of the survivors without Redis knowing."""
        store, outcomes = self._room.node.orders, []
        orders: dict[str, Order] = {}
        for first in range(0, len(survivors), _SURVIVORS_PER_READ):
            part = survivors[first : first + _SURVIVORS_PER_READ]
            decided = await store.decided(self._room.session_id, part)
            sold_in = {
                each.order_id for each in decided.values() if each.verdict is Verdict.CONFIRMED
            }
            # Whole orders: Redis may have lost what else was in them, and that they were ordered.
            orders |= await store.many(sold_in - orders.keys())
            outcomes += [
                resolved(item, decided[item.rid].verdict)
                for item in part
                if item.rid in decided
                and decided[item.rid].verdict not in (Verdict.CONFIRMED, Verdict.PENDING)
            ]
        return outcomes + [item for order in orders.values() for item in sold(order)]

    async def _copy_counters(self) -> None:
        """Copy all that Postgres has counted; until it is there, the database checks limits alone.

        Changes nothing where Redis has it: then it costs a read of every count. Whoever did not
        get to it may not have told of a cancellation either.
        """
        room = self._room
        room.uncounted = False
        try:
            await self._till.tell_cancelled()
            if not (room.settled or await self._copied(room.epoch)):
                room.uncounted = True
        except LiveshopError:
            room.uncounted = True
            raise

    async def _copied(self, epoch: int) -> bool:
        room, sessions, after = self._room, self._room.node.sessions, None
        rows, totals = await sessions.rows(room.session_id), await sessions.totals(room.session_id)
        if not room.good(await room.units.copy(epoch, rows, totals=totals)):
            return False
        # At another epoch the counts are for whoever raised it.
        while room.epoch == epoch:
            counts = await sessions.quotas(room.session_id, after=after, limit=_QUOTAS_PER_READ)
            if not counts:
                break
            if not room.good(await room.units.copy(epoch, bought=counts)):
                return False
            after = (counts[-1].scope, counts[-1].buyer)
        return True


def _paying(pending: PendingOrder) -> list[Reservation]:
    """Return the reservations of an order that waits for its money."""
    return [
        replace(item, state=ReservationState.PAYING, deadline_ms=pending.pay_until_ms)
        for item in sold(pending.order)
    ]
