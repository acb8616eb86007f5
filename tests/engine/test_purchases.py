"""Purchases end to end, from the command to the order, on real stores."""

from functools import partial
from uuid import uuid4

import anyio
import asyncpg

from liveshop.core.limits import RESOLVED_KEPT_MS, SETTLED_KEPT_MS
from liveshop.core.roles import Role
from liveshop.stores.redis.packing import session_key
from tests.engine.world import EngineShop, Watcher
from tests.stores.postgres.shop import somebody_waits
from tests.waiting import WAIT_S, until


async def test_a_buy_is_reserved_then_confirmed(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M", ref=7)
    reserved = await ada.sees("reserved", rid=rid)
    confirmed = await ada.sees("confirmed", order_id=rid)
    assert {k: reserved[k] for k in ("ref", "sku", "quantity", "price")} == {
        "ref": 7,
        "sku": "OBS-M",
        "quantity": 1,
        "price": 5000,
    }
    assert "ref" not in confirmed
    assert confirmed["rids"] == [rid]
    assert confirmed["total"] == 5000
    assert [m["type"] for m in ada.inbox if m["type"] in ("reserved", "confirmed")] == [
        "reserved",
        "confirmed",
    ]


async def test_nothing_is_confirmed_before_its_commit(shop: EngineShop, postgres_url: str) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    host = await shop.join(session_id, "host", Role.HOST)
    other = await asyncpg.connect(postgres_url)
    try:
        async with other.transaction():
            await other.execute("SELECT FROM session WHERE id = $1 FOR UPDATE", session_id)
            rid = shop.buy(ada, "OBS-M")
            with anyio.fail_after(WAIT_S):
                await somebody_waits(other)
            assert len(ada.of("reserved")) == 1
            assert ada.of("confirmed") == host.of("order") == []
    finally:
        await other.close()
    await ada.sees("confirmed", order_id=rid)


async def test_the_same_rid_again_gets_the_same_answer(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M", ref=1)
    first = await ada.sees("reserved", ref=1)
    done = await ada.sees("confirmed")
    shop.buy(ada, "OBS-M", rid=rid, ref=2)
    again = await ada.sees("reserved", ref=2)
    await ada.until(lambda: len(ada.of("confirmed")) == 2)
    assert {**again, "ref": 1} == first
    assert ada.of("confirmed")[1] == done
    shop.buy(ada, "OBS-M", 2, rid=rid, ref=3)
    assert (await ada.sees("error", ref=3))["code"] == "conflict"


async def test_twenty_units_go_to_twenty_of_two_hundred_buyers(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=20)
    await shop.opened(session_id)
    buyers = [await shop.join(session_id, f"b{i}") for i in range(200)]
    host = await shop.join(session_id, "host", Role.HOST)
    for buyer in buyers:
        shop.buy(buyer, "OBS-M", ref=1)
    for buyer in buyers:
        await buyer.until(partial(_answered, buyer))
    refusals = [buyer.of("error")[0]["code"] for buyer in buyers if buyer.of("error")]
    assert refusals == ["sold_out"] * 180
    assert sum(len(buyer.of("confirmed")) for buyer in buyers) == 20
    await host.sees("product.sold_out", sku="OBS-M")
    await host.sees("stats", orders=20, units=20, revenue=100_000)
    assert len(host.of("order")) == 20
    assert len(host.of("product.sold_out")) == 1


def _answered(buyer: Watcher) -> bool:
    return bool(buyer.of("confirmed") or buyer.of("error"))


async def test_a_cart_is_ordered_all_or_nothing(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5, OBS_L=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rids = [shop.reserve(ada, "OBS-M"), shop.reserve(ada, "OBS-L", 2)]
    for rid in rids:
        await ada.sees("reserved", rid=rid)
    released = shop.reserve(ada, "OBS-L")
    await ada.sees("reserved", rid=released)
    shop.send(ada, "release", rid=released, ref=3)
    assert (await ada.sees("released", rid=released))["ref"] == 3
    order_id = str(uuid4())
    shop.send(ada, "checkout", order_id=order_id, rids=[*rids, released], ref=4)
    assert (await ada.sees("error", ref=4))["code"] == "expired"
    shop.send(ada, "checkout", order_id=order_id, rids=rids, ref=5)
    confirmed = await ada.sees("confirmed", ref=5)
    assert (confirmed["order_id"], confirmed["total"]) == (order_id, 15_000)
    assert sorted(confirmed["rids"]) == sorted(rids)


async def test_a_hold_comes_back_at_its_deadline_and_its_buyer_is_told(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=1, hold_ms=1_000)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    rid = shop.reserve(ada, "OBS-M")
    deadline_ms = (await ada.sees("reserved"))["expires_at_ms"]
    await bo.sees("pulse", left={"OBS-M": 0})
    await ada.sees("expired", rid=rid, sku="OBS-M")
    assert shop.engine.node.now_ms() >= deadline_ms
    await bo.sees("pulse", left={"OBS-M": 1})
    shop.buy(bo, "OBS-M")
    await bo.sees("confirmed")


async def test_many_holds_that_end_together_come_back_together(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=400, hold_ms=2_000)
    await shop.opened(session_id)
    bo = await shop.join(session_id, "bo")
    buyers = [await shop.join(session_id, f"b{i}") for i in range(40)]
    for buyer in buyers:
        for _ in range(10):
            shop.reserve(buyer, "OBS-M")
    await bo.sees("pulse", left={"OBS-M": 0})
    await bo.sees("pulse", left={"OBS-M": 400})
    lefts = [pulse["left"]["OBS-M"] for pulse in bo.of("pulse") if "left" in pulse]
    assert len(lefts[lefts.index(0) :]) <= 4
    assert [len(buyer.of("expired")) for buyer in buyers] == [10] * 40


async def test_a_sale_sells_at_its_price_to_its_limit_and_ends_when_sold_out(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=10)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    await shop.host(
        session_id,
        "sale.start",
        product_id="shirt",
        percent=22,
        duration_ms=60_000,
        units=2,
        limit=1,
    )
    started = await ada.sees("sale.started")
    assert (started["prices"], started["left"], started["limit"]) == ({"OBS-M": 3900}, 2, 1)
    shop.buy(ada, "OBS-M")
    assert (await ada.sees("confirmed"))["total"] == 3900
    shop.buy(ada, "OBS-M", ref=9)
    refused = await ada.sees("error", ref=9)
    assert (refused["code"], refused["limit"], refused["left"]) == ("limit", 1, 0)
    shop.buy(bo, "OBS-M")
    await bo.sees("confirmed")
    assert (await ada.sees("sale.ended"))["reason"] == "sold_out"
    shop.buy(ada, "OBS-M", ref=10)
    assert (await ada.sees("reserved", ref=10))["price"] == 5000


async def test_a_checkout_session_waits_for_the_money(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=2, payment="checkout")
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M", ref=1)
    checkout = await ada.sees("checkout")
    assert checkout["url"] == f"https://pay.example/{rid}"
    assert "ref" not in checkout
    order = await shop.engine.orders.confirm(rid, "pay-1", 5000)
    assert order.status == "confirmed"
    assert (await ada.sees("confirmed"))["order_id"] == rid
    again = await shop.engine.orders.confirm(rid, "pay-1", 5000)
    assert again == order


async def test_money_that_was_stored_and_not_applied_is_applied_by_any_node(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=2, payment="checkout")
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("checkout")
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "INSERT INTO payment (id, order_id, amount, status, at_ms)"
        " VALUES ('pay-1', $1, 5000, 'received', 0)",
        rid,
    )
    await connection.close()
    await ada.sees("confirmed", order_id=rid)


async def test_a_cancelled_order_brings_its_unit_back(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=1)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    await bo.sees("product.sold_out")
    await shop.engine.orders.cancel(rid)
    await ada.sees("cancelled", order_id=rid)
    assert (await bo.sees("product.restocked"))["left"] == 1
    shop.buy(bo, "OBS-M")
    await bo.sees("confirmed")


async def test_an_ended_session_returns_what_it_has_not_sold(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    await shop.host(session_id, "session.end")
    await ada.sees("session.ended")
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.settled)
    product = await shop.catalogue.get("shirt")
    assert product.variants[0].stock == 5
    # The keys that it took in Redis go, and later those that late viewers see.
    link, key = room.session.node.link, partial(session_key, session_id)
    ttl_ms: dict[str, int] = {}
    with anyio.fail_after(WAIT_S):
        while ttl_ms.get("res", -1) < 0:
            for name in ("res", "bought", "stock", "plan", "done", "totals", "cfg"):
                ttl_ms[name] = await link.call("PTTL", key(name))
    sooner = [ttl_ms.pop(name) for name in ("res", "bought", "stock", "plan", "done")]
    assert 0 < min(sooner) and max(sooner) <= RESOLVED_KEPT_MS
    assert RESOLVED_KEPT_MS < min(ttl_ms.values()) and max(ttl_ms.values()) <= SETTLED_KEPT_MS


async def test_a_node_that_stops_finishes_what_was_bought(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=100)
    await shop.opened(session_id)
    buyers = [await shop.join(session_id, f"u{number}") for number in range(50)]
    for buyer in buyers:
        shop.buy(buyer, "OBS-M")
    shop.engine.node.retire()
    with anyio.fail_after(WAIT_S):
        await shop.engine.rooms.finish()
    assert [len(buyer.of("confirmed")) for buyer in buyers] == [1] * 50
    assert not shop.engine.node.health.ready
