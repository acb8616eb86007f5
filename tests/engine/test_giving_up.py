"""Orders that nobody pays for are over at once, and their units are for sale again."""

import asyncpg
import pytest
import redis.asyncio

from liveshop.core.errors import Conflict, Expired
from liveshop.stores.postgres.order_records import Verdict
from liveshop.stores.postgres.orders import Orders
from tests.engine.world import EngineShop, Watcher
from tests.waiting import until


async def _pending(shop: EngineShop, **options: int) -> tuple[str, Watcher, str]:
    """Return a session whose last unit is in an order that `ada` has not paid yet."""
    session_id = await shop.live(payment="checkout", OBS_M=1, **options)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("checkout")
    return session_id, ada, rid


async def _buys(shop: EngineShop, session_id: str, name: str) -> str:
    """Return what answers somebody who buys a unit: `checkout`, or the code of a refusal."""
    watcher = await shop.join(session_id, name)
    shop.buy(watcher, "OBS-M", ref=1)
    await watcher.until(lambda: watcher.of("checkout") or watcher.of("error"))
    answers: list[str] = [message["code"] for message in watcher.of("error")]
    return answers[0] if answers else "checkout"


async def test_the_units_of_an_abandoned_order_are_for_sale_at_once(shop: EngineShop) -> None:
    session_id, ada, rid = await _pending(shop)
    assert await _buys(shop, session_id, "bo") == "sold_out"
    shop.send(ada, "abandon", order_id=rid, ref=7)
    await ada.sees("ok", ref=7)
    assert ada.of("released") == [{"type": "released", "rid": rid, "sku": "OBS-M"}]
    assert await _buys(shop, session_id, "cy") == "checkout"


async def test_a_failed_payment_is_told_to_its_buyer_wherever_it_is_connected(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id, ada, rid = await _pending(shop)
    there = await other.join(session_id, "ada")
    order = await other.engine.orders.fail(rid)
    assert order.status == "void"
    told = {"type": "refused", "rid": rid, "sku": "OBS-M", "code": "payment_failed"}
    assert await ada.sees("refused") == told
    assert await there.sees("refused") == told
    assert await shop.engine.orders.fail(rid) == order
    assert (ada.of("refused"), there.of("refused")) == ([told], [told])


async def test_money_that_comes_after_a_failed_payment_is_to_go_back(shop: EngineShop) -> None:
    _, ada, rid = await _pending(shop)
    await shop.engine.orders.fail(rid)
    with pytest.raises(Expired, match=f"the order {rid} has expired"):
        await shop.engine.orders.confirm(rid, "pay-1", 5000)
    assert ada.of("confirmed") == []


async def test_an_abandoned_purchase_that_is_sent_again_is_answered_the_same(
    shop: EngineShop,
) -> None:
    _, ada, rid = await _pending(shop)
    shop.send(ada, "abandon", order_id=rid)
    await ada.sees("released")
    shop.buy(ada, "OBS-M", rid=rid, ref=8)
    await ada.sees("reserved", ref=8)
    await ada.until(lambda: len(ada.of("released")) == 2)
    shop.send(ada, "abandon", order_id=rid, ref=9)
    await ada.sees("ok", ref=9)


async def test_an_order_is_abandoned_by_its_buyer_alone_and_not_once_it_is_paid(
    shop: EngineShop,
) -> None:
    session_id, ada, rid = await _pending(shop)
    bo = await shop.join(session_id, "bo")
    shop.send(bo, "abandon", order_id=rid, ref=1)
    assert (await bo.sees("error", ref=1))["code"] == "not_found"
    await shop.engine.orders.confirm(rid, "pay-1", 5000)
    shop.send(ada, "abandon", order_id=rid, ref=2)
    assert (await ada.sees("error", ref=2))["code"] == "conflict"
    with pytest.raises(Conflict, match="confirmed"):
        await shop.engine.orders.fail(rid)


async def test_a_given_up_order_whose_node_ended_before_redis_heard_is_over_when_asked_again(
    shop: EngineShop,
) -> None:
    session_id, ada, rid = await _pending(shop)
    # As far as a node gets that ends right after COMMIT.
    await Orders(shop.database).give_up(rid, Verdict.RELEASED)
    assert await _buys(shop, session_id, "bo") == "sold_out"
    shop.send(ada, "abandon", order_id=rid, ref=3)
    await ada.sees("ok", ref=3)
    assert await _buys(shop, session_id, "cy") == "checkout"


async def test_an_order_given_up_again_after_its_session_was_settled_asks_nothing_of_redis(
    shop: EngineShop, redis_url: str
) -> None:
    session_id, _, rid = await _pending(shop)
    order = await shop.engine.orders.fail(rid)
    await shop.host(session_id, "session.end")
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.settled)
    async with redis.asyncio.from_url(redis_url) as client:
        await client.flushdb()  # as it is once the keys of a settled session have ended
    assert await shop.engine.orders.fail(rid) == order
    assert room.session.epochs.good


async def test_after_redis_was_lost_the_units_of_a_given_up_order_stay_free(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id, _, rid = await _pending(shop)
    await shop.engine.orders.abandon(rid)
    room = await shop.engine.rooms.get(session_id)
    room.session.epochs.reload()
    await until(lambda: room.session.epochs.buying)
    connection = await asyncpg.connect(postgres_url)
    sold = await connection.fetchval("SELECT sold FROM stock WHERE session_id = $1", session_id)
    await connection.close()
    assert sold == 0
    assert await _buys(shop, session_id, "bo") == "checkout"


async def test_another_device_is_told_where_a_pending_order_is_paid(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id, ada, rid = await _pending(shop)
    checkout = await ada.sees("checkout")
    there = await other.join(session_id, "ada")
    (order,) = (await there.sees("welcome"))["orders"]
    assert (order["order_id"], order["status"]) == (rid, "pending")
    assert (order["url"], order["expires_at_ms"]) == (checkout["url"], checkout["expires_at_ms"])
    await shop.engine.orders.confirm(rid, "pay-1", 5000)
    later = await other.join(session_id, "ada")
    (order,) = (await later.sees("welcome"))["orders"]
    assert order["status"] == "confirmed"
    assert not {"url", "expires_at_ms"} & order.keys()
