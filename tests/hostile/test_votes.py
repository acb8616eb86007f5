"""Hostile voters have one vote in polls that there are, and what they try is counted."""

import json
import re
from collections import Counter
from functools import partial
from typing import Any

import anyio
import asyncpg
import httpx
import pytest

from tests.client import Client, Closed
from tests.edge.raw_viewer import TEXT, frame, raw_viewer
from tests.hostile.conftest import HostileNode
from tests.system.shop import SystemShop, named
from tests.waiting import until

pytestmark = pytest.mark.feature("polls")

_CHOICES = [{"label": "Blue"}, {"label": "Sand"}]
_VOTES_AT_ONCE = 6  # of a connection
_SENT_AWAY = 4504  # a token has 50 connections at most


def _count(node: HostileNode, name: str, **labels: str) -> int:
    """Return one of the node's counts by now, which other tests have raised too."""
    named_by = ",".join(f'{label}="{value}"' for label, value in labels.items())
    line = re.escape(f"liveshop_{name}_total" + (f"{{{named_by}}}" if labels else ""))
    told = re.search(rf"^{line} (\S+)$", httpx.get(f"{node.url}/metrics").text, re.MULTILINE)
    return int(float(told[1])) if told else 0


def _answered(node: HostileNode) -> int:
    return sum(_count(node, "ballots_answered", by=by) for by in ("store", "node"))


async def _open(shop: SystemShop, **fields: Any) -> tuple[str, int]:
    """Open a poll in a session of its own; return both."""
    session_id = await shop.session()
    asked = {"question": "Which?", "choices": _CHOICES, **fields}
    (opened,) = await shop.host(session_id, "poll.open", **asked)
    return session_id, opened["poll"]


async def _result(shop: SystemShop, session_id: str, poll: int) -> list[int]:
    (closed,) = await shop.host(session_id, "poll.close", poll=poll)
    counts: list[int] = closed["counts"]
    return counts


async def _kept(node: HostileNode, session_id: str) -> list[tuple[str, str, int]]:
    """Return all that PostgreSQL keeps of a session's ballots, boxes among them."""
    connection = await asyncpg.connect(node.postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT thing, voter, choice::int FROM ballot WHERE session_id = $1 UNION ALL"
            " SELECT thing, '', -1 FROM ballot_box WHERE session_id = $1 ORDER BY 1, 2",
            session_id,
        )
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


async def _at_once(client: Client, votes: list[dict[str, Any]]) -> list[str | int]:
    """Send votes without waiting, and return the answer of each: a choice, or a code."""
    refs = range(1_000, 1_000 + len(votes))
    for ref, vote in zip(refs, votes, strict=True):
        await client.send("vote", ref=ref, **vote)
    answers = [await client.wait_for(partial(_answers, ref)) for ref in refs]
    return [each["choice"] if each["type"] == "voted" else each["code"] for each in answers]


def _answers(ref: int, message: dict[str, Any]) -> bool:
    return message.get("ref") == ref


async def test_a_flood_of_votes_ends_for_who_sends_it_and_is_one_vote_at_most(
    shop: SystemShop, node: HostileNode
) -> None:
    session_id, poll = await _open(shop)
    name = named("mallory")
    before = node.closes(4507), _answered(node)
    async with shop.joined(session_id, named("ada")) as ada, raw_viewer(node.address) as mallory:
        await mallory.shake_hands(f"/ws/sessions/{session_id}")
        await mallory.say({"type": "hello", "token": shop.token(name)})
        votes = [
            frame(TEXT, json.dumps({"type": "vote", "poll": poll, "choice": n % 2}).encode())
            for n in range(2_000)
        ]
        await mallory.stream.send(b"".join(votes))
        assert (await ada.ask("vote", poll=poll, choice=1))["type"] == "voted"
        await until(lambda: node.closes(4507) == before[0] + 1)
    assert await _result(shop, session_id, poll) == [1, 1]
    box, *ballots = await _kept(node, session_id)
    assert box == (f"p{poll}", "", -1)
    assert len(ballots) == 2 and (f"p{poll}", f"u:{name}", 0) in ballots
    assert _answered(node) - before[1] <= _VOTES_AT_ONCE + 1


async def test_a_vote_changed_at_speed_stays_the_first_and_the_rest_is_refused_and_counted(
    shop: SystemShop, node: HostileNode
) -> None:
    session_id, poll = await _open(shop)
    refused, answered = _count(node, "commands_refused"), _answered(node)
    async with shop.joined(session_id, named("mallory")) as mallory:
        votes = [{"poll": poll, "choice": (n + 1) % 2} for n in range(15)]
        answers = await _at_once(mallory, votes)
    assert answers[:_VOTES_AT_ONCE] == [1] * _VOTES_AT_ONCE
    # The bucket fills meanwhile: three a second.
    counted = Counter(answers)
    assert set(counted) == {1, "rate_limited"}
    assert _count(node, "commands_refused") - refused == counted["rate_limited"] > 0
    assert _answered(node) - answered == counted[1]
    assert await _result(shop, session_id, poll) == [0, 1]


