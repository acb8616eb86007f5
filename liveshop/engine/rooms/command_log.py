"""Carries out commands that change a session, and takes in the events of other nodes."""

from typing import Any

import anyio

from liveshop.core import limits
from liveshop.core.activity import Activity, action_of, object_of
from liveshop.core.commands import AddProduct, AddStock, EndSession, HostCommand
from liveshop.core.decide import decide
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.errors import Busy, Conflict, LiveshopError, NotFound, OutcomeUnknown
from liveshop.core.events import Event
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Product, Row, Status
from liveshop.core.roles import Identity
from liveshop.core.session import SessionState, replay
from liveshop.core.wire import event_message
from liveshop.engine.part import overriding
from liveshop.engine.rooms.logged import read_session
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.projection import project
from liveshop.stores.redis.unit_records import UnitsStatus


class CommandLog:
    """Decides, appends, pushes, then publishes; the log's offset is the lock between nodes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = anyio.Lock()
        self._verified_epoch = -1
        parts = session.parts
        self._push_parts = overriding(parts.values(), "pushed")
        self._looking_up = [name for name in parts if overriding([parts[name]], "look_up")]

    async def execute(
        self, command: HostCommand | SystemCommand, by: Identity | None = None
    ) -> list[Event]:
        """Carry out a command and return its events, which viewers get, too.

        The activity log tells `by` whom, in the transaction of the events.

        Raises the core's refusal, or Unavailable; then nothing has changed. `ok` may be answered
        once this returns: if Redis took the push, no purchase is made at the old state any longer.
        Otherwise each node pushes as soon as it knows the events and Redis takes them.
        """
        session = self._session
        if isinstance(command, HostCommand) and command.opens:
            session.peers.require(command.feature)
        async with self._lock:
            session.require_stores()
            events, rows = await self._append(command, by)
            if events[-1].offset <= session.state.offset:
                return events  # an earlier command with this name has appended them
            session.node.reach(Failpoint.AFTER_APPEND)
            session.advance(events)
            session.keep_rows(rows)
            await self._push_after(events)
        await session.peers.publish("events", [event_message(event) for event in events])
        return events

    async def attempt(self, command: SystemCommand) -> None:
        """Carry out what any node may attempt; that another one was first is no error."""
        try:
            await self.execute(command)
        except (Conflict, NotFound):
            return

    async def catch_up(self) -> None:
        """Read from the log what this room has missed, and push it."""
        async with self._lock:
            await self._catch_up()

    async def receive(self, bodies: list[dict[str, Any]]) -> None:
        """Take in events of another node, and read the log where some are missing before them."""
        async with self._lock:
            events = [self._session.node.vocabulary.event(body) for body in bodies]
            news = [event for event in events if event.offset > self._session.state.offset]
            if news and news[0].offset == self._session.state.offset + 1:
                self._session.advance(news)
            elif news:
                await self._catch_up()

    async def verify(self) -> None:
        """Take the session again from the log if that has not what this room has applied last.

        This happens if Postgres has gone back to an older copy. Events read from beyond that are no
        longer part of the session, even if the log has gone on since.
        """
        async with self._lock:
            await self._verify()

    @property
    def verified(self) -> bool:
        """Whether the log was looked at since the newest epoch is known."""
        return self._verified_epoch == self._session.epochs.newest

    async def push(self) -> bool:
        """Bring Redis' projection up to this room's state: only its offset if the rest is there.

        Returns False if Redis did not take it. Only once the log is `verified`; opening the room
        waits for that. Another node may have loaded Redis, and an unverified push could bring back
        events that the log has lost.
        """
        session = self._session
        if not self.verified:
            session.epochs.fence()
            return False
        epoch, status = session.epochs.newest, UnitsStatus.STALE
        if session.sells_offset < session.state.offset:
            status = await session.units.move(
                epoch, sells_offset=session.sells_offset, offset=session.state.offset
            )
        if status is UnitsStatus.STALE:
            rows = list(session.rows.values())
            status = await session.units.push(epoch, project(session.state), rows)
        return session.epochs.ok_or_fence(status)

    async def _verify(self) -> None:
        epoch, newest = self._session.epochs.newest, self._session.newest
        if newest is not None:
            sessions, session_id = self._session.node.stores[Sessions], self._session.session_id
            logged = await sessions.events(session_id, after=newest.offset - 1, limit=1)
            if logged != [newest]:
                self._session.begin_again(await read_session(sessions, session_id))
        self._verified_epoch = epoch

    async def _append(
        self, command: HostCommand | SystemCommand, by: Identity | None
    ) -> tuple[list[Event], list[Row]]:
        session = self._session
        for _ in range(limits.COMMAND_ATTEMPTS_MAX):
            before, facts = session.state, await self._facts(command)
            try:
                decision = decide(before, command, facts)
            except LiveshopError:
                # Another node may have gone on without a word yet: only the newest state refuses.
                await self._catch_up()
                if session.state.offset == before.offset:
                    raise
                continue
            if decision.done:
                return list(decision.events), []
            status = replay(before, decision.events).status
            changed = await self._appended(before, decision, status, self._entry(command, by))
            if changed is not None:
                return list(decision.events), changed
            await self._catch_up()
        raise Busy()

    def _entry(self, command: HostCommand | SystemCommand, by: Identity | None) -> Activity | None:
        """Return the entry of the activity log; None of what nobody asked for."""
        if by is None or not isinstance(command, HostCommand):
            return None
        session = self._session
        return session.node.activity.entry(
            by,
            action_of(command),
            about=object_of(command),
            session_id=session.session_id,
            shop=session.shop,
        )

    async def _appended(
        self,
        before: SessionState,
        decision: Decision,
        status: Status,
        activity: Activity | None,
    ) -> list[Row] | None:
        sessions, session_id = self._session.node.stores[Sessions], self._session.session_id
        try:
            return await sessions.append(
                session_id, decision, status, expected_offset=before.offset, activity=activity
            )
        except OutcomeUnknown:
            # Whether it committed stands in the log: ours are there, or others', or none.
            size = len(decision.events)
            logged = await sessions.events(session_id, after=before.offset, limit=size)
            if tuple(logged) != decision.events:
                return None
            return await sessions.rows(session_id)

    async def _facts(self, command: HostCommand | SystemCommand) -> Facts:
        node, session_id = self._session.node, self._session.session_id
        self._session.keep_rows(await node.stores[Sessions].rows(session_id))
        product = None
        if isinstance(command, AddProduct | AddStock):
            product = await self._product(command.product_id)
        return Facts(
            now_ms=self._session.clock.at(await node.link.now_ms()),
            catalogue_currency=node.settings.currency,
            rows=dict(self._session.rows),
            product=product,
            found=await self._found(command),
        )

    async def _product(self, product_id: str) -> Product | None:
        try:
            return await self._session.node.stores[Catalogue].get(product_id)
        except NotFound:
            return None

    async def _found(self, command: HostCommand | SystemCommand) -> dict[str, Any]:
        """Return what features look up for a command: their own, or all for the session's end."""
        names = self._looking_up if isinstance(command, EndSession) else [command.feature]
        return {
            name: await self._session.parts[name].look_up(command)
            for name in names
            if name in self._looking_up
        }

    async def _catch_up(self) -> None:
        session = self._session
        while True:
            events = await session.node.stores[Sessions].events(
                session.session_id, after=session.state.offset, limit=limits.EVENTS_PER_READ_MAX
            )
            if not events:
                return
            session.node.metrics.catch_ups.inc()
            session.advance(events)
            session.keep_rows(await session.node.stores[Sessions].rows(session.session_id))
            await self._push_after(events)

    async def _push_after(self, events: list[Event]) -> None:
        """Push the events' state; if Redis is away, the next reserve call finds it stale."""
        session, taken = self._session, False
        try:
            if not self.verified:
                await self._verify()
            taken = await self.push()
            for pushed in self._push_parts:
                await pushed(events)
        except LiveshopError:
            session.epochs.fence()
        if not taken and any(event.sells for event in events):
            # Another node may push for this one, without the units that only this one has read.
            session.epochs.recount()
