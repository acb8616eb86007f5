"""The bus may die without a word: that is noticed, and its viewers miss nothing meanwhile."""

import anyio

from liveshop.core.limits import BUS_SILENCE_MS_MAX
from tests.engine.world import open_shop
from tests.faults.spoiled import final, open_spoiled
from tests.waiting import until

# On a machine that does other things too.
_GRACE_S = 0.5


async def test_a_bus_that_falls_silent_is_noticed_within_two_seconds_and_nothing_is_missed(
    redis_url: str, postgres_url: str
) -> None:
    async with (
        open_shop(redis_url, postgres_url) as shop,
        open_spoiled(redis_url, postgres_url) as spoiled,
    ):
        other = spoiled.shop
        session_id = await shop.live_with(other, OBS_M=2)
        here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
        room = await shop.engine.rooms.get(session_id)
        await until(lambda: room.session.peers.nodes == 2)
        rid = shop.reserve(here, "OBS-M")
        await there.sees("reserved", rid=rid)
        spoiled.bus.silence()
        with anyio.fail_after(BUS_SILENCE_MS_MAX / 1000 + _GRACE_S):
            await until(lambda: not other.engine.node.health.bus)
        assert not other.engine.node.health.ready
        await shop.host(session_id, "product.pin", product_id="shirt")
        shop.send(here, "checkout", order_id=rid, rids=[rid])
        assert (await there.sees("product.pinned"))["pinned"] == ["shirt"]
        await there.sees("confirmed", order_id=rid)
        assert not other.engine.node.health.bus
        spoiled.bus.resume()
        await until(lambda: other.engine.node.health.ready)
        assert final(there, rid) == ["confirmed"]
        assert [event["offset"] for event in there.events] == [3]
        assert there.closed is None
