"""The chat's order: messages taken away or kept on top, how often one may speak, which words."""

from collections.abc import Mapping
from typing import Annotated, Any, assert_never, cast

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import replace

from liveshop.core import errors, limits
from liveshop.core.commands import ALWAYS, OPEN, Command, HostCommand, Rate, ViewerCommand
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import KnownEvent
from liveshop.core.fields import BlockedWord, ChatText, Id
from liveshop.core.model import ChatMessage
from liveshop.core.roles import Role
from liveshop.core.session import Part, SessionState
from liveshop.core.unseen import flaw_of
from liveshop.features.chat.spelling import noted, read

NAME = "chat"


class Say(Command, frozen=True, kw_only=True, tag="say"):
    """Say something in the chat; `reply_to` is the id of a message that it answers."""

    feature = NAME
    needs = Role.VIEWER
    when = OPEN
    rate = Rate("chat", *limits.CHAT_RATE)
    text: ChatText
    reply_to: Id | None = None

    def __post_init__(self) -> None:
        if (flaw := flaw_of(self.text)) is not None:
            raise ValueError(f"`text` {flaw}")


class MuteViewer(ViewerCommand, frozen=True, kw_only=True, tag="viewer.mute"):
    """Show a viewer's messages to nobody but the viewer; without `duration_ms`, for the session."""

    feature = NAME
    needs = Role.MODERATOR
    duration_ms: Annotated[int, Meta(ge=1, le=limits.MUTE_MS_MAX)] | None = None


class UnmuteViewer(ViewerCommand, frozen=True, kw_only=True, tag="viewer.unmute"):
    """Let a muted viewer be heard again."""

    feature = NAME
    needs = Role.MODERATOR


class DeleteChat(HostCommand, frozen=True, kw_only=True, tag="chat.delete"):
    """Take a chat message away for everyone."""

    feature = NAME
    needs = Role.MODERATOR
    when = ALWAYS
    id: Id


class PinChat(HostCommand, frozen=True, kw_only=True, tag="chat.pin"):
    """Keep a chat message on top."""

    feature = NAME
    needs = Role.MODERATOR
    id: Id


class UnpinChat(HostCommand, frozen=True, kw_only=True, tag="chat.unpin"):
    """Let a pinned chat message go."""

    feature = NAME
    needs = Role.MODERATOR
    when = ALWAYS
    id: Id


class SlowChat(HostCommand, frozen=True, kw_only=True, tag="chat.slow"):
    """Let each viewer say something once in `interval_ms`; 0 ends that."""

    feature = NAME
    needs = Role.MODERATOR
    interval_ms: Annotated[int, Meta(ge=0, le=limits.CHAT_SLOW_MS_MAX)]


class BlockWords(HostCommand, frozen=True, kw_only=True, tag="chat.block"):
    """Refuse messages that have one of these words; the list replaces the one before."""

    feature = NAME
    needs = Role.MODERATOR
    words: Annotated[list[BlockedWord], Meta(max_length=limits.BLOCKED_WORDS_MAX)]


class ChatDeleted(KnownEvent, frozen=True, kw_only=True, tag="chat.deleted"):
    """A chat message was taken away."""

    feature = NAME
    id: str


class ChatPinned(KnownEvent, frozen=True, kw_only=True, tag="chat.pinned"):
    """A chat message stays on top; `message` is the whole of it."""

    feature = NAME
    id: str
    message: ChatMessage


class ChatUnpinned(KnownEvent, frozen=True, kw_only=True, tag="chat.unpinned"):
    """A pinned chat message was let go."""

    feature = NAME
    id: str


class ChatSlowed(KnownEvent, frozen=True, kw_only=True, tag="chat.slowed"):
    """Each viewer may say something once in `interval_ms`; 0: as often as before."""

    feature = NAME
    interval_ms: int


class ChatBlocked(KnownEvent, frozen=True, kw_only=True, tag="chat.blocked"):
    """The list of blocked words was replaced by one of `count`; the words are for moderators."""

    feature = NAME
    count: int


COMMANDS = (
    Say,
    MuteViewer,
    UnmuteViewer,
    DeleteChat,
    PinChat,
    UnpinChat,
    SlowChat,
    BlockWords,
)
EVENTS = (ChatDeleted, ChatPinned, ChatUnpinned, ChatSlowed, ChatBlocked)
ChatEvent = ChatDeleted | ChatPinned | ChatUnpinned | ChatSlowed | ChatBlocked
Moderation = DeleteChat | PinChat | UnpinChat | SlowChat | BlockWords


