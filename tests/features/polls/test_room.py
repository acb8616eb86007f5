"""Polls on nodes: votes are answered once they are stored, and the result has them all."""

import asyncio
from collections import Counter
from functools import partial

import pytest
import redis

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.roles import Role
from liveshop.features import FEATURES
from liveshop.features.ballots import SessionBallots
from tests.engine.world import Watcher, open_shop
from tests.features.polls.show import PollShow, voted
from tests.samples import sample
from tests.waiting import until


async def test_a_vote_is_answered_by_the_choice_that_is_stored(show: PollShow) -> None:
    poll = await show.open()
    ada, phone = await show.join("ada"), await show.join("ada")
    assert await show.vote(ada, poll, 1) == voted(poll, 1)
    assert await show.vote(ada, poll, 0) == voted(poll, 1)
    assert await show.vote(phone, poll, 0) == voted(poll, 1)
    (closed,) = await show.host("poll.close", poll=poll)
    assert (closed.counts, closed.total, closed.reason) == ([0, 1], 1, "manual")
    told = await ada.sees("poll.closed")
    assert told["counts"] == [0, 1]
    assert await show.audit() == []


async def test_viewers_on_two_nodes_see_the_same_counts_and_the_same_result(
    show: PollShow, redis_url: str, postgres_url: str
) -> None:
    poll = await show.open()
    async with open_shop(redis_url, postgres_url) as other:
        here, there = await show.join("ada"), await show.join("bo", on=other)
        await show.vote(here, poll, 0)
        await show.vote(there, poll, 1, on=other)
        for viewer in (here, there):
            await viewer.sees("pulse", polls={str(poll): [1, 1]})
        await show.host("poll.close", poll=poll)
        for viewer in (here, there):
            closed = await viewer.sees("poll.closed", poll=poll)
            assert (closed["counts"], closed["total"]) == ([1, 1], 2)
        late = await show.join("cy", on=other)
        assert "polls" not in late.of("session")[0]


async def test_a_voter_on_many_nodes_at_once_has_one_vote(
    show: PollShow, redis_url: str, postgres_url: str
) -> None:
    poll = await show.open()
    async with open_shop(redis_url, postgres_url) as other:
        answers = []
        for number in range(20):
            name = f"u{number}"
            here, there = await show.join(name), await show.join(name, on=other)
            pair = await asyncio.gather(
                show.vote(here, poll, 0), show.vote(there, poll, 1, on=other)
            )
            assert pair[0] == pair[1]
            answers.append(pair[0]["choice"])
        (closed,) = await show.host("poll.close", poll=poll)
        assert closed.counts == [Counter(answers)[0], Counter(answers)[1]]
        assert closed.total == 20


async def test_after_the_end_a_new_vote_is_expired_and_an_old_one_answered(show: PollShow) -> None:
    (poll, ada), bo = await show.voted(), await show.join("bo")
    await show.host("poll.close", poll=poll)
    assert await show.vote(ada, poll, 0) == voted(poll, 1)
    assert (await show.vote(bo, poll, 0))["code"] == "expired"
    assert await show.audit() == []


async def test_votes_that_cannot_be_are_refused_and_counted_nowhere(show: PollShow) -> None:
    poll = await show.open()
    ada, nobody = await show.join("ada"), await show.join()
    assert (await show.vote(ada, poll, 2))["code"] == "bad_request"
    assert (await show.vote(ada, poll - 1, 0))["code"] == "not_found"
    assert (await show.vote(ada, poll + 1, 0))["code"] == "not_found"
    assert (await show.vote(nobody, poll, 0))["code"] == "unauthorized"
    assert (await show.vote(nobody, poll, 0, visitor="v1"))["code"] == "unauthorized"
    counted = partial(sample, show.shop.engine.node.metrics, "ballots_refused_total")
    assert counted(code="bad_request") == 1
    assert counted(code="not_found") == 2
    assert counted(code="unauthorized") == 2
    (closed,) = await show.host("poll.close", poll=poll)
    assert closed.total == 0


async def test_guests_vote_where_they_may_and_are_told_apart(show: PollShow) -> None:
    poll = await show.open(guests=True)
    ada, guest = await show.join("ada"), await show.join()
    assert (await show.vote(guest, poll, 0))["code"] == "unauthorized"
    assert await show.vote(guest, poll, 0, visitor="v1") == voted(poll, 0)
    assert await show.vote(guest, poll, 1, visitor="v1") == voted(poll, 0)
    # A guest cannot take the name of a viewer.
    assert await show.vote(guest, poll, 1, visitor="ada") == voted(poll, 1)
    assert await show.vote(ada, poll, 0) == voted(poll, 0)
    (closed,) = await show.host("poll.close", poll=poll)
    assert (closed.counts, closed.total, closed.guests) == ([2, 1], 3, 2)
    assert await show.audit() == []


async def test_a_viewer_who_comes_back_is_told_its_own_votes_in_open_polls(
    show: PollShow, redis_url: str, postgres_url: str
) -> None:
    ada = await show.join("ada")
    assert "votes" not in ada.of("welcome")[0]
    first, second = await show.open(), await show.open()
    await show.vote(ada, first, 1)
    async with open_shop(redis_url, postgres_url) as other:
        again = await show.join("ada", on=other)
        assert again.of("welcome")[0]["votes"] == {str(first): 1}
        bo = await show.join("bo", on=other)
        assert bo.of("welcome")[0]["votes"] == {}
        await show.host("poll.close", poll=first)
        await show.host("poll.close", poll=second)
        late = await show.join("ada")
        assert "votes" not in late.of("welcome")[0]


