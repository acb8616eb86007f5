"""Redis forgets what PostgreSQL has: an order is answered as it is stored."""

from typing import Any
from uuid import uuid4

import pytest

from liveshop.core.errors import Unavailable
from liveshop.core.model import OrderStatus, ReservationState
from liveshop.core.roles import Role
from liveshop.engine.purchase.purchase_limits import PurchaseLimits
from liveshop.stores.postgres.orders import Orders
from tests.engine.old_file import OldFile
from tests.engine.world import EngineShop, Watcher, held_up
from tests.waiting import until


def _answer(watcher: Watcher, ref: int) -> dict[str, Any] | None:
    return next((m for m in watcher.inbox if m.get("ref") == ref), None)


@pytest.mark.parametrize("known", [2, 1], ids=["both held", "one of them unknown"])
async def test_a_cart_that_an_older_redis_had_as_held_is_told_as_confirmed_again(
    shop: EngineShop, redis_url: str, known: int
) -> None:
    session_id = await shop.live(OBS_M=3, OBS_L=3)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    ada = await shop.join(session_id, "ada")
    order_id, rids, file = str(uuid4()), [], None
    for number, sku in enumerate(("OBS-M", "OBS-L"), start=1):
        rids.append(shop.reserve(ada, sku))
        await ada.sees("reserved", rid=rids[-1])
        if number == known:
            file = await OldFile.write(redis_url)
    shop.send(ada, "checkout", order_id=order_id, rids=rids, ref=1)
    await ada.sees("confirmed", ref=1)
    assert file is not None
    await file.come_back(session)
    shop.send(ada, "checkout", order_id=order_id, rids=rids, ref=2)
    told = await ada.until(lambda: _answer(ada, 2))
    assert (told["type"], told["order_id"]) == ("confirmed", order_id)
    assert (told["total"], set(told["rids"])) == (10_000, set(rids))
    for ref, other, chosen in ((3, order_id, rids[:1]), (4, str(uuid4()), rids)):
        shop.send(ada, "checkout", order_id=other, rids=chosen, ref=ref)
        told = await ada.until(lambda: _answer(ada, ref))  # noqa: B023
        assert (told["type"], told["code"]) == ("error", "conflict")
    ada.inbox.clear()
    shop.reserve(ada, "OBS-M", rid=rids[0])
    await ada.sees("confirmed", order_id=order_id)
    shop.send(ada, "release", rid=rids[0], ref=5)
    assert (await ada.sees("error", ref=5))["code"] == "conflict"
    assert await session.units.mine("ada") == ()
    assert ada.of("expired") == ada.of("refused") == ada.of("released") == []


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_purchase_that_an_older_redis_does_not_know_is_told_at_the_price_of_its_order(
    shop: EngineShop, redis_url: str, cancelled: bool
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    ada, host = await shop.join(session_id, "ada"), await shop.join(session_id, "host", Role.HOST)
    file = await OldFile.write(redis_url)
    rid = shop.buy(ada, "OBS-M", ref=1)
    first = await ada.sees("confirmed")
    if cancelled:
        await shop.engine.orders.cancel(rid)
    prices = {"OBS-M": 6000}
    await shop.host(session_id, "product.reprice", product_id="shirt", prices=prices)
    await file.come_back(session)
    for ref in (2, 3):
        ada.inbox.clear()
        shop.buy(ada, "OBS-M", rid=rid, ref=ref)
        assert await ada.sees("confirmed") == first
        assert ada.of("reserved")[-1]["price"] == 5000
        await until(lambda: not session.mailbox.is_watched(rid))
        await _settled(shop, session_id)
    sold = (await session.units.peek([rid]))[rid]
    assert (sold.state, sold.price, sold.order_id) == (ReservationState.SOLD, 5000, rid)
    assert await session.units.mine("ada") == ()
    left = 3 if cancelled else 2
    await until(lambda: session.broadcast.gauges.left == {"OBS-M": left})
    status = OrderStatus.CANCELLED if cancelled else OrderStatus.CONFIRMED
    assert (await session.node.stores[Orders].get(rid)).status is status
    # Another order comes to the host, so that a second one of the first would have come before.
    last = shop.buy(ada, "OBS-M")
    await host.sees("order", order_id=last)
    assert [order["order_id"] for order in host.of("order")] == [rid, last]
    assert [order["total"] for order in host.of("order")] == [5000, 6000]


async def test_an_order_found_while_postgres_goes_away_is_told_as_stored_and_new_ones_as_new(
    shop: EngineShop, redis_url: str
) -> None:
    """If stored orders cannot be read after the COMMIT, the orders of the batch are still new."""
    session_id = await shop.live(OBS_M=3, OBS_L=3)
    await shop.opened(session_id)
    whole = await shop.engine.rooms.get(session_id)
    room = whole.session
    ada, host = await shop.join(session_id, "ada"), await shop.join(session_id, "host", Role.HOST)
    file = await OldFile.write(redis_url)
    rid = shop.buy(ada, "OBS-M")
    first = await ada.sees("confirmed")
    prices = {"OBS-M": 6000}
    await shop.host(session_id, "product.reprice", product_id="shirt", prices=prices)
    await file.come_back(room)
    many, failures = room.node.stores[Orders].many, [Unavailable()]

    async def fail_once(order_ids: Any) -> Any:
        if order_ids and failures:
            raise failures.pop()
        return await many(order_ids)

    room.node.stores[Orders].many = fail_once  # type: ignore[method-assign]
    ada.inbox.clear()
    # The writer waits with one order, so that the next two are of one batch.
    async with held_up(whole.command_log, "catch_up"):
        room.limits = PurchaseLimits()
        shop.buy(await shop.join(session_id, "bo"), "OBS-L")
        await until(lambda: len(whole.writer) == 1 and whole.writer.waiting == 0)
        shop.buy(ada, "OBS-M", rid=rid)
        last = shop.buy(ada, "OBS-M")
        await until(lambda: whole.writer.waiting == 2)
    assert await ada.sees("confirmed", order_id=rid) == first
    assert (await ada.sees("confirmed", order_id=last))["total"] == 6000
    await host.sees("order", order_id=last)
    assert failures == []
    assert [order["total"] for order in host.of("order")] == [5000, 5000, 6000]


async def _settled(shop: EngineShop, session_id: str) -> None:
    writer = (await shop.engine.rooms.get(session_id)).writer
    await until(lambda: not len(writer))
