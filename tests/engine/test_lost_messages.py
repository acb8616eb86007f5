"""A buyer who believes what is not so is told, once, and is told nothing else."""

from uuid import uuid4

import asyncpg
import pytest

from liveshop.engine.fanout.mailbox import Watched
from tests.engine.world import EngineShop, open_shop
from tests.waiting import until


async def test_an_order_under_way_is_not_told_as_lost(shop: EngineShop, postgres_url: str) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid, order_id = shop.reserve(ada, "OBS-M"), str(uuid4())
    await ada.sees("reserved")
    room = await shop.engine.rooms.get(session_id)
    connection = await asyncpg.connect(postgres_url)
    async with connection.transaction():
        await connection.execute("SELECT FROM session WHERE id = $1 FOR UPDATE", session_id)
        shop.send(ada, "checkout", order_id=order_id, rids=[rid])
        await until(lambda: room.writer.has(order_id))
        await room.outcomes.tell_lost([Watched(rid, "ada", "OBS-M", 1, 5000)])
    await connection.close()
    await ada.sees("confirmed", order_id=order_id)
    assert ada.of("refused") == []


async def test_more_than_one_pulse_can_ask_for_is_told_all_the_same(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    lost = [str(uuid4()) for _ in range(2_500)]
    for rid in lost:
        room.session.mailbox.watch(Watched(rid, "ada", "OBS-M", 1, 5000))
    await ada.until(lambda: len(ada.of("refused")) == len(lost))
    assert {message["rid"] for message in ada.of("refused")} == set(lost)


async def test_a_settled_session_that_redis_has_forgotten_shows_what_it_sold(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=2)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    await shop.host(session_id, "session.end")
    first = (await shop.engine.rooms.get(session_id)).session
    await until(lambda: first.settled)
    await first.node.link.call("FLUSHALL")
    async with open_shop(redis_url, postgres_url) as later:
        late = await later.join(session_id, "bo")
        await late.sees("pulse")
        session = (await later.engine.rooms.get(session_id)).session
        assert session.broadcast.gauges.left == {"OBS-M": 0}
        later.buy(late, "OBS-M", ref=1)
        assert (await late.sees("error", ref=1))["code"] == "not_live"


@pytest.mark.feature("chat")
async def test_a_deleted_message_does_not_come_back_with_the_pulse(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=2)
    ada = await shop.join(session_id, "ada")
    shop.send(ada, "say", text="hello", ref=1)
    chat_id = (await ada.sees("ok", ref=1))["id"]
    session = (await shop.engine.rooms.get(session_id)).session
    message = session.broadcast.chat_message(chat_id)
    assert message is not None
    await shop.host(session_id, "chat.delete", id=chat_id)
    session.broadcast.add_chat(message)  # as in the reply to a pulse that was sent before
    await shop.host(session_id, "session.pause")
    await ada.sees("session.paused")
    late = await shop.join(session_id)
    assert late.of("session")[0]["chat"] == []
