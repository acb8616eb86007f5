"""Polls in a rehearsal: decided as in a show, kept by the page, and stored nowhere."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from msgspec import to_builtins

from liveshop.core import errors, wire
from liveshop.core.commands import Command, StartSession
from liveshop.core.decide import due
from liveshop.core.model import Status
from liveshop.core.roles import Identity, Role
from liveshop.features.polls.rehearsal import REHEARSED_BALLOTS_MAX, REHEARSED_CLOSED_POLLS_MAX
from liveshop.features.polls.vocabulary import ClosePoll, EndPoll, OpenPoll, PollClosed, Vote
from liveshop.features.rehearsal.rules import Rehearsed
from tests.core.world import NOW_MS
from tests.edge.http.api import Api
from tests.features.polls.world import PollWorld, opening
from tests.features.rehearsal.rehearsed import (
    ADA,
    HOST,
    RehearsedShow,
    a_beginning,
    decoded,
    on_air,
)
from tests.features.rehearsal.steps import CROWD, START, beginning, step, stored

Json = dict[str, Any]
BO = Identity("bo", "Bo", Role.VIEWER)
MO = Identity("mo", "Mo", Role.MODERATOR)


def opened(show: RehearsedShow, /, *labels: str, **fields: object) -> int:
    """Open a poll in a rehearsal and return its offset; it is about blue or sand."""
    (event,) = show.do(opening(*labels, **fields)).events
    return event.offset


def result_of(step: Rehearsed) -> PollClosed:
    """Return the one event of a step, the result of a poll."""
    (closed,) = step.events
    assert isinstance(closed, PollClosed)
    return closed


def polls_of(show: RehearsedShow) -> list[Json]:
    polls: list[Json] = show.state["session"].get("polls", [])
    return polls


def test_the_first_vote_of_each_viewer_is_in_the_pulse_and_in_the_result() -> None:
    show = on_air()
    poll = opened(show)
    assert polls_of(show)[0]["counts"] == [0, 0]
    for by, choice in ((ADA, 1), (BO, 1), (ADA, 0), (HOST, 0)):
        assert show.do(Vote(poll=poll, choice=choice), by).events == []
    assert polls_of(show)[0]["counts"] == [1, 2]
    (closed,) = show.do(ClosePoll(poll=poll), MO).events
    assert to_builtins(closed) == {
        **{"type": "poll.closed", "offset": 3, "at_ms": NOW_MS, "poll": 2},
        **{"counts": [1, 2], "total": 3, "reason": "manual"},
    }
    assert polls_of(show) == []


def test_a_vote_after_the_end_is_refused_unless_one_was_stored_before() -> None:
    show = on_air()
    poll = opened(show)
    show.do(Vote(poll=poll, choice=1), ADA)
    show.do(ClosePoll(poll=poll))
    before = show.state
    show.do(Vote(poll=poll, choice=0), ADA)
    with pytest.raises(errors.Expired):
        show.do(Vote(poll=poll, choice=0), BO)
    assert show.state == before
    with pytest.raises(errors.Conflict, match="the poll is closed already"):
        show.do(ClosePoll(poll=poll))


def test_time_alone_ends_a_poll_with_the_votes_that_came_before() -> None:
    show = on_air()
    poll = opened(show, duration_ms=5_000)
    show.now_ms += 4_999
    show.do(Vote(poll=poll, choice=1), ADA)
    show.now_ms += 1
    with pytest.raises(errors.Expired):
        show.do(Vote(poll=poll, choice=0), BO)
    closed = result_of(show.do(None))
    assert (closed.counts, closed.reason) == ([0, 1], "timer")


def test_the_end_of_the_show_closes_its_polls_with_their_results() -> None:
    show = on_air()
    first, second = opened(show), opened(show, right=0)
    show.do(Vote(poll=first, choice=1), ADA)
    show.do(Vote(poll=second, choice=0), ADA)
    *closed, ended = [wire.event_message(each) for each in show.send("session.end").events]
    told = [(each["poll"], each["counts"], each.get("right"), each["reason"]) for each in closed]
    assert told == [(first, [0, 1], None, "session_end"), (second, [1, 0], 0, "session_end")]
    assert ended["type"] == "session.ended"


def test_counts_that_are_for_the_end_and_the_right_answer_are_not_told_before() -> None:
    show = on_air()
    poll = opened(show, show="end", right=1)
    show.do(Vote(poll=poll, choice=1), ADA)
    (shown,) = polls_of(show)
    assert (shown["total"], "counts" in shown, "right" in shown) == (1, False, False)
    closed = result_of(show.do(ClosePoll(poll=poll)))
    assert (closed.counts, closed.right) == ([0, 1], 1)


def test_a_vote_that_names_a_visitor_is_a_guests_and_is_counted_apart() -> None:
    show = on_air()
    closed_to_guests, poll = opened(show), opened(show, guests=True)
    with pytest.raises(errors.Unauthorized):
        show.do(Vote(poll=closed_to_guests, choice=0, visitor="v1"), ADA)
    for by, visitor in ((ADA, None), (ADA, "v1"), (HOST, "v1"), (HOST, "ada")):
        show.do(Vote(poll=poll, choice=1, visitor=visitor), by)
    assert polls_of(show)[1]["counts"] == [0, 3]
    closed = result_of(show.do(ClosePoll(poll=poll)))
    assert (closed.total, closed.guests) == (3, 2)


def test_a_score_takes_zero_to_ten_and_a_choice_that_is_none_is_refused() -> None:
    show = on_air()
    score, poll = opened(show, choices=[], kind="score"), opened(show)
    show.do(Vote(poll=score, choice=10), ADA)
    with pytest.raises(errors.BadRequest, match="the poll has 2"):
        show.do(Vote(poll=poll, choice=2), ADA)
    with pytest.raises(errors.NotFound):
        show.do(Vote(poll=99, choice=0), ADA)
    assert [each["counts"] for each in polls_of(show)] == [[0] * 10 + [1], [0, 0]]


@pytest.mark.parametrize("command", [opening(), ClosePoll(poll=2)], ids=["open", "close"])
def test_the_crowd_opens_and_closes_nothing(command: Command) -> None:
    show = on_air()
    opened(show)
    with pytest.raises(errors.Forbidden):
        show.do(command, ADA)


def test_nothing_is_asked_before_the_show_is_on() -> None:
    with pytest.raises(errors.Conflict):
        RehearsedShow().do(opening())


def test_the_votes_of_a_poll_and_the_closed_ones_that_are_kept_are_bounded() -> None:
    show = on_air()
    poll = opened(show)
    full = {f"u:{number}": 1 for number in range(REHEARSED_BALLOTS_MAX - 1)}
    show.state["ballot_boxes"][0]["ballots"] = full
    show.do(Vote(poll=poll, choice=0), ADA)
    with pytest.raises(errors.LimitReached):
        show.do(Vote(poll=poll, choice=0), BO)
    assert polls_of(show)[0]["counts"] == [1, REHEARSED_BALLOTS_MAX - 1]
    show.do(ClosePoll(poll=poll))
    more = [opened(show)]
    for _ in range(REHEARSED_CLOSED_POLLS_MAX):
        show.do(ClosePoll(poll=more[-1]))
        more.append(opened(show))
    assert [box["poll"] for box in show.state["ballot_boxes"]] == more
    with pytest.raises(errors.NotFound):
        show.do(ClosePoll(poll=poll))


def test_the_polls_of_a_rehearsal_read_back_as_what_they_were_written_from() -> None:
    show = on_air(a=1)
    closed = opened(show, right=1)
    show.do(Vote(poll=closed, choice=1), ADA)
    show.do(ClosePoll(poll=closed))
    choices = [{"label": "A", "product_id": "a", "image": "/a.png"}, {"label": "B"}]
    show.send("poll.open", question="Which?", choices=choices, duration_ms=60_000, guests=True)
    secret = opened(show, show="end")
    show.do(Vote(poll=secret, choice=0), ADA)
    before = show.state
    assert [len(box["ballots"]) for box in before["ballot_boxes"]] == [1, 0, 1]
    assert show.do(None).events == []
    assert show.state == before


def _spoiled(path: str, value: Any) -> Json:
    """Return the state of a rehearsal with two open polls but for the value at a path."""
    show = on_air()
    opened(show)
    opened(show, guests=True)
    *way, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    place: Any = show.state
    for each in way:
        place = place[each]
    place[last] = value
    return show.state


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("session.polls.1.poll", 0, "`session.polls[1].poll`"),
        ("session.polls.1.poll", 2, "`polls` has a poll twice"),
        ("session.polls.1.question", "", "`session.polls[1].question`"),
        ("session.polls.1.choices", [{"label": "A"}], "give at least 2 `choices`"),
        ("session.polls.1.choices", [{"label": "A"}] * 2, "two `choices` have the same label"),
        ("session.polls.1.kind", "score", "a poll for a score has no `choices`"),
        ("session.polls.1.ends_at_ms", -1, "`session.polls[1].ends_at_ms`"),
        ("session.polls.1.right", 1, "unknown field `right`"),
        ("session.polls", [{}], "`session.polls[0]`"),
        ("ballot_boxes.1.poll", 2, "`ballot_boxes` has a poll twice"),
        ("ballot_boxes.1.ballots", {"u:ada": 111}, "`ballot_boxes[1].ballots[...]`"),
        ("ballot_boxes.1.right", 6, "`ballot_boxes[1].right`"),
        ("ballot_boxes.1.open", True, "unknown field `open`"),
    ],
)
def test_polls_that_cannot_be_are_refused_by_the_name_of_their_field(
    path: str, value: Any, words: str
) -> None:
    with pytest.raises(errors.BadRequest) as refused:
        RehearsedShow(_spoiled(path, value)).do(None)
    assert words in refused.value.message


@pytest.mark.parametrize("name", ["session.polls", "ballot_boxes"])
def test_more_polls_than_a_show_can_have_are_refused(name: str) -> None:
    show = on_air()
    opened(show)
    place = show.state["session"] if name == "session.polls" else show.state
    place[name.removeprefix("session.")] *= 14
    with pytest.raises(errors.BadRequest, match=f"`{name}`"):
        decoded(show.state)


def test_a_rehearsal_may_begin_without_a_word_of_polls() -> None:
    beginning = a_beginning()
    assert "polls" not in beginning["session"]
    show = RehearsedShow(beginning)
    show.do(StartSession())
    opened(show)
    assert polls_of(show)[0]["counts"] == [0, 0]


# ---- the same decisions as in a real show --------------------------------------------------


class Reference:
    """The same polls as a room and its stores have them; each voter's first ballot counts."""

    def __init__(self) -> None:
        self.world = PollWorld(Status.SCHEDULED)
        self.world.do(StartSession())
        self.ballots: dict[int, dict[str, int]] = {}

    def do(self, command: OpenPoll | ClosePoll | Vote, by: Identity) -> list[Json]:
        """Carry a step out and return its events as messages."""
        before = len(self.world.log)
        self.pass_time()
        if isinstance(command, Vote):
            self._vote(command, by)
        else:
            self.world.do(command)
            if isinstance(command, OpenPoll) and command.right is not None:
                self.world.right = {**self.world.right, self.world.state.offset: command.right}
        return [wire.event_message(event) for event in self.world.log[before:]]

    def pass_time(self) -> None:
        """Close what is over by now."""
        for command in list(due(self.world.state, {}, self.world.now_ms)):
            assert isinstance(command, EndPoll)
            self.world.do(command)

    def _vote(self, command: Vote, by: Identity) -> None:
        poll = self.world.polls.open.get(command.poll)
        if poll is None and command.poll not in self.world.polls.closed:
            raise errors.NotFound("poll", str(command.poll))
        if poll is not None and command.choice >= poll.size:
            raise errors.BadRequest(f"`choice`: the poll has {poll.size}, from 0 on")
        ballots = self.ballots.setdefault(command.poll, {})
        if poll is None and by.viewer_id not in ballots:
            raise errors.Expired("the time to choose")
        ballots.setdefault(by.viewer_id, command.choice)
        self.world.counts[command.poll] = Counter(ballots.values())


