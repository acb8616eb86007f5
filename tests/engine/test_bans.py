"""A banned viewer is kept out by every node, and nobody is banned from below."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import anyio
import pytest
from redis.asyncio import Redis

from liveshop.core import limits
from liveshop.core.commands import Reserve
from liveshop.core.errors import Banned, Conflict, Forbidden, LiveshopError
from liveshop.core.roles import Identity, Role
from liveshop.stores.postgres.orders import Orders
from tests.engine.world import EngineShop, Watcher, held_up, open_shop
from tests.vocabulary import VOCABULARY
from tests.waiting import WAIT_S, until

MO = Identity("mo", "Mo", Role.MODERATOR)
HOST = Identity("ho", "Ho", Role.HOST)
ADA = Identity("ada", "Ada", Role.VIEWER)


async def order(shop: EngineShop, session_id: str, by: Identity, kind: str, **fields: Any) -> None:
    """Carry out a command of one of the staff."""
    command: Any = VOCABULARY.command({"type": kind, **fields})
    assert await shop.engine.execute(session_id, command, by) == []


async def left(shop: EngineShop, session_id: str, sku: str = "OBS-M") -> int:
    """Return how many units a viewer who joins now sees."""
    view = await shop.engine.rooms.view(session_id)
    return int(view["shelf"][0]["variants"][0]["left"])


async def becomes(ask: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a question that takes a store or a node is answered with yes."""
    with anyio.fail_after(WAIT_S):
        while not await ask():  # noqa: ASYNC110 -- another node tells nobody here
            await anyio.sleep(0.01)


async def knock(shop: EngineShop, session_id: str, identity: Identity) -> Watcher:
    """Let somebody say `hello`, and return once it is welcome or its connection is closed."""
    watcher = Watcher(identity)
    shop.engine.viewer_admission.connect(watcher, session_id, 0)
    await watcher.until(lambda: watcher.closed or watcher.of("session"))
    return watcher


@asynccontextmanager
async def deaf(shop: EngineShop) -> AsyncIterator[None]:
    """Lose the messages of the bus on their way to a node."""
    bus = shop.engine.node.bus
    hear, bus.on_message = bus.on_message, lambda session_id, payload: None
    try:
        yield
    finally:
        bus.on_message = hear


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
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    await other.opened(session_id)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    bought = shop.buy(here, "OBS-M")
    await here.sees("confirmed", order_id=bought)
    held = [shop.reserve(here, "OBS-M"), other.reserve(there, "OBS-M")]
    for rid in held:
        await there.sees("reserved", rid=rid)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    room = await other.engine.rooms.get(session_id)
    for rid in held:
        await becomes(partial(_state, other, session_id, rid))
    await until(lambda: room.session.broadcast.view()["shelf"][0]["variants"][0]["left"] == 4)
    (kept,) = await shop.engine.node.stores[Orders].of_buyer(session_id, "ada")
    assert (kept.order_id, kept.status) == (bought, "confirmed")


async def _state(shop: EngineShop, session_id: str, rid: str) -> bool:
    room = await shop.engine.rooms.get(session_id)
    found = await room.session.units.peek([rid])
    return found[rid].state == "released"


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
    await becomes(partial(_state, shop, session_id, kept))


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
        await becomes(partial(_welcome, node, session_id))


async def _welcome(shop: EngineShop, session_id: str) -> bool:
    return (await knock(shop, session_id, ADA)).closed is None


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
    assert not await _state(shop, session_id, rid)
    async with open_shop(redis_url, postgres_url) as newer:
        await newer.engine.rooms.get(session_id)
        await becomes(partial(_state, newer, session_id, rid))


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.HOST, Role.ADMIN])
async def test_a_moderator_bans_nobody_of_the_staff_wherever_they_are(
    shop: EngineShop, other: EngineShop, role: Role
) -> None:
    session_id = await shop.live(OBS_M=5)
    here = await shop.join(session_id, "here", role)
    there = await other.join(session_id, "there", role)
    gone = await other.join(session_id, "gone", role)
    other.engine.viewer_admission.disconnect(gone)
    for viewer_id in ("here", "there", "gone", "mo"):
        with pytest.raises(Forbidden):
            await order(shop, session_id, MO, "viewer.ban", viewer_id=viewer_id)
    assert (here.closed, there.closed) == (None, None)
    assert (await knock(shop, session_id, Identity("gone", "gone", role))).closed is None


async def test_a_host_bans_moderators_but_not_hosts(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    mo = await shop.join(session_id, "mo", Role.MODERATOR)
    await shop.join(session_id, "other-host", Role.HOST)
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="mo")
    assert mo.closed == 4503
    with pytest.raises(Banned):
        await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    with pytest.raises(Forbidden):
        await order(shop, session_id, HOST, "viewer.ban", viewer_id="other-host")