class SaveWords(Struct, frozen=True, kw_only=True):
    """The blocked words from here on, which are kept next to the log: its readers are viewers."""

    words: tuple[str, ...]


class ForgetText(Struct, frozen=True, kw_only=True):
    """The text of a deleted message goes from the log, which has it if it was ever pinned."""

    id: str


class ChatPart(Part, frozen=True, kw_only=True):
    """The chat's part of a session's state.

    `pinned` are the messages on top, the oldest first. `words_offset` is that of the event which
    last replaced the blocked words.
    """

    pinned: tuple[ChatMessage, ...] = ()
    slow_ms: int = 0
    words_offset: int = 0

    @classmethod
    def of(cls, state: SessionState) -> "ChatPart":
        """Return the chat's part of a state."""
        return cast(ChatPart, state.parts[NAME])

    def decide(
        self, state: SessionState, command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        """Decide what a moderator asks for; facts have the message that a command names."""
        match cast(Moderation, command):
            case SlowChat() as slow:
                return self._slow(state, slow, facts)
            case BlockWords() as block:
                return _block_words(state, block, facts)
            case moderation:
                return self._moderate(state, moderation, facts)

    def after(self, event: KnownEvent) -> "ChatPart":
        """Return the chat's part after one of its events."""
        match cast(ChatEvent, event):
            case ChatPinned(message=message):
                return replace(self, pinned=(*self.pinned, message))
            case ChatUnpinned(id=chat_id) | ChatDeleted(id=chat_id):
                kept = tuple(message for message in self.pinned if message.id != chat_id)
                return replace(self, pinned=kept)
            case ChatSlowed(interval_ms=interval_ms):
                return replace(self, slow_ms=interval_ms)
            case ChatBlocked(offset=offset):
                return replace(self, words_offset=offset)
            case _ as never:
                assert_never(never)

    def shown(self, gauge: Any) -> Mapping[str, Any]:
        """Return the slow mode, where there is one, and the messages on top."""
        slow = {"chat_slow_ms": self.slow_ms} if self.slow_ms else {}
        return {**slow, "chat_pinned": to_builtins(self.pinned)}

    def _moderate(
        self, state: SessionState, command: DeleteChat | PinChat | UnpinChat, facts: Facts
    ) -> Decision:
        """Decide about one message.

        Moderation goes on after the end, since late viewers see the chat; pinning does not.
        """
        offset, at_ms, chat_id = state.offset + 1, facts.now_ms, command.id
        pinned = next((message for message in self.pinned if message.id == chat_id), None)
        message = pinned or facts.found.get(NAME)
        if message is None:
            raise errors.NotFound("chat message", chat_id)
        match command:
            case DeleteChat():
                deleted = ChatDeleted(offset=offset, at_ms=at_ms, id=chat_id)
                return Decision(events=(deleted,), writes=(ForgetText(id=chat_id),))
            case UnpinChat():
                if pinned is None:
                    raise errors.Conflict("the message is not pinned")
                return Decision(events=(ChatUnpinned(offset=offset, at_ms=at_ms, id=chat_id),))
            case PinChat():
                state.refuse_ended()
                if pinned is not None:
                    raise errors.Conflict("the message is pinned already")
                if len(self.pinned) >= limits.CHAT_PINS_MAX:
                    raise errors.LimitReached("pinned messages", limit=limits.CHAT_PINS_MAX, left=0)
                kept = ChatPinned(offset=offset, at_ms=at_ms, id=chat_id, message=message)
                return Decision(events=(kept,))
            case _:
                assert_never(command)

    def _slow(self, state: SessionState, command: SlowChat, facts: Facts) -> Decision:
        state.refuse_ended()
        if command.interval_ms == self.slow_ms:
            raise errors.Conflict("the chat is that slow already")
        slowed = ChatSlowed(
            offset=state.offset + 1, at_ms=facts.now_ms, interval_ms=command.interval_ms
        )
        return Decision(events=(slowed,))


def _block_words(state: SessionState, command: BlockWords, facts: Facts) -> Decision:
    """Decide which words are refused; the event, which all see, does not say them."""
    state.refuse_ended()
    # Marks are kept, so that the next release may compare them in another way.
    once = {read(word).text: noted(word) for word in reversed(command.words)}
    words = tuple(word for text, word in reversed(once.items()) if text)
    blocked = ChatBlocked(offset=state.offset + 1, at_ms=facts.now_ms, count=len(words))
    return Decision(events=(blocked,), writes=(SaveWords(words=words),))
