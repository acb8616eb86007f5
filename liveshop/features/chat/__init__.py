"""The chat of a show, and its order: pins, deletions, slow mode, blocked words, mutes.

A feature that people have a name in asks `BlockedWordLists` whether it may be shown, and by `Chat`
and `DeleteChat` it takes away what one of them has said.
"""

from liveshop.core.feature import Feature
from liveshop.core.model import ChatMessage
from liveshop.features.chat.http import operations
from liveshop.features.chat.rehearsal import ChatRehearsal
from liveshop.features.chat.room import Chat
from liveshop.features.chat.rules import (
    COMMANDS,
    EVENTS,
    NAME,
    ChatPart,
    DeleteChat,
    ForgetText,
    SaveWords,
)
from liveshop.features.chat.store import BlockedWordLists, copied_words, forget_text, save_words

__all__ = ("CHAT", "BlockedWordLists", "Chat", "DeleteChat")

CHAT = Feature(
    name=NAME,
    commands=COMMANDS,
    events=EVENTS,
    part=ChatPart(),
    room=Chat,
    # `chat_slow_ms` is left out where it is 0.
    shown=(("chat_slow_ms", int, 0), ("chat_pinned", list[ChatMessage])),
    rehearsal=ChatRehearsal,
    writers={SaveWords: save_words, ForgetText: forget_text},
    copied=copied_words,
    operations=operations,
)
