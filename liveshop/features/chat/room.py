"""Chat and mutes: the messages of viewers, and who is heard."""

from collections import deque
from collections.abc import Iterable
from typing import Any, cast

from msgspec.structs import replace

from liveshop.core import limits, messages
from liveshop.core.errors import Conflict, NotAllowed, NotFound
from liveshop.core.events import Event
from liveshop.core.model import ChatMessage, Person
from liveshop.core.people import NAMELESS
from liveshop.core.roles import HOUSE, Role
from liveshop.core.wire import Message, as_message, decode_as, frame
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.features.chat.room_words import BlockedWords
from liveshop.features.chat.rules import (
    NAME,
    ChatDeleted,
    ChatPart,
    DeleteChat,
    MuteViewer,
    PinChat,
    Say,
    UnmuteViewer,
    UnpinChat,
)
from liveshop.features.chat.store import PinnedMessages
from liveshop.stores.redis.live_records import SayOutcome, Share


class Chat(RoomPart):
    """Says, mutes, and takes in what was said on other nodes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._words = BlockedWords(session)
        self._share = _share_of(session.node.settings.chat_per_second)
        # The senders and ids of messages that only the sender sees, and may answer like any other.
        self._unheard: deque[tuple[str, str]] = deque(maxlen=limits.CHAT_TAIL_MESSAGES)
        self.handlers = {Say: self.say, MuteViewer: self.mute, UnmuteViewer: self.unmute}
        self.hears = {"chat": self.hear_chat, "muted": self.hear_muted}

    @classmethod
    def of(cls, session: Session) -> "Chat":
        """Return that of a session."""
        return cast(Chat, session.parts[NAME])

    async def said_by(self, viewer_id: str) -> list[str]:
        """Return the ids of what a viewer said, of the messages that are still shown."""
        _, tail = await self._session.live.likes_and_chat()
        shown = (*ChatPart.of(self._session.state).pinned, *tail)
        return list(dict.fromkeys(each.id for each in shown if each.viewer.id == viewer_id))

    async def take_away(self, viewer_id: str) -> None:
        """Keep what a viewer said from those who join from here on; the log is told nothing."""
        for chat_id in await self.said_by(viewer_id):
            self._session.broadcast.forget_chat(chat_id)
            await self._session.live.chat_delete(chat_id)

    async def say(self, command: Say, asker: Asker) -> None:
        """Add a message to the chat; its sender sees it in any case.

        Raises Conflict for a blocked word, NotFound for an answer to a message that is not known,
        RateLimited in slow mode and beyond a viewer's share.
        """
        assert asker.viewer is not None and asker.viewer.identity is not None, "it needs a token"
        identity, session = asker.viewer.identity, self._session
        session.state.require_open()
        moderates = identity.role >= Role.MODERATOR
        if not moderates and await self._words.find(command.text):
            raise Conflict("the message has a word that is blocked here")
        if command.reply_to is not None:
            await self._require_known(command.reply_to, identity.viewer_id)
        reply = await session.live.say(
            Person.of(identity),
            command.text,
            per_second_max=session.node.settings.chat_per_second,
            slow_ms=0 if moderates else ChatPart.of(session.state).slow_ms,
            share=self._share,
            reply_to=command.reply_to,
        )
        asker.answer(messages.ok(asker.ref, id=reply.message.id))
        if reply.outcome is SayOutcome.SENT:
            session.broadcast.add_chat(reply.message)
            await session.peers.publish("chat", as_message(reply.message))
        else:
            self._unheard.append((identity.viewer_id, reply.message.id))
            # On all its connections: a mute that one of them gives away is none.
            session.mailbox.tell(identity.viewer_id, messages.chat([reply.message]))
            await session.peers.post()

    async def mute(self, command: MuteViewer, asker: Asker) -> None:
        """Show a viewer's messages to nobody else, and tell those who moderate.

        Raises NotAllowed for one whose role is not lower, Conflict where a higher role muted it.
        """
        by = asker.identity or HOUSE
        await self._session.require_below(command.viewer_id, by, "mute")
        until_ms = await self._session.live.mute(command.viewer_id, command.duration_ms, by.role)
        await self._tell_muted(messages.viewer_muted(command.viewer_id, until_ms))
        asker.answer(messages.ok(asker.ref))

    async def unmute(self, command: UnmuteViewer, asker: Asker) -> None:
        """Let a viewer be heard again.

        Raises NotAllowed for the sender itself, Forbidden where a higher role muted it, Conflict
        for one who is not muted.
        """
        by = asker.identity or HOUSE
        if command.viewer_id == by.viewer_id:
            raise NotAllowed("nobody can unmute themselves")
        if not await self._session.live.unmute(command.viewer_id, by.role):
            raise Conflict(f"{command.viewer_id} is not muted")
        now_ms = self._session.clock.now_ms()
        await self._tell_muted(messages.viewer_muted(command.viewer_id, now_ms))
        asker.answer(messages.ok(asker.ref))

    def hear_chat(self, body: dict[str, Any]) -> None:
        """Show a message that another node took."""
        self._session.broadcast.add_chat(decode_as(body, ChatMessage))

    def hear_muted(self, message: dict[str, Any]) -> None:
        """Tell those who moderate here of a mute on another node."""
        self._session.audience.write_to_staff(frame(message), Role.MODERATOR)

    def applied(self, event: Event) -> None:
        """Show a deleted message no longer."""
        if isinstance(event, ChatDeleted):
            self._session.broadcast.forget_chat(event.id)

    async def pushed(self, events: Iterable[Event]) -> None:
        """Take deleted messages out of the tail that new nodes and viewers get."""
        for event in events:
            if isinstance(event, ChatDeleted):
                await self._session.live.chat_delete(event.id)

    async def look_up(self, command: Any) -> ChatMessage | None:
        """Return the message that a command names, if it is still there."""
        if not isinstance(command, DeleteChat | PinChat | UnpinChat):
            return None
        known = self._session.broadcast.chat_message(command.id)
        known = known or await self._session.live.chat_get(command.id)
        if known is None and isinstance(command, DeleteChat):
            # It has left the chat, and its text is still in the log if it was pinned.
            pinned = self._session.node.stores[PinnedMessages]
            known = await pinned.find(self._session.session_id, command.id)
        if known is not None and isinstance(command, PinChat):
            return await self._without_sealed_name(known)
        return known

    async def _require_known(self, chat_id: str, sender: str) -> None:
        """Raise NotFound unless a message is in the tail, pinned, or seen by its sender only."""
        if self._session.broadcast.chat_message(chat_id) is not None:
            return
        pinned = ChatPart.of(self._session.state).pinned
        if any(message.id == chat_id for message in pinned):
            return
        if (sender, chat_id) in self._unheard:
            return
        if await self._session.live.chat_get(chat_id) is None:
            raise NotFound("chat message", chat_id)

    async def _without_sealed_name(self, message: ChatMessage) -> ChatMessage:
        """Return a message as the log may have it for good: without a name that is kept sealed."""
        author = message.viewer
        if author.id not in await self._session.node.people.names_of([author.id]):
            return message
        return replace(message, viewer=replace(author, name=NAMELESS))

    async def _tell_muted(self, message: Message) -> None:
        self.hear_muted(message)
        await self._session.peers.publish("muted", message)


def _share_of(per_second_max: int) -> Share:
    """Return how much of the messages of a session one viewer may say."""
    part = per_second_max / limits.CHAT_VIEWER_PART
    per_second, burst = (min(most, part) for most in limits.CHAT_VIEWER_RATE)
    return Share(step_ms=round(1000 / per_second), burst=max(1, int(burst)))
