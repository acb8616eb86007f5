"""A host changes what a session says of itself: the start before it, the rest until its end."""

from typing import Any

import msgspec
import pytest

from liveshop.core import errors, wire
from liveshop.core.commands import EndSession, PauseSession, StartSession, UpdateSession
from liveshop.core.events import SessionUpdated
from liveshop.core.model import Status
from liveshop.core.session import SessionState
from liveshop.core.stream import for_viewers
from tests.core.world import NOW_MS, STREAM, CoreWorld
from tests.vocabulary import VOCABULARY

_OTHER = "https://video.example/other.m3u8"
_COVER = "https://pictures.example/cover.jpg"


def _in_status(status: Status) -> CoreWorld:
    world = CoreWorld(Status.DRAFT if status is Status.DRAFT else Status.SCHEDULED)
    if not status.is_planned:
        world.do(StartSession())
    if status is Status.PAUSED:
        world.do(PauseSession())
    if status is Status.ENDED:
        world.do(EndSession())
    return world


def _details(state: SessionState) -> dict[str, Any]:
    info = state.info
    return {
        "title": info.title,
        "starts_at_ms": info.starts_at_ms,
        "stream_url": info.stream_url,
        "cover_url": info.cover_url,
    }


def test_an_update_says_all_that_holds_from_there_on() -> None:
    world = CoreWorld(Status.SCHEDULED)
    assert world.do(UpdateSession(title="Spring drop", cover_url=_COVER)) == (
        SessionUpdated(
            offset=1,
            at_ms=NOW_MS,
            status=Status.SCHEDULED,
            title="Spring drop",
            starts_at_ms=None,
            stream_url=STREAM,
            cover_url=_COVER,
        ),
    )
    assert _details(world.state) == {
        "title": "Spring drop", "starts_at_ms": None, "stream_url": STREAM, "cover_url": _COVER,
    }  # fmt: skip


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Spring drop"),
        ("starts_at_ms", NOW_MS + 60_000),
        ("stream_url", _OTHER),
        ("stream_url", None),
        ("cover_url", _COVER),
    ],
)
def test_a_start_changes_before_the_show_and_all_else_until_its_end(
    status: Status, field: str, value: Any
) -> None:
    world = _in_status(status)
    before, command = world.state, UpdateSession(**{field: value})
    if status is Status.ENDED or (field == "starts_at_ms" and not status.is_planned):
        with pytest.raises(errors.Conflict):
            world.do(command)
        assert world.state == before
    else:
        world.do(command)
        assert _details(world.state) == {**_details(before), field: value}


@pytest.mark.parametrize(
    ("status", "starts_at_ms", "becomes"),
    [
        (Status.DRAFT, NOW_MS, Status.SCHEDULED),
        (Status.SCHEDULED, NOW_MS, Status.SCHEDULED),
        (Status.SCHEDULED, None, Status.DRAFT),
    ],
)
def test_a_session_with_a_start_is_scheduled_and_one_without_a_draft(
    status: Status, starts_at_ms: int | None, becomes: Status
) -> None:
    world = _in_status(status)
    if starts_at_ms is None:
        world.do(UpdateSession(starts_at_ms=NOW_MS + 1))
    (event,) = world.do(UpdateSession(starts_at_ms=starts_at_ms))
    assert wire.event_message(event)["status"] == becomes
    assert (world.state.status, world.state.info.starts_at_ms) == (becomes, starts_at_ms)


def test_a_new_title_makes_no_draft_of_a_session_without_a_start() -> None:
    world = CoreWorld(Status.SCHEDULED)  # as a rehearsal begins
    world.do(UpdateSession(title="Spring drop"))
    assert world.state.status is Status.SCHEDULED


def test_an_update_that_changes_nothing_is_a_conflict() -> None:
    world = CoreWorld(Status.LIVE)
    for command in (
        UpdateSession(title="Autumn drop"),
        UpdateSession(title="Autumn drop", stream_url=STREAM, starts_at_ms=None, cover_url=None),
    ):
        with pytest.raises(errors.Conflict):
            world.do(command)
    # A start that stays as it is may be said with what changes.
    world.do(UpdateSession(title="Spring drop", starts_at_ms=None))
    assert world.state.info.title == "Spring drop"


def test_an_update_of_nothing_is_a_bad_request_that_names_the_fields() -> None:
    with pytest.raises(errors.BadRequest) as refusal:
        VOCABULARY.command({"type": "session.update"})
    for name in ("title", "starts_at_ms", "stream_url", "cover_url"):
        assert f"`{name}`" in refusal.value.message


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.PAUSED])
def test_viewers_are_not_told_the_stream_of_an_update_outside_of_the_show(status: Status) -> None:
    world = _in_status(status)
    (event,) = world.do(UpdateSession(stream_url=_OTHER))
    # Not by the log of a show that has gone live since, either.
    for live in (True, False):
        told = wire.event_message(for_viewers(event, live=live))
        assert told == {**wire.event_message(event), "stream_url": None}
    assert wire.event_message(event)["stream_url"] == _OTHER


def test_viewers_of_a_live_show_are_told_its_new_stream() -> None:
    world = CoreWorld(Status.LIVE)
    (event,) = world.do(UpdateSession(stream_url=_OTHER))
    assert for_viewers(event, live=True) == event
    assert wire.event_message(for_viewers(event, live=False))["stream_url"] is None


@pytest.mark.parametrize(
    "cover_url",
    ["https://a.example/c.jpg", "/uploads/5f2b.jpg", "https://a.example", "https://[::1]/c"],
)
def test_a_cover_is_a_picture_over_https_or_a_path_of_this_server(cover_url: str) -> None:
    command = VOCABULARY.command({"type": "session.update", "cover_url": cover_url})
    assert msgspec.to_builtins(command)["cover_url"] == cover_url


@pytest.mark.parametrize(
    "cover_url",
    ["http://a.example/c.jpg", "//a.example/c", "/", "/\\a.example", "javascript:alert(1)", "",
     "https://", "https:///c.jpg", "data:image/png;base64,AA", "c.jpg", 5,
     "https://a.example/" + "x" * 2_000],
)  # fmt: skip
def test_another_cover_is_refused_by_the_name_of_its_field(cover_url: Any) -> None:
    with pytest.raises(errors.BadRequest) as refusal:
        VOCABULARY.command({"type": "session.update", "cover_url": cover_url})
    assert refusal.value.message.startswith("`cover_url`")
