"""Settled shows as anonymous viewers see them: a snapshot each, and no room.

A room costs tasks, a subscription and two calls of Redis a second. In a settled show nothing
happens any longer, except that a moderator may delete a chat message. Strangers can ask for every
show that is listed. Therefore they get bytes that are read once, kept in a bounded cache, and
compared with the log whenever the rooms are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import anyio

from liveshop.core import limits, messages
from liveshop.core.commands import AskTime, Command
from liveshop.core.errors import BadRequest, Busy, Conflict, LiveshopError
from liveshop.core.frames import SharedFrame
from liveshop.core.model import ChatMessage
from liveshop.core.session import SessionState, replay
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.core.stream import for_viewers
from liveshop.core.wire import Message, decode_object, event_message, shared_frame
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.delivery import Delivery
from liveshop.engine.fanout.mailbox import ViewerAsker
from liveshop.engine.fanout.partings import no_such_session, send_away
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.node import Node
from liveshop.engine.rooms.logged import LoggedSession, read_session
from liveshop.stores.postgres.session_records import Head
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.live import SessionLive

_IDLE_BEATS = limits.ROOM_IDLE_MS_MAX // limits.PULSE_MS


@dataclass(frozen=True, slots=True)
class _Picture:
    """A session as it is read, and its snapshot; `whole` unless Redis could not be asked."""

    state: SessionState
    frame: SharedFrame
    whole: bool


class Still:
    """A settled show: its snapshot as of `offset`, and the anonymous viewers who see it."""

    def __init__(self, node: Node, picture: _Picture) -> None:
        self._node = node
        self.session_id = picture.state.info.id
        self.audience = Audience()
        self.idle_beats = 0
        self.take(picture)

    def take(self, picture: _Picture) -> None:
        """Show the session as it is now to those who come from here on."""
        state = picture.state
        self.offset = state.offset
        self.whole = picture.whole
        self._frame = picture.frame
        self._frame_away: SharedFrame | None = None
        self.ended = Conflict(f"the session is {state.status}")
        self.product_ids = frozenset(state.shelf)

    @property
    def snapshot_frame(self) -> SharedFrame:
        """The first frame of each viewer; it says so while a store is away."""
        if self._node.stores_up:
            self._frame_away = None
            return self._frame
        if self._frame_away is None:
            shown = decode_object(self._frame.payload[1:-1])  # of the array its only message
            self._frame_away = shared_frame({**shown, "buying": False})
        return self._frame_away

    @property
    def size_bytes(self) -> int:
        """About what it takes: the payload, and its frame plain and compressed."""
        return 3 * len(self._frame.plain)

    def submit(self, viewer: Viewer, command: Command, *, now_ms: int) -> None:
        """Answer an anonymous viewer's command as the show's room would."""
        asker = ViewerAsker(self.audience, viewer, command.ref)
        if isinstance(command, AskTime):
            answer = messages.time(command.ref, client_ms=command.client_ms, now_ms=now_ms)
            asker.answer(answer)
            return
        try:
            self._refuse(command)
        except LiveshopError as refusal:
            asker.refuse(refusal)

    def _refuse(self, command: Command) -> None:
        """Raise what refuses a command; one that is only counted in a show passes."""
        refuse = self._node.vocabulary.still.get(type(command))
        if refuse is None:
            raise BadRequest(f"{type(command).__name__} is not for a joined connection")
        refuse(self, command)


class Stills:
    """The stills of a node, the one joined last at the end; bounded in number and bytes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._stills: dict[str, Still] = {}
        self._delivery = Delivery()
        self._buying = True  # as viewers were told last

    def __len__(self) -> int:
        return len(self._stills)

    @property
    def session_ids(self) -> list[str]:
        """The sessions that are shown as stills."""
        return list(self._stills)

    def get(self, session_id: str) -> Still | None:
        """Return a still that is there, which is then the last to be given up."""
        still = self._stills.pop(session_id, None)
        if still is not None:
            still.idle_beats = 0
            self._stills[session_id] = still
        return still

    async def make(self, session_id: str) -> Still | None:
        """Return a still of a session, None where that is not settled.

        Raises NotFound, Unavailable, or Busy where all that may be kept are being watched.
        """
        logged = await read_session(self._node.stores[Sessions], session_id)
        if not logged.record.settled:
            return None
        picture = await self._picture(logged)
        known = self.get(session_id)
        if known is not None:  # another viewer's task was first
            return known
        still = Still(self._node, picture)
        self._give_up_for(still)
        self._stills[session_id] = still
        return still

    async def run(self) -> None:
        """Send all viewers an empty pulse as often as was promised, until cancelled.

        One frame serves all stills. It comes two pulses early, so that the interval is kept.
        """
        interval_ms = max(limits.PULSE_MS, self._node.settings.ping_ms - 2 * limits.PULSE_MS)
        while True:
            await anyio.sleep(interval_ms / 1000)
            await self._tell_all({})

    async def tell_buying(self) -> None:
        """Tell all viewers if the stores have gone away or come back since they were told last."""
        if self._buying != self._node.stores_up:
            self._buying = self._node.stores_up
            await self._tell_all({"buying": self._buying})

    async def _tell_all(self, gauges: Message) -> None:
        viewers = [viewer for still in self._stills.values() for viewer in still.audience.seated()]
        if viewers:
            pulse = shared_frame(messages.pulse(self._node.now_ms(), gauges))
            await self._delivery.deliver(pulse, viewers)

    async def compare(self, known: Iterable[str], heads: Mapping[str, Head]) -> None:
        """Bring those that were `known` before Postgres was asked for heads up to these.

        Those that were made while Redis was away are made again, a few at a time: live rooms are
        compared in the same beat.
        """
        renewed = 0
        for session_id in known:
            still, head = self._stills.get(session_id), heads.get(session_id)
            if still is None:
                continue
            if head is None or not head.settled:
                # Postgres is an older copy in which it is not there, or goes on.
                self._close(still, gone=head is None)
            elif head.offset != still.offset:
                await self._follow(still)
            elif not still.whole and self._node.stores_up and renewed < limits.STILLS_RENEWED_MAX:
                renewed += 1
                await self._follow(still)

    def drop_idle(self) -> None:
        """Count a beat, and forget those that nobody has watched or joined for a while."""
        for still in tuple(self._stills.values()):
            still.idle_beats = still.idle_beats + 1 if still.audience.empty else 0
            if still.idle_beats > _IDLE_BEATS:
                del self._stills[still.session_id]

    async def _follow(self, still: Still) -> None:
        logged = await read_session(self._node.stores[Sessions], still.session_id)
        picture = await self._picture(logged)
        newer = [event for event in logged.events if event.offset > still.offset]
        if newer and still.whole:
            events = [event_message(for_viewers(event, live=False)) for event in newer]
            told = shared_frame(*events)  # which viewers apply
        elif picture.whole or picture.state.offset != still.offset:
            told = picture.frame  # the log has gone back, or likes and chat are there at last
        else:
            return
        still.take(picture)
        await self._delivery.deliver(told, still.audience.seated())

    async def _picture(self, logged: LoggedSession) -> _Picture:
        node, session_id = self._node, logged.record.info.id
        state = replay(logged.first_state, logged.events)
        try:
            live = SessionLive(node.link, node.library, session_id)
            likes, chat = await live.likes_and_chat()
        except LiveshopError:
            whole, likes, chat = False, 0, list[ChatMessage]()
        else:
            whole = True
        left = {row.row: row.unsold for row in logged.rows}
        gauges = Gauges.of(state, left, viewers=0, likes=likes, buying=True)
        shown = shared_frame(snapshot(state, gauges, chat, node.now_ms()))
        return _Picture(state, shown, whole)

    def _give_up_for(self, new: Still) -> None:
        """Make room for one more by giving up those that nobody watches, the oldest first."""
        count, size = len(self._stills) + 1, new.size_bytes
        size += sum(still.size_bytes for still in self._stills.values())
        for still in tuple(self._stills.values()):
            if count <= limits.STILLS_MAX and size <= limits.STILL_BYTES_MAX:
                return
            if still.audience.empty:
                del self._stills[still.session_id]
                count, size = count - 1, size - still.size_bytes
        # A still larger than the whole cache is shown too, as the only one.
        if count > 1 and (count > limits.STILLS_MAX or size > limits.STILL_BYTES_MAX):
            raise Busy()

    def _close(self, still: Still, *, gone: bool) -> None:
        del self._stills[still.session_id]
        for viewer in still.audience.seated():
            no_such_session(viewer) if gone else send_away(viewer)
