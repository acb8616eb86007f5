"""A banned viewer is kept out by every node, and what it holds goes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from liveshop.core import limits
from liveshop.core.commands import Reserve
from liveshop.core.errors import Banned, Conflict
from liveshop.core.roles import Identity, Role
from liveshop.stores.postgres.orders import Orders
from tests.engine.banning import (
    ADA,
    HOST,
    MO,
    becomes,
    deaf,
    is_released,
    is_welcome,
    knock,
    left,
    order,
)
from tests.engine.world import EngineShop, held_up, open_shop
from tests.waiting import until


async def test_a_ban_closes_the_viewers_connections_on_every_node_and_lets_none_in_again(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    bo = await other.join(session_id, "bo")
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    assert here.closed == 4503
    await there.until(lambda: there.closed == 4503)
    for node in (shop, other):
        assert (await knock(node, session_id, ADA)).closed == 4503
        assert (await knock(node, session_id, Identity("bo", "bo", Role.VIEWER))).closed is None
    assert bo.closed is None
    anonymous = await shop.join(session_id)
    assert anonymous.closed is None


async def test_a_ban_gives_held_units_back_and_leaves_orders_as_they_are(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    bought = shop.buy(here, "OBS-M")
    await here.sees("confirmed", order_id=bought)
    held = [shop.reserve(here, "OBS-M"), other.reserve(there, "OBS-M")]
    for rid in held:
        await there.sees("reserved", rid=rid)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    room = await other.engine.rooms.get(session_id)
    for rid in held:
        await becomes(partial(is_released, other, session_id, rid))
    await until(lambda: room.session.broadcast.view()["shelf"][0]["variants"][0]["left"] == 4)
    (kept,) = await shop.engine.node.stores[Orders].of_buyer(session_id, "ada")
    assert (kept.order_id, kept.status) == (bought, "confirmed")


async def test_a_pending_order_of_a_banned_buyer_may_still_be_paid(shop: EngineShop) -> None:
    session_id = await shop.live(payment="checkout", OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("checkout", order_id=rid)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    confirmed = await shop.engine.orders.confirm(rid, "pay-1", 5000)
    assert confirmed.status == "confirmed"


async def test_a_banned_buyer_reserves_nothing_over_http_either(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    command = Reserve(rid=str(uuid4()), sku="OBS-M", quantity=1)
    with pytest.raises(Banned) as refusal:
        await shop.engine.reserve(session_id, ADA, command)
    assert refusal.value.code == "forbidden"
    assert refusal.value.message == "you are banned from this session"
    assert await left(shop, session_id) == 5
    message, _ = await shop.engine.reserve(session_id, Identity("bo", "bo", Role.VIEWER), command)
    assert message["type"] == "reserved"


@pytest.mark.feature("chat")
async def test_what_a_banned_viewer_asks_for_before_it_is_closed_is_forbidden(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    rid = str(uuid4())
    asked: dict[str, dict[str, Any]] = {
        "buy": {"rid": rid, "sku": "OBS-M", "quantity": 1},
        "reserve": {"rid": rid, "sku": "OBS-M", "quantity": 1},
        "checkout": {"order_id": rid, "rids": [rid]},
        "say": {"text": "hi"},
    }
    for ref, (kind, fields) in enumerate(asked.items()):
        shop.send(ada, kind, ref=ref, **fields)
        assert (await ada.sees("error", ref=ref))["code"] == "forbidden", kind
    assert await left(shop, session_id) == 5


async def test_a_buy_under_way_when_its_buyer_is_banned_becomes_a_whole_order_or_nothing(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    async with held_up(room.session.units, "reserve"):
        bought, kept = shop.buy(ada, "OBS-M"), shop.reserve(ada, "OBS-M", 2)
        await until(lambda: room.purchases_waiting == 0)
        await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    stored = shop.engine.node.stores[Orders]
    await becomes(partial(_order_count, stored, session_id, 1))
    (only,) = await stored.of_buyer(session_id, "ada")
    assert (only.order_id, only.status) == (bought, "confirmed")
    await becomes(partial(is_released, shop, session_id, kept))


async def _order_count(stored: Orders, session_id: str, count: int) -> bool:
    return len(await stored.of_buyer(session_id, "ada")) == count


async def test_a_purchase_that_waits_for_its_call_when_its_buyer_is_banned_is_forbidden(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=50)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    async with held_up(room.session.units, "reserve"):
        for number in range(limits.RESERVE_CALLS_IN_FLIGHT_MAX):
            shop.reserve(await shop.join(session_id, f"u{number}"), "OBS-M")
            await until(lambda: room.purchases_waiting == 0)
        rid = shop.buy(ada, "OBS-M", ref=7)
        assert room.purchases_waiting == 1
        await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    assert (await ada.sees("error", ref=7))["code"] == "forbidden"
    assert await room.session.units.peek([rid]) == {}


async def test_a_ban_ends_on_its_own(shop: EngineShop, other: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada", duration_ms=400)
    assert (await knock(shop, session_id, ADA)).closed == 4503
    for node in (shop, other):
        await becomes(partial(is_welcome, node, session_id))


async def test_a_ban_whose_message_the_bus_loses_is_known_to_the_other_node_within_a_second(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    there = await other.join(session_id, "ada")
    async with deaf(other):
        await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
        await there.until(lambda: there.closed == 4503)


async def test_neither_a_restart_nor_a_flush_of_redis_forgets_a_ban(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    async with open_shop(redis_url, postgres_url) as newer:
        assert (await knock(newer, session_id, ADA)).closed == 4503
    assert (await knock(shop, session_id, ADA)).closed == 4503


async def test_units_that_a_node_died_with_are_given_back_by_the_next(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved", rid=rid)
    room = await shop.engine.rooms.get(session_id)
    room.moderation.take_back = lambda buyer: None  # type: ignore[method-assign]
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    assert not await is_released(shop, session_id, rid)
    async with open_shop(redis_url, postgres_url) as newer:
        await newer.engine.rooms.get(session_id)
        await becomes(partial(is_released, newer, session_id, rid))


async def test_a_ban_of_one_session_holds_in_no_other(shop: EngineShop) -> None:
    session_id, second = await shop.live(OBS_M=5), await shop.plan()
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada")
    assert (await knock(shop, second, ADA)).closed is None


async def test_a_viewer_is_let_in_again_once(shop: EngineShop, other: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    await order(other, session_id, MO, "viewer.unban", viewer_id="ada")
    for node in (other, shop):
        await becomes(partial(is_welcome, node, session_id))
    for viewer_id in ("ada", "nobody-has-this-id"):
        with pytest.raises(Conflict):
            await order(shop, session_id, MO, "viewer.unban", viewer_id=viewer_id)


@dataclass
class _BanningPeople:
    """Know nobody, and have a guest banned while its name is looked for."""

    shop: EngineShop
    session_id: str

    async def names_of(self, subs: Sequence[str], /) -> Mapping[str, str]:
        (sub,) = subs
        await order(self.shop, self.session_id, MO, "viewer.ban", viewer_id=sub)
        return {}


async def test_a_guest_who_is_banned_while_its_name_is_read_does_not_get_in(
    shop: EngineShop,
) -> None:
    session_id = await shop.plan()
    await shop.engine.rooms.get(session_id)  # whose parts have the node's own people
    shop.engine.node.people = _BanningPeople(shop, session_id)
    guest = Identity("gu", "gu", Role.VIEWER, bound=True, guest=True)
    assert (await knock(shop, session_id, guest)).closed == 4503
