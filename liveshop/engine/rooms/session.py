"""A session on a node, which every part of its room shares."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from liveshop.core.access import Ban
from liveshop.core.earlier import completed
from liveshop.core.errors import Banned, NotAllowed, Unavailable
from liveshop.core.events import Event, UnknownEvent
from liveshop.core.model import Reservation, Row, Status, sku_row
from liveshop.core.roles import Identity
from liveshop.core.session import SessionState, apply
from liveshop.engine.clock import SessionClock
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.broadcast import Broadcast
from liveshop.engine.fanout.mailbox import Mailbox
from liveshop.engine.node import Node
from liveshop.engine.part import RoomPart, overriding
from liveshop.engine.purchase.pricing import Pricing
from liveshop.engine.purchase.purchase_limits import PurchaseLimits
from liveshop.engine.rooms.epochs import Epochs
from liveshop.engine.rooms.logged import LoggedSession
from liveshop.engine.rooms.peers import Peers
from liveshop.engine.rooms.wakeups import Wakeups
from liveshop.engine.session_log import SessionLog
from liveshop.engine.tracing import PurchaseTrace, Stage
from liveshop.stores.postgres.session_records import Head
from liveshop.stores.redis.live import SessionLive
from liveshop.stores.redis.live_records import RowGauge
from liveshop.stores.redis.units import SessionUnits


class Session:
    """A session on a node: its state, and the parts that show it.

    `state` follows the log. `newest` is the last applied event, and `sells_offset` the offset of
    the last one that changed what is sold. `rows` are the newest copies of Postgres' rows,
    `new_likes` the likes that came here since the last pulse. All else that a session has on a node
    is apart: `epochs`, `peers`, `pricing`, what may `wake` its tasks, and the `parts` of features.
    `hear_sold` are told of each new order. `gauges` are the rows as the newest pulse had them.
    """

    def __init__(self, node: Node, state: SessionState, *, epoch: int, settled: bool) -> None:
        self.node = node
        self.session_id = state.info.id
        self.log = SessionLog(self.session_id)
        self.wake = Wakeups()
        self.epochs = Epochs(node, self.log, self.wake, epoch)
        self.state = state
        self.settled = settled
        self.newest: Event | None = None
        self.sells_offset = 0
        self.rows: dict[str, Row] = {}
        self.gauges: Mapping[str, RowGauge] = {}
        self.new_likes = 0
        self.limits = PurchaseLimits()
        self.pricing = Pricing()
        self.clock = SessionClock(node.clock)
        self.units = SessionUnits(node.link, node.library, self.session_id)
        self.live = SessionLive(node.link, node.library, self.session_id)
        self.audience = Audience()
        self.mailbox = Mailbox(self.audience)
        self.peers = Peers(node, self.session_id, self.mailbox)
        self.broadcast = Broadcast(
            state,
            self.audience,
            clock=self.clock,
            metrics=node.metrics,
            ping_ms=node.settings.ping_ms,
        )
        self.parts: dict[str, RoomPart] = {
            each.name: each.room(self) for each in node.vocabulary.features if each.room
        }
        self._hear_applied = overriding(self.parts.values(), "applied")
        self.hear_sold = overriding(self.parts.values(), "sold")
        self._gauged = [
            (name, part) for name, part in self.parts.items() if overriding([part], "gauge")
        ]

    @property
    def ended(self) -> bool:
        """Whether the session is over."""
        return self.state.status is Status.ENDED

    def require_stores(self) -> None:
        """Raise Unavailable while a store is away."""
        if not self.node.stores_up:
            raise Unavailable()

    @property
    def shop(self) -> str | None:
        """The shop that the session is of, None without one."""
        return self.state.info.shop

    def ban_of(self, identity: Identity) -> Ban | None:
        """Return the ban that keeps somebody out of this session, None for most."""
        bans = self.node.access.bans
        if not bans:
            return None
        return bans.find(identity, self.session_id, self.shop, self.node.now_ms())

    def refuse_banned(self, identity: Identity | None) -> None:
        """Raise Banned for one who is kept out."""
        if identity is not None and (ban := self.ban_of(identity)) is not None:
            raise Banned(everywhere=ban.everywhere)

    async def require_below(self, viewer_id: str, by: Identity, deed: str) -> None:
        """Raise NotAllowed unless somebody has a lower role than the one who asks.

        A role is what somebody joined this session with, here or on another node.
        """
        connected = [each.identity for each in self.audience.of_buyer(viewer_id)]
        roles = [identity.role for identity in connected if identity is not None]
        role = max([*roles, await self.live.role_of(viewer_id)])
        if viewer_id == by.viewer_id:
            raise NotAllowed(f"nobody can {deed} themselves")
        if role >= by.role:
            raise NotAllowed(f"a {by.role.word} cannot {deed} a {role.word}")

    def advance(self, events: Sequence[Event], *, show: bool = True) -> None:
        """Apply the events that follow, in the order of offsets, and show them to the viewers."""
        told = []
        for event in events:
            self.state = apply(self.state, event)
            if show:
                told.append(completed(event, self.state))
            self.newest = event
            if event.sells:
                self.sells_offset = event.offset
            self.limits.note(event)
            for applied in self._hear_applied:
                applied(event)
            if isinstance(event, UnknownEvent):
                self.node.metrics.unknown_events.inc()
        if show:
            self.broadcast.add_events(self.state, told)

    def begin_again(self, logged: LoggedSession) -> None:
        """Take the session as Postgres has it in place of all that is known, and show it so."""
        self.state, self.newest, self.sells_offset = logged.first_state, None, 0
        self.limits = PurchaseLimits()
        self.epochs.forget_heads(logged.seq)
        self.replace_rows(logged.rows)
        self.advance(logged.events, show=False)
        self.broadcast.show_again(self.state, self.left())

    def known_head(self) -> Head:
        """Return how far Postgres was, by all that it has said here or through Redis."""
        return self.epochs.known_head(self.state.offset, settled=self.settled)

    def knows_limits(self, reservation: Reservation) -> bool:
        """Return True if the events that put a reservation's limits are known here."""
        sale_offset = int(reservation.sale[1:] or 0)
        return sku_row(reservation.sku) in self.limits and sale_offset <= self.state.offset

    def keep_rows(self, rows: Iterable[Row]) -> None:
        """Keep the rows that are newer than those known, and wake the task of sales."""
        for row in rows:
            known = self.rows.get(row.row)
            if known is None or known.version < row.version:
                self.rows[row.row] = row
                self.wake.rows.set()

    def replace_rows(self, rows: Iterable[Row]) -> None:
        """Take rows as Postgres has them in place of all that was heard of them through Redis."""
        self.rows = {row.row: row for row in rows}
        self.wake.rows.set()

    def left(self) -> dict[str, int]:
        """Return the units left of each row, as far as Postgres knows: without what is held."""
        return {name: row.unsold for name, row in self.rows.items()}

    def part_gauges(self) -> dict[str, Any]:
        """Return the gauges of the features that have one now."""
        gauges = {name: part.gauge() for name, part in self._gauged}
        return {name: gauge for name, gauge in gauges.items() if gauge is not None}

    def watch_gauges(self, gauges: Mapping[str, RowGauge]) -> None:
        """Keep the rows that Redis has copies of, and what it has of them."""
        self.gauges = gauges
        self.keep_rows(
            Row(row=each.row, units=each.units, sold=each.sold, version=each.version)
            for each in gauges.values()
        )

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
