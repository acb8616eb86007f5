"""Two nodes on the same stores behave as one."""

from functools import partial
from typing import Any

import pytest

from liveshop.core import limits
from liveshop.core.errors import Unavailable
from liveshop.core.roles import Role
from liveshop.stores.audit.look import audit
from liveshop.stores.postgres.orders import Orders
from tests.engine.world import EngineShop, Watcher, held_up, open_shop
from tests.waiting import until


async def test_both_show_the_same_events_once_and_in_order(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    here, there = await shop.join(session_id), await other.join(session_id)
    await shop.host(session_id, "product.pin", product_id="shirt")
    await other.host(session_id, "session.pause")
    await shop.host(session_id, "session.resume")
    await other.host(session_id, "product.unpin", product_id="shirt")
    for watcher in (here, there):
        await watcher.sees("product.unpinned")
        seen = [event["offset"] for event in watcher.events]
        first = watcher.of("session")[0]["offset"]
        assert seen == list(range(first + 1, first + 5))


async def test_a_buyer_is_told_on_every_node(shop: EngineShop, other: EngineShop) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    host = await other.join(session_id, "host", Role.HOST)
    await until(lambda: _nodes(shop, session_id) == 2)
    rid = shop.buy(here, "OBS-M", ref=5)
    assert "ref" not in await there.sees("reserved", rid=rid)
    assert await there.sees("confirmed") == await here.sees("confirmed")
    assert (await host.sees("order"))["order_id"] == rid


async def test_what_the_bus_loses_is_told_by_the_pulse(shop: EngineShop, other: EngineShop) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    rid = shop.reserve(here, "OBS-M")
    await there.sees("reserved", rid=rid)
    # From here on this node believes to be the only one, so that nothing reaches the bus.
    room = await shop.engine.rooms.get(session_id)
    room.session.peers.publish = _lose  # type: ignore[method-assign]
    shop.send(here, "release", rid=rid)
    await shop.host(session_id, "product.pin", product_id="shirt")
    await there.sees("released", rid=rid)
    await there.sees("product.pinned")
    assert len(there.of("released")) == 1


async def test_a_command_is_refused_by_the_newest_state_alone(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    await other.opened(session_id)
    room = await shop.engine.rooms.get(session_id)
    room.receive = lambda kind, body: None  # type: ignore[method-assign]
    await other.host(session_id, "session.pause")
    resumed = await shop.host(session_id, "session.resume")
    assert [event.offset for event in resumed] == [4]


async def test_a_unit_held_through_another_node_keeps_an_ended_session_open(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=3)
    there = await other.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    # A pulse from before the reservation must not decide, after the end, that nothing is held.
    held, rid = other.reserve(there, "OBS-M"), other.reserve(there, "OBS-M")
    await there.sees("reserved", rid=held)
    await there.sees("reserved", rid=rid)
    await shop.host(session_id, "session.end")
    room.session.wake.pulse.set()
    other.send(there, "checkout", order_id=rid, rids=[rid], ref=9)
    assert (await there.sees("confirmed", ref=9))["rids"] == [rid]
    assert not room.session.settled
    other.send(there, "release", rid=held)
    await until(lambda: room.session.settled)
    assert (await shop.catalogue.get("shirt")).variants[0].stock == 5


async def test_what_a_node_has_missed_it_tells_its_own_viewers_only(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    await until(lambda: _nodes(shop, session_id) == 2)
    speaker = (await other.engine.rooms.get(session_id)).session
    listener = (await shop.engine.rooms.get(session_id)).session
    publish, speaker.peers.publish = speaker.peers.publish, _lose  # type: ignore[method-assign]
    rid = other.reserve(there, "OBS-M")
    await there.sees("reserved", rid=rid)
    speaker.peers.publish = publish  # type: ignore[method-assign]
    listener.wake.missed.set()
    await here.sees("reserved", rid=rid)
    last = shop.reserve(here, "OBS-M")
    await there.sees("reserved", rid=last)
    assert [message["rid"] for message in there.of("reserved")] == [rid, last]


async def test_a_cancellation_that_a_node_took_with_it_is_told_and_counted_by_those_that_stay(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    kept, rid = shop.buy(ada, "OBS-M"), shop.buy(ada, "OBS-M")
    for order_id in (kept, rid):
        await ada.sees("confirmed", order_id=order_id)
    async with open_shop(redis_url, postgres_url) as gone:
        await gone.opened(session_id)
        await until(lambda: _nodes(shop, session_id) == 2)
        # As far as a node gets that ends right after COMMIT.
        await Orders(gone.database).cancel(rid)
    await ada.sees("cancelled", order_id=rid)
    assert {message["order_id"] for message in ada.of("cancelled")} == {rid}
    link = (await shop.engine.rooms.get(session_id)).session.node.link
    assert await audit(shop.database, link, session_id=session_id) == []


async def test_a_cancellation_that_the_bus_lost_is_told_once_it_is_back(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    speaker = (await other.engine.rooms.get(session_id)).session
    speaker.peers.publish = _lose  # type: ignore[method-assign]
    await other.engine.orders.cancel(rid)
    assert ada.of("cancelled") == []
    (await shop.engine.rooms.get(session_id)).session.wake.missed.set()
    await ada.sees("cancelled", order_id=rid)


async def test_a_sale_ends_once_by_its_timer_however_many_nodes(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    here, there = await shop.join(session_id), await other.join(session_id)
    await shop.host(session_id, "sale.start", product_id="shirt", percent=10, duration_ms=5_000)
    ends_at_ms = (await there.sees("sale.started"))["ends_at_ms"]
    for watcher in (here, there):
        ended = await watcher.sees("sale.ended")
        assert ended["reason"] == "timer"
        assert ended["at_ms"] >= ends_at_ms
    await shop.host(session_id, "session.pause")
    for watcher in (here, there):
        await watcher.sees("session.paused")
        assert len(watcher.of("sale.ended")) == 1


async def test_a_sale_that_a_node_has_not_heard_of_is_limited_there_too(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live_with(other, OBS_M=5)
    ada = await other.join(session_id, "ada")
    deaf = await other.engine.rooms.get(session_id)
    async with held_up(deaf.command_log, "receive"):
        await shop.host(
            session_id, "sale.start", product_id="shirt", percent=10, duration_ms=60_000, limit=1
        )
        other.buy(ada, "OBS-M", ref=1)
        assert (await ada.sees("reserved", ref=1))["price"] == 4500
    await ada.sees("confirmed")
    other.buy(ada, "OBS-M", ref=2)
    refused = await ada.sees("error", ref=2)
    assert (refused["code"], refused["limit"], refused["left"]) == ("limit", 1, 0)


@pytest.mark.feature("chat")
async def test_a_mute_holds_on_every_node_and_only_staff_hears_of_it(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    ada, bo = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
    staff = await other.join(session_id, "mo", Role.MODERATOR)
    await until(lambda: _nodes(shop, session_id) == 2)
    shop.send(ada, "say", text="hello", ref=1)
    await bo.sees("chat")
    await ada.sees("chat")
    await shop.host(session_id, "viewer.mute", viewer_id="ada", duration_ms=60_000)
    await staff.sees("viewer.muted", viewer_id="ada")
    shop.send(ada, "say", text="unheard", ref=2)
    await ada.sees("ok", ref=2)
    own = await ada.until(lambda: [m for c in ada.of("chat") for m in c["messages"]][1:])
    assert own[0]["text"] == "unheard"
    await shop.host(session_id, "viewer.unmute", viewer_id="ada")
    shop.send(ada, "say", text="heard", ref=3)
    await bo.until(lambda: len(bo.of("chat")) == 2)
    heard = [message["text"] for chat in bo.of("chat") for message in chat["messages"]]
    assert heard == ["hello", "heard"]
    assert bo.of("viewer.muted") == []


@pytest.mark.feature("chat")
async def test_who_is_muted_sees_its_own_words_on_every_node_before_the_show_too(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.plan()
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    await until(lambda: _nodes(shop, session_id) == 2)
    await shop.host(session_id, "viewer.mute", viewer_id="ada")
    shop.send(here, "say", text="unheard")
    assert (await there.sees("chat"))["messages"] == (await here.sees("chat"))["messages"]


@pytest.mark.feature("chat")
async def test_the_pulse_brings_all_that_may_be_said_in_a_second_once(
    redis_url: str, postgres_url: str
) -> None:
    fastest: dict[str, Any] = {"chat_per_second": limits.CHAT_PER_SECOND_MAX}
    async with (
        open_shop(redis_url, postgres_url, **fastest) as shop,
        open_shop(redis_url, postgres_url, **fastest) as other,
    ):
        session_id = await shop.plan()
        here, there = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
        # Each has its share of what may be said.
        senders = [await shop.join(session_id, f"viewer {number}") for number in range(10)]
        room = await shop.engine.rooms.get(session_id)
        # Every second message is lost on the bus, and the pulse brings them all.
        publish, said = (
            room.session.peers.publish,
            [f"{n}" for n in range(limits.CHAT_PER_SECOND_MAX)],
        )
        for number, text in enumerate(said):
            lost = number % 2 == 0
            room.session.peers.publish = _lose if lost else publish  # type: ignore[method-assign]
            sender = senders[number % len(senders)]
            shop.send(sender, "say", text=text, ref=number)
            await sender.sees("ok", ref=number)
        room.session.peers.publish = publish  # type: ignore[method-assign]
        for watcher in (here, there):
            await watcher.until(partial(_has_heard, watcher, len(said)))
            assert sorted(_heard(watcher), key=int) == said


def _heard(watcher: Watcher) -> list[str]:
    return [message["text"] for chat in watcher.of("chat") for message in chat["messages"]]


def _has_heard(watcher: Watcher, count: int) -> bool:
    return len(_heard(watcher)) >= count


async def _lose(kind: str, body: object) -> bool:
    return True


def _nodes(shop: EngineShop, session_id: str) -> int:
    room = shop.engine.rooms.loaded(session_id)
    return 0 if room is None else room.session.peers.nodes


@pytest.mark.feature("chat")
async def test_a_deleted_message_that_redis_still_has_is_not_shown_by_who_loads_the_room(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    ada = await shop.join(session_id, "ada")
    shop.send(ada, "say", text="bad", ref=1)
    said = await ada.sees("ok")
    shop.send(ada, "say", text="good", ref=2)
    await ada.sees("ok", ref=2)

    async def die(chat_id: str) -> None:
        raise Unavailable()

    room = await shop.engine.rooms.get(session_id)
    room.session.live.chat_delete = die  # type: ignore[method-assign]
    await shop.host(session_id, "chat.delete", id=said["id"])
    async with open_shop(redis_url, postgres_url) as late:
        context = (await late.engine.rooms.get(session_id)).session
        await until(lambda: context.broadcast.view()["chat"])
        assert [line["text"] for line in context.broadcast.view()["chat"]] == ["good"]
