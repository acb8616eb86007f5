"""The details of a session: what its host may change of it, and until when."""

from msgspec import UNSET
from msgspec.structs import replace

from liveshop.core import errors
from liveshop.core.commands import SESSION_DETAILS, UpdateSession
from liveshop.core.decision import Decision, Facts
from liveshop.core.events import SessionUpdated
from liveshop.core.session import SessionInfo, SessionState


def update_session(state: SessionState, command: UpdateSession, facts: Facts) -> Decision:
    """Decide what a session says of itself; its start changes only before the show."""
    state.refuse_ended()
    info = _changed(state.info, command)
    if info == state.info:
        raise errors.Conflict("the session says so already")
    status = state.status
    if info.starts_at_ms != state.info.starts_at_ms:
        if not status.is_planned:
            raise errors.Conflict(f"the session is {status}, its start is over")
        status = info.first_status
    updated = SessionUpdated(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        status=status,
        title=info.title,
        starts_at_ms=info.starts_at_ms,
        stream_url=info.stream_url,
        cover_url=info.cover_url,
    )
    return Decision(events=(updated,))


def _changed(info: SessionInfo, command: UpdateSession) -> SessionInfo:
    given = {name: getattr(command, name) for name in SESSION_DETAILS}
    return replace(info, **{name: value for name, value in given.items() if value is not UNSET})