async def test_votes_for_what_there_is_not_leave_nothing_and_are_counted(
    shop: SystemShop, node: HostileNode
) -> None:
    session_id, poll = await _open(shop)
    elsewhere, other_poll = await _open(shop)
    votes: list[tuple[dict[str, Any], str]] = [
        ({"poll": poll, "choice": 2}, "bad_request"),
        ({"poll": poll, "choice": 10}, "bad_request"),
        ({"poll": poll + 1, "choice": 0}, "not_found"),
        ({"poll": 2**31 - 1, "choice": 0}, "not_found"),
        ({"poll": poll, "choice": 11}, "bad_request"),
        ({"poll": poll, "choice": -1}, "bad_request"),
        ({"poll": poll, "choice": "0"}, "bad_request"),
        ({"poll": poll, "choice": None}, "bad_request"),
        ({"poll": 0, "choice": 0}, "bad_request"),
        ({"poll": f"p{poll}", "choice": 0}, "bad_request"),
        ({"poll": poll, "choice": 0, "visitor": "x" * 200}, "bad_request"),
    ]
    read = 4  # the others are refused before the poll is looked for
    before = [_count(node, "ballots_refused", code=code) for code in ("bad_request", "not_found")]
    refused = _count(node, "commands_refused")
    async with shop.joined(session_id, named("mallory")) as mallory:
        for vote, code in votes:
            answer = await mallory.ask("vote", **vote)
            assert answer.get("code") == code, (vote, answer)
    after = [_count(node, "ballots_refused", code=code) for code in ("bad_request", "not_found")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 2]
    assert _count(node, "commands_refused") - refused == len(votes) - read
    assert await _kept(node, session_id) == []
    assert await _result(shop, session_id, poll) == [0, 0]
    assert await _result(shop, elsewhere, other_poll) == [0, 0]


async def test_a_vote_in_another_session_counts_in_none(
    shop: SystemShop, node: HostileNode
) -> None:
    session_id, poll = await _open(shop)
    elsewhere = await shop.session()
    async with shop.joined(elsewhere, named("mallory")) as mallory:
        assert (await mallory.ask("vote", poll=poll, choice=0))["code"] == "not_found"
        more = {"session_id": session_id, "session": session_id}
        assert (await mallory.ask("vote", poll=poll, choice=0, **more))["type"] == "error"
    # A token that names a session is good for that one only.
    bound = shop.token(named("mallory"), session=elsewhere)
    async with raw_viewer(node.address) as viewer:
        await viewer.shake_hands(f"/ws/sessions/{session_id}")
        await viewer.say({"type": "hello", "token": bound})
        assert await viewer.close_code() == 4502
    assert await _kept(node, session_id) == await _kept(node, elsewhere) == []
    assert await _result(shop, session_id, poll) == [0, 0]


async def test_one_token_on_a_hundred_connections_has_one_vote(
    shop: SystemShop, node: HostileNode
) -> None:
    session_id, poll = await _open(shop)
    name, told, over = named("mallory"), Counter[int | str](), anyio.Event()

    async def vote(number: int) -> None:
        try:
            async with shop.joined(session_id, name) as client:
                answer = await client.ask("vote", poll=poll, choice=number % 2)
                told[answer["choice"] if answer["type"] == "voted" else "error"] += 1
                await over.wait()
        except* Closed:
            told[_SENT_AWAY] += 1

    before = node.closes(_SENT_AWAY)
    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(vote, number)
        await until(lambda: told.total() == 100)
        over.set()
    assert node.closes(_SENT_AWAY) - before == told.pop(_SENT_AWAY) == 50
    # All connections of a viewer share its rate: most are refused, and one choice is kept.
    assert told.pop("error") + told.total() == 50
    ((choice, voted),) = told.items()
    assert 0 < voted <= 20
    kept = [(f"p{poll}", "", -1), (f"p{poll}", f"u:{name}", choice)]
    assert await _kept(node, session_id) == kept
    assert sum(await _result(shop, session_id, poll)) == 1


async def test_a_guest_of_many_names_makes_no_more_ballots_than_a_connection_may_cast(
    shop: SystemShop, node: HostileNode
) -> None:
    session_id, poll = await _open(shop, guests=True)
    async with shop.joined(session_id) as mallory:
        votes = [{"poll": poll, "choice": 0, "visitor": f"v{n}"} for n in range(15)]
        counted = Counter(await _at_once(mallory, votes))
    (closed,) = await shop.host(session_id, "poll.close", poll=poll)
    assert set(counted) == {0, "rate_limited"}
    # They are told apart, and never taken for people with a link.
    assert (closed["total"], closed["guests"]) == (counted[0], counted[0])
