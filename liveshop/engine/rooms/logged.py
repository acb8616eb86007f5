"""A session as Postgres has it, with which a room begins, and begins again."""

from dataclasses import dataclass

from liveshop.core.events import Event
from liveshop.core.model import Row
from liveshop.core.session import SessionState
from liveshop.stores.postgres.session_records import SessionRecord
from liveshop.stores.postgres.sessions import Sessions


@dataclass(frozen=True, slots=True)
class LoggedSession:
    """A session's record and whole log, and the state before its first event.

    `rows` are no older than `seq`, that of its totals.
    """

    record: SessionRecord
    first_state: SessionState
    events: list[Event]
    seq: int
    rows: list[Row]


async def read_session(sessions: Sessions, session_id: str) -> LoggedSession:
    """Read a session; NotFound where there is none."""
    record, events = await sessions.get(session_id), await sessions.log(session_id)
    totals = await sessions.totals(session_id)
    first = sessions.vocabulary.new_state(record.info, record.info.first_status)
    return LoggedSession(record, first, events, totals.version, await sessions.rows(session_id))
