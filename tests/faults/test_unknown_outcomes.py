"""A reply that is lost makes an outcome unknown, never failed: one final answer, and the true one.

Each test loses the reply to a request that was carried out, and looks at what the buyer was told.
"""

from uuid import uuid4

import pytest

from liveshop.cli.local_stores import LocalStores
from liveshop.core.model import OrderStatus
from liveshop.stores.postgres.migrate import migrate
from tests.engine.world import Watcher
from tests.faults.proxy import Then
from tests.faults.spoiled import Spoiled, final, nothing_is_held, open_spoiled, told
from tests.waiting import until

LOST = pytest.mark.parametrize("then", [Then.CUT, Then.SILENCE])


async def _live(spoiled: Spoiled, **units: int) -> tuple[str, Watcher]:
    session_id = await spoiled.shop.live(**(units or {"OBS_M": 2}))
    await spoiled.shop.opened(session_id)
    return session_id, await spoiled.shop.join(session_id, "ada")


@LOST
async def test_a_purchase_whose_reservation_is_lost_on_the_way_is_made_once(
    redis_url: str, postgres_url: str, then: Then
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        session_id, ada = await _live(spoiled)
        spoiled.redis.lose_replies(b"_reserve\r\n", then=then)
        rid = spoiled.shop.buy(ada, "OBS-M", ref=1)
        await ada.sees("confirmed", order_id=rid)
        assert spoiled.redis.replies_lost == 1
        assert told(ada, 1) == ["reserved"]
        assert final(ada, rid) == ["confirmed"]
        assert await spoiled.orders() == [rid]
        bo = await spoiled.shop.join(session_id, "bo")
        spoiled.shop.buy(bo, "OBS-M", 2, ref=1)
        assert (await bo.sees("error", ref=1))["left"] == 1


async def test_a_reservation_over_http_whose_reply_is_lost_is_made_once(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        session_id, ada = await _live(spoiled)
        rid = spoiled.shop.reserve(ada, "OBS-M")
        await ada.sees("reserved")
        spoiled.redis.lose_replies(b"_release\r\n")
        released = await spoiled.shop.engine.release(session_id, "ada", rid)
        assert released["type"] == "released"
        assert spoiled.redis.replies_lost == 1
        await nothing_is_held(spoiled.shop, session_id)


@LOST
async def test_a_checkout_whose_reply_is_lost_is_confirmed_once(
    redis_url: str, postgres_url: str, then: Then
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        session_id, ada = await _live(spoiled)
        rids = [spoiled.shop.reserve(ada, "OBS-M", ref=ref) for ref in (1, 2)]
        await ada.until(lambda: len(ada.of("reserved")) == 2)
        order_id = str(uuid4())
        spoiled.redis.lose_replies(b"_pay\r\n", then=then)
        spoiled.shop.send(ada, "checkout", order_id=order_id, rids=rids, ref=3)
        await ada.sees("confirmed", ref=3)
        assert spoiled.redis.replies_lost == 1
        assert told(ada, 3) == ["confirmed"]
        assert [final(ada, rid) for rid in rids] == [["confirmed"]] * 2
        assert await spoiled.orders() == [order_id]
        await nothing_is_held(spoiled.shop, session_id)


async def test_an_order_whose_commit_is_not_answered_is_confirmed_once(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        session_id, ada = await _live(spoiled)
        rid = str(uuid4())
        spoiled.postgres.lose_replies(rid.encode())
        spoiled.shop.buy(ada, "OBS-M", rid=rid, ref=1)
        await ada.sees("confirmed", order_id=rid)
        assert spoiled.postgres.replies_lost == 1
        assert told(ada, 1) == ["reserved"]
        assert final(ada, rid) == ["confirmed"]
        assert await spoiled.orders() == [rid]
        await nothing_is_held(spoiled.shop, session_id)


async def test_a_purchase_that_redis_took_and_forgot_is_made_once(own_stores: LocalStores) -> None:
    await migrate(own_stores.postgres.url)
    async with open_spoiled(own_stores.valkey.url, own_stores.postgres.url) as spoiled:
        session_id, ada = await _live(spoiled)
        spoiled.redis.lose_replies(b"_reserve\r\n", then=Then.SILENCE_ALL)
        rid = spoiled.shop.buy(ada, "OBS-M", ref=1)
        await until(lambda: not spoiled.redis.passing)
        own_stores.valkey.kill()
        for file in (own_stores.valkey.folder / "appendonlydir").iterdir():
            file.unlink()
        own_stores.valkey.start()
        spoiled.redis.cut()
        spoiled.redis.resume()
        await ada.sees("confirmed", order_id=rid)
        assert told(ada, 1) == ["reserved"]
        assert final(ada, rid) == ["confirmed"]
        await nothing_is_held(spoiled.shop, session_id)


async def test_a_hosts_command_whose_commit_is_not_answered_is_carried_out_once(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        session_id, ada = await _live(spoiled)
        spoiled.postgres.lose_replies(b"COMMIT")
        (event,) = await spoiled.shop.host(session_id, "product.pin", product_id="shirt")
        assert spoiled.postgres.replies_lost == 1
        await ada.sees("product.pinned")
        assert [each["offset"] for each in ada.of("product.pinned")] == [event.offset]


async def test_a_cancellation_whose_commit_is_not_answered_is_told_as_done(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        _, ada = await _live(spoiled)
        rid = spoiled.shop.buy(ada, "OBS-M", 2)
        await ada.sees("confirmed")
        await ada.sees("product.sold_out")
        spoiled.postgres.lose_replies(b"COMMIT")
        order = await spoiled.shop.engine.orders.cancel(rid)
        assert spoiled.postgres.replies_lost == 1
        assert order.status is OrderStatus.CANCELLED
        await ada.sees("cancelled", order_id=rid)
        again = spoiled.shop.buy(ada, "OBS-M", 2)
        await ada.sees("confirmed", order_id=again)


async def test_a_session_whose_making_is_not_answered_is_made_once(
    redis_url: str, postgres_url: str
) -> None:
    async with open_spoiled(redis_url, postgres_url) as spoiled:
        await spoiled.shop.plan()
        spoiled.postgres.lose_replies(b"Show")
        session_id = await spoiled.shop.plan()
        assert spoiled.postgres.replies_lost == 1
        ids = [row["id"] for row in await spoiled.ask_postgres("SELECT id FROM session")]
        assert (len(ids), session_id in ids) == (2, True)
