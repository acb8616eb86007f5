"""Units that a host adds during a show: they can be bought, are counted once, and never lost."""

from typing import Any
from uuid import uuid4

import anyio
import pytest
import redis.asyncio

from liveshop.core.errors import Conflict, LiveshopError, SoldOut, Unavailable
from liveshop.core.roles import Role
from liveshop.stores.audit.look import audit
from liveshop.stores.postgres.sessions import Sessions
from tests.engine.world import EngineShop
from tests.vocabulary import VOCABULARY
from tests.waiting import until


async def _units(shop: EngineShop, session_id: str) -> dict[str, tuple[int, int]]:
    """Return units and sold of each row, as PostgreSQL has them."""
    rows = await Sessions(shop.database, VOCABULARY).rows(session_id)
    return {row.row: (row.units, row.sold) for row in rows}


async def _free(shop: EngineShop) -> dict[str, int]:
    """Return what the catalogue has free."""
    return dict(await shop.database.fetch("SELECT sku, stock FROM variant"))


async def _add(shop: EngineShop, session_id: str, rid: str | None = None, **units: int) -> Any:
    named = {sku.replace("_", "-"): count for sku, count in units.items()}
    (event,) = await shop.host(session_id, "stock.add", product_id="shirt", units=named, rid=rid)
    return event


async def test_a_product_that_was_sold_out_is_bought_again_and_everyone_sees_it(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=2)
    await shop.opened(session_id)
    ada, guest = await shop.join(session_id, "ada"), await shop.join(session_id)
    shop.buy(ada, "OBS-M", 2)
    await guest.sees("product.sold_out", sku="OBS-M")
    event = await _add(shop, session_id, OBS_M=1)
    assert (await guest.sees("stock.added")) == {
        **{"type": "stock.added", "offset": event.offset, "at_ms": event.at_ms},
        **{"product_id": "shirt", "units": {"OBS-M": 1}},
    }
    assert (await guest.sees("product.restocked"))["left"] == 1
    shop.buy(ada, "OBS-M")
    await ada.until(lambda: len(ada.of("confirmed")) == 2)
    await guest.until(lambda: len(guest.of("product.sold_out")) == 2)
    refused = shop.buy(ada, "OBS-M", ref=9)
    assert (await ada.sees("error", ref=9))["code"] == "sold_out", refused
    assert await _units(shop, session_id) == {"sOBS-M": (3, 3)}
    assert await _free(shop) == {"OBS-M": 1}
    assert await audit(shop.engine.node.database, shop.engine.node.link) == []


async def test_left_is_what_others_have_not_reserved_of_the_new_units_either(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=2)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    shop.reserve(ada, "OBS-M", 2)
    await bo.sees("pulse", left={"OBS-M": 0})
    await _add(shop, session_id, OBS_M=2)
    await bo.sees("pulse", left={"OBS-M": 2})
    assert not bo.of("product.restocked")
    shop.reserve(bo, "OBS-M", 2)
    await bo.sees("reserved")
    view = await shop.join(session_id)
    await view.until(lambda: _left(view.inbox) == {"OBS-M": 0})
    snapshot = await shop.engine.rooms.view(session_id)
    assert snapshot["shelf"][0]["variants"][0]["left"] == 0


def _left(inbox: list[dict[str, Any]]) -> dict[str, int]:
    """Return the units left as a viewer knows them by what it was sent."""
    left: dict[str, int] = {}
    for message in inbox:
        if message["type"] == "session":
            left = {v["sku"]: v["left"] for p in message["shelf"] for v in p["variants"]}
        left |= message.get("left", {}) if message["type"] == "pulse" else {}
    return left


async def test_more_than_is_free_is_sold_out_and_changes_nothing(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=2, OBS_L=2)
    guest = await shop.join(session_id)
    with pytest.raises(SoldOut) as refusal:
        await _add(shop, session_id, OBS_L=1, OBS_M=3)
    assert refusal.value.fields == {"left": 2}
    assert await _free(shop) == {"OBS-M": 2, "OBS-L": 2}
    assert await _units(shop, session_id) == {"sOBS-L": (2, 0), "sOBS-M": (2, 0)}
    assert not guest.of("stock.added")


async def test_of_two_shows_that_want_the_last_units_one_gets_them(
    shop: EngineShop, other: EngineShop
) -> None:
    first = await shop.live(OBS_M=2)
    second = await other.plan()
    await other.host(second, "product.add", product_id="shirt", units={"OBS-M": 1})
    got: list[str] = []

    async def want(node: EngineShop, session_id: str) -> None:
        try:
            await _add(node, session_id, OBS_M=1)
        except SoldOut:
            return
        got.append(session_id)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(want, shop, first)
        tasks.start_soon(want, other, second)
    assert len(got) == 1
    assert await _free(shop) == {"OBS-M": 0}


