"""The pulse of a room: twice a second it reports, fetches the gauges, and finds what was missed."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from liveshop.core import limits
from liveshop.core.errors import LiveshopError
from liveshop.core.model import Reservation, Sums, Totals
from liveshop.core.snapshot import Gauges
from liveshop.engine.fanout.broadcast import Stats
from liveshop.engine.fanout.mailbox import Watched
from liveshop.engine.part import overriding
from liveshop.engine.purchase.admission import Admission
from liveshop.engine.purchase.order_outcomes import OrderOutcomes
from liveshop.engine.rooms.command_log import CommandLog
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.session_records import Head
from liveshop.stores.redis.live_records import PulseReply
from liveshop.stores.redis.unit_records import UnitsStatus


class Pulse:
    """Reports this node's viewers and likes, and takes in what all nodes have to tell."""

    def __init__(
        self,
        session: Session,
        command_log: CommandLog,
        outcomes: OrderOutcomes,
        admission: Admission,
    ) -> None:
        self._session = session
        self._admission = admission
        self._command_log = command_log
        self._outcomes = outcomes
        self._refreshers = overriding(session.parts.values(), "refresh")
        self._adders = overriding(session.parts.values(), "add_up")
        self._sums: Sums | None = None
        self._tick_seen = ""
        self._chat_after = ""
        self._chat_dropped: int | None = None
        self._peak = 0
        # The version of Redis' totals, to be compared with that of Postgres'.
        self.seq = 0
        # How far Redis' projection was in the newest pulse.
        self.plan_offset = 0
        # Watched reservations that had ended when they were last asked for.
        self._suspects: set[str] = set()

    @property
    def held(self) -> int:
        """Units in open reservations, as of the newest pulse."""
        return sum(
            row.held for name, row in self._session.gauges.items() if not name.startswith("@")
        )

    async def beat(self) -> UnitsStatus | None:
        """Take one pulse; while Redis is away, tell the viewers that buying is closed.

        Returns the units' status, None without an answer.
        """
        session = self._session
        added, session.new_likes = session.new_likes, 0
        watched = session.mailbox.watched(limits.WATCHED_RIDS_PER_PULSE_MAX)
        try:
            reply = await session.live.pulse(
                session.epochs.newest,
                node=session.node.node_id,
                features=session.node.vocabulary.names,
                viewers=len(session.audience),
                likes_added=added,
                likes_seen=session.broadcast.gauges.likes,
                peak_seen=self._peak,
                tick_seen=self._tick_seen,
                chat_after=self._chat_after,
                rids=[each.rid for each in watched],
            )
        except LiveshopError:
            session.new_likes += added
            self._show(session.broadcast.gauges.viewers, session.broadcast.gauges.likes, None)
            return None
        await self._take(reply, watched)
        return reply.status

    async def _take(self, reply: PulseReply, watched: Sequence[Watched]) -> None:
        session = self._session
        session.clock.observe(reply.now_ms)
        if reply.nodes < session.peers.nodes:
            # Gone, or not yet counted again by a Redis that came back empty.
            session.peers.expect()
            session.epochs.recount()
        session.peers.nodes = reply.nodes
        session.peers.features = reply.features
        self._peak = reply.viewers_peak
        self.seq = reply.totals.version
        self.plan_offset = reply.plan_offset
        self._take_chat(reply)
        await self._refresh()
        await self._add_up(reply.totals)
        self._take_head(reply)
        if reply.status is not UnitsStatus.OK:
            self._tick_seen = ""
            if not session.settled:
                session.epochs.fence()
        elif reply.rows is not None:
            self._tick_seen = reply.tick
            session.watch_gauges({row.row: row for row in reply.rows})
        self._show(reply.viewers, reply.likes, self._sums)
        if reply.status is UnitsStatus.OK:
            if reply.plan_offset < session.state.offset and not session.settled:
                await self._command_log.push()
            elif reply.plan_offset > session.state.offset:
                session.wake.behind.set()
            await self._repair(watched, reply.reservations)
            await session.peers.post()

    async def _refresh(self) -> None:
        for refresh in self._refreshers:
            # Its last gauge stands while what it asks is away.
            with suppress(LiveshopError):
                await refresh()

    async def _add_up(self, totals: Totals) -> None:
        """Have the totals divided by product while somebody is told of them."""
        self._sums = Sums(totals=totals)
        if not self._session.audience.staffed:
            return
        for add_up in self._adders:
            self._sums = await add_up(totals) or self._sums

    def _take_head(self, reply: PulseReply) -> None:
        """Note how far Postgres was by what Redis has copied; of a rebuild under way, its epoch."""
        good = reply.status is UnitsStatus.OK
        if good or reply.status is UnitsStatus.EPOCH:
            self._session.epochs.redis_head = Head(
                offset=reply.plan_offset if good else 0,
                epoch=reply.epoch,
                settled=False,
                seq=reply.totals.version if good else 0,
            )

    def _show(self, viewers: int, likes: int, sums: Sums | None) -> None:
        session = self._session
        gauges = Gauges.of(
            session.state,
            session.left() | {name: row.left for name, row in session.gauges.items()},
            viewers=viewers,
            likes=likes,
            # In a cluster the session's primary may be away, and the others not.
            buying=session.epochs.buying and sums is not None,
            parts=session.part_gauges(),
        )
        if sums is None:
            stats = session.broadcast.stats
        else:
            stats = Stats(sums=sums, held=self.held, viewers_peak=self._peak)
        self._admission.count()
        session.broadcast.pulse(gauges, stats, sparing=self._admission.refused_lately)
        if gauges.buying:
            session.wake.ready.set()

    def _take_chat(self, reply: PulseReply) -> None:
        for message in reply.chat:
            self._session.broadcast.add_chat(message)
            self._chat_after = message.id
        known = self._chat_dropped
        if known is not None and reply.chat_dropped > known:
            self._session.broadcast.add_dropped(reply.chat_dropped - known)
        self._chat_dropped = reply.chat_dropped

    async def _repair(
        self, watched: Sequence[Watched], reservations: Mapping[str, Reservation]
    ) -> None:
        """Tell buyers what they believe to be open and is not, if nobody told them meanwhile.

        The node that ended a reservation is about to tell its buyer. If nobody has told when its
        turn comes again, the message was lost on the way, or the reservation with Redis.
        """
        ended_rids = {
            each.rid
            for each in watched
            if each.rid not in reservations or not reservations[each.rid].state.open
        }
        again = ended_rids & self._suspects
        known = (self._suspects - {each.rid for each in watched}) | ended_rids
        self._suspects = {rid for rid in known if self._session.mailbox.is_watched(rid)}
        if not again:
            return
        untold = [each for each in watched if each.rid in again]
        ended = [reservations[each.rid] for each in untold if each.rid in reservations]
        lost = [each for each in untold if each.rid not in reservations]
        await self._outcomes.tell_outcomes(ended)
        await self._outcomes.tell_lost(lost)
