"""The work under the lock of a session's row: taking it, and reading counters to copy."""

from collections.abc import Sequence
from typing import Any, Protocol

import asyncpg

from liveshop.core.errors import NotFound
from liveshop.core.model import Bought, Row, Totals
from liveshop.stores.postgres.database import Connection
from liveshop.stores.postgres.order_records import Copies
from liveshop.stores.postgres.queries import queries

_SQL = queries("session_lock")


class Reader(Protocol):
    """Anything that reads rows: a connection in a transaction, or the whole Database."""

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """Return the rows of a query."""


async def lock_session(connection: Connection, session_id: str) -> asyncpg.Record:
    """Lock a session's row until the transaction ends, and return it; NotFound if unknown.

    Every transaction takes this lock before any other, and rows of the catalogue in the order of
    their SKUs after it, so that none waits for another in a circle.
    """
    record = await connection.fetchrow(_SQL["lock_session"], session_id)
    if record is None:
        raise NotFound("session", session_id)
    return record


async def copies_of(reader: Reader, session_id: str, order_ids: Sequence[str]) -> Copies:
    """Return every counter that the orders touch, as it is now."""
    rows = await reader.fetch(_SQL["rows_of_orders"], session_id, order_ids)
    bought = await reader.fetch(_SQL["bought_of_orders"], session_id, order_ids)
    session = await _read_session(reader, session_id)
    return Copies(
        rows=[row_of(record) for record in rows],
        bought=[bought_of(record) for record in bought],
        totals=totals_of(session),
        epoch=session["stock_epoch"],
        settled=session["settled"],
    )


async def read_totals(reader: Reader, session_id: str) -> Totals:
    """Return what is confirmed so far; NotFound for an unknown session."""
    return totals_of(await _read_session(reader, session_id))


async def _read_session(reader: Reader, session_id: str) -> asyncpg.Record:
    records = await reader.fetch(_SQL["session_totals"], session_id)
    if not records:
        raise NotFound("session", session_id)
    return records[0]


def row_of(record: Sequence[Any]) -> Row:
    """Read a row of units from `row, units, sold, version`."""
    row, units, sold, version = record
    return Row(row=row, units=units, sold=sold, version=version)


def bought_of(record: Sequence[Any]) -> Bought:
    """Read a buyer's count from `buyer, scope, bought, version`."""
    buyer, scope, quantity, version = record
    return Bought(buyer=buyer, scope=scope, quantity=quantity, version=version)


def totals_of(session: asyncpg.Record) -> Totals:
    """Read the totals from a session's record."""
    return Totals(
        orders=session["orders"],
        units=session["units"],
        revenue=session["revenue"],
        version=session["seq"],
    )
