"""Redis loses everything, and nothing confirmed is lost, nothing oversold."""

from uuid import uuid4

import redis.asyncio

from liveshop.core.limits import SETTLEMENTS_WAITING_MAX
from liveshop.core.model import ReservationState
from liveshop.engine.purchase.ordered import resolved
from liveshop.stores.postgres.order_records import NewLine, NewOrder, Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.unit_records import ReserveLine, UnitsStatus
from tests.engine.old_file import OldFile
from tests.engine.world import EngineShop, held_up
from tests.vocabulary import VOCABULARY
from tests.waiting import until


async def _forget_everything(redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
        await client.function_flush("SYNC")


async def test_selling_goes_on_after_redis_lost_everything(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(limit=2, OBS_M=3)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    shop.buy(ada, "OBS-M", 2)
    await ada.sees("confirmed")
    room = await shop.engine.rooms.get(session_id)
    epoch = room.session.epochs.newest
    await _forget_everything(redis_url)
    await until(lambda: room.session.epochs.newest == epoch + 1 and room.session.epochs.buying)
    # Buyers' counts follow after the opening; until they are there, the database refuses.
    shop.buy(ada, "OBS-M", ref=1)
    refusals = await ada.until(lambda: ada.of("error") + ada.of("refused"))
    assert [refusal["code"] for refusal in refusals] == ["limit"]
    assert len(ada.of("confirmed")) == 1
    await until(lambda: room.session.broadcast.gauges.left == {"OBS-M": 1})
    shop.buy(bo, "OBS-M", 2, ref=2)
    refused = await bo.sees("error", ref=2)
    assert (refused["code"], refused["left"]) == ("sold_out", 1)
    shop.buy(bo, "OBS-M")
    await bo.sees("confirmed")


async def test_a_cancellation_is_not_told_to_a_redis_that_another_node_has_left(
    shop: EngineShop,
) -> None:
    """A primary that is cut off takes what it is told at the old epoch, and takes it along."""
    session_id = await shop.live(limit=2, OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    order_id = shop.buy(ada, "OBS-M", 2)
    await ada.sees("confirmed")
    session = (await shop.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    assert await Sessions(shop.database, VOCABULARY).raise_epoch(session_id, epoch) is not None
    await shop.engine.orders.cancel(order_id)
    assert session.epochs.newest > epoch
    await until(lambda: session.epochs.buying)
    await until(lambda: session.broadcast.gauges.left == {"OBS-M": 3})
    assert shop.buy(ada, "OBS-M", 2)
    await ada.until(lambda: len(ada.of("confirmed")) == 2)


async def test_a_purchase_during_the_loss_is_refused_and_may_be_sent_again(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    await _forget_everything(redis_url)
    rid = shop.buy(ada, "OBS-M", ref=1)
    refused = await ada.sees("error", ref=1)
    assert refused["code"] == "unavailable"
    await shop.opened(session_id)
    shop.buy(ada, "OBS-M", rid=rid, ref=2)
    await ada.sees("reserved", ref=2)
    assert (await ada.sees("confirmed"))["order_id"] == rid


async def test_a_hold_that_was_lost_is_told(shop: EngineShop, redis_url: str) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved")
    await _forget_everything(redis_url)
    refused = await ada.sees("refused", rid=rid)
    assert refused["code"] == "unavailable"
    assert refused["sku"] == "OBS-M"


async def test_an_order_that_waits_for_its_money_keeps_its_unit_through_a_loss(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(payment="checkout", OBS_M=1)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("checkout")
    session = (await shop.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    await _forget_everything(redis_url)
    await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
    shop.buy(bo, "OBS-M", ref=1)
    assert (await bo.sees("error", ref=1))["code"] == "sold_out"
    assert (await shop.engine.orders.confirm(rid, "pay-1", 5000)).status == "confirmed"


async def test_a_hold_of_an_old_file_that_was_ordered_since_takes_no_second_unit(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(OBS_M=2)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    rid = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved")
    session = (await shop.engine.rooms.get(session_id)).session
    file = await OldFile.write(redis_url)
    shop.send(ada, "checkout", order_id=str(uuid4()), rids=[rid])
    await ada.sees("confirmed")
    await file.come_back(session)
    shop.buy(bo, "OBS-M", ref=1)
    await bo.sees("confirmed")
    assert ada.of("expired") == ada.of("refused") == []


async def test_a_unit_sold_while_redis_is_loaded_is_reserved_for_nobody_else(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=1)
    await shop.opened(session_id)
    bo = await shop.join(session_id, "bo")
    session, rid = (await shop.engine.rooms.get(session_id)).session, str(uuid4())
    orders, epoch = session.node.stores[Orders], session.epochs.newest
    # Another node's purchase, whose COMMIT comes between the epoch and the load.
    bought = ReserveLine(rid=rid, buyer="ada", command="buy", sku="OBS-M", quantity=1)
    await session.units.reserve(epoch, session.state.offset, [bought])
    line = NewLine(rid=rid, sku="OBS-M", quantity=1, price=5000, final=5000, sku_limit=10)
    order = NewOrder(order_id=rid, buyer="ada", lines=[line])
    async with held_up(orders, "cancelled_since"):  # and with it the copy of all counters
        async with held_up(session.units, "survivors"):
            session.epochs.reload()
            await until(lambda: session.epochs.newest == epoch + 1)
            now_ms = session.clock.now_ms()
            reply = await orders.commit(session_id, epoch + 1, [order], now_ms=now_ms)
            assert reply.outcomes[rid].verdict is Verdict.CONFIRMED
        await until(lambda: session.epochs.buying)
        shop.reserve(bo, "OBS-M", ref=1)
        refused = await bo.sees("error", ref=1)
        assert (refused["code"], refused["left"]) == ("sold_out", 0)


async def test_an_order_that_a_rebuild_overtakes_is_confirmed_at_the_new_epoch(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    session = (await shop.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    async with held_up(session.node.stores[Orders], "commit"):
        rid = shop.buy(ada, "OBS-M")
        await ada.sees("reserved", rid=rid)
        session.epochs.reload()
        await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
    await ada.sees("confirmed", order_id=rid)
    assert (await session.node.stores[Orders].get(rid)).status == "confirmed"
    # It was told that it is too late, and has nothing to load Redis again for.
    assert (session.epochs.newest, session.epochs.buying) == (epoch + 1, True)


async def test_an_order_that_waits_for_its_money_since_a_loss_keeps_its_unit(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(payment="checkout", OBS_M=1)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    session = (await shop.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    async with held_up(session.node.stores[Orders], "pend"):
        rid = shop.buy(ada, "OBS-M")
        await ada.sees("reserved", rid=rid)
        await _forget_everything(redis_url)
        await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
    await ada.sees("checkout", order_id=rid)
    # It was stored after the rebuild had read which orders wait: Redis is loaded again, with it.
    await until(lambda: session.epochs.newest == epoch + 2 and session.epochs.buying)
    shop.buy(bo, "OBS-M", ref=1)
    assert (await bo.sees("error", ref=1))["code"] == "sold_out"
    assert (await shop.engine.orders.confirm(rid, "pay-1", 5000)).status == "confirmed"


async def test_a_cart_that_waits_for_its_money_is_ordered_in_an_older_redis_too(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(payment="checkout", OBS_M=1)
    await shop.opened(session_id)
    ada, order_id = await shop.join(session_id, "ada"), str(uuid4())
    rid = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved", rid=rid)
    room = await shop.engine.rooms.get(session_id)
    session, file = room.session, await OldFile.write(redis_url)
    epoch = session.epochs.newest
    async with held_up(session.node.stores[Orders], "pend"):
        shop.send(ada, "checkout", order_id=order_id, rids=[rid], ref=1)
        await until(lambda: room.writer.has(order_id))
        await file.come_back(session)
    await ada.sees("checkout", order_id=order_id)
    await until(lambda: session.epochs.newest == epoch + 2 and session.epochs.buying)
    shop.send(ada, "release", rid=rid, ref=2)
    assert (await ada.sees("error", ref=2))["code"] == "conflict"


async def test_who_raised_the_epoch_is_left_to_rebuild(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    sessions, epoch = session.node.stores[Sessions], session.epochs.newest
    rebuild = await sessions.raise_epoch(session_id, epoch)
    assert rebuild is not None
    await until(lambda: session.epochs.newest == rebuild.epoch and not session.epochs.good)
    assert await session.units.fence(rebuild.epoch) is UnitsStatus.OK
    totals = await sessions.totals(session_id)
    reply = await session.units.load(
        rebuild.epoch, now_ms_min=rebuild.newest_ms, rows=rebuild.rows, totals=totals
    )
    assert reply.status is UnitsStatus.OK
    await until(lambda: session.epochs.buying)
    assert (await sessions.get(session_id)).stock_epoch == epoch + 1


async def test_a_rebuild_that_its_node_does_not_finish_is_taken_over(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    await session.node.stores[Sessions].raise_epoch(session_id, epoch)
    await until(lambda: session.epochs.buying and session.epochs.newest == epoch + 2)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")


async def test_two_nodes_that_lose_redis_rebuild_once(
    shop: EngineShop, other: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live_with(other, limit=2, OBS_M=3)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M", 2)
    await ada.sees("confirmed")
    rooms = [(await each.engine.rooms.get(session_id)).session for each in (shop, other)]
    epoch = rooms[0].epochs.newest
    await _forget_everything(redis_url)
    await until(
        lambda: all(room.epochs.buying and room.epochs.newest == epoch + 1 for room in rooms)
    )
    shop.buy(ada, "OBS-M", ref=1)
    refused = await ada.until(lambda: ada.of("error") + ada.of("refused"))
    assert refused[0]["code"] == "limit"


async def test_more_settlements_than_can_wait_for_redis_are_made_good_by_a_rebuild(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada, whole = await shop.join(session_id, "ada"), await shop.engine.rooms.get(session_id)
    rid, order_id, room = shop.reserve(ada, "OBS-M"), str(uuid4()), whole.session
    await ada.sees("reserved", rid=rid)
    # Another node's order, which has its COMMIT; its effect on Redis is settled here.
    paid = await room.units.pay(room.epochs.newest, buyer="ada", order_id=order_id, rids=[rid])
    line = NewLine(rid=rid, sku="OBS-M", quantity=1, price=5000, final=5000, sku_limit=10)
    order = NewOrder(order_id=order_id, buyer="ada", lines=[line])
    now_ms = room.clock.now_ms()
    reply = await room.node.stores[Orders].commit(
        session_id, room.epochs.newest, [order], now_ms=now_ms
    )
    sold = [resolved(each, Verdict.CONFIRMED) for each in paid.reservations]
    room.epochs.fence()
    await whole.settler.settle(sold, reply.copies)
    for _ in range(SETTLEMENTS_WAITING_MAX):
        await whole.settler.settle((), reply.copies)
    await until(lambda: room.epochs.buying)
    known = await room.units.peek([rid])
    assert known[rid].state is ReservationState.SOLD
    await until(lambda: room.broadcast.gauges.left == {"OBS-M": 2})
