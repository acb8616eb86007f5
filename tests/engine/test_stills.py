"""Settled and planned shows: the part that strangers are shown, and its cost for a node."""

import json
from typing import Any
from uuid import uuid4

import anyio
import pytest
import redis.asyncio

from liveshop.cli.local_stores import LocalStores
from liveshop.core.close_codes import CloseCode
from liveshop.core.errors import Busy
from liveshop.core.roles import Role
from liveshop.stores.postgres.migrate import migrate
from liveshop.stores.redis.packing import session_key
from tests.engine.world import EngineShop, Watcher, open_shop
from tests.waiting import until


async def settled(shop: EngineShop, *, chat: bool = False, **stock: int) -> str:
    """Return a show that is over and settled, of which one unit was sold to ada."""
    session_id = await shop.live(**(stock or {"OBS_M": 3}))
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    if chat:
        shop.send(ada, "say", text="hello", ref=1)
        await ada.sees("ok", ref=1)
    await shop.host(session_id, "session.end")
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: room.session.settled)
    shop.engine.viewer_admission.disconnect(ada)
    return session_id


@pytest.mark.feature("chat", "likes")
async def test_an_anonymous_viewer_sees_a_settled_show_without_a_room(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop, chat=True)
    async with open_shop(redis_url, postgres_url) as later:
        anna = await later.join(session_id)
        assert later.engine.rooms.loaded(session_id) is None
        assert [message["type"] for message in anna.inbox] == ["welcome", "session"]
        assert anna.inbox[0]["viewer"] is None
        still = anna.inbox[1]
        # A viewer with a token has a room, with its orders; and what it sees is the same.
        ada = await later.join(session_id, "ada")
        assert later.engine.rooms.loaded(session_id) is not None
        (order,) = ada.of("welcome")[0]["orders"]
        assert order["status"] == "confirmed"
        await ada.sees("pulse", viewers=1)
        room = await later.engine.rooms.get(session_id)
        live = json.loads(json.dumps(room.session.broadcast.view()))
        for changing in ("now_ms", "viewers"):
            assert isinstance(still.pop(changing), int) and isinstance(live.pop(changing), int)
        assert still == live
        assert (still["status"], still["buying"], still["likes"]) == ("ended", True, 0)
        assert [message["text"] for message in still["chat"]] == ["hello"]
        assert still["shelf"][0]["variants"][0]["left"] == 0


@pytest.mark.feature("chat", "figures", "likes")
async def test_a_still_answers_commands_as_the_room_would(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop)
    async with open_shop(redis_url, postgres_url) as later:
        anna = await later.join(session_id)
        later.send(anna, "time", ref=1, client_ms=5)
        later.send(anna, "like", ref=2, count=3)
        later.send(anna, "look", ref=3, product_id="nothing")
        later.send(anna, "look", ref=4, product_id="shirt")
        assert (await anna.sees("time", ref=1))["client_ms"] == 5
        errors = {message["ref"]: message["code"] for message in anna.of("error")}
        assert errors == {2: "conflict", 3: "not_found"}
        assert later.engine.rooms.loaded(session_id) is None


async def test_what_waits_for_the_welcome_is_answered_after_it(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop)
    async with open_shop(redis_url, postgres_url) as later:
        anna = Watcher()
        later.engine.viewer_admission.connect(anna, session_id, 0)
        later.send(anna, "time", ref=1, client_ms=5)
        await anna.sees("time")
        assert [message["type"] for message in anna.inbox] == ["welcome", "session", "time"]


@pytest.mark.feature("chat")
async def test_viewers_of_a_still_get_every_event(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop, chat=True)
    async with open_shop(redis_url, postgres_url) as later:
        anna = await later.join(session_id)
        (said,) = anna.of("session")[0]["chat"]
        await shop.host(session_id, "chat.delete", id=said["id"])
        deleted = await anna.sees("chat.deleted")
        assert (deleted["id"], deleted["offset"]) == (said["id"], anna.inbox[1]["offset"] + 1)
        bo = await later.join(session_id)
        assert (bo.of("session")[0]["offset"], bo.of("session")[0]["chat"]) == (
            deleted["offset"],
            [],
        )
        assert later.engine.rooms.loaded(session_id) is None
        assert (len(anna.of("session")), anna.closed) == (1, None)


async def test_viewers_of_a_still_hear_an_empty_pulse_within_ping_ms(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop)
    async with open_shop(redis_url, postgres_url, ping_ms=1_000) as later:
        anna = await later.join(session_id)
        await anna.until(lambda: len(anna.of("pulse")) == 2)
        assert [set(pulse) for pulse in anna.of("pulse")] == [{"type", "now_ms"}] * 2


async def test_many_strangers_at_a_settled_show_have_it_read_once(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop)
    async with open_shop(redis_url, postgres_url) as later:
        fetch, asked = later.database.fetch, []

        async def count(query: str, *args: Any) -> Any:
            asked.append(query)
            return await fetch(query, *args)

        later.database.fetch = count  # type: ignore[method-assign]
        crowd = [Watcher() for _ in range(50)]
        for watcher in crowd:
            later.engine.viewer_admission.connect(watcher, session_id, 0)
        for watcher in crowd:
            await watcher.sees("session")
        assert len([query for query in asked if "FROM event" in query]) == 1
        # The show's data in Redis is as it was: no node has come to it.
        async with redis.asyncio.Redis.from_url(redis_url, decode_responses=True) as client:
            nodes = await client.hkeys(session_key(session_id, "nodes"))
        assert later.engine.node.node_id not in nodes


