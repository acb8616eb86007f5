"""A session's ballots on nodes: gathered, answered after COMMIT, counted for everyone to see."""

from collections import Counter
from typing import Any

import anyio
import pytest
import redis

from liveshop.core.errors import Busy, OutcomeUnknown, Unavailable
from liveshop.features.ballots.rules import (
    BALLOTS_PER_COMMIT_MAX,
    BALLOTS_QUEUED_MAX,
)
from tests.engine.world import held_up, open_shop
from tests.features.ballots.desk import desk, one_desk, replaced, two_desks
from tests.waiting import until


async def _failing(*args: Any, **kwargs: Any) -> Any:
    raise Unavailable()


async def test_two_nodes_give_a_voter_one_ballot_and_see_each_others_counts(
    redis_url: str, postgres_url: str
) -> None:
    async with two_desks(redis_url, postgres_url) as (here, there):
        for number in range(300):
            here.cast(f"u:{number}", 0)
            there.cast(f"u:{number}", 1)
            there.cast(f"u:there{number}", 2)
        await here.answered()
        await there.answered()
        stored = await here.stored()
        assert here.told == {f"u:{number}": [stored[f"u:{number}"]] for number in range(300)}
        assert there.told == {voter: [choice] for voter, choice in stored.items()}
        counts = Counter(stored.values())
        assert counts.total() == 600
        await until(lambda: here.ballots.counts("p1") == counts)
        await until(lambda: there.ballots.counts("p1") == counts)
        assert await here.ballots.close(["p1"]) == {"p1": counts}


async def test_all_that_either_node_answered_before_the_close_is_in_the_result(
    redis_url: str, postgres_url: str
) -> None:
    async with two_desks(redis_url, postgres_url) as (here, there):
        for number in range(2_000):
            here.cast(f"u:here{number}", 0)
            there.cast(f"u:there{number}", 1)
        await until(lambda: any(here.told.values()))
        result = await there.ballots.close(["p1"])
        await here.answered()
        await there.answered()
        told = Counter(
            answer for answers in (here.told | there.told).values() for answer in answers
        )
        assert told.pop("expired", 0) + sum(result["p1"].values()) == 4_000
        assert result == {"p1": told}
        assert Counter((await here.stored()).values()) == told


async def test_ballots_that_come_together_are_stored_together(
    redis_url: str, postgres_url: str
) -> None:
    sizes: list[int] = []

    async def measured(call: Any, session_id: str, ballots: Any, **fields: Any) -> Any:
        sizes.append(len(ballots))
        return await call(session_id, ballots, **fields)

    async with one_desk(redis_url, postgres_url) as here, replaced(here.store, "cast", measured):
        here.cast("u:first", 0)
        await here.answered()
        for number in range(BALLOTS_PER_COMMIT_MAX + 200):
            here.cast(f"u:{number}", 0)
        await here.answered()
        # A lone ballot does not wait for others; then those of a moment go together.
        assert sizes == [1, BALLOTS_PER_COMMIT_MAX, 200]


async def test_the_same_voter_twice_at_once_is_one_ballot_with_two_answers(
    redis_url: str, postgres_url: str
) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        async with held_up(here.store, "cast"):
            here.cast("u:ada", 1)
            here.cast("u:ada", 2)
            here.cast("u:ada", 1, "p2")
            assert here.ballots.under_way() == 3
        await here.answered()
        assert here.told == {"u:ada": [1, 1, 1]}
        assert (await here.stored("p1"), await here.stored("p2")) == ({"u:ada": 1}, {"u:ada": 1})


async def test_a_voter_who_is_known_here_is_answered_without_a_store(
    redis_url: str, postgres_url: str
) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        here.cast("u:ada", 1)
        await here.answered()
        async with replaced(here.store, "cast", _failing):
            here.cast("u:ada", 0)
            assert here.told == {"u:ada": [1, 1]}
            assert await here.ballots.of_voter(["p1"], "u:ada") == {"p1": 1}
            here.cast("u:bo", 0)
            await here.answered()
        assert here.told["u:bo"] == ["unavailable"]
        assert await here.stored() == {"u:ada": 1}


