"""The rooms that a node has: loaded when they are asked for, or when a session must be kept."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import TaskGroup, TaskStatus

from liveshop.core.access import Ban, places_of
from liveshop.core.close_codes import CloseCode
from liveshop.core.errors import Busy, LiveshopError, NotFound, Unavailable, reason
from liveshop.core.limits import (
    PULSE_MS,
    ROOM_IDLE_MS_MAX,
    ROOM_OPENING_MS_MAX,
    ROOM_QUIET_MS_MIN,
    SAMPLE_MS,
)
from liveshop.core.model import Status
from liveshop.core.wire import Message, decode_object
from liveshop.engine.access import ACCESS_CHANNEL
from liveshop.engine.node import Node
from liveshop.engine.rooms.logged import read_session
from liveshop.engine.rooms.missing import Missing
from liveshop.engine.rooms.room import Room
from liveshop.engine.rooms.session import Session
from liveshop.engine.rooms.stills import Still, Stills
from liveshop.engine.sampling import sample
from liveshop.engine.session_log import SessionLog
from liveshop.stores.postgres.session_records import Head, SessionRecord
from liveshop.stores.postgres.sessions import Sessions

_logger = logging.getLogger(__name__)

_BEAT_S = PULSE_MS / 1000
_BEATS_PER_LOOK = 4  # a look for sessions that must be kept
_BEATS_PER_MEMORY = SAMPLE_MS // PULSE_MS
_IDLE_BEATS = ROOM_IDLE_MS_MAX // PULSE_MS
_QUIET_BEATS_MIN = ROOM_QUIET_MS_MIN // PULSE_MS
_READERS_MAX = 2
_OPENING_S = ROOM_OPENING_MS_MAX / 1000
_FINISH_POLL_S = 0.02


class Rooms:
    """Loads and unloads rooms; twice a second compares them all with Postgres in one query.

    The rooms of shows that are on, or still have units, are always loaded, however many there are.
    The others are bounded: anonymous viewers see settled shows without one, and beyond
    `quiet_rooms_max` a quiet room makes way for the next.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._rooms: dict[str, Room] = {}
        self._stills = Stills(node)
        self._missing = Missing()
        self._locks: dict[str, anyio.Lock] = {}
        self._idle_beats: dict[str, int] = {}
        self._arriving = 0  # quiet rooms that are being loaded
        self._tasks: TaskGroup | None = None
        # Those who list old sessions leave the other connections to those who buy.
        self._readers = anyio.Semaphore(_READERS_MAX)
        node.bus.on_message = self._receive
        node.bus.on_reconnect = self._compare_all
        node.access.on_bans = self._heed_bans

    def loaded(self, session_id: str) -> Room | None:
        """Return the room if it is here."""
        return self._rooms.get(session_id)

    def missing(self, session_id: str) -> bool:
        """Whether it was found a moment ago that there is no such session."""
        return session_id in self._missing

    def found(self, session_id: str) -> None:
        """Take note that a session is there now, whose id may have been asked for before."""
        self._missing.forget(session_id)

    def shown(self, session_id: str) -> Room | Still | None:
        """Return what an anonymous viewer can see at once."""
        return self._rooms.get(session_id) or self._stills.get(session_id)

    async def get(self, session_id: str, *, insists: bool = True) -> Room:
        """Return the room, loaded if need be; raises NotFound or Unavailable.

        Busy if the room would be one quiet room too many and none can make way. Those who insist
        are let in: they are known, and do something there.
        """
        room = self._rooms.get(session_id)
        if room is None:
            async with self._turn(session_id):
                room = self._rooms.get(session_id)
                room = room or await self._load(session_id, insists=insists)
        return room

    async def show(self, session_id: str) -> Room | Still:
        """Return what an anonymous viewer sees: a settled show without a room.

        Raises NotFound (of a draft, too), Unavailable, or Busy if too many quiet shows are being
        watched.
        """
        async with self._turn(session_id):
            shown = self.shown(session_id) or await self._make_still(session_id)
        return shown or await self.get(session_id, insists=False)

    async def _make_still(self, session_id: str) -> Still | None:
        async with self._readers:
            record = await self._record(session_id)
            if record.status is Status.DRAFT:
                raise NotFound("session", session_id)
            return await self._stills.make(session_id) if record.settled else None

    @asynccontextmanager
    async def _turn(self, session_id: str) -> AsyncIterator[None]:
        """Let one at a time load a session; the others find what it has loaded."""
        lock = self._locks.setdefault(session_id, anyio.Lock())
        try:
            async with lock:
                yield
        finally:
            # It has passed to the next who waits, if there is one: a newcomer waits too.
            if not lock.locked():
                self._locks.pop(session_id, None)

    async def look_up(self, session_id: str) -> None:
        """Find out whether there is a session, and load it if it is on; raises NotFound.

        The asker is not known yet, so a quiet session is left for later.
        """
        if self.shown(session_id) is not None:
            return
        # In turn: those who join before this is answered need not ask once more.
        async with self._turn(session_id):
            record = await self._record(session_id)
        if not (record.settled or record.status.is_planned):
            await self.get(session_id)

    async def _record(self, session_id: str) -> SessionRecord:
        with self._missing.noting(session_id):
            return await self._node.stores[Sessions].get(session_id)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Own the rooms' tasks, and keep the rooms up to date, until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            self._tasks.start_soon(self._stills.run)
            task_status.started()
            beat, started = 0, anyio.current_time()
            while True:
                try:
                    await self._beat(beat)
                except Exception:
                    # A bug of ours, or what a newer release has written: no reason to stop here.
                    _logger.exception("the rooms could not be compared with PostgreSQL")
                beat += 1
                due = max(started + _BEAT_S, anyio.current_time())
                await anyio.sleep_until(due)
                started = anyio.current_time()
                self._node.metrics.loop_lag.observe(max(0.0, started - due))

    async def view(self, session_id: str, *, for_staff: bool = False) -> Message:
        """Return the `session` message as it is known; a session is not loaded just for it."""
        room = self._rooms.get(session_id)
        if room is not None:
            return room.session.broadcast.view(for_staff=for_staff)
        async with self._readers:
            session = await self._read(session_id)
        return session.broadcast.view(for_staff=for_staff)

    async def finish(self) -> None:
        """Return once nothing that viewers asked for is under way in any room."""
        while any(room.under_way for room in self._rooms.values()):  # noqa: ASYNC110
            await anyio.sleep(_FINISH_POLL_S)  # it ends in many places, and only once

    async def _read(self, session_id: str) -> Session:
        """Return a session as Postgres has it."""
        node = self._node
        with self._missing.noting(session_id):
            logged = await read_session(node.stores[Sessions], session_id)
        session = Session(
            node,
            logged.first_state,
            epoch=logged.record.stock_epoch,
            settled=logged.record.settled,
        )
        session.advance(logged.events, show=False)
        session.epochs.head_seqs.append(logged.seq)
        session.keep_rows(logged.rows)
        session.broadcast.begin(session.state, session.left(), buying=node.stores_up)
        return session

    async def _load(self, session_id: str, *, insists: bool) -> Room:
        session = await self._read(session_id)
        places = places_of(session_id, session.shop)
        await self._node.access.need(places)
        try:
            return await self._open(Room(session), insists=insists)
        except BaseException:
            if session_id not in self._rooms:  # it may be there, though its asker was cancelled
                self._node.access.need_no_longer(places)
            raise

    async def _open(self, room: Room, *, insists: bool) -> Room:
        if not room.quiet:
            return await self._begin(room)
        self._arriving += 1
        try:
            await self._make_way(insists=insists)
            return await self._begin(room)
        finally:
            self._arriving -= 1

    async def _begin(self, room: Room) -> Room:
        if self._tasks is None:
            raise Unavailable()
        await self._tasks.start(room.run)
        session = room.session
        try:
            # Its asker should not find the room closed for the moment of its opening.
            with anyio.move_on_after(_OPENING_S):
                await session.wake.ready.wait()
        finally:
            self._rooms[session.session_id] = room
            room.moderation.begin()
            # Messages that came by the bus meanwhile did not find the room.
            session.wake.behind.set()
            session.wake.missed.set()
        return room

    async def _beat(self, beat: int) -> None:
        node = self._node
        await self._read_clock()
        if beat % _BEATS_PER_MEMORY == 0:
            await self._read_memory()
        try:
            # Postgres must know, too, all that is known here before it is asked.
            known = {name: room.session.known_head() for name, room in self._rooms.items()}
            stills = self._stills.session_ids
            heads = await self._heads()
            node.postgres_up = True
            for session_id, head in known.items():
                await self._compare(session_id, head, heads.get(session_id))
            await self._stills.compare(stills, heads)
            if beat % _BEATS_PER_LOOK == 0:
                await self._look()
        except LiveshopError as failure:
            node.postgres_up = node.database.reachable
            _logger.info("a store is unavailable: %s", reason(failure))
        node.opened = node.opened or node.health.ready
        await self._stills.tell_buying()
        await self._unload_idle()
        sample(node, self._rooms.values(), stills=len(self._stills))

    async def _read_clock(self) -> None:
        with suppress(LiveshopError):
            if self._node.clock.observe(await self._node.link.now_ms()):
                self._node.metrics.clock_jumps.inc()

    async def _read_memory(self) -> None:
        with suppress(LiveshopError):
            memory = await self._node.link.memory()
            self._node.metrics.redis_used.set(memory.used_bytes)
            self._node.metrics.redis_max.set(memory.max_bytes)

    async def _heads(self) -> dict[str, Head]:
        """Read how far the rooms' sessions are; that also shows whether Postgres answers."""
        self._node.postgres_asked_s = anyio.current_time()
        try:
            return await self._node.stores[Sessions].heads(
                [*self._rooms, *self._stills.session_ids]
            )
        finally:
            self._node.postgres_asked_s = None

    async def _look(self) -> None:
        """Load what must be kept, viewers or not: sessions that have units and were started."""
        for session_id in await self._node.stores[Sessions].unsettled():
            if session_id in self._rooms:
                continue
            try:
                await self.get(session_id)
            except LiveshopError:
                raise
            except Exception:
                # The others must still be kept.
                SessionLog(session_id).exception("loading failed")

    async def _compare(self, session_id: str, known: Head, head: Head | None) -> None:
        if head is None:
            await self._close(session_id)
            return
        session = self._rooms[session_id].session
        if head.is_behind(known):
            session.epochs.distrust(known)
            session.settled = head.settled
        if head.offset > session.state.offset:
            session.wake.behind.set()
        if head.epoch > session.epochs.newest:
            session.epochs.newest = head.epoch
            session.epochs.fence()
        session.settled = session.settled or head.settled
        session.epochs.head_seqs.append(head.seq)

    def _compare_all(self) -> None:
        self._node.access.hear()
        for room in self._rooms.values():
            room.session.wake.behind.set()
            room.session.wake.missed.set()

    async def _unload_idle(self) -> None:
        for session_id, room in tuple(self._rooms.items()):
            quiet = room.quiet and room.idle
            beats = self._idle_beats.get(session_id, 0) + 1 if quiet else 0
            self._idle_beats[session_id] = beats
            if beats > _IDLE_BEATS:
                await self._unload(session_id)
        self._stills.drop_idle()

    async def _make_way(self, *, insists: bool) -> None:
        """Unload the longest idle of the quiet rooms if there are as many as may be."""
        quiet = [name for name, room in self._rooms.items() if room.quiet]
        if len(quiet) + self._arriving <= self._node.settings.quiet_rooms_max:
            return
        idle = [name for name in quiet if self._idle_beats.get(name, 0) >= _QUIET_BEATS_MIN]
        if idle:
            await self._unload(max(idle, key=lambda name: self._idle_beats[name]))
        elif not insists:
            raise Busy()

    def _note_bus_lag(self, at_ms: object) -> None:
        if isinstance(at_ms, int) and self._node.clock.observed:
            lag_ms = max(0, self._node.now_ms() - at_ms)
            self._node.metrics.bus_lag.observe(lag_ms / 1000)

    async def _unload(self, session_id: str) -> None:
        self._idle_beats.pop(session_id, None)
        room = self._rooms.pop(session_id)
        room.stop()
        self._node.access.need_no_longer(places_of(session_id, room.session.shop))
        await self._node.bus.unsubscribe(session_id)

    async def _close(self, session_id: str) -> None:
        """Leave a session that is no longer in Postgres, once what is under way has its answer."""
        room = self._rooms[session_id]
        for viewer in room.session.audience.seated():
            viewer.close(CloseCode.NO_SUCH_SESSION, "there is no longer such a session")
        if not room.under_way:
            await self._unload(session_id)

    def _heed_bans(self, bans: Sequence[Ban]) -> None:
        for ban in bans:
            for room in self._rooms_of(ban):
                room.moderation.heed(ban)

    def _rooms_of(self, ban: Ban) -> list[Room]:
        """Return the rooms in which a ban may hold."""
        if ban.session_id is None:
            return list(self._rooms.values())
        room = self._rooms.get(ban.session_id)
        return [] if room is None else [room]

    def _receive(self, session_id: str, payload: bytes) -> None:
        if session_id == ACCESS_CHANNEL:
            self._node.access.hear()
            return
        room = self._rooms.get(session_id)
        if room is None:
            return
        try:
            message = decode_object(payload)
            if message["node"] != self._node.node_id:
                self._note_bus_lag(message.get("at_ms"))
                room.receive(message["kind"], message["body"])
        except Exception:
            # As good as lost, whatever a node of another release may send: the log and the pulse
            # have what it said.
            room.session.log.exception("a message of the bus is dropped")
            room.session.wake.behind.set()
            room.session.wake.missed.set()