async def test_a_still_of_a_show_that_postgres_takes_back_sends_its_viewers_on(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await settled(shop)
    async with open_shop(redis_url, postgres_url) as later:
        anna = await later.join(session_id)
        await later.database.commit(
            "UPDATE session SET settled = false, status = 'live' RETURNING id"
        )
        await anna.until(lambda: anna.closed)
        assert anna.closed == CloseCode.DRAINED
        assert len(anna.of("moved")) == 1


async def test_a_draft_is_not_there_for_strangers_and_is_not_loaded(shop: EngineShop) -> None:
    info = await shop.engine.create_session(
        title="Draft", currency="EUR", payment="direct", hold_ms=300_000
    )
    anna = Watcher()
    shop.engine.viewer_admission.connect(anna, info.id, 0)
    await anna.until(lambda: anna.closed)
    assert anna.closed == CloseCode.NO_SUCH_SESSION
    assert shop.engine.rooms.loaded(info.id) is None


@pytest.mark.feature("chat")
async def test_a_still_made_while_redis_is_away_gets_its_chat_once_redis_is_back(
    own_stores: LocalStores,
) -> None:
    urls = (own_stores.valkey.url, own_stores.postgres.url)
    await migrate(own_stores.postgres.url)
    async with open_shop(*urls) as shop:
        session_id = await settled(shop, chat=True)
        room = await shop.engine.rooms.get(session_id)
        await room.session.node.link.call("WAITAOF", 1, 0, 5_000)
    async with open_shop(*urls) as later:
        other = await later.join(await later.plan())
        own_stores.valkey.kill()
        await other.sees("pulse", buying=False)
        anna = await later.join(session_id)
        (first,) = anna.of("session")
        assert (first["chat"], first["buying"]) == ([], False)
        own_stores.valkey.start()
        await anna.until(lambda: len(anna.of("session")) == 2)
        assert [message["text"] for message in anna.of("session")[1]["chat"]] == ["hello"]
        assert {**first, "chat": [], "now_ms": 0} == {
            **anna.of("session")[1],
            "chat": [],
            "buying": False,
            "now_ms": 0,
        }
        (late,) = (await later.join(session_id)).of("session")
        assert [message["text"] for message in late["chat"]] == ["hello"]


async def test_viewers_of_a_still_hear_when_the_stores_go_and_come_back(
    own_stores: LocalStores,
) -> None:
    urls = (own_stores.valkey.url, own_stores.postgres.url)
    await migrate(own_stores.postgres.url)
    async with open_shop(*urls) as shop:
        session_id = await settled(shop)
    async with open_shop(*urls) as later:
        anna = await later.join(session_id)
        own_stores.valkey.kill()
        await anna.sees("pulse", buying=False)
        bert = await later.join(session_id)
        assert [message["buying"] for message in bert.of("session")] == [False]
        own_stores.valkey.start()
        for watcher in (anna, bert):
            await watcher.sees("pulse", buying=True)
        carl = await later.join(session_id)
        assert [message["buying"] for message in carl.of("session")] == [True]
        assert later.engine.rooms.loaded(session_id) is None


# Planned shows


@pytest.mark.feature("chat")
async def test_strangers_load_so_many_quiet_shows_and_others_are_let_in_beyond(
    redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, quiet_rooms_max=2) as shop:
        planned = [await shop.plan() for _ in range(3)]
        live = await shop.live(OBS_M=3)
        for session_id in planned[:2]:
            await shop.join(session_id)
        late = Watcher()
        shop.engine.viewer_admission.connect(late, planned[2], 0)
        await late.until(lambda: late.closed)
        assert (late.closed, len(late.of("moved"))) == (CloseCode.DRAINED, 1)
        assert shop.engine.rooms.loaded(planned[2]) is None
        # Neither a show that is on, nor a viewer who is known, nor a host is kept out by it.
        await shop.join(live)
        ada = await shop.join(planned[2], "ada")
        assert shop.engine.rooms.loaded(planned[2]) is not None
        shop.send(ada, "say", text="soon", ref=1)
        await ada.sees("ok", ref=1)
        await shop.join(planned[2], "hana", Role.HOST)


async def test_the_quiet_show_left_for_longest_makes_way_for_the_next(
    redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, quiet_rooms_max=2) as shop:
        first, second, third = [await shop.plan() for _ in range(3)]
        gone, stays = await shop.join(first), await shop.join(second)
        shop.engine.viewer_admission.disconnect(gone)

        with anyio.fail_after(10):
            while not (await _try(shop, third)).of("session"):  # noqa: ASYNC110 -- nobody tells
                await anyio.sleep(0.05)
        loaded = [shop.engine.rooms.loaded(each) is not None for each in (first, second, third)]
        assert loaded == [False, True, True]
        assert stays.closed is None


async def _try(shop: EngineShop, session_id: str) -> Watcher:
    """Let a stranger in, or have it told to come back."""
    watcher = Watcher()
    shop.engine.viewer_admission.connect(watcher, session_id, 0)
    await watcher.until(lambda: watcher.closed or watcher.of("session"))
    return watcher


async def test_a_buyer_over_http_is_busy_where_a_quiet_show_cannot_be_loaded(
    redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, quiet_rooms_max=1) as shop:
        watched, other = await shop.plan(), await shop.plan()
        await shop.join(watched)
        with pytest.raises(Busy):
            await shop.engine.release(other, "ada", str(uuid4()))
        assert shop.engine.rooms.loaded(other) is None
