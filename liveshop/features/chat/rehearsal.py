"""The chat in a rehearsal: what is said, by whom it is not heard, and which words are refused."""

from collections.abc import Mapping
from typing import Annotated, Any, assert_never

from msgspec import Meta

from liveshop.core import errors, limits
from liveshop.core.commands import Command
from liveshop.core.decision import SystemCommand
from liveshop.core.events import Event
from liveshop.core.fields import BlockedWord, Instant
from liveshop.core.model import ChatMessage, Person
from liveshop.core.rehearsal import Rehearsal, RehearsalPart, RehearsedChat, Shown
from liveshop.core.roles import Identity, Role
from liveshop.features.chat.rules import (
    BlockWords,
    ChatDeleted,
    ChatPart,
    DeleteChat,
    MuteViewer,
    PinChat,
    Say,
    UnmuteViewer,
    UnpinChat,
)
from liveshop.features.chat.words import WordFilter


class ChatRehearsal(RehearsalPart):
    """Says, mutes and keeps words as a room does; the crowd is held to the rules of viewers.

    `words` are the blocked words, `muted` has until when viewers are, None for the session.
    """

    shown = (
        ("chat_slow_ms", Annotated[int, Meta(ge=0, le=limits.CHAT_SLOW_MS_MAX)], 0),
        ("chat_pinned", Annotated[list[RehearsedChat], Meta(max_length=limits.CHAT_PINS_MAX)]),
    )
    keeps = (
        ("words", Annotated[list[BlockedWord], Meta(max_length=limits.BLOCKED_WORDS_MAX)], []),
        ("muted", dict[Shown, Instant | None], {}),
    )
    commands = (Say, MuteViewer, UnmuteViewer)

    def __init__(self, rehearsal: Rehearsal, before: Any) -> None:
        self._rehearsal = rehearsal
        self._words: list[str] = before.words
        self._muted: dict[str, int | None] = dict(before.muted)

    @classmethod
    def restored(cls, before: Any) -> ChatPart:
        """Return the chat's part: the messages on top, and the slow mode."""
        session = before.session
        pinned = tuple(line.message() for line in session.chat_pinned)
        return ChatPart(pinned=pinned, slow_ms=session.chat_slow_ms)

    def execute(self, command: Say | MuteViewer | UnmuteViewer, by: Identity) -> None:
        """Say something, mute a viewer or let it be heard again."""
        match command:
            case Say():
                self._say(command, by)
            case MuteViewer(viewer_id=viewer_id, duration_ms=duration_ms):
                if viewer_id == by.viewer_id:
                    raise errors.NotAllowed("nobody can mute themselves")
                until_ms = None if duration_ms is None else self._rehearsal.now_ms + duration_ms
                self._muted[viewer_id] = until_ms
            case UnmuteViewer(viewer_id=viewer_id):
                if viewer_id == by.viewer_id:
                    raise errors.NotAllowed("nobody can unmute themselves")
                if not self._is_muted(viewer_id):
                    raise errors.Conflict(f"{viewer_id} is not muted")
                del self._muted[viewer_id]
            case _:
                assert_never(command)

    def look_up(self, command: Any) -> ChatMessage | None:
        """Return the message that a command names, if it is still there."""
        if not isinstance(command, DeleteChat | PinChat | UnpinChat):
            return None
        return next((line for line in self._rehearsal.chat if line.id == command.id), None)

    def decided(self, command: Command | SystemCommand, events: tuple[Event, ...]) -> None:
        """Keep the words that are blocked from here on, and show deleted messages no longer."""
        if isinstance(command, BlockWords):
            self._words = list(dict.fromkeys(command.words))
        if gone := {event.id for event in events if isinstance(event, ChatDeleted)}:
            chat = self._rehearsal.chat
            self._rehearsal.chat = [line for line in chat if line.id not in gone]

    def kept(self) -> Mapping[str, Any]:
        """Return the blocked words and the mutes."""
        return {"words": self._words, "muted": self._muted}

    def _say(self, command: Say, by: Identity) -> None:
        now_ms, chat = self._rehearsal.now_ms, self._rehearsal.chat
        self._rehearsal.state.require_open()
        if by.role < Role.MODERATOR:
            if WordFilter(self._words).finds(command.text):
                raise errors.Conflict("the message has a word that is blocked here")
            self._refuse_haste(by.viewer_id)
        known = (*chat, *ChatPart.of(self._rehearsal.state).pinned)
        if command.reply_to is not None and all(each.id != command.reply_to for each in known):
            raise errors.NotFound("chat message", command.reply_to)
        if self._is_muted(by.viewer_id):
            return  # heard by nobody else, and nobody is told
        same_ms = sum(line.at_ms == now_ms for line in chat)
        message = ChatMessage(
            id=f"{now_ms}-{same_ms}",
            at_ms=now_ms,
            viewer=Person.of(by),
            text=command.text,
            reply_to=command.reply_to,
        )
        self._rehearsal.chat = [*chat, message][-limits.CHAT_TAIL_MESSAGES :]

    def _refuse_haste(self, viewer_id: str) -> None:
        """Raise RateLimited for a viewer whose last message is too new for the slow mode."""
        said_ms = [line.at_ms for line in self._rehearsal.chat if line.viewer.id == viewer_id]
        if not said_ms:
            return
        wait_ms = said_ms[-1] + ChatPart.of(self._rehearsal.state).slow_ms - self._rehearsal.now_ms
        if wait_ms > 0:
            raise errors.RateLimited(retry_after_ms=wait_ms)

    def _is_muted(self, viewer_id: str) -> bool:
        until_ms = self._muted.get(viewer_id, 0)
        return until_ms is None or until_ms > self._rehearsal.now_ms
