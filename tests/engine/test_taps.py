"""An address adds only so much to what is counted, over all its connections to a node."""

import pytest

from liveshop.core import limits
from liveshop.core.errors import RateLimited
from liveshop.engine.fanout.mailbox import ViewerAsker
from liveshop.engine.taps import Taps
from tests.engine.world import EngineShop, Watcher

PER_SECOND, BURST = limits.TAPS_OF_ADDRESS_RATE


def _asker(address: str) -> ViewerAsker:
    return ViewerAsker(None, Watcher(None, address=address), None)  # type: ignore[arg-type]


def test_an_address_taps_as_often_as_its_rate_lets_it_and_the_others_as_before() -> None:
    taps = Taps()
    for _ in range(BURST):
        taps.admit(_asker("198.51.100.7"), 0)
    with pytest.raises(RateLimited):
        taps.admit(_asker("198.51.100.7"), 0)
    taps.admit(_asker("198.51.100.8"), 0)
    taps.admit(_asker("198.51.100.7"), 1000 // PER_SECOND)


async def test_likes_and_looks_of_an_address_are_bounded_over_its_connections(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    tappers = [await shop.join(session_id) for _ in range(3)]
    for tapper in tappers:
        tapper.address = "198.51.100.7"
    for kind, fields in (("like", {"count": 20}), ("look", {"product_id": "shirt"})):
        before = [len(tapper.of("error")) for tapper in tappers]
        for number in range(BURST + 2 * PER_SECOND):
            shop.send(tappers[number % 3], kind, **fields)
        refused = sum(len(t.of("error")) for t in tappers) - sum(before)
        # Time goes on meanwhile, and refills a part.
        assert 0 < refused <= 2 * PER_SECOND
    assert {message["code"] for t in tappers for message in t.of("error")} == {"rate_limited"}
    other = await shop.join(session_id)
    other.address = "198.51.100.8"
    shop.send(other, "like", count=1)
    assert other.of("error") == []