def _any_step(dice: Random, newest: int) -> tuple[OpenPoll | ClosePoll | Vote, Identity]:
    poll = max(1, newest - dice.randint(0, 8))
    (kind,) = dice.choices(["open", "close", "vote"], [3, 2, 15])
    if kind == "vote":
        by = dice.choice([ADA, BO, HOST])
        return Vote(poll=poll, choice=dice.choice([0, 0, 1, 2, 10])), by
    if kind == "close":
        return ClosePoll(poll=poll), HOST
    fields: Json = dice.choice(
        [{}, {"right": 1}, {"show": "end"}, {"choices": [], "kind": "score"}]
    )
    return opening(duration_ms=dice.choice([None, 5_000, 20_000]), **fields), HOST


@pytest.mark.parametrize("seed", range(30))
def test_what_is_decided_on_polls_is_what_a_real_show_decides(seed: int) -> None:
    dice = Random(seed)
    show, reference = on_air(), Reference()
    for _ in range(60):
        command, by = _any_step(dice, reference.world.state.offset)
        show.now_ms = reference.world.now_ms = show.now_ms + dice.choice([0, 100, 2_500])
        closed = reference.world.polls.closed[:-REHEARSED_CLOSED_POLLS_MAX]
        if getattr(command, "poll", None) in closed:
            continue  # a rehearsal has forgotten it
        before = len(reference.world.log)
        try:
            expected = reference.do(command, by)
        except errors.LiveshopError as refusal:
            with pytest.raises(type(refusal)) as refused:
                show.do(command, by)
            assert refused.value.as_message() == refusal.as_message()
            # A refused step is thrown away whole, so the next one closes what is over.
            expected = [wire.event_message(each) for each in reference.world.log[before:]]
            assert [wire.event_message(each) for each in show.do(None).events] == expected
            continue
        told = [wire.event_message(event) for event in show.do(command, by).events]
        assert told == expected
        open_polls = reference.world.polls.open.values()
        gauges = [each.gauge(reference.world.counts.get(each.poll, {})) for each in open_polls]
        assert [each.get("counts", each.get("total")) for each in polls_of(show)] == gauges


