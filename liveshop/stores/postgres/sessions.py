"""Sessions: their log, their units and their epoch."""

from collections.abc import Sequence

from liveshop.core.decision import Decision
from liveshop.core.events import Event
from liveshop.core.model import Bought, Row, Status, Totals
from liveshop.core.session import SessionInfo
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.records import Head, Rebuild, SessionPage, SessionRecord


class Sessions:
    """The sessions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, info: SessionInfo, status: Status, created_ms: int) -> SessionRecord:
        """Store a new session; Conflict if the id is taken."""
        raise NotImplementedError

    async def get(self, session_id: str) -> SessionRecord:
        """Return a session, or raise NotFound."""
        raise NotImplementedError

    async def page(self, *, after: int | None, limit: int, drafts: bool) -> SessionPage:
        """Return sessions, newest first, from `after` on; drafts only if asked for."""
        raise NotImplementedError

    async def append(
        self, session_id: str, decision: Decision, status: Status, *, expected_offset: int
    ) -> bool:
        """Append a decision's events and move its units, in one transaction.

        Returns False, and changes nothing, where the log has gone on beyond `expected_offset`:
        read the newer events and decide again. Raises SoldOut where the catalogue has too little,
        NotFound where it lacks a SKU. After OutcomeUnknown, read the log.
        """
        raise NotImplementedError

    async def events(self, session_id: str, *, after: int, limit: int) -> list[Event]:
        """Return events in the order of offsets, from the one after `after`."""
        raise NotImplementedError

    async def heads(self, session_ids: Sequence[str]) -> dict[str, Head]:
        """Return how far each of the sessions is."""
        raise NotImplementedError

    async def unsettled(self) -> list[str]:
        """Return the sessions that were started and still have units of the catalogue."""
        raise NotImplementedError

    async def rows(self, session_id: str) -> list[Row]:
        """Return all rows of units."""
        raise NotImplementedError

    async def totals(self, session_id: str) -> Totals:
        """Return what is confirmed so far; NotFound for an unknown session."""
        raise NotImplementedError

    async def raise_epoch(self, session_id: str, seen_epoch: int) -> Rebuild | None:
        """Raise the epoch from `seen_epoch`, and read what Redis is rebuilt from.

        None where another node was first. Afterwards no order of an older epoch can commit.
        """
        raise NotImplementedError

    async def quotas(
        self, session_id: str, *, after: tuple[str, str] | None, limit: int
    ) -> list[Bought]:
        """Return what buyers have bought, by (scope, buyer), from the one after `after`."""
        raise NotImplementedError

    async def settle(self, session_id: str) -> bool:
        """Return what an ended session has not sold to the catalogue; True once that is done.

        False while the session goes on or an order waits for its money. To be called when no
        reservation is left. Done again, it changes nothing.
        """
        raise NotImplementedError
