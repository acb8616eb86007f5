"""Offers through the loss of Redis, on two nodes, and with more buyers than uses."""

from typing import Any
from uuid import uuid4

import anyio
from redis import Redis

from liveshop.core.model import Charge
from liveshop.engine.purchase.reply import Reply
from liveshop.features.offers.rules import OffersPart
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.redis.unit_records import ReserveLine
from tests.engine.world import EngineShop, Watcher, held_up, open_shop
from tests.features.offers.show import PRICE, OfferShow
from tests.waiting import until

_USES = 10
_TAKERS = 60


async def test_what_was_taken_is_kept_through_a_rebuild_and_refused_if_it_is_lost(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(units=2)
    ada = await show.join("ada")
    taken = await show.take(ada, offer=offer)
    session = (await show.room()).session
    epoch = session.epochs.newest
    session.epochs.reload()
    await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
    assert show.held(redis_url) == {offer: 1}
    await show.lose_redis(redis_url)
    refused = await ada.sees("refused", rid=taken["rid"])
    assert (refused["offer"], refused["code"]) == (offer, "unavailable")
    await show.is_at_rest(redis_url)


async def test_what_was_sold_stays_sold_after_a_loss(show: OfferShow, redis_url: str) -> None:
    offer = await show.open(units=1)
    ada, bo = await show.join("ada"), await show.join("bo")
    await show.checkout(ada, await show.reserve(ada, "OBS-M"), codes=[offer])
    await until_closed(show, offer)
    other = await show.open(units=1, amount=700)
    await show.checkout(bo, await show.reserve(bo, "OBS-M"), codes=[other])
    await show.lose_redis(redis_url)
    assert {name: n for name, n in (await show.sold()).items() if name.startswith("@")} == {
        offer: 1,
        other: 1,
    }
    await show.is_at_rest(redis_url)


async def test_an_order_whose_node_died_after_its_charges_costs_what_they_say(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(units=1)
    ada = await show.join("ada")
    [rid] = await show.reserve(ada, "OBS-M")
    room = await show.room()
    session, order_id = room.session, "a2d3c1f0-0d52-4b57-8a3c-55c3f0c1d9ab"
    offering = session.pricing.offering
    assert offering is not None
    look = await session.units.cart("ada", [rid], [offer])
    quote = await offering.quote("ada", look.reservations, frozenset({offer}), look)
    # Another node's `pay`, which never came to its COMMIT; and the offer is closed since.
    paid = await session.units.pay(
        session.epochs.newest, buyer="ada", order_id=order_id, rids=[rid], charges=quote.charges
    )
    assert paid.charge is not None
    await show.host("offer.close", offer=offer)
    told = await show.ask(ada, "checkout", order_id=order_id, rids=[rid], codes=[])
    assert (told["type"], told["total"]) == ("confirmed", PRICE - 500)
    assert (await show.sold())[offer] == 1
    await show.is_at_rest(redis_url)


async def test_a_buy_whose_node_died_after_its_charges_costs_what_they_say(
    show: OfferShow, redis_url: str
) -> None:
    offer, ada = await show.open(units=1), await show.join("ada")
    session, rid = (await show.room()).session, str(uuid4())
    epoch, use = session.epochs.newest, Charge(row=offer, units=1, limit=1)
    line = ReserveLine(rid=rid, buyer="ada", command="buy", sku="OBS-M", quantity=1, waits=True)
    await session.units.reserve(epoch, 0, [line])
    await session.units.pay(epoch, buyer="ada", order_id=rid, rids=[rid], charges=[use])
    told = await show.buy(ada, rid=rid, codes=[offer], total=PRICE - 500)
    assert (told["type"], told["total"]) == ("confirmed", PRICE - 500)
    assert (await show.sold())[offer] == 1
    await show.is_at_rest(redis_url)


async def test_a_buy_that_was_held_and_not_ordered_is_ordered_when_it_is_sent_again(
    show: OfferShow, redis_url: str
) -> None:
    ada = await show.join("ada")
    session, rid = (await show.room()).session, str(uuid4())
    line = ReserveLine(rid=rid, buyer="ada", command="buy", sku="OBS-M", quantity=1, waits=True)
    await session.units.reserve(session.epochs.newest, 0, [line])
    told = await show.buy(ada, rid=rid)
    assert (told["type"], told["total"]) == ("confirmed", PRICE)
    await show.is_at_rest(redis_url)


async def test_so_many_takers_on_two_nodes_make_so_many_orders_as_there_are_uses(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    # Units for all of them: a `buy` holds its own before it is priced.
    show = OfferShow(shop, await shop.live(OBS_M=_TAKERS))
    await shop.opened(show.session_id)
    offer = await show.open(units=_USES)
    told: list[dict[str, Any]] = []

    async def hunt(number: int) -> None:
        on = show.shop if number % 2 else other
        viewer = await show.join(f"u{number}", on=on)
        if number % 3 == 0:
            await show.take(viewer, on=on, offer=offer)
        told.append(await show.buy(viewer, on=on, codes=[offer], total=PRICE - 500))

    async with open_shop(redis_url, postgres_url) as other:
        await other.opened(show.session_id)
        async with anyio.create_task_group() as tasks:
            for number in range(_TAKERS):
                tasks.start_soon(hunt, number)
        # A node that ends here might leave what it has confirmed to the sweep.
        await show.is_at_rest(redis_url)
    sold = [each for each in told if each["type"] == "confirmed"]
    assert (await show.sold())[offer] == len(sold) == _USES
    assert {each["total"] for each in sold} == {PRICE - 500}
    assert {each["code"] for each in told if each not in sold} <= {"sold_out", "not_found"}


async def test_whatever_redis_believes_no_use_is_sold_twice(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(units=1)
    ada, bo = await show.join("ada"), await show.join("bo")
    await show.checkout(ada, await show.reserve(ada, "OBS-M"), codes=[offer])
    await until_closed(show, offer)
    rids = await show.reserve(bo, "OBS-M")
    with Redis.from_url(redis_url) as redis:
        redis.hset(f"{{s:{show.session_id}}}:stock", f"{offer}\x1funits", 9)
    # A charge as of a node that has not heard of the end.
    charge = (await show.order(ada.of("confirmed")[0]["order_id"])).charges
    room = await show.room()
    await room.cart.checkout("bo", "a2d3c1f0-0d52-4b57-8a3c-55c3f0c1d9ab", rids, Reply(), charge)
    refused = await bo.sees("refused", rid=rids[0])
    assert refused["code"] == "sold_out"
    assert (await show.sold())[offer] == 1


async def test_an_order_of_nothing_is_confirmed_where_others_wait_for_money(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(payment="checkout", OBS_M=9)
    await shop.opened(session_id)
    show = OfferShow(shop, session_id)
    gift, less = await show.open(percent=100), await show.open(amount=1_000)
    viewers = {name: await show.join(name) for name in ("ada", "bo")}
    rids = {name: await show.reserve(viewer, "OBS-M") for name, viewer in viewers.items()}
    room = await show.room()
    # Both orders are in one batch.
    async with held_up(room.session.node.stores[Orders], "commit"), anyio.create_task_group() as t:
        t.start_soon(_kept, show, viewers["ada"], rids["ada"], gift)
        t.start_soon(_kept, show, viewers["bo"], rids["bo"], less)
        await until(lambda: room.writer.under_way == 2)
        t.cancel_scope.cancel()
    told = await viewers["ada"].sees("confirmed")
    assert told["total"] == 0
    waits = await viewers["bo"].sees("checkout")
    assert (await show.sold())["sOBS-M"] == 1
    order = await shop.engine.orders.confirm(waits["order_id"], "pay-1", PRICE - 1_000)
    assert order.total == PRICE - 1_000
    await show.is_at_rest(redis_url)


async def _kept(show: OfferShow, viewer: Watcher, rids: list[str], code: str) -> None:
    await show.checkout(viewer, rids, codes=[code])


async def until_closed(show: OfferShow, offer: str) -> None:
    """Wait until an offer is closed."""
    session = (await show.room()).session
    await until(lambda: offer not in OffersPart.of(session.state).offers)
