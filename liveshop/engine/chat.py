"""Chat and mutes: the messages of viewers, and who is heard."""

from typing import Any

from liveshop.core import messages
from liveshop.core.errors import Conflict
from liveshop.core.model import ChatMessage, Person, Status
from liveshop.core.roles import Identity, Role
from liveshop.core.wire import Message, as_message, decode_as, frame
from liveshop.engine.blocked_words import BlockedWords
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.rooms.session import Session
from liveshop.stores.redis.live_records import SayOutcome

_QUIET = (Status.DRAFT, Status.ENDED)


class Chat:
    """Says, mutes, and takes in what was said on other nodes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._words = BlockedWords(session)

    def require_open(self) -> None:
        """Raise Conflict where nobody may say or like anything."""
        if self._session.state.status in _QUIET:
            raise Conflict(f"the session is {self._session.state.status}")

    async def say(self, identity: Identity, text: str, asker: Asker) -> None:
        """Add a message to the chat; its sender sees it in any case.

        Raises Conflict for a blocked word, RateLimited in slow mode.
        """
        self.require_open()
        moderates = identity.role >= Role.MODERATOR
        if not moderates and await self._words.find(text):
            raise Conflict("the message has a word that is blocked here")
        reply = await self._session.live.say(
            Person(id=identity.viewer_id, name=identity.name),
            text,
            per_second_max=self._session.node.settings.chat_per_second,
            slow_ms=0 if moderates else self._session.state.chat_slow_ms,
        )
        asker.answer(messages.ok(asker.ref, id=reply.message.id))
        if reply.outcome is SayOutcome.SENT:
            self._session.broadcast.add_chat(reply.message)
            await self._session.peers.publish("chat", as_message(reply.message))
        else:
            # On all its connections: a mute that one of them gives away is none.
            self._session.mailbox.tell(identity.viewer_id, messages.chat([reply.message]))
            await self._session.peers.post()

    async def mute(self, viewer_id: str, duration_ms: int | None) -> None:
        """Show a viewer's messages to nobody else, and tell those who moderate."""
        until_ms = await self._session.live.mute(viewer_id, duration_ms)
        await self._tell_muted(messages.viewer_muted(viewer_id, until_ms))

    async def unmute(self, viewer_id: str) -> None:
        """Let a viewer be heard again, or raise Conflict if it is not muted."""
        if not await self._session.live.unmute(viewer_id):
            raise Conflict(f"{viewer_id} is not muted")
        now_ms = self._session.clock.now_ms()
        await self._tell_muted(messages.viewer_muted(viewer_id, now_ms))

    def receive(self, body: dict[str, Any]) -> None:
        """Show a message that another node took."""
        self._session.broadcast.add_chat(decode_as(body, ChatMessage))

    def receive_muted(self, message: dict[str, Any]) -> None:
        """Tell those who moderate here of a mute on another node."""
        self._session.audience.write_to_staff(frame(message), Role.MODERATOR)

    async def _tell_muted(self, message: Message) -> None:
        self.receive_muted(message)
        await self._session.peers.publish("muted", message)
