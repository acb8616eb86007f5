"""Sessions that begin with a shelf: stored with their first events and units, all or none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from liveshop.core.activity import Activity
from liveshop.core.decision import Decision
from liveshop.core.feature import Vocabulary
from liveshop.core.session import SessionInfo
from liveshop.stores.postgres.activity import add_within
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import queries
from liveshop.stores.postgres.sessions import allocate, insert_events, session_columns

_SQL = {**queries("sessions"), **queries("beginnings")}
_EVENTS_AT_ONCE = 20  # each may be a product of many variants


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A new session, what happens in it first, and its entry of the activity log."""

    info: SessionInfo
    decision: Decision
    activity: Activity | None = None


# Decides how sessions begin that were not there yet, from the free units of the catalogue by SKU.
Begin: TypeAlias = Callable[[Sequence[SessionInfo], dict[str, int]], Awaitable[Sequence[Beginning]]]


class Beginnings:
    """Stores sessions that begin like another one, in one database."""

    def __init__(self, database: Database, vocabulary: Vocabulary) -> None:
        self._database = database
        self._vocabulary = vocabulary

    async def store(
        self,
        source_id: str,
        infos: Sequence[SessionInfo],
        skus: Sequence[str],
        begin: Begin,
        created_ms: int,
    ) -> list[str]:
        """Store those sessions that are not there yet, in one transaction; return their ids.

        `begin` is called under the locks of all `skus`, and not if there is nothing to store. An
        error of it leaves everything as it was. May be repeated: nothing is stored twice.
        """
        async with self._database.transaction() as connection:
            # Two requests for the same copies would wait for each other's sessions and units.
            await connection.execute(_SQL["one_at_a_time"], source_id)
            new = [info for info in infos if await _create(connection, info, created_ms)]
            if not new:
                return []
            # Sessions come first: others who insert the same one wait before they lock a variant.
            locked = await connection.fetch(_SQL["lock_variants"], skus) if skus else []
            for beginning in await begin(new, dict(locked)):
                await self._begin(connection, beginning)
        return [info.id for info in new]

    async def allocated(self, session_id: str) -> dict[str, int]:
        """Return the units of each SKU that a session was ever given, whatever became of them."""
        cause = f"allocated:{session_id}"
        args = (session_id, f"{cause}:", f"{cause};")
        rows = await self._database.fetch(_SQL["allocated"], *args)
        return {row["sku"]: row["units"] for row in rows}

    async def _begin(self, connection: Connection, beginning: Beginning) -> None:
        info, decision = beginning.info, beginning.decision
        events = decision.events
        # In parts, because encoding a full shelf at once would hold everybody up.
        for first in range(0, len(events), _EVENTS_AT_ONCE):
            some = events[first : first + _EVENTS_AT_ONCE]
            await insert_events(connection, info.id, some)
        if events:
            head, at_ms = events[-1].offset, events[-1].at_ms
            args = (info.id, 0, head, info.first_status, at_ms)
            await connection.execute(_SQL["move_head"], *args)
            if decision.moves:
                await allocate(connection, info.id, head, decision.moves)
        for write in decision.writes:
            await self._vocabulary.writers[type(write)](connection, info.id, write)
        if beginning.activity is not None:
            await add_within(connection, beginning.activity)


async def _create(connection: Connection, info: SessionInfo, created_ms: int) -> bool:
    columns = session_columns(info, info.first_status, created_ms)
    return bool(await connection.fetch(_SQL["create_session"], *columns))