async def test_an_id_that_is_banned_before_its_host_comes_keeps_the_host_not_out(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ho")
    assert (await knock(shop, session_id, HOST)).closed is None
    assert (await knock(shop, session_id, Identity("ho", "ho", Role.VIEWER))).closed == 4503


async def test_a_ban_everywhere_is_a_hosts_and_holds_in_the_shops_other_shows(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    second = await shop.plan()
    await shop.host(second, "session.start")
    there = await other.join(second, "ada")
    everywhere = {"viewer_id": "ada", "everywhere": True}
    with pytest.raises(Forbidden):
        await order(shop, session_id, MO, "viewer.ban", **everywhere)
    bound = Identity("ho", "Ho", Role.HOST, bound=True)
    with pytest.raises(Forbidden):
        await order(shop, session_id, bound, "viewer.ban", **everywhere)
    assert there.closed is None
    await order(shop, session_id, HOST, "viewer.ban", **everywhere)
    await there.until(lambda: there.closed == 4503)
    for by in (MO, HOST):
        with pytest.raises(Conflict):
            await order(shop, session_id, by, "viewer.unban", viewer_id="ada")
    with pytest.raises(Forbidden):
        await order(shop, session_id, MO, "viewer.unban", **everywhere)
    assert (await knock(shop, second, ADA)).closed == 4503
    await order(shop, second, HOST, "viewer.unban", **everywhere)
    assert (await knock(shop, session_id, ADA)).closed is None


async def test_a_ban_of_one_session_holds_in_no_other(shop: EngineShop) -> None:
    session_id, second = await shop.live(OBS_M=5), await shop.plan()
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada")
    assert (await knock(shop, second, ADA)).closed is None


async def test_a_viewer_is_let_in_again_once(shop: EngineShop, other: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, MO, "viewer.ban", viewer_id="ada")
    await order(other, session_id, MO, "viewer.unban", viewer_id="ada")
    for node in (other, shop):
        await becomes(partial(_welcome, node, session_id))
    for viewer_id in ("ada", "nobody-has-this-id"):
        with pytest.raises(Conflict):
            await order(shop, session_id, MO, "viewer.unban", viewer_id=viewer_id)


async def test_a_moderator_neither_lifts_nor_replaces_the_ban_of_a_host(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada")
    refusals: list[type[LiveshopError]] = []
    for kind in ("viewer.unban", "viewer.ban"):
        with pytest.raises(LiveshopError) as refusal:
            await order(shop, session_id, MO, kind, viewer_id="ada")
        refusals.append(refusal.type)
    assert refusals == [Forbidden, Conflict]
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada", duration_ms=60_000)


async def test_moderators_and_hosts_are_told_who_is_banned_when_they_join_and_when_it_changes(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.join(session_id, "ada")
    mo = await other.join(session_id, "mo", Role.MODERATOR)
    bo = await other.join(session_id, "bo")
    await order(shop, session_id, HOST, "viewer.ban", viewer_id="ada")
    told = {"type": "viewer.banned", "viewer_id": "ada", "name": "ada", "until_ms": None}
    assert await mo.sees("viewer.banned") == {**told, "everywhere": False}
    late = await shop.join(session_id, "ho", Role.HOST)
    assert late.of("viewer.banned") == [{**told, "everywhere": False}]
    await order(shop, session_id, HOST, "viewer.unban", viewer_id="ada")
    await mo.sees_many("viewer.banned", 2)
    lifted = mo.of("viewer.banned")[1]
    assert lifted["until_ms"] <= shop.engine.node.now_ms()
    assert bo.of("viewer.banned") == []
    after = await shop.join(session_id, "another", Role.HOST)
    assert after.of("viewer.banned") == []


async def test_a_host_takes_a_held_reservation_back_and_its_buyer_is_told(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    await other.opened(session_id)
    ada = await other.join(session_id, "ada")
    rid, bought = other.reserve(ada, "OBS-M", 2), other.buy(ada, "OBS-M")
    await ada.sees("reserved", rid=rid)
    await ada.sees("confirmed", order_id=bought)
    for viewer_id, of in (("bo", rid), ("ada", str(uuid4())), ("ada", bought)):
        with pytest.raises(LiveshopError):
            await order(shop, session_id, HOST, "hold.release", viewer_id=viewer_id, rid=of)
    assert ada.of("released") == []
    for _ in range(2):  # again, it is the same answer
        await order(shop, session_id, HOST, "hold.release", viewer_id="ada", rid=rid)
    assert await ada.sees("released", rid=rid) == {"type": "released", "rid": rid, "sku": "OBS-M"}
    assert len(ada.of("released")) == 1
    assert await _state(shop, session_id, rid)
