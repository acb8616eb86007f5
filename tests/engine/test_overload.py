"""More is asked for than can be sold: a refusal changes nothing, a reservation goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from uuid import uuid4

import anyio
import asyncpg
import pytest

from liveshop.core import limits
from liveshop.core.commands import Reserve
from liveshop.core.errors import Busy
from liveshop.core.roles import Identity, Role
from liveshop.engine.rooms.room import Room
from tests.engine.world import EngineShop, Watcher, open_shop
from tests.faults.proxy import Proxy
from tests.samples import sample
from tests.waiting import until

WAIT_MS = 50
WAIT_NS = WAIT_MS * 1_000_000
CALLS = limits.RESERVE_CALLS_IN_FLIGHT_MAX


@asynccontextmanager
async def _overloaded_orders(
    redis_url: str, postgres_url: str
) -> AsyncIterator[tuple[EngineShop, str, list[Watcher], list[str], asyncpg.Connection]]:
    """Have more orders under way than one transaction takes, none of which can be committed."""
    async with open_shop(redis_url, postgres_url, buy_wait_ms_max=60_000) as shop:
        session_id = await shop.live(OBS_M=1_000, limit=1_000)
        await shop.opened(session_id)
        count = limits.ORDERS_PER_COMMIT_MAX // 5  # within what one buyer may ask for at once
        buyers = [await shop.join(session_id, f"b{number}") for number in range(count)]
        room = await shop.engine.rooms.get(session_id)
        connection = await asyncpg.connect(postgres_url)
        try:
            await connection.execute("BEGIN")
            await connection.execute(
                "SELECT id FROM session WHERE id = $1 FOR NO KEY UPDATE", session_id
            )
            rids = [shop.buy(buyer, "OBS-M") for buyer in buyers for _ in range(5)]
            await until(lambda: room.writer.under_way == len(rids))
            room.admission.wait_ns_max = WAIT_NS
            await until(lambda: room.estimated_wait_s > 2 * WAIT_MS / 1000)
            yield shop, session_id, buyers, rids, connection
        finally:
            await connection.close()


async def _answer(watcher: Watcher, ref: int) -> dict[str, object]:
    """Return the answer that is there at once."""
    answers = [message for message in watcher.inbox if message.get("ref") == ref]
    assert len(answers) == 1, "it is answered without waiting"
    return answers[0]


async def test_a_buy_that_would_wait_too_long_is_busy_at_once_and_its_rid_is_unused(
    redis_url: str, postgres_url: str
) -> None:
    async with _overloaded_orders(redis_url, postgres_url) as world:
        shop, session_id, (ada, *_), rids, connection = world
        rid = shop.buy(ada, "OBS-M", ref=7)
        refused = await _answer(ada, 7)
        assert (refused["type"], refused["code"]) == ("error", "busy")
        wait_ms = refused["retry_after_ms"]
        assert isinstance(wait_ms, int) and limits.RETRY_AFTER_MS_MIN <= wait_ms <= 7_500
        room = await shop.engine.rooms.get(session_id)
        assert await room.session.units.peek([rid]) == {}
        await until(lambda: sample(shop.engine.node.metrics, "busy_total", reason="wait") == 1)
        await connection.execute("ROLLBACK")
        await until(lambda: room.writer.under_way == 0)
        shop.buy(ada, "OBS-M", rid=rid)
        await ada.sees("confirmed", order_id=rid)
        assert await _confirmed(connection) == {*rids, rid}


@pytest.mark.feature("chat", "likes")
async def test_viewers_are_spared_gauges_while_purchases_are_refused(
    redis_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GAUGES_SPARING_MS", 600_000)
    async with _overloaded_orders(redis_url, postgres_url) as world:
        shop, session_id, (ada, *_), _, _ = world
        room = await shop.engine.rooms.get(session_id)
        await ada.until(lambda: ada.of("pulse"))
        shop.buy(ada, "OBS-M", ref=7)
        assert (await _answer(ada, 7))["code"] == "busy"
        # For this admission it stays the moment of the refusal.
        refused_ns = room.admission.now_ns()
        room.admission.now_ns = lambda: refused_ns
        shop.send(ada, "like", count=3)
        await until(lambda: room.session.broadcast.gauges.likes == 3)
        shop.send(ada, "say", text="hello")
        await ada.until(lambda: ada.of("chat"))
        assert all(pulse.get("likes", 0) == 0 for pulse in ada.of("pulse"))


async def test_a_replay_of_what_is_reserved_is_answered_while_others_are_busy(
    redis_url: str, postgres_url: str
) -> None:
    async with _overloaded_orders(redis_url, postgres_url) as world:
        shop, _, (ada, *_), rids, _ = world
        shop.buy(ada, "OBS-M", rid=rids[0], ref=8)
        await ada.sees("reserved", ref=8, rid=rids[0])
        shop.buy(ada, "OBS-M", ref=9)
        assert (await _answer(ada, 9))["code"] == "busy"


async def test_while_purchases_are_refused_a_buy_is_busy_by_nothing_but_its_rid(
    redis_url: str, postgres_url: str
) -> None:
    async with _overloaded_orders(redis_url, postgres_url) as world:
        shop, session_id, (ada, bo, *_), rids, _ = world
        refuses = (await shop.engine.rooms.get(session_id)).refuses_unread
        malformed = {"type": "buy", "ref": 9, "rid": str(uuid4()), "sku": 7}
        assert not refuses(ada, malformed), "nobody was refused yet"
        shop.buy(ada, "OBS-M", ref=7)
        assert (await _answer(ada, 7))["code"] == "busy"
        assert refuses(ada, malformed)
        answer = await _answer(ada, 9)
        assert (answer["code"], "retry_after_ms" in answer) == ("busy", True)
        assert not refuses(ada, malformed | {"rid": rids[0]}), "it is reserved already"
        assert not refuses(ada, malformed | {"rid": 7}), "its rid may be another's"
        await shop.host(session_id, "viewer.ban", viewer_id="b1")
        assert not refuses(bo, malformed), "a ban may be the answer"


async def test_a_checkout_that_would_wait_too_long_is_busy_and_leaves_the_cart_as_it_is(
    redis_url: str, postgres_url: str
) -> None:
    async with _overloaded_orders(redis_url, postgres_url) as world:
        shop, session_id, (ada, *_), _, connection = world
        # A `reserve` waits for no transaction.
        rid = shop.reserve(ada, "OBS-M")
        await ada.sees("reserved", rid=rid)
        order_id = str(uuid4())
        shop.send(ada, "checkout", order_id=order_id, rids=[rid], ref=3)
        assert (await _answer(ada, 3))["code"] == "busy"
        room = await shop.engine.rooms.get(session_id)
        assert (await room.session.units.peek([rid]))[rid].state.value == "held"
        await connection.execute("ROLLBACK")
        await until(lambda: room.writer.under_way == 0)
        shop.send(ada, "checkout", order_id=order_id, rids=[rid], ref=4)
        await ada.sees("confirmed", order_id=order_id, ref=4)


async def test_an_order_that_is_paying_is_written_whoever_has_gone_and_however_late(
    redis_url: str, postgres_url: str
) -> None:
    async with _overloaded_orders(redis_url, postgres_url) as world:
        shop, session_id, buyers, rids, connection = world
        for buyer in buyers:
            shop.engine.viewer_admission.disconnect(buyer)
        room = await shop.engine.rooms.get(session_id)
        await until(lambda: room.writer.lag_s > 3 * WAIT_MS / 1000)
        await connection.execute("ROLLBACK")
        await until(lambda: len(room.writer) == 0)
        assert await _confirmed(connection) == set(rids)
        states = (await room.session.units.peek(rids)).values()
        assert {reservation.state.value for reservation in states} == {"sold"}


async def _confirmed(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch("SELECT id FROM orders WHERE status = 'confirmed'")
    return {row["id"] for row in rows}


@asynccontextmanager
async def _silent_redis(
    redis_url: str, postgres_url: str, *names: str
) -> AsyncIterator[tuple[EngineShop, str, Room, Proxy, list[str], list[Watcher]]]:
    """Have every call of Redis under way with a purchase of its own, and no answer to any.

    The viewers named have joined before that, since joining asks Redis.
    """
    async with (
        Proxy(redis_url).listening() as proxy,
        open_shop(proxy.url, postgres_url, bus_url=redis_url, buy_wait_ms_max=60_000) as shop,
    ):
        session_id = await shop.live(OBS_M=200)
        await shop.opened(session_id)
        room = await shop.engine.rooms.get(session_id)
        first = await shop.join(session_id, "first")
        others = [await shop.join(session_id, name) for name in names]
        proxy.silence()
        rids = []
        for _ in range(CALLS):
            rids.append(shop.buy(first, "OBS-M"))
            await until(lambda: room.purchases_waiting == 0)
        yield shop, session_id, room, proxy, rids, others


async def test_a_purchase_whose_connection_is_closed_is_dropped_before_it_is_reserved(
    redis_url: str, postgres_url: str
) -> None:
    async with _silent_redis(redis_url, postgres_url, "gone") as silent:
        shop, _, room, proxy, rids, (gone,) = silent
        rid = shop.buy(gone, "OBS-M")
        shop.engine.viewer_admission.disconnect(gone)
        proxy.resume()
        await until(lambda: not room.under_way)
        assert set(await room.session.units.peek([rid, *rids])) == set(rids)
        dropped = sample(shop.engine.node.metrics, "purchases_dropped_total", reason="gone")
        assert dropped == 1


async def test_a_purchase_whose_wait_is_over_is_busy_and_one_that_redis_has_goes_on(
    redis_url: str, postgres_url: str
) -> None:
    async with _silent_redis(redis_url, postgres_url, "late") as silent:
        shop, session_id, room, proxy, rids, (late,) = silent
        rid = shop.buy(late, "OBS-M", ref=1)
        room.admission.wait_ns_max = WAIT_NS
        over_s = perf_counter() + 2 * max(WAIT_MS, limits.OVERDUE_MS_MIN) / 1000
        await until(lambda: perf_counter() > over_s)
        proxy.resume()
        await until(lambda: not room.under_way)
        await until(lambda: sample(shop.engine.node.metrics, "busy_total", reason="overdue") == 1)
        states = await room.session.units.peek([rid, *rids])
        assert {each: states[each].state.value for each in rids} == dict.fromkeys(rids, "sold")
        assert rid not in states
        again = await shop.join(session_id, "late")
        shop.buy(again, "OBS-M", rid=rid)
        await again.sees("confirmed", order_id=rid)


async def test_an_idle_node_is_not_busy_however_short_a_purchase_may_wait(
    redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, buy_wait_ms_max=10) as shop:
        session_id = await shop.live(OBS_M=3)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        room = await shop.engine.rooms.get(session_id)
        room.admission.wait_ns_max = 1  # as if the loop were late for each of them
        for reserves in (False, True):
            rid = shop.reserve(ada, "OBS-M") if reserves else shop.buy(ada, "OBS-M")
            await ada.sees("reserved", rid=rid)
        assert ada.of("error") == []


async def test_a_reserve_over_http_that_would_wait_too_long_is_busy(
    redis_url: str, postgres_url: str
) -> None:
    names = [f"c{number}" for number in range(8)]
    async with _silent_redis(redis_url, postgres_url, *names) as silent:
        shop, session_id, room, proxy, _, crowd = silent
        for number in range(limits.RESERVE_LINES_PER_CALL_MAX):
            shop.reserve(crowd[number % len(crowd)], "OBS-M")
        room.admission.wait_ns_max = WAIT_NS
        await until(lambda: room.estimated_wait_s > WAIT_MS / 1000)
        ada = Identity(viewer_id="ada", name="ada", role=Role.VIEWER)
        command = Reserve(rid=str(uuid4()), sku="OBS-M", quantity=1)
        with pytest.raises(Busy) as refused, anyio.fail_after(30):
            await shop.engine.reserve(session_id, ada, command)
        assert refused.value.fields["retry_after_ms"] >= limits.RETRY_AFTER_MS_MIN
        proxy.resume()
        await until(lambda: not room.under_way)
        assert await room.session.units.peek([command.rid]) == {}


async def test_what_fits_into_the_next_call_is_taken_in_however_slow_the_last_one_was(
    redis_url: str, postgres_url: str
) -> None:
    async with _silent_redis(redis_url, postgres_url, "ada") as silent:
        shop, _, room, proxy, _, (ada,) = silent
        room.admission.wait_ns_max = WAIT_NS
        await until(lambda: room.estimated_wait_s > 2 * WAIT_MS / 1000)
        shop.buy(ada, "OBS-M")
        assert room.purchases_waiting == 1
        proxy.resume()
        await until(lambda: not room.under_way)
