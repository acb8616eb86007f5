"""P9: one viewer, one ballot, and every ballot that was answered is in the result."""

import asyncio
import itertools
from collections import Counter

import asyncpg
import pytest

from tests.features.ballots.boxes import NOW, Boxes, ballot, held_up, part

_INSERT = (
    "INSERT INTO ballot (session_id, thing, voter, choice, at_ms) VALUES ('s1', 'p1', $1, $2, 1)"
)


async def test_a_new_ballot_is_stored_and_counted(boxes: Boxes) -> None:
    cast = await boxes.cast(ballot("u:ada", 1), ballot("u:bo", 0), ballot("u:cy", 1), shard=3)
    assert cast.choices == [1, 0, 1]
    assert sorted(cast.counted, key=lambda each: each.choice) == [
        part(0, 1, shard=3),
        part(1, 2, shard=3),
    ]
    assert await boxes.stored() == {"u:ada": 1, "u:bo": 0, "u:cy": 1}
    assert await boxes.counts() == {0: 1, 1: 2}


async def test_the_first_ballot_of_a_voter_counts_and_is_answered_ever_after(boxes: Boxes) -> None:
    await boxes.cast(ballot("u:ada", 2))
    again = await boxes.cast(ballot("u:bo", 0), ballot("u:ada", 1))
    assert again.choices == [0, 2]
    assert again.counted == [part(0, 1)]
    assert await boxes.counts() == {0: 1, 2: 1}


async def test_things_are_apart(boxes: Boxes) -> None:
    await boxes.store.open("s1", "p2", None)
    cast = await boxes.cast(ballot("u:ada", 1), ballot("u:ada", 2, "p2"))
    assert cast.choices == [1, 2]
    assert await boxes.counts("p1") == {1: 1}
    assert await boxes.counts("p2") == {2: 1}
    assert await boxes.store.of_voter("s1", ["p1", "p2", "p3"], "u:ada") == {"p1": 1, "p2": 2}


async def test_voters_who_ask_many_nodes_at_once_have_one_ballot_each(boxes: Boxes) -> None:
    voters = [f"u:{number:03d}" for number in range(60)]

    async def node(number: int) -> list[int | None]:
        # Each in another order, with another choice, as if these were different nodes.
        mine = voters[number * 7 :] + voters[: number * 7]
        cast = await boxes.cast(*(ballot(voter, number) for voter in mine), shard=number)
        answers = dict(zip(mine, cast.choices, strict=True))
        return [answers[voter] for voter in voters]

    told = await asyncio.gather(*(node(number) for number in range(8)))
    stored = await boxes.stored()
    assert told == [[stored[voter] for voter in voters]] * 8
    assert await boxes.counts() == Counter(stored.values())
    assert sum((await boxes.counts()).values()) == 60


async def test_a_ballot_that_another_node_stores_meanwhile_is_answered_as_stored(
    boxes: Boxes, stranger: asyncpg.Connection
) -> None:
    theirs = stranger.transaction()
    await theirs.start()
    await stranger.execute(_INSERT, "u:ada", 2)
    ours = asyncio.ensure_future(boxes.cast(ballot("u:ada", 1)))
    assert await held_up(stranger, ours, others=0)
    await theirs.commit()
    cast = await ours
    assert cast.choices == [2]
    assert cast.counted == []
    assert await boxes.counts() == {}


async def test_closing_waits_for_the_ballots_under_way_and_counts_them(
    boxes: Boxes, stranger: asyncpg.Connection
) -> None:
    theirs = stranger.transaction()
    await theirs.start()
    await stranger.execute(_INSERT, "u:bo", 0)
    # Ada's is in, and waits for what becomes of Bo's.
    casting = asyncio.ensure_future(boxes.cast(ballot("u:ada", 1), ballot("u:bo", 1)))
    assert await held_up(stranger, casting, others=0)
    closing = asyncio.ensure_future(boxes.store.close("s1", ["p1"]))
    assert await held_up(stranger, closing, others=1)
    await theirs.rollback()
    assert (await casting).choices == [1, 1]
    assert await closing == {"p1": {1: 2}}


async def test_a_ballot_that_waits_for_a_close_is_refused(
    boxes: Boxes, stranger: asyncpg.Connection
) -> None:
    closing = stranger.transaction()
    await closing.start()
    await stranger.execute("UPDATE ballot_box SET open = false WHERE thing = 'p1'")
    casting = asyncio.ensure_future(boxes.cast(ballot("u:ada", 1)))
    assert await held_up(stranger, casting, others=0)
    await closing.commit()
    assert (await casting).choices == [None]
    assert await boxes.stored() == {}
    assert await boxes.counts() == {}


async def test_a_closed_box_takes_no_ballot_and_answers_those_that_it_has(boxes: Boxes) -> None:
    await boxes.cast(ballot("u:ada", 1))
    assert await boxes.store.close("s1", ["p1"]) == {"p1": {1: 1}}
    cast = await boxes.cast(ballot("u:ada", 0), ballot("u:bo", 0))
    assert cast.choices == [1, None]
    assert cast.counted == []
    assert await boxes.store.close("s1", ["p1"]) == {"p1": {1: 1}}
    assert await boxes.stored() == {"u:ada": 1}


async def test_a_box_that_was_closed_before_its_first_ballot_stays_closed(boxes: Boxes) -> None:
    assert await boxes.store.close("s1", ["p9"]) == {"p9": {}}
    await boxes.store.open("s1", "p9", None)
    assert (await boxes.cast(ballot("u:ada", 0, "p9"))).choices == [None]
    assert await boxes.store.closed("s1", ["p1", "p9"]) == {"p9"}


async def test_a_box_that_nobody_has_opened_takes_nothing(boxes: Boxes) -> None:
    assert (await boxes.cast(ballot("u:ada", 0, "p7"))).choices == [None]
    assert await boxes.stored("p7") == {}


async def test_a_box_takes_nothing_from_its_end_on(boxes: Boxes) -> None:
    await boxes.store.open("s1", "p2", NOW)
    early = await boxes.cast(ballot("u:ada", 0, "p2"), now_ms=NOW - 1)
    late = await boxes.cast(ballot("u:bo", 0, "p2"), now_ms=NOW)
    assert (early.choices, late.choices) == ([0], [None])
    # It is closed by the first node that comes to it, not by the clock.
    assert await boxes.store.closed("s1", ["p2"]) == set()


@pytest.mark.parametrize("attempt", range(3))
async def test_all_that_was_answered_is_in_the_result_whoever_closes_when(
    boxes: Boxes, attempt: int
) -> None:
    answered: Counter[int] = Counter()
    refused: list[str] = []
    voting = asyncio.Event()

    async def vote(node: int) -> None:
        for batch in itertools.count():
            mine = [ballot(f"u:{node}.{batch}.{each}", node % 3) for each in range(5)]
            cast = await boxes.cast(*mine, shard=node)
            voting.set()
            for each, choice in zip(mine, cast.choices, strict=True):
                if choice is not None:
                    answered[choice] += 1
                else:
                    refused.append(each.voter)
            if refused:
                return

    nodes = [asyncio.ensure_future(vote(node)) for node in range(4)]
    await voting.wait()
    results = await asyncio.gather(*(boxes.store.close("s1", ["p1"]) for _ in range(2)))
    await asyncio.gather(*nodes)
    assert results == [{"p1": answered}] * 2
    stored = await boxes.stored()
    assert Counter(stored.values()) == answered
    assert stored.keys().isdisjoint(refused)
