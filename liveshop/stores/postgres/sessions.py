"""Sessions: their log, their units and their epoch."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from liveshop.core import wire
from liveshop.core.activity import Activity
from liveshop.core.decision import Decision, Move
from liveshop.core.errors import Conflict, NotFound, SoldOut
from liveshop.core.events import Event, SessionUpdated
from liveshop.core.feature import Vocabulary
from liveshop.core.limits import EVENTS_PER_READ_MAX
from liveshop.core.model import Bought, Row, Status, Totals
from liveshop.core.session import SessionInfo
from liveshop.stores.postgres.activity import add_within
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.locked import (
    bought_of,
    lock_session,
    read_totals,
    row_of,
)
from liveshop.stores.postgres.orders import read_pending
from liveshop.stores.postgres.queries import queries
from liveshop.stores.postgres.session_records import Head, Rebuild, SessionPage, SessionRecord

_SQL = queries("sessions")


class Sessions:
    """The sessions in one database; their events are those of a vocabulary."""

    def __init__(self, database: Database, vocabulary: Vocabulary) -> None:
        self._database = database
        self.vocabulary = vocabulary

    async def create(self, info: SessionInfo, status: Status, created_ms: int) -> SessionRecord:
        """Store a new session; Conflict if the id is taken."""
        columns = session_columns(info, status, created_ms)
        records = await self._database.commit(_SQL["create_session"], *columns)
        if not records:
            raise Conflict(f"there is a session {info.id} already")
        return _session(records[0])

    async def get(self, session_id: str) -> SessionRecord:
        """Return a session, or raise NotFound."""
        record = await self._database.fetchrow(_SQL["read_session"], session_id)
        if record is None:
            raise NotFound("session", session_id)
        return _session(record)

    async def page(
        self, *, after: int | None, limit: int, drafts: bool, shop: str | None = None
    ) -> SessionPage:
        """Return sessions, of one `shop` or all, newest first, from `after` on.

        Drafts are among them only if asked for.
        """
        args = (after, limit + 1, drafts, shop)
        records = await self._database.fetch(_SQL["page_of_sessions"], *args)
        sessions = [_session(record) for record in records[:limit]]
        return SessionPage(
            sessions=sessions, next=sessions[-1].number if len(records) > limit else None
        )

    async def append(
        self,
        session_id: str,
        decision: Decision,
        status: Status,
        *,
        expected_offset: int,
        activity: Activity | None = None,
    ) -> list[Row] | None:
        """Append a decision's events and move its units, in one transaction; return changed rows.

        The entry of the activity log, if there is one, is part of it.

        Returns None, and changes nothing, if the log has gone on beyond `expected_offset`: read
        the newer events and decide again. Raises SoldOut where the catalogue has too little,
        NotFound where it lacks a SKU. After OutcomeUnknown, read the log.
        """
        events = decision.events
        assert events and events[0].offset == expected_offset + 1
        head, at_ms = events[-1].offset, events[-1].at_ms
        changed: list[asyncpg.Record] = []
        async with self._database.transaction(session_id) as connection:
            args = (session_id, expected_offset, head, status, at_ms)
            if not await connection.fetch(_SQL["move_head"], *args):
                return None
            await insert_events(connection, session_id, events)
            await _keep_details(connection, session_id, events)
            if decision.moves:
                changed += await allocate(connection, session_id, head, decision.moves)
            if decision.rows:
                names = [row.row for row in decision.rows]
                units = [row.units for row in decision.rows]
                changed += await connection.fetch(_SQL["create_rows"], session_id, names, units)
            for write in decision.writes:
                await self.vocabulary.writers[type(write)](connection, session_id, write)
            if activity is not None:
                await add_within(connection, activity)
        return [row_of(record) for record in changed]

    async def events(self, session_id: str, *, after: int, limit: int) -> list[Event]:
        """Return events in the order of offsets, from the one after `after`."""
        records = await self._database.fetch(_SQL["events_after"], session_id, after, limit)
        return [self.vocabulary.event(wire.decode_object(record["body"])) for record in records]

    async def log(self, session_id: str) -> list[Event]:
        """Return all events in the order of offsets, read page by page."""
        events: list[Event] = []
        while True:
            after = events[-1].offset if events else 0
            page = await self.events(session_id, after=after, limit=EVENTS_PER_READ_MAX)
            events += page
            if len(page) < EVENTS_PER_READ_MAX:
                return events

    async def heads(self, session_ids: Sequence[str]) -> dict[str, Head]:
        """Return how far each of the sessions is; unknown ones are left out."""
        records = await self._database.fetch(_SQL["heads"], session_ids)
        return {
            session_id: Head(offset=offset, epoch=epoch, settled=settled, seq=seq)
            for session_id, offset, epoch, settled, seq in records
        }

    async def unsettled(self) -> list[str]:
        """Return the sessions that were started and still have units of the catalogue."""
        return [record["id"] for record in await self._database.fetch(_SQL["unsettled"])]

    async def rows(self, session_id: str) -> list[Row]:
        """Return all rows of units."""
        return [row_of(record) for record in await self._database.fetch(_SQL["rows"], session_id)]

    async def totals(self, session_id: str) -> Totals:
        """Return what is confirmed so far; NotFound for an unknown session."""
        return await read_totals(self._database, session_id)

    async def raise_epoch(
        self, session_id: str, seen_epoch: int, *, epoch_min: int = 0
    ) -> Rebuild | None:
        """Raise the epoch from `seen_epoch`, and read what Redis is rebuilt from.

        It becomes `epoch_min` at least: Redis may know higher ones than an older Postgres does.
        None where another node was first. Afterwards no order of an older epoch can commit.
        """
        async with self._database.transaction(session_id) as connection:
            session = await connection.fetchrow(
                _SQL["raise_epoch"], session_id, seen_epoch, epoch_min
            )
            if session is None:
                return None
            return Rebuild(
                epoch=session["stock_epoch"],
                rows=[
                    row_of(record) for record in await connection.fetch(_SQL["rows"], session_id)
                ],
                pending=await read_pending(connection, session_id),
                newest_ms=session["newest_ms"],
            )

    async def quotas(
        self, session_id: str, *, after: tuple[str, str] | None, limit: int
    ) -> list[Bought]:
        """Return what buyers have bought, by (scope, buyer), from the one after `after`."""
        scope, buyer = after or ("", "")
        args = (session_id, scope, buyer, limit)
        return [bought_of(row) for row in await self._database.fetch(_SQL["quotas_after"], *args)]

    async def settle(self, session_id: str) -> bool:
        """Return what an ended session has not sold to the catalogue; True once that is done.

        False while the session goes on or an order waits for its money. To be called when no
        reservation is left. Done again, it changes nothing.
        """
        async with self._database.transaction(session_id) as connection:
            session = await lock_session(connection, session_id)
            if session["settled"]:
                return True
            if session["status"] != Status.ENDED:
                return False
            if await connection.fetch(_SQL["has_pending"], session_id):
                return False
            skus = [
                row["sku"] for row in await connection.fetch(_SQL["allocated_skus"], session_id)
            ]
            await connection.fetch(_SQL["lock_variants"], skus)
            await connection.execute(_SQL["return_units"], session_id)
        return True


async def blank_text(connection: Connection, session_id: str, message_id: str) -> None:
    """Take the text of a message out of all events that show it; the events stay."""
    await connection.execute(_SQL["blank_text"], session_id, message_id)


def session_columns(info: SessionInfo, status: Status, created_ms: int) -> tuple[Any, ...]:
    """Return what `create_session` stores of a new session."""
    return (
        info.id,
        info.title,
        status,
        info.starts_at_ms,
        info.currency,
        info.payment,
        info.hold_ms,
        info.stream_url,
        info.checkout_url,
        created_ms,
        info.shop,
        info.cover_url,
    )


async def insert_events(connection: Connection, session_id: str, events: Sequence[Event]) -> None:
    """Append events to a log whose head was moved on in this transaction."""
    messages = [wire.event_message(event) for event in events]
    await connection.execute(
        _SQL["insert_events"],
        session_id,
        [event.offset for event in events],
        [event.at_ms for event in events],
        [message["type"] for message in messages],
        [wire.encode_one(message).decode() for message in messages],
    )


async def _keep_details(connection: Connection, session_id: str, events: Sequence[Event]) -> None:
    """Write what a session says of itself into its row, which lists and a loading room read."""
    for event in events:
        if isinstance(event, SessionUpdated):
            await connection.execute(
                _SQL["update_session"],
                session_id,
                event.title,
                event.starts_at_ms,
                event.stream_url,
                event.cover_url,
            )


async def allocate(
    connection: Connection, session_id: str, offset: int, moves: Sequence[Move]
) -> list[asyncpg.Record]:
    """Move units out of the catalogue's stock; raises SoldOut, or NotFound for an unknown SKU."""
    units = {move.sku: move.units for move in moves}
    assert len(units) == len(moves), "a decision moves a SKU once"
    stock = dict(await connection.fetch(_SQL["lock_variants"], list(units)))
    for sku, wanted in units.items():
        if sku not in stock:
            raise NotFound("SKU", sku)
        if stock[sku] < wanted:
            raise SoldOut(sku, requested=wanted, left=stock[sku])
    changed: list[asyncpg.Record] = await connection.fetch(
        _SQL["allocate_units"], session_id, offset, list(units), list(units.values())
    )
    return changed


def _session(record: asyncpg.Record) -> SessionRecord:
    return SessionRecord(
        info=SessionInfo(
            id=record["id"],
            title=record["title"],
            currency=record["currency"],
            payment=record["payment"],
            hold_ms=record["hold_ms"],
            starts_at_ms=record["starts_at_ms"],
            stream_url=record["stream_url"],
            cover_url=record["cover_url"],
            checkout_url=record["checkout_url"],
            shop=record["shop"],
        ),
        status=Status(record["status"]),
        head_offset=record["head_offset"],
        stock_epoch=record["stock_epoch"],
        settled=record["settled"],
        created_ms=record["created_ms"],
        number=record["number"],
    )