async def test_both_nodes_add_each_rid_once_and_sell_what_came(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=4)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
    rid, events = str(uuid4()), []

    async def add(node: EngineShop) -> None:
        events.append(await _add(node, session_id, rid, OBS_M=2))

    async with anyio.create_task_group() as tasks:
        for node in (shop, other, shop, other):
            tasks.start_soon(add, node)
    assert len({(event.offset, event.rid) for event in events}) == 1
    for watcher in (here, there):
        await watcher.sees("stock.added", rid=rid)
        await watcher.sees("pulse", left={"OBS-M": 6})
        assert len(watcher.of("stock.added")) == 1
    assert await _units(shop, session_id) == {"sOBS-M": (6, 0)}
    assert await _free(shop) == {"OBS-M": 2}
    shop.buy(here, "OBS-M", 3)
    other.buy(there, "OBS-M", 3)
    await here.sees("confirmed")
    await there.sees("confirmed")
    with pytest.raises(Conflict, match="another addition"):
        await _add(other, session_id, rid, OBS_M=1)


async def test_after_a_lost_answer_the_same_rid_adds_nothing_more(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=4)
    room = await shop.engine.rooms.get(session_id)
    sessions = room.session.node.stores[Sessions]
    append = sessions.append

    async def append_without_answer(*args: Any, **kwargs: Any) -> Any:
        await append(*args, **kwargs)
        raise Unavailable

    rid = str(uuid4())
    sessions.append = append_without_answer  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await _add(shop, session_id, rid, OBS_M=2)
    sessions.append = append  # type: ignore[method-assign]
    for node in (shop, other):
        assert (await _add(node, session_id, rid, OBS_M=2)).offset == 3
    assert await _units(shop, session_id) == {"sOBS-M": (6, 0)}


async def test_a_host_is_answered_over_its_socket_as_the_first_time(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=4)
    host = await shop.join(session_id, "hana", Role.HOST)
    fields = {"product_id": "shirt", "units": {"OBS-M": 1}, "rid": str(uuid4())}
    for ref in (1, 2):
        shop.send(host, "stock.add", ref=ref, **fields)
        assert await host.sees("ok", ref=ref) == {"type": "ok", "ref": ref, "offset": 3}
    activity = await shop.database.fetch("SELECT action FROM activity WHERE action = 'stock.add'")
    assert len(activity) == 1


async def test_what_redis_loses_with_the_units_that_came_is_counted_again(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(OBS_M=2)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M", 2)
    await ada.sees("confirmed")
    await _add(shop, session_id, OBS_M=2)
    session = (await shop.engine.rooms.get(session_id)).session
    epoch = session.epochs.newest
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        await client.flushall()
        await client.function_flush("SYNC")
    await until(lambda: session.epochs.newest == epoch + 1 and session.epochs.buying)
    shop.buy(ada, "OBS-M", 2)
    await ada.until(lambda: len(ada.of("confirmed")) == 2)
    assert await _units(shop, session_id) == {"sOBS-M": (4, 4)}


async def test_units_whose_push_failed_are_sold_although_another_node_has_pushed(
    shop: EngineShop, other: EngineShop
) -> None:
    """The other one has heard of the event by the bus, and not read the rows."""
    session_id = await shop.live_with(other, OBS_M=1)
    ada = await other.join(session_id, "ada")
    other.reserve(ada, "OBS-M")
    await ada.sees("reserved")
    here = (await shop.engine.rooms.get(session_id)).session
    there = (await other.engine.rooms.get(session_id)).session
    push = here.units.push

    async def fail(*args: Any, **kwargs: Any) -> Any:
        raise Unavailable

    here.units.push = fail  # type: ignore[method-assign]
    pushed = anyio.Event()
    their_push = there.units.push

    async def push_and_tell(*args: Any, **kwargs: Any) -> Any:
        status = await their_push(*args, **kwargs)
        pushed.set()
        return status

    there.units.push = push_and_tell  # type: ignore[method-assign]
    event = await _add(shop, session_id, OBS_M=1)
    with anyio.fail_after(10):
        await pushed.wait()
    here.units.push = push  # type: ignore[method-assign]
    assert there.state.offset == event.offset
    await ada.until(lambda: _left(ada.inbox) == {"OBS-M": 1})
    other.reserve(ada, "OBS-M", ref=7)
    await ada.sees("reserved", ref=7)


async def test_what_is_left_of_them_goes_back_after_the_end(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=4)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    await _add(shop, session_id, OBS_M=3)
    shop.buy(ada, "OBS-M", 6)
    await ada.sees("confirmed")
    await shop.host(session_id, "session.end")
    with pytest.raises(LiveshopError, match="has ended"):
        await _add(shop, session_id, OBS_M=1)
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.settled)
    assert await _free(shop) == {"OBS-M": 2}
    assert await _units(shop, session_id) == {"sOBS-M": (6, 6)}
