"""Operators are told how many ballots are answered, refused, waiting and repeated."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from liveshop.core.errors import Busy, OutcomeUnknown, Unavailable
from liveshop.features.ballots.rules import BALLOTS_QUEUED_MAX
from tests.engine.world import held_up
from tests.features.ballots.desk import Desk, one_desk, replaced
from tests.samples import find_sample, sample
from tests.waiting import until


def _told(here: Desk, name: str, **labels: str) -> float:
    return sample(here.shop.engine.node.metrics, name, **labels)


async def test_answers_are_counted_by_what_knew_them(redis_url: str, postgres_url: str) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        assert [_told(here, "ballots_answered_total", by=by) for by in ("store", "node")] == [0, 0]
        async with held_up(here.store, "cast"):
            here.cast("u:ada", 0)
            here.cast("u:ada", 1)
            here.cast("u:bo", 1)
        await here.answered()
        here.cast("u:bo", 0)
        assert _told(here, "ballots_answered_total", by="store") == 3
        assert _told(here, "ballots_answered_total", by="node") == 1
        # One transaction or two, as the first ballot came before the others or with them.
        assert _told(here, "ballot_batch_ballots_sum") == 2
        commits = _told(here, "ballot_batch_ballots_count")
        for histogram in ("ballot_commit_seconds", "ballot_wait_seconds"):
            assert _told(here, f"{histogram}_count") == commits, histogram


async def test_a_vote_after_the_end_is_counted_as_expired_once_for_each_asker(
    redis_url: str, postgres_url: str
) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        here.cast("u:ada", 0)
        await here.answered()
        await here.ballots.close(["p1"])
        async with held_up(here.store, "cast"):
            here.cast("u:bo", 0)
            here.cast("u:bo", 1)
        await here.answered()
        assert here.told["u:bo"] == ["expired", "expired"]
        assert _told(here, "ballots_refused_total", code="expired") == 2
        assert _told(here, "ballots_answered_total", by="store") == 1


async def test_what_waits_and_what_is_open_are_told_while_they_do(
    redis_url: str, postgres_url: str
) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        await until(lambda: _told(here, "ballot_boxes_open") == 1)
        async with held_up(here.store, "cast"):
            for number in range(3):
                here.cast(f"u:{number}", 0)
            await until(lambda: _told(here, "ballots_waiting") == 3)
        here.ballots.watch("questions", [])
        await until(lambda: _told(here, "ballots_waiting") == 0)
        await until(lambda: _told(here, "ballot_boxes_open") == 0)


async def test_more_than_may_wait_are_counted_as_busy(redis_url: str, postgres_url: str) -> None:
    async with one_desk(redis_url, postgres_url) as here:
        async with held_up(here.store, "cast"):
            for number in range(BALLOTS_QUEUED_MAX):
                here.cast(f"u:{number}", 0)
            for _ in range(2):
                with pytest.raises(Busy):
                    here.cast("u:late", 0)
        assert _told(here, "ballots_refused_total", code="busy") == 2
        await here.answered()


@pytest.mark.parametrize(
    ("failure", "outcome", "told", "refused"),
    [(Unavailable, "not_written", "unavailable", 1), (OutcomeUnknown, "unknown", 1, None)],
    ids=["refused", "repeated"],
)
async def test_a_transaction_that_fails_is_counted_by_its_outcome(
    redis_url: str,
    postgres_url: str,
    failure: Callable[[], Exception],
    outcome: str,
    told: int | str,
    refused: int | None,
) -> None:
    failures: list[Exception] = []

    async def failing(call: Callable[..., Awaitable[Any]], *args: Any, **fields: Any) -> Any:
        if not failures:
            failures.append(failure())
            raise failures[0]
        return await call(*args, **fields)

    async with one_desk(redis_url, postgres_url) as here, replaced(here.store, "cast", failing):
        here.cast("u:ada", 1)
        await here.answered()
        metrics = here.shop.engine.node.metrics
        assert here.told == {"u:ada": [told]}
        assert _told(here, "ballot_commit_failures_total", outcome=outcome) == 1
        assert find_sample(metrics, "ballots_refused_total", code="unavailable") == refused
        other = {"unknown", "not_written"} - {outcome}
        assert find_sample(metrics, "ballot_commit_failures_total", outcome=other.pop()) is None
