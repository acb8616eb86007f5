"""What every part of a room shares: the session's state on this node, and the ways out of it."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import anyio

from liveshop.core import limits
from liveshop.core.errors import Busy, OutcomeUnknown, Unavailable
from liveshop.core.events import Event
from liveshop.core.model import Reservation, Row, Status, sku_row
from liveshop.core.session import SessionState, apply
from liveshop.core.wire import encode_one
from liveshop.engine.clock import SessionClock
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.broadcast import Broadcast
from liveshop.engine.fanout.mailbox import Mailbox
from liveshop.engine.node import Node
from liveshop.engine.purchase.purchase_limits import PurchaseLimits
from liveshop.engine.rooms.logged import LoggedSession
from liveshop.engine.session_log import SessionLog
from liveshop.engine.tracing import PurchaseTrace, Stage
from liveshop.stores.postgres.session_records import Head
from liveshop.stores.redis.live import SessionLive
from liveshop.stores.redis.live_records import RowGauge
from liveshop.stores.redis.unit_records import UnitsStatus
from liveshop.stores.redis.units import SessionUnits

_COMPANY_S = 3 * limits.PULSE_MS / 1000
# Looks at the head from before a node fell silent that is only now known to be gone.
_HEADS_KEPT = limits.NODE_SILENCE_MS_MAX // limits.PULSE_MS + 4


class RoomContext:
    """A session on a node.

    `state` follows the log. `epoch` is the newest known `stock_epoch`; `opened` is set while
    Redis' units are known to be good for it. `rows` are the newest copies of Postgres' rows,
    `head_seqs` the `seq` of its totals at the last few looks, the newest last. `nodes` counts the
    nodes that have a room for the session, this one included: with one alone, the bus is spared.

    `uncounted` is set while counters in Redis may have missed a change.

    `newest` is the last event that was applied, `redis_head` how far Postgres was by what Redis
    has copied, in the newest pulse. Where Postgres turns out to be behind what was known of it,
    nothing of an epoch below `epoch_min` is believed any more; no more than where Redis is loaded
    anew because it has missed too much.

    The events wake a task of the room: `rebuild_wanted` the rebuild, `behind` the reader of the
    log when that has gone on without this room, `missed` the reader of reservations when the bus
    may have lost messages to buyers, `rows_changed` the task that ends sales, `pulse_now` the pulse
    before its time.
    `ready` is set once buying has been open.
    """

    def __init__(self, node: Node, state: SessionState, *, epoch: int, settled: bool) -> None:
        self.node = node
        self.session_id = state.info.id
        self.log = SessionLog(self.session_id)
        self.state = state
        self._epoch = epoch
        self.settled = settled
        self.newest: Event | None = None
        self.redis_head: Head | None = None
        self.epoch_min = 0
        self.opened = False
        self._orders_wait = False
        self.rebuild_wanted = anyio.Event()
        self.uncounted = False
        self.behind = anyio.Event()
        self.nodes = 1
        self._company_until = 0.0
        self.missed = anyio.Event()
        self.pulse_now = anyio.Event()
        self.ready = anyio.Event()
        self.head_seqs: deque[int] = deque(maxlen=_HEADS_KEPT)
        self.rows: dict[str, Row] = {}
        self.rows_changed = anyio.Event()
        self.limits = PurchaseLimits()
        self.clock = SessionClock(node.clock)
        self.units = SessionUnits(node.link, node.library, self.session_id)
        self.live = SessionLive(node.link, node.library, self.session_id)
        self.audience = Audience()
        self.mailbox = Mailbox(self.audience)
        self.broadcast = Broadcast(
            state,
            self.audience,
            clock=self.clock,
            metrics=node.metrics,
            ping_ms=node.settings.ping_ms,
        )

    @property
    def epoch(self) -> int:
        """The newest `stock_epoch` that is known."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        if self._epoch and epoch != self._epoch:  # the first makes a new session's units
            self.node.metrics.epochs.inc()
        self._epoch = epoch

    @property
    def buying(self) -> bool:
        """Tell whether both stores are there, take orders, and the units are good."""
        return self.opened and self.node.stores_up and not self._orders_wait

    @property
    def ended(self) -> bool:
        """Tell whether the session is over."""
        return self.state.status is Status.ENDED

    def require_stores(self) -> None:
        """Raise Unavailable while a store is away."""
        if not self.node.stores_up:
            raise Unavailable()

    def require_buying(self) -> None:
        """Raise Unavailable unless purchases can be carried out now."""
        if not self.buying:
            raise Unavailable()

    def advance(self, events: Sequence[Event], *, show: bool = True) -> None:
        """Apply the events that follow, in the order of offsets, and show them to the viewers."""
        for event in events:
            self.state = apply(self.state, event)
            self.newest = event
            self.limits.note(event)
        if show:
            self.broadcast.add_events(self.state, events)
        else:
            self.broadcast.pass_over(events)

    def begin_anew(self, logged: LoggedSession) -> None:
        """Take the session as Postgres has it in place of all that is known, and show it so."""
        self.state, self.newest, self.redis_head = logged.first_state, None, None
        self.limits = PurchaseLimits()
        self.head_seqs.clear()
        self.head_seqs.append(logged.seq)
        self.replace_rows(logged.rows)
        self.advance(logged.events, show=False)
        self.broadcast.show_anew(self.state, self.left())

    def known_head(self) -> Head:
        """Return how far Postgres was, by all that it has said here or through Redis."""
        offset, epoch, seq = self.state.offset, self.epoch, self.head_seqs[-1]
        copied = self.redis_head
        if copied is not None and copied.epoch >= epoch:
            offset, epoch = max(offset, copied.offset), copied.epoch
            seq = max(seq, copied.seq)
        return Head(offset=offset, epoch=epoch, settled=self.settled, seq=seq)

    def distrust(self, known: Head) -> None:
        """Have Redis loaded anew: Postgres is behind what was known of it, and is the truth."""
        if known.epoch >= self.epoch_min:
            self.epoch_min = known.epoch + 1
            self.node.metrics.postgres_rollbacks.inc()
            self.log.warning(
                "Postgres has gone back behind event %d and order %d of epoch %d; "
                "`liveshop audit` lists the orders that Redis knows and Postgres does not",
                known.offset,
                known.seq,
                known.epoch,
            )
        self.fence()

    def knows_limits(self, reservation: Reservation) -> bool:
        """Tell whether the events that put a reservation's limits are known here."""
        sale_offset = int(reservation.sale[1:] or 0)
        return sku_row(reservation.sku) in self.limits and sale_offset <= self.state.offset

    def keep_rows(self, rows: Iterable[Row]) -> None:
        """Keep the rows that are newer than those known; `rows_changed` wakes who looks at them."""
        for row in rows:
            known = self.rows.get(row.row)
            if known is None or known.version < row.version:
                self.rows[row.row] = row
                self.rows_changed.set()

    def replace_rows(self, rows: Iterable[Row]) -> None:
        """Take rows as Postgres has them in place of all that was heard of them through Redis."""
        self.rows = {row.row: row for row in rows}
        self.rows_changed.set()

    def left(self) -> dict[str, int]:
        """Return the units left of each row, as far as Postgres knows: without what is held."""
        return {name: row.units - row.sold for name, row in self.rows.items()}

    def watch_gauges(self, gauges: Iterable[RowGauge]) -> None:
        """Keep the rows that Redis has copies of."""
        self.keep_rows(
            Row(row=each.row, units=each.units, sold=each.sold, version=each.version)
            for each in gauges
        )

    def reload(self) -> None:
        """Have Redis loaded anew from Postgres, good or not: it has missed too much."""
        self.epoch_min = max(self.epoch_min, self.epoch + 1)
        self.fence()

    def fence(self) -> None:
        """Stop buying here until the units in Redis have been rebuilt, or found to be good."""
        self._set_opened(False)
        self.rebuild_wanted.set()

    def recount(self) -> None:
        """Have all counters copied again: a node that is gone may not have got to it."""
        self.uncounted = True
        self.rebuild_wanted.set()

    def open(self) -> None:
        """Note that Redis' units are good for the newest epoch."""
        self._set_opened(True)

    def keep_orders_waiting(self, wait: bool) -> None:
        """Note whether Postgres, there or not, refuses to store orders: its disk may be full."""
        if wait is not self._orders_wait:
            self._orders_wait = wait
            self.pulse_now.set()

    def _set_opened(self, opened: bool) -> None:
        if opened is not self.opened:
            self.opened = opened
            self.pulse_now.set()

    def ok_or_fence(self, status: UnitsStatus) -> bool:
        """Return True if Redis carried out a call; otherwise stop buying until it is checked."""
        if status is UnitsStatus.OK:
            return True
        self.fence()
        return False

    async def publish(self, kind: str, body: Any) -> bool:
        """Tell the other nodes, if there are any; False where Redis has surely not got it.

        What is lost on the way the pulse repairs.
        """
        if self.nodes < 2 and anyio.current_time() >= self._company_until:
            return True
        return await self._publish(kind, body)

    async def announce(self) -> None:
        """Tell the other nodes, known or not, that there is one more."""
        await self._publish("here", None)

    def expect_company(self) -> None:
        """Believe that another node has the session too, until the pulses have counted it."""
        self._company_until = anyio.current_time() + _COMPANY_S

    async def _publish(self, kind: str, body: Any) -> bool:
        # When it went out, for whoever measures; a node of an older release does not say.
        at_ms = self.node.clock.now_ms()
        told = {"node": self.node.node_id, "kind": kind, "at_ms": at_ms, "body": body}
        payload = encode_one(told)
        try:
            await self.node.bus.publish(self.session_id, payload)
        except (Unavailable, Busy) as failure:
            # The pulse of each node finds what it has missed; nothing waits for this message.
            self.node.metrics.bus_lost.inc()
            return isinstance(failure, OutcomeUnknown)
        return True

    async def post(self) -> None:
        """Send what the mailbox has for other nodes, in one message; what fails waits there."""
        outgoing = self.mailbox.take()
        if outgoing and not await self.publish("outgoing", outgoing):
            self.mailbox.put_back(outgoing)

    def failed(self, part: str, rids: Sequence[str] = ()) -> None:
        """Log the exception that is being handled, a bug of ours, and count it."""
        self.node.metrics.failures.labels(part).inc()
        self.log.exception("%s failed", part, extra={"part": part, "rids": list(rids)})

    def tell_trace(self, rid: str, outcome: str, stages: Sequence[Stage]) -> None:
        """Tell of a purchase that has ended, where somebody wants to know."""
        if self.node.trace is not None:
            self.node.trace(PurchaseTrace(self.session_id, rid, outcome, stages))

    def note(self, what: str, rid: str, **fields: str) -> None:
        """Log what became of a purchase, where that is wanted: there are thousands a second."""
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("%s %s", rid, what, extra={"rid": rid, **fields})
