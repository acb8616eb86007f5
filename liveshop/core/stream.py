"""The address of a show's video: staff always know it, viewers only while the show is live."""

from msgspec.structs import replace

from liveshop.core.events import (
    Event,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    SessionUpdated,
)
from liveshop.core.model import Status
from liveshop.core.session import SessionState


def shown_stream(state: SessionState) -> str | None:
    """Return the address that viewers are shown."""
    return state.info.stream_url if state.status is Status.LIVE else None


def hides_stream(state: SessionState) -> bool:
    """Whether staff know an address that viewers are not shown."""
    return state.info.stream_url is not None and state.status is not Status.LIVE


def is_about_stream(event: Event) -> bool:
    """Whether an event tells viewers an address, or that there is none."""
    return isinstance(
        event, SessionStarted | SessionPaused | SessionResumed | SessionEnded | SessionUpdated
    )


def for_viewers(event: Event, *, live: bool) -> Event:
    """Return an event as viewers are told it; `live` is whether the show is live by now.

    If a log was told as it is, everybody could watch a paused show by the address of its start.
    """
    match event:
        case SessionStarted(stream_url=str()) | SessionResumed(stream_url=str()) if not live:
            return replace(event, stream_url=None)
        case SessionUpdated() if not live or event.status is not Status.LIVE:
            return replace(event, stream_url=None)
        case _:
            return event
