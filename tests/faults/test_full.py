"""A store that is full refuses what needs room, goes on with what gives room, and recovers."""

import pytest
import redis.asyncio

from liveshop.cli.local_stores import LocalStores
from liveshop.stores.postgres.migrate import migrate
from liveshop.stores.redis.packing import session_key
from tests.engine.world import open_shop
from tests.faults.spoiled import final, nothing_is_held, open_spoiled, told
from tests.system.shop import eventually
from tests.waiting import until

FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$
"""
TABLES = ("orders", "order_line", "event", "payment", "buyer_quota")


async def _fill(client: redis.asyncio.Redis) -> None:
    used = (await client.info("memory"))["used_memory"]
    await client.config_set("maxmemory", max(1, used // 2))


async def _expires(client: redis.asyncio.Redis, key: str) -> bool:
    return bool(await client.ttl(key) > 0)


async def test_a_full_redis_refuses_purchases_and_lets_sold_and_released_units_go(
    own_stores: LocalStores,
) -> None:
    urls = own_stores.valkey.url, own_stores.postgres.url
    await migrate(own_stores.postgres.url)
    async with open_shop(*urls) as shop, redis.asyncio.Redis.from_url(urls[0]) as client:
        session_id = await shop.live(OBS_M=5, hold_ms=3_000)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        room = await shop.engine.rooms.get(session_id)
        sold, given_back, overdue = [shop.reserve(ada, "OBS-M") for _ in range(3)]
        await ada.until(lambda: len(ada.of("reserved")) == 3)
        await _fill(client)
        refused = shop.buy(ada, "OBS-M", ref=1)
        await ada.sees("error", ref=1)
        assert told(ada, 1) == ["unavailable"]
        shop.send(ada, "checkout", order_id=sold, rids=[sold], ref=2)
        await ada.sees("confirmed", ref=2)
        shop.send(ada, "release", rid=given_back, ref=3)
        await ada.sees("released", ref=3)
        await ada.sees("expired", rid=overdue)
        await shop.host(session_id, "product.pin", product_id="shirt")
        await ada.sees("product.pinned")
        await client.config_set("maxmemory", 0)
        await until(lambda: room.session.epochs.buying)
        shop.buy(ada, "OBS-M", 5, ref=5)
        assert (await ada.sees("error", ref=5))["left"] == 4
        shop.buy(ada, "OBS-M", 4, rid=refused, ref=4)
        await ada.sees("confirmed", order_id=refused)
        assert (told(ada, 4), final(ada, refused)) == (["reserved"], ["confirmed"])


async def test_a_full_redis_can_be_emptied_by_selling_and_by_ending_the_session(
    own_stores: LocalStores,
) -> None:
    urls = own_stores.valkey.url, own_stores.postgres.url
    await migrate(own_stores.postgres.url)
    async with (
        open_spoiled(*urls) as spoiled,
        redis.asyncio.Redis.from_url(urls[0]) as client,
    ):
        shop = spoiled.shop
        session_id = await shop.live(OBS_M=50)
        await shop.opened(session_id)
        buyers = [await shop.join(session_id, f"buyer-{n}") for n in range(50)]
        spoiled.postgres.delay_s = 0.2
        rids = [shop.buy(buyer, "OBS-M") for buyer in buyers]
        for buyer in buyers:
            await buyer.sees("reserved")
        await _fill(client)
        spoiled.postgres.delay_s = 0
        for buyer, rid in zip(buyers, rids, strict=True):
            await buyer.sees("confirmed", order_id=rid)
        await nothing_is_held(shop, session_id)
        await shop.host(session_id, "session.end")
        room = await shop.engine.rooms.get(session_id)
        await until(lambda: room.session.settled)
        # The data of the session in Redis goes on its own, a day later.
        await eventually(lambda: _expires(client, session_key(session_id, "res")), True)


@pytest.mark.feature("chat", "likes")
async def test_a_full_disk_of_postgres_is_an_error_and_orders_wait_for_room(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        shop = spoiled.shop
        session_id = await shop.live(OBS_M=5)
        await shop.opened(session_id)
        ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
        await spoiled.ask_postgres(FULL)
        for table in TABLES:
            await spoiled.ask_postgres(
                f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()"
            )
        rid = shop.buy(ada, "OBS-M", ref=1)
        await ada.sees("pulse", buying=False)
        shop.buy(bo, "OBS-M", ref=1)
        assert told(bo, 1) == ["unavailable"]
        since = len(ada.inbox)
        shop.send(ada, "say", text="hello?", ref=2)
        await ada.sees("ok", ref=2)
        for likes in (1, 2, 3, 4):
            shop.send(ada, "like", count=1)
            await ada.sees("pulse", likes=likes)
        turns = [each for each in ada.inbox[since:] if "buying" in each]
        assert (turns, final(ada, rid)) == ([], [])
        for table in TABLES:
            await spoiled.ask_postgres(f"DROP TRIGGER full_disk ON {table}")
        await ada.sees("confirmed", order_id=rid)
        assert (told(ada, 1), final(ada, rid)) == (["reserved"], ["confirmed"])
        await shop.opened(session_id)
        again = shop.buy(bo, "OBS-M", ref=2)
        await bo.sees("confirmed", order_id=again)
