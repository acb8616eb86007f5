"""One rid has one final answer, whichever node gives it and whatever Redis has lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import redis.asyncio

from liveshop.core.model import OrderStatus
from liveshop.engine.purchase.purchase_limits import PurchaseLimits
from liveshop.engine.rooms.room import Room
from liveshop.stores.postgres.orders import Orders
from tests.engine.world import EngineShop, Watcher, held_up
from tests.waiting import until


async def _forget_everything(redis_url: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
        await client.function_flush("SYNC")


@asynccontextmanager
async def _stalled_writer(room: Room) -> AsyncIterator[None]:
    """Keep a room's orders from being written: it waits for the log to tell their limits."""
    async with held_up(room.command_log, "catch_up"):
        room.session.limits = PurchaseLimits()
        yield
    await until(lambda: not room.under_way)


def _answers(watcher: Watcher, rid: str) -> set[tuple[str, str | None]]:
    """Return the final answers that a buyer was told for a reservation."""
    told: set[tuple[str, str | None]] = {
        (m["type"], None) for m in watcher.of("confirmed") if rid in m["rids"]
    }
    for kind in ("refused", "expired", "released"):
        told |= {(kind, m.get("code")) for m in watcher.of(kind) if m["rid"] == rid}
    return told


async def test_a_purchase_that_was_told_as_lost_is_not_confirmed_by_a_writer_that_comes_late(
    shop: EngineShop, other: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live_with(other, OBS_M=3)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.peers.nodes == 2)
    async with _stalled_writer(room):
        rid = shop.buy(here, "OBS-M")
        await there.sees("reserved", rid=rid)
        await _forget_everything(redis_url)
        await there.sees("refused", rid=rid, code="unavailable")
    await here.sees("refused", rid=rid)
    shop.buy(here, "OBS-M", rid=rid, ref=9)
    await here.until(lambda: here.of("reserved")[-1].get("ref") == 9 and not room.under_way)
    assert _answers(here, rid) == _answers(there, rid) == {("refused", "unavailable")}
    assert (await room.session.node.stores[Orders].get(rid)).status is OrderStatus.VOID


async def test_a_cart_that_was_told_as_lost_is_not_ordered_by_a_writer_that_comes_late(
    shop: EngineShop, other: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live_with(other, OBS_M=3, OBS_L=3)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.peers.nodes == 2)
    rids = [shop.reserve(here, "OBS-M"), shop.reserve(here, "OBS-L")]
    for rid in rids:
        await there.sees("reserved", rid=rid)
    async with _stalled_writer(room):
        shop.send(here, "checkout", order_id=str(uuid4()), rids=rids, ref=5)
        await until(lambda: len(room.writer))
        await _forget_everything(redis_url)
        for rid in rids:
            await there.sees("refused", rid=rid)
    assert (await here.sees("error", ref=5))["code"] == "expired"
    for rid in rids:
        assert _answers(here, rid) == _answers(there, rid) == {("refused", "unavailable")}


async def test_an_order_that_its_node_did_not_tell_of_is_confirmed_though_redis_lost_it(
    shop: EngineShop, other: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live_with(other, OBS_M=3)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.peers.nodes == 2)
    rid = shop.reserve(here, "OBS-M")
    await there.sees("reserved", rid=rid)
    room.session.peers.publish = _lose  # type: ignore[method-assign]
    room.session.mailbox.deliver = lambda *_, **__: None  # type: ignore[method-assign]
    shop.send(here, "checkout", order_id=str(uuid4()), rids=[rid])
    broadcast = room.session.broadcast
    await until(lambda: broadcast.stats and broadcast.stats.sums.totals.orders)
    session = (await other.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    await _forget_everything(redis_url)
    await there.sees("confirmed", rids=[rid])
    # Requests before Redis has been rebuilt are answered as unavailable.
    await until(lambda: session.epochs.newest > epoch and session.epochs.buying)
    other.reserve(there, "OBS-M", rid=rid, ref=9)
    await there.sees("reserved", ref=9)
    await there.until(lambda: len(there.of("confirmed")) == 2)
    assert _answers(there, rid) == {("confirmed", None)}


async def _lose(kind: str, body: object) -> bool:
    return True
