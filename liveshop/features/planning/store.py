"""The origins of sessions that are copies of others, in PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path

from liveshop.core import wire
from liveshop.features.planning.rules import SaveOrigin
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries

_SQL = load_queries(Path(__file__).with_name("planning.sql"))


class Origins:
    """The origins of all sessions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, session_ids: Sequence[str]) -> dict[str, SaveOrigin]:
        """Return the origins of those of the sessions that are copies."""
        rows = await self._database.fetch(_SQL["read_origins"], session_ids)
        return {
            row["session_id"]: wire.decode_as(wire.decode_object(row["body"]), SaveOrigin)
            for row in rows
        }


async def save_origin(connection: Connection, session_id: str, write: SaveOrigin) -> None:
    """Keep the origin of a session, in the transaction that makes it."""
    body = wire.encode_one(write).decode()
    await connection.execute(_SQL["save_origin"], session_id, write.source_id, body)
