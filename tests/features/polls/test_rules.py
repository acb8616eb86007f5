"""Polls are opened, closed by hand, by their time or with the session, and told as they ended."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from liveshop.core.activity import object_of
from liveshop.core.commands import EndSession, PauseSession, ResumeSession
from liveshop.core.decide import due
from liveshop.core.errors import BadRequest, Conflict, LimitReached, NotFound
from liveshop.core.events import SessionEnded
from liveshop.core.model import Status
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.features.polls.rules import GUESTS, SaveRight
from liveshop.features.polls.vocabulary import (
    EVENTS,
    POLLS_OPEN_MAX,
    SCORE_MAX,
    ClosePoll,
    EndPoll,
    OpenPoll,
    PollChoice,
    PollClosed,
    PollOpened,
)
from liveshop.stores.redis.projection import project
from tests.core.world import NOW_MS
from tests.features.polls.world import PollWorld, opening
from tests.vocabulary import VOCABULARY


def test_a_poll_is_named_by_the_offset_of_its_opening() -> None:
    world = PollWorld()
    events = world.do(opening("Blue", "Sand", duration_ms=60_000, show="voted"))
    assert events == (
        PollOpened(
            offset=2,
            at_ms=NOW_MS,
            poll=2,
            question="Which?",
            choices=[PollChoice(label="Blue"), PollChoice(label="Sand")],
            kind="choice",
            show="voted",
            ends_at_ms=NOW_MS + 60_000,
            guests=False,
        ),
    )
    assert list(world.polls.open) == [2]


def test_closing_tells_the_counts_of_the_box_in_the_order_of_the_choices() -> None:
    world = PollWorld()
    poll = world.open("Blue", "Sand", "Red")
    world.counts[poll] = {2: 655, 0: 212}
    assert world.do(ClosePoll(poll=poll)) == (
        PollClosed(
            offset=3, at_ms=NOW_MS, poll=2, counts=[212, 0, 655], total=867, reason="manual"
        ),
    )
    assert (world.polls.open, world.polls.closed) == ({}, (2,))


def test_guests_are_in_the_counts_and_told_apart() -> None:
    world = PollWorld()
    poll = world.open(guests=True)
    world.counts[poll] = {0: 5, 1: 1, GUESTS: 2, GUESTS + 1: 30}
    (closed,) = world.do(ClosePoll(poll=poll))
    assert to_builtins(closed) == {
        "type": "poll.closed",
        "offset": 3,
        "at_ms": NOW_MS,
        "poll": 2,
        "counts": [7, 31],
        "total": 38,
        "guests": 32,
        "reason": "manual",
    }


def test_a_score_is_of_zero_to_ten() -> None:
    world = PollWorld()
    world.do(OpenPoll(question="How was it?", kind="score"))
    world.counts[2] = {0: 1, SCORE_MAX: 4}
    (closed,) = world.do(ClosePoll(poll=2))
    assert isinstance(closed, PollClosed)
    assert closed.counts == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]


def test_the_right_answer_is_beside_the_log_until_the_end() -> None:
    world = PollWorld()
    decision = world.decide(opening(right=1))
    assert decision.writes == (SaveRight(poll=2, choice=1),)
    assert "right" not in to_builtins(decision.events[0])
    world.open(right=1)
    assert "right" not in str(_session(world, {}))
    world.right = {2: 1}
    (closed,) = world.do(ClosePoll(poll=2))
    assert isinstance(closed, PollClosed)
    assert closed.right == 1


def test_a_poll_without_a_right_answer_keeps_nothing_and_tells_none() -> None:
    world = PollWorld()
    assert world.decide(opening()).writes == ()
    world.open()
    (closed,) = world.do(ClosePoll(poll=2))
    assert to_builtins(closed).keys() == {
        *("type", "offset", "at_ms", "poll", "counts", "total", "reason")
    }


def test_a_poll_ends_at_its_time_and_not_before() -> None:
    world = PollWorld()
    poll = world.open(duration_ms=5_000)
    world.open()
    assert world.polls.due_ms() == NOW_MS + 5_000
    assert list(due(world.state, {}, NOW_MS + 4_999)) == []
    with pytest.raises(Conflict):
        world.decide(EndPoll(poll=poll, reason="timer"))
    assert list(due(world.state, {}, NOW_MS + 5_000)) == [EndPoll(poll=poll, reason="timer")]
    world.now_ms = NOW_MS + 5_000
    (closed,) = world.do(EndPoll(poll=poll, reason="timer"))
    assert isinstance(closed, PollClosed)
    assert (closed.poll, closed.reason) == (poll, "timer")
    assert (list(due(world.state, {}, NOW_MS + 9_000)), world.polls.due_ms()) == ([], None)


def test_a_poll_without_an_end_is_never_over_by_its_time() -> None:
    world = PollWorld()
    poll = world.open()
    with pytest.raises(Conflict):
        world.decide(EndPoll(poll=poll, reason="timer"))
    (closed,) = world.do(EndPoll(poll=poll, reason="manual"))
    assert isinstance(closed, PollClosed)
    assert closed.reason == "manual"


def test_the_session_ends_after_its_polls() -> None:
    world = PollWorld()
    first, second = world.open(), world.open()
    world.counts = {first: {0: 1}, second: {1: 2}}
    events = world.do(EndSession())
    assert events == (
        PollClosed(
            offset=4, at_ms=NOW_MS, poll=first, counts=[1, 0], total=1, reason="session_end"
        ),
        PollClosed(
            offset=5, at_ms=NOW_MS, poll=second, counts=[0, 2], total=2, reason="session_end"
        ),
        SessionEnded(offset=6, at_ms=NOW_MS),
    )
    assert world.polls.open == {}


def test_polls_change_nothing_that_is_sold() -> None:
    world = PollWorld()
    world.shelve("shirt")
    before = project(world.state)
    poll = world.open()
    world.do(ClosePoll(poll=poll))
    assert project(world.state) == replace(before, offset=world.state.offset)
    assert not any(kind.sells for kind in EVENTS)


def test_polls_open_and_close_in_a_pause() -> None:
    world = PollWorld()
    world.do(PauseSession())
    poll = world.open()
    world.do(ClosePoll(poll=poll))
    world.do(ResumeSession())
    assert world.polls.closed == (poll,)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.ENDED])
def test_polls_are_opened_in_a_show_that_is_on(status: Status) -> None:
    with pytest.raises(Conflict):
        PollWorld(status).decide(opening())


def test_a_fourth_open_poll_is_beyond_the_limit() -> None:
    world = PollWorld()
    first, *_ = [world.open() for _ in range(POLLS_OPEN_MAX)]
    with pytest.raises(LimitReached):
        world.open()
    world.do(ClosePoll(poll=first))
    world.open()


def test_a_choice_may_be_a_product_of_the_shelf_and_no_other() -> None:
    world = PollWorld()
    with pytest.raises(NotFound):
        world.decide(
            opening(choices=[PollChoice(label="A", product_id="mug"), PollChoice(label="B")])
        )


def test_a_closed_poll_and_one_that_never_was_are_refused_differently() -> None:
    world = PollWorld()
    poll = world.open()
    world.do(ClosePoll(poll=poll))
    with pytest.raises(Conflict):
        world.decide(ClosePoll(poll=poll))
    with pytest.raises(Conflict):
        world.decide(EndPoll(poll=poll, reason="manual"))
    with pytest.raises(NotFound):
        world.decide(ClosePoll(poll=1))


@pytest.mark.parametrize(
    "fields",
    [
        {"choices": [{"label": "A"}]},
        {"choices": [{"label": "A"}] * 2},
        {"choices": [{"label": str(number)} for number in range(7)]},
        {"choices": [{"label": ""}, {"label": "B"}]},
        {"choices": [{"label": "A" * 41}, {"label": "B"}]},
        {"choices": [{"label": "A", "price": 1}, {"label": "B"}]},
        {"choices": [{"label": "A", "image": "javascript:1"}, {"label": "B"}]},
        {"right": 2},
        {"right": -1},
        {"question": ""},
        {"question": "?" * 121},
        {"question": "a\nb"},
        {"duration_ms": 4_999},
        {"duration_ms": 3_600_001},
        {"kind": "score"},
        {"kind": "score", "choices": [], "right": 1},
        {"kind": "quiz"},
        {"show": "never"},
        {"guests": 1},
    ],
)
def test_a_poll_with_a_bad_field_is_a_bad_request(fields: dict[str, Any]) -> None:
    good = {
        "type": "poll.open",
        "question": "Which?",
        "choices": [{"label": "A"}, {"label": "B", "product_id": "mug"}],
    }
    assert isinstance(VOCABULARY.command(good), OpenPoll)
    with pytest.raises(BadRequest):
        VOCABULARY.command(good | fields)


@pytest.mark.parametrize(
    "fields", [{"choice": -1}, {"choice": 11}, {"poll": 0}, {"choice": "1"}, {"visitor": ""}]
)
def test_a_vote_with_a_bad_field_is_a_bad_request(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        VOCABULARY.command({"type": "vote", "poll": 2, "choice": 1} | fields)


def test_the_snapshot_has_the_open_polls_and_no_field_where_there_is_none() -> None:
    world = PollWorld()
    assert "polls" not in _session(world, {})
    poll = world.open(show="end")
    world.open(choices=[PollChoice(label="A", image="/a.png"), PollChoice(label="B")])
    assert _session(world, {})["polls"] == [
        {
            "poll": poll,
            "question": "Which?",
            "choices": [{"label": "Blue"}, {"label": "Sand"}],
            "kind": "choice",
            "show": "end",
            "ends_at_ms": None,
            "guests": False,
            "total": 0,
        },
        {
            "poll": 3,
            "question": "Which?",
            "choices": [{"label": "A", "image": "/a.png"}, {"label": "B"}],
            "kind": "choice",
            "show": "live",
            "ends_at_ms": None,
            "guests": False,
            "counts": [0, 0],
        },
    ]
    gauge = {"2": 7, "3": [4, 1]}
    assert [each.get("counts", each.get("total")) for each in _session(world, gauge)["polls"]] == [
        7,
        [4, 1],
    ]


_COUNTS = st.dictionaries(
    st.sampled_from([0, 1, 2, GUESTS, GUESTS + 1, GUESTS + 2]), st.integers(0, 10**6)
)


@given(_COUNTS, st.booleans())
def test_until_its_end_a_poll_that_shows_at_the_end_tells_only_how_many(
    counts: dict[int, int], guests: bool
) -> None:
    world = PollWorld()
    world.open("A", "B", "C", show="end", guests=guests)
    shown = world.polls.open[2].gauge(counts)
    # The same for every way in which as many could have voted: nothing else can be read from it.
    assert shown == sum(counts.values())
    assert shown == world.polls.open[2].gauge({0: sum(counts.values())})
    session = _session(world, {"2": shown})["polls"][0]
    assert (session["total"], "counts" in session) == (sum(counts.values()), False)


@given(_COUNTS)
def test_the_result_adds_up(counts: dict[int, int]) -> None:
    world = PollWorld()
    world.open("A", "B", "C", guests=True)
    world.counts[2] = counts
    (closed,) = world.do(ClosePoll(poll=2))
    assert isinstance(closed, PollClosed)
    assert sum(closed.counts) == closed.total == sum(counts.values())
    assert closed.guests == sum(n for choice, n in counts.items() if choice >= GUESTS)


def _session(world: PollWorld, gauge: dict[str, Any]) -> dict[str, Any]:
    gauges = Gauges.of(
        world.state, {}, viewers=0, likes=0, buying=True, parts={"polls": gauge} if gauge else {}
    )
    return snapshot(world.state, gauges, (), NOW_MS)


def test_the_activity_log_says_which_poll_was_closed() -> None:
    assert object_of(ClosePoll(poll=41)) == "41"
    assert object_of(opening()) is None
