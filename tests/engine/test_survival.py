"""A failure in one place stays there: the node and its other sessions go on."""

import anyio
import asyncpg
import redis.asyncio
from anyio.lowlevel import checkpoint

from liveshop.core.limits import SESSION_TRANSACTIONS_AT_ONCE_MAX
from liveshop.engine.rooms.room import Room
from liveshop.stores.redis.packing import session_key
from tests.engine.world import EngineShop, open_shop
from tests.waiting import WAIT_S, until


async def test_what_cannot_be_read_on_the_bus_is_as_good_as_lost(
    shop: EngineShop, redis_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    watcher = await shop.join(session_id)
    newer = b'{"node": "n", "kind": "events", "body": [{"type": "session.sung", "offset": 99}]}'
    malformed = b'{"node": "n", "kind": "outgoing", "body": {"to_buyers": [["ada"]]}}'
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        for payload in (b"\xff", b"[]", b"{}", newer, malformed):
            assert await client.publish(session_key(session_id, "bus"), payload) == 1
    await shop.host(session_id, "product.pin", product_id="shirt")
    await watcher.sees("product.pinned")
    assert shop.engine.node.health.ready


async def test_a_session_that_cannot_be_read_does_not_keep_the_others_from_being_kept(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    readable = await shop.live(OBS_M=5)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        """
        INSERT INTO session (id, title, status, currency, payment, hold_ms, created_ms, newest_ms,
                             head_offset)
        VALUES ('0', 'Newer', 'live', 'EUR', 'direct', 60000, 1, 1, 1)
        """
    )
    await connection.execute(
        """
        INSERT INTO event (session_id, "offset", at_ms, type, body)
        VALUES ('0', 1, 1, 'session.sung', '{"type": "session.sung", "offset": 1, "at_ms": 1}')
        """
    )
    await connection.close()
    async with open_shop(redis_url, postgres_url) as later:
        await until(lambda: later.engine.rooms.loaded(readable))
        assert later.engine.node.health.ready


async def test_a_room_is_loaded_once_though_who_asked_first_has_given_up(shop: EngineShop) -> None:
    session_id = await shop.plan()
    rooms: list[Room] = []

    async def ask() -> None:
        rooms.append(await shop.engine.rooms.get(session_id))

    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as first:
            first.start_soon(ask)
            await _turns(3)
            tasks.start_soon(ask)
            await _turns(3)
            first.cancel_scope.cancel()
        tasks.start_soon(ask)
    assert len(rooms) == 2
    assert rooms[0] is rooms[1]


async def test_who_reads_old_sessions_leaves_connections_to_those_who_buy(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    planned = [await shop.plan() for _ in range(12)]
    connection = await asyncpg.connect(postgres_url)
    async with anyio.create_task_group() as tasks, connection.transaction():
        await connection.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
        for each in planned:
            tasks.start_soon(shop.engine.rooms.view, each)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with anyio.fail_after(WAIT_S):
            while await connection.fetchval(waiting) < 2:  # noqa: ASYNC110 -- the server says it
                await anyio.sleep(0.005)
        for _ in range(100):  # those that have not got so far yet
            await connection.fetchval(waiting)
        shop.buy(ada, "OBS-M")
        await ada.sees("confirmed")
        tasks.cancel_scope.cancel()
    await connection.close()


async def _turns(count: int) -> None:
    """Let others run, but not so long that a store could have answered."""
    for _ in range(count):
        await checkpoint()


async def test_a_sale_holds_its_price_in_a_session_whose_time_is_ahead_of_redis_clock(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    node = (await shop.engine.rooms.get(session_id)).session.node
    ahead_ms = await node.link.now_ms() + 3_600_000
    await node.link.call("HSET", session_key(session_id, "cfg"), "hi_ms", ahead_ms)
    ada = await shop.join(session_id, "ada")
    await ada.until(lambda: [m for m in ada.of("pulse") if m["now_ms"] >= ahead_ms])
    fields = {"product_id": "shirt", "percent": 50, "duration_ms": 5_000}
    await shop.host(session_id, "sale.start", **fields)
    sale = await ada.sees("sale.started")
    assert sale["starts_at_ms"] >= ahead_ms
    shop.buy(ada, "OBS-M", price=2500)
    assert (await ada.sees("confirmed"))["total"] == 2500
    # Everyone else here, and every token, keeps the right time.
    assert shop.engine.node.now_ms() < ahead_ms - 3_000_000


async def test_who_waits_for_one_session_leaves_connections_to_the_others(
    shop: EngineShop, postgres_url: str
) -> None:
    locked = await shop.live(limit=20, OBS_M=20)
    await shop.opened(locked)
    ada = await shop.join(locked, "ada")
    cy = await shop.join(locked, "cy")
    orders = [shop.buy(buyer, "OBS-M") for buyer in (ada, cy) for _ in range(6)]
    for buyer in (ada, cy):
        await buyer.sees_many("confirmed", 6)
    await shop.stock("mug", MUG=5)
    open_one = await shop.plan()
    await shop.host(open_one, "product.add", product_id="mug", units={"MUG": 5}, limit=5)
    await shop.host(open_one, "session.start")
    await shop.opened(open_one)
    bo = await shop.join(open_one, "bo")
    holder = await asyncpg.connect(postgres_url)
    # Another one, since what a transaction has read of the activity stays as it was.
    connection = await asyncpg.connect(postgres_url)
    async with anyio.create_task_group() as tasks:
        async with holder.transaction():
            await holder.execute("SELECT FROM session WHERE id = $1 FOR UPDATE", locked)
            for order_id in orders:
                tasks.start_soon(shop.engine.orders.cancel, order_id)
            waiting = (
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            with anyio.fail_after(WAIT_S):
                while await connection.fetchval(waiting) < 2:  # noqa: ASYNC110 -- it says so
                    await anyio.sleep(0.005)
            for _ in range(3):
                rid = shop.buy(bo, "MUG")
                await bo.sees("confirmed", order_id=rid)
            assert await connection.fetchval(waiting) <= SESSION_TRANSACTIONS_AT_ONCE_MAX
        # Then each has its turn.
        for buyer in (ada, cy):
            await buyer.sees_many("cancelled", 6)
    await connection.close()
    await holder.close()
