"""Blocked words in Postgres, next to the log: viewers read that, too. Messages pinned in it."""

from functools import lru_cache
from pathlib import Path
from typing import cast

from liveshop.core import wire
from liveshop.core.decision import Decision
from liveshop.core.model import ChatMessage
from liveshop.features.chat.rules import ChatBlocked, ForgetText, SaveWords
from liveshop.features.chat.words import WordFilter
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.postgres.sessions import blank_text
from liveshop.stores.postgres.stores import Stores

_SQL = load_queries(Path(__file__).with_name("chat.sql"))


@lru_cache(maxsize=64)
def _filter_of(words: tuple[str, ...]) -> WordFilter:
    """Return what finds these words, which takes milliseconds to make of many."""
    return WordFilter(words)


class BlockedWordLists:
    """The blocked words of all sessions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, session_id: str) -> list[str]:
        """Return the words that a session's chat refuses."""
        record = await self._database.fetchrow(_SQL["read_words"], session_id)
        return [] if record is None else list(record["words"])

    async def block(self, session_id: str, text: str) -> bool:
        """Return True if a text has a word that a session's chat refuses."""
        words = await self.of(session_id)
        return bool(words) and _filter_of(tuple(words)).finds(text)


class PinnedMessages:
    """The messages that the logs of all sessions in one database have, as they were pinned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, session_id: str, chat_id: str) -> ChatMessage | None:
        """Return a message that was once pinned, None if there is none or its text has gone."""
        record = await self._database.fetchrow(_SQL["find_pinned"], session_id, chat_id)
        if record is None:
            return None
        return cast(ChatMessage, wire.decode_as(wire.decode_object(record[0]), ChatMessage))


async def forget_text(connection: Connection, session_id: str, write: ForgetText) -> None:
    """Take the text of a message out of the log, in the transaction that deletes it."""
    await blank_text(connection, session_id, write.id)


async def save_words(connection: Connection, session_id: str, write: SaveWords) -> None:
    """Replace a session's blocked words, in the transaction of the event that says so."""
    await connection.execute(_SQL["save_words"], session_id, write.words)


async def copied_words(stores: Stores, session_id: str, offset: int, at_ms: int) -> Decision:
    """Return what gives a copy of a session the same blocked words."""
    words = await stores[BlockedWordLists].of(session_id)
    if not words:
        return Decision(events=())
    blocked = ChatBlocked(offset=offset, at_ms=at_ms, count=len(words))
    return Decision(events=(blocked,), writes=(SaveWords(words=tuple(words)),))
