"""The chat's order: messages taken away or kept on top, how often one may speak, which words."""

from typing import assert_never

from liveshop.core import errors, limits
from liveshop.core.commands import BlockWords, DeleteChat, PinChat, SlowChat, UnpinChat
from liveshop.core.decision import Decision, Facts
from liveshop.core.events import ChatBlocked, ChatDeleted, ChatPinned, ChatSlowed, ChatUnpinned
from liveshop.core.session import SessionState
from liveshop.core.words import folded


def moderate(
    state: SessionState, command: DeleteChat | PinChat | UnpinChat, facts: Facts
) -> Decision:
    """Decide about one message.

    Moderation goes on after the end, since late viewers see the chat; pinning does not.
    """
    offset, at_ms, chat_id = state.offset + 1, facts.now_ms, command.id
    pinned = next((message for message in state.chat_pinned if message.id == chat_id), None)
    message = pinned or facts.chat
    if message is None:
        raise errors.NotFound("chat message", chat_id)
    match command:
        case DeleteChat():
            return Decision(events=(ChatDeleted(offset=offset, at_ms=at_ms, id=chat_id),))
        case UnpinChat():
            if pinned is None:
                raise errors.Conflict("the message is not pinned")
            return Decision(events=(ChatUnpinned(offset=offset, at_ms=at_ms, id=chat_id),))
        case PinChat():
            state.refuse_ended()
            if pinned is not None:
                raise errors.Conflict("the message is pinned already")
            if len(state.chat_pinned) >= limits.CHAT_PINS_MAX:
                raise errors.LimitReached("pinned messages", limit=limits.CHAT_PINS_MAX, left=0)
            kept = ChatPinned(offset=offset, at_ms=at_ms, id=chat_id, message=message)
            return Decision(events=(kept,))
        case _:
            assert_never(command)


def slow_chat(state: SessionState, command: SlowChat, facts: Facts) -> Decision:
    """Decide how long a viewer waits between two messages."""
    state.refuse_ended()
    if command.interval_ms == state.chat_slow_ms:
        raise errors.Conflict("the chat is that slow already")
    slowed = ChatSlowed(
        offset=state.offset + 1, at_ms=facts.now_ms, interval_ms=command.interval_ms
    )
    return Decision(events=(slowed,))


def block_words(state: SessionState, command: BlockWords, facts: Facts) -> Decision:
    """Decide which words are refused; the event, which all see, does not say them."""
    state.refuse_ended()
    words = tuple(dict.fromkeys(filter(None, map(folded, command.words))))
    blocked = ChatBlocked(offset=state.offset + 1, at_ms=facts.now_ms, count=len(words))
    return Decision(events=(blocked,), words=words)
