"""The blocked words of chats in Postgres, next to the log: viewers read the log, too."""

from pathlib import Path

from liveshop.features.chat.rules import SaveWords
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL = load_queries(Path(__file__).with_name("chat.sql"))


class BlockedWordLists:
    """The blocked words of all sessions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, session_id: str) -> list[str]:
        """Return the words that a session's chat refuses."""
        record = await self._database.fetchrow(_SQL["read_words"], session_id)
        return [] if record is None else list(record["words"])


async def save_words(connection: Connection, session_id: str, write: SaveWords) -> None:
    """Replace a session's blocked words, in the transaction of the event that says so."""
    await connection.execute(_SQL["save_words"], session_id, write.words)