@pytest.mark.feature("rehearsal")
def test_nothing_of_a_rehearsed_poll_is_written_to_the_stores(
    api: Api, postgres_url: str, redis_url: str
) -> None:
    session_id, _ = api.go_live()
    state = beginning(api, session_id)
    before = stored(api, postgres_url, redis_url, session_id)
    state = step(api.host, state, START)["state"]
    ask = {"type": "poll.open", "question": "Which?", "choices": [{"label": "A"}, {"label": "B"}]}
    asked = step(api.host, state, {**ask, "right": 1, "guests": True})
    poll = asked["events"][0]["poll"]
    vote = {"type": "vote", "poll": poll, "choice": 1}
    state = step(api.host, asked["state"], vote, CROWD)["state"]
    state = step(api.host, state, {**vote, "visitor": "v1"})["state"]
    assert state["ballot_boxes"] == [
        {"poll": poll, "ballots": {"u:ada": 1, "v:v1": 101}, "right": 1}
    ]
    closed = step(api.host, state, {"type": "poll.close", "poll": poll})
    assert closed["events"] == [
        {
            **{"type": "poll.closed", "offset": closed["state"]["session"]["offset"]},
            **{"at_ms": closed["state"]["session"]["now_ms"], "poll": poll, "counts": [0, 2]},
            **{"total": 2, "guests": 1, "right": 1, "reason": "manual"},
        }
    ]
    assert stored(api, postgres_url, redis_url, session_id) == before