async def test_a_poll_ends_at_its_time(show: PollShow) -> None:
    watcher = await show.join()
    poll, _ = await show.voted(duration_ms=5_000)
    closed = await watcher.sees("poll.closed", poll=poll)
    assert (closed["counts"], closed["reason"]) == ([0, 1], "timer")
    opened = await watcher.sees("poll.opened", poll=poll)
    assert closed["at_ms"] >= opened["ends_at_ms"]


async def test_the_end_of_the_show_closes_what_is_open_before_it(show: PollShow) -> None:
    ada = await show.join("ada")
    first, second = await show.open(), await show.open(right=0)
    await show.vote(ada, first, 1)
    await show.vote(ada, second, 0)
    events = await show.host("session.end")
    assert [type(event).__name__ for event in events] == [
        *("PollClosed", "PollClosed", "SessionEnded")
    ]
    assert [(each.poll, each.counts, each.right) for each in events[:2]] == [
        (first, [0, 1], None),
        (second, [1, 0], 0),
    ]
    assert (await show.vote(ada, first, 0)) == voted(first, 1)
    with pytest.raises(Conflict):
        await show.open()
    assert await show.audit() == []


async def test_nobody_is_told_the_right_answer_before_the_end(show: PollShow) -> None:
    watchers = [
        await show.join(name, role)
        for name, role in [(None, Role.VIEWER), ("ada", Role.VIEWER), ("host", Role.HOST)]
    ]
    poll = await show.open(right=1)
    await show.vote(watchers[1], poll, 1)
    watchers.append(await show.join("late"))
    assert not any("right" in message for each in watchers for message in each.inbox)
    await show.host("poll.close", poll=poll)
    for watcher in watchers:
        assert (await watcher.sees("poll.closed"))["right"] == 1


async def test_before_the_end_no_frame_tells_more_of_a_poll_than_how_many_voted(
    show: PollShow,
) -> None:
    alike = await _told_before_the_end(show, [0, 0, 0, 0])
    assert alike == await _told_before_the_end(show, [1, 0, 1, 1])
    assert alike == [{"poll": 4}, {"poll": 4}, 4]


async def _told_before_the_end(show: PollShow, choices: list[int]) -> list[object]:
    """Return the last that a viewer, a host and a newcomer are told of a poll before its end."""
    poll = await show.open(show="end")
    watchers = [await show.join(), await show.join("host", Role.HOST)]
    for number, choice in enumerate(choices):
        voter = await show.join(f"voter{number}")
        await show.vote(voter, poll, choice)
        watchers.append(voter)
    for watcher in watchers:
        await watcher.sees("pulse", polls={str(poll): len(choices)})
    late = await show.join("late")
    pulses = [_pulses(watcher, poll) for watcher in (*watchers, late)]
    (shown,) = late.of("session")[0]["polls"]
    await show.host("poll.close", poll=poll)
    for watcher in watchers:
        assert (await watcher.sees("poll.closed", poll=poll))["total"] == len(choices)
    assert all(isinstance(n, int) for told in pulses for n in told)
    assert "counts" not in shown
    return [{"poll": pulses[0][-1]}, {"poll": pulses[1][-1]}, shown["total"]]


def _pulses(watcher: Watcher, poll: int) -> list[object]:
    return [
        message["polls"][str(poll)]
        for message in watcher.of("pulse")
        if str(poll) in message.get("polls", {})
    ]


async def test_counts_are_shown_again_after_redis_was_emptied(
    show: PollShow, redis_url: str, postgres_url: str
) -> None:
    poll, ada = await show.voted()
    await ada.sees("pulse", polls={str(poll): [0, 1]})
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    async with open_shop(redis_url, postgres_url) as other:
        bo = await show.join("bo", on=other)
        assert await show.vote(bo, poll, 0, on=other) == voted(poll, 0)
        await bo.sees("pulse", polls={str(poll): [1, 1]})
        await ada.sees("pulse", polls={str(poll): [1, 1]})
        (closed,) = await show.host("poll.close", poll=poll)
        assert closed.counts == [1, 1]


async def test_a_box_that_a_node_has_closed_and_told_nothing_of_gets_its_result(
    show: PollShow,
) -> None:
    poll, ada = await show.voted()
    room = await show.shop.engine.rooms.get(show.session_id)
    # As a node does that dies before it appends the event.
    await SessionBallots.of(room.session).close([f"p{poll}"])
    closed = await ada.sees("poll.closed", poll=poll)
    assert (closed["counts"], closed["reason"]) == ([0, 1], "manual")
    assert await show.audit() == []


async def test_a_poll_is_not_opened_while_a_node_does_not_know_polls(
    show: PollShow, redis_url: str, postgres_url: str
) -> None:
    older = [feature for feature in FEATURES if feature.name != "polls"]
    async with open_shop(redis_url, postgres_url, features=older) as old:
        stranger = await show.join("bo", on=old)
        room = await show.shop.engine.rooms.get(show.session_id)
        await until(lambda: room.session.peers.nodes == 2)
        with pytest.raises(Conflict):
            await show.open()
        assert stranger.events == []
    await until(lambda: room.session.peers.nodes == 1)
    await show.open()


async def test_closing_is_refused_for_what_is_no_open_poll_and_makes_no_box(show: PollShow) -> None:
    with pytest.raises(NotFound):
        await show.host("poll.close", poll=1)
    poll = await show.open()
    await show.host("poll.close", poll=poll)
    with pytest.raises(Conflict):
        await show.host("poll.close", poll=poll)
    boxes = await show.shop.database.fetch("SELECT thing FROM ballot_box")
    assert [box["thing"] for box in boxes] == [f"p{poll}"]
