"""How a feature tells of its own tables: by a row of the outbox, in the same transaction."""

from pathlib import Path
from typing import Final

import asyncpg

from liveshop.core.wire import Message, encode_one
from liveshop.features.change_feed.rules import fits
from liveshop.stores.postgres.database import Connection
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("change_feed.sql"))
# The name by which work of a worker hears that there are new messages.
NEW_MESSAGES: Final = "new messages"


async def tell(
    connection: Connection | asyncpg.Connection,
    *,
    subject: str,
    kind: str,
    at_ms: int,
    data: Message,
    session_id: str | None = None,
    shop: str | None = None,
) -> None:
    """Tell a step of a subject: it is a message once the transaction has committed.

    Steps of a subject are told in the order of the commits of their transactions, if these lock
    something of the subject's first.
    """
    # Steps of these are numbered by their own logs: one more would stop the feed for everybody.
    assert not subject.startswith(("order/", "session/"))
    assert fits(data)
    told = encode_one(data).decode()
    await connection.execute(_SQL["told"], subject, kind, session_id, shop, at_ms, told)