async def test_a_commit_whose_outcome_is_unknown_is_asked_for_again(
    redis_url: str, postgres_url: str
) -> None:
    lost: list[int] = []

    async def losing(call: Any, *args: Any, **kwargs: Any) -> Any:
        reply = await call(*args, **kwargs)
        if not lost:
            lost.append(1)
            raise OutcomeUnknown()
        return reply

    async with one_desk(redis_url, postgres_url) as here, replaced(here.store, "cast", losing):
        here.cast("u:ada", 1)
        here.cast("u:bo", 0)
        await here.answered()
        assert (lost, here.told) == ([1], {"u:ada": [1], "u:bo": [0]})
        assert await here.ballots.close(["p1"]) == {"p1": {0: 1, 1: 1}}


async def test_nothing_is_answered_before_its_commit(redis_url: str, postgres_url: str) -> None:
    asked, over = anyio.Event(), anyio.Event()

    async def slow(call: Any, *args: Any, **kwargs: Any) -> Any:
        asked.set()
        await over.wait()
        return await call(*args, **kwargs)

    async with one_desk(redis_url, postgres_url) as here, replaced(here.store, "cast", slow):
        here.cast("u:ada", 1)
        await asked.wait()
        assert (here.told, await here.stored()) == ({"u:ada": []}, {})
        over.set()
        await here.answered()
        assert (here.told, await here.stored()) == ({"u:ada": [1]}, {"u:ada": 1})


async def test_more_than_may_wait_are_busy(redis_url: str, postgres_url: str) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        async with held_up(here.store, "cast"):
            for number in range(BALLOTS_QUEUED_MAX):
                here.cast(f"u:{number}", 0)
            with pytest.raises(Busy):
                here.cast("u:late", 0)
        await here.answered()
        here.cast("u:late", 1)
        await here.answered()
        assert here.told["u:late"] == [1]
        assert await here.ballots.close(["p1"]) == {"p1": {0: BALLOTS_QUEUED_MAX, 1: 1}}


async def test_after_a_rebuild_nothing_is_believed_that_was_known_before(
    redis_url: str, postgres_url: str
) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        here.cast("u:ada", 1)
        await here.answered()
        session = (await here.shop.engine.rooms.get(here.session_id)).session
        epoch = session.epochs.newest
        # As if PostgreSQL had gone back to a copy from before.
        for table in ("ballot", "tally", "ballot_box"):
            await here.shop.database.commit(f"DELETE FROM {table}")
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
        here.cast("u:ada", 0)
        await here.answered()
        assert here.told == {"u:ada": [1, 0]}
        await until(lambda: here.ballots.counts("p1") == {0: 1})


async def test_counts_come_back_after_redis_was_emptied(redis_url: str, postgres_url: str) -> None:
    async with two_desks(redis_url, postgres_url) as (here, there):
        here.cast("u:ada", 1)
        there.cast("u:bo", 0)
        await here.answered()
        await there.answered()
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        # A node that comes now knows of the counts only what Redis has again, or PostgreSQL.
        async with open_shop(redis_url, postgres_url) as late:
            async with desk(late, here.session_id) as newcomer:
                await until(lambda: newcomer.ballots.counts("p1") == {0: 1, 1: 1})
                with redis.Redis.from_url(redis_url) as client:
                    names = client.keys("*:ballots:p1")
                    await until(lambda: client.hlen(names[0]) == 3)
        here.cast("u:cy", 1)
        await until(lambda: there.ballots.counts("p1") == {0: 1, 1: 2})


async def test_what_is_no_longer_watched_is_forgotten(redis_url: str, postgres_url: str) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        here.cast("u:ada", 1)
        await until(lambda: here.ballots.counts("p1") == {1: 1})
        here.ballots.watch("questions", ["p2"])
        assert here.ballots.counts("p1") == {}
        here.ballots.watch("giveaways", ["p1"])
        await until(lambda: here.ballots.counts("p1") == {1: 1})
