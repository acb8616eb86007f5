"""Copies of the counts in Redis: they only rise, whatever order they come in."""

from collections.abc import Sequence

from liveshop.features.ballots.rules import Tally
from liveshop.features.ballots.store_copies import TallyCopies
from tests.features.ballots.boxes import part
from tests.stores.redis.harness import linked


def _sorted(tallies: Sequence[Tally]) -> list[tuple[str, int, int, int]]:
    return sorted((each.thing, each.choice, each.shard, each.n) for each in tallies)


async def test_what_one_node_brings_another_sees(redis_url: str) -> None:
    async with linked(redis_url) as link:
        ours, theirs = TallyCopies(link, "s1"), TallyCopies(link, "s1")
        await ours.exchange(1, ["p1", "p2"], [part(0, 3), part(1, 2, thing="p2")])
        found = await theirs.exchange(1, ["p1", "p2"], [part(0, 4, shard=5)])
        assert _sorted(found) == [("p1", 0, 0, 3), ("p1", 0, 5, 4), ("p2", 1, 0, 2)]


async def test_the_higher_number_wins_in_any_order(redis_url: str) -> None:
    async with linked(redis_url) as link:
        copies = TallyCopies(link, "s1")
        for n in (4, 10, 9):
            await copies.exchange(1, ["p1"], [part(0, n)])
        assert await copies.exchange(1, ["p1"], []) == [part(0, 10)]


async def test_a_higher_epoch_begins_again_and_a_lower_one_changes_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        copies = TallyCopies(link, "s1")
        await copies.exchange(1, ["p1"], [part(0, 9), part(1, 1)])
        assert await copies.exchange(2, ["p1"], [part(0, 5)]) == [part(0, 5)]
        assert await copies.exchange(1, ["p1"], [part(0, 9)]) == []
        assert await copies.exchange(2, ["p1"], []) == [part(0, 5)]


async def test_sessions_and_things_are_apart_and_nothing_is_asked_for_no_thing(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        await TallyCopies(link, "s1").exchange(1, ["p1"], [part(0, 9), part(0, 9, thing="p2")])
        assert await TallyCopies(link, "s2").exchange(1, ["p1"], []) == []
        assert await TallyCopies(link, "s1").exchange(1, ["p2"], []) == []
        assert await TallyCopies(link, "s1").exchange(1, [], [part(0, 1)]) == []
