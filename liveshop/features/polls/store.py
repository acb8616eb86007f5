"""The right answers of polls in Postgres, next to the log: viewers read the log, too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from liveshop.features.polls.rules import SaveRight
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("polls.sql"))


class Polls:
    """The secrets of polls in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def right(self, session_id: str, polls: Sequence[int]) -> dict[int, int]:
        """Return the right answers, by poll, of those that have one."""
        return dict(await self._database.fetch(_SQL["right_answers"], session_id, list(polls)))


async def save_right(connection: Connection, session_id: str, write: SaveRight) -> None:
    """Keep the right answer of a poll, in the transaction of the event that opens it."""
    await connection.execute(_SQL["save_right"], session_id, write.poll, write.choice)
