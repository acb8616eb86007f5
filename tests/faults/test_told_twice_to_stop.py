"""A node that is told twice to stop, amid purchases: it ends at once, and no order is lost."""

import asyncio
import signal
from contextlib import suppress

import anyio
from websockets.exceptions import ConnectionClosed

from tests.client import Closed, Message
from tests.faults.nodes import audit, node
from tests.faults.proxy import Proxy, Then
from tests.system.shop import SystemShop, eventually, new_rid

BUYERS = 10
HOLD_MS = 1_000
UNITS = 10_000
_LONG_MS = 600_000  # how long it would drain


async def _buy_on(shop: SystemShop, session_id: str, name: str, sku: str, told: set[str]) -> None:
    """Buy one unit after the other until the node goes, and note what was confirmed."""
    async with shop.joined(session_id, name) as client:
        with suppress(Closed, ConnectionClosed):
            while True:
                rid = new_rid()
                answer = await client.ask("buy", rid=rid, sku=sku, quantity=1)
                if answer["type"] == "error":  # more often than a viewer may
                    await anyio.sleep(answer.get("retry_after_ms", 100) / 1000)
                    continue
                await client.wait_for_type("confirmed", order_id=rid)
        told.update(message["order_id"] for message in client.of_type("confirmed"))


async def test_a_second_signal_amid_purchases_ends_a_node_at_once_and_loses_no_order(
    redis_url: str, postgres_url: str
) -> None:
    told: set[str] = set()
    async with node(redis_url, postgres_url, LIVESHOP_DRAIN_MS=str(_LONG_MS)) as first:
        shop = first.shop
        product = await shop.product(S=UNITS)
        sku = product["variants"][0]["sku"]
        session_id = await shop.session(hold_ms=HOLD_MS, start=False)
        await shop.add(session_id, product, limit=1_000)
        await shop.host(session_id, "session.start")
        async with shop.joined(session_id, "watch") as witness, anyio.create_task_group() as tasks:
            for number in range(BUYERS):
                tasks.start_soon(_buy_on, shop, session_id, f"buyer-{number}", sku, told)
            await eventually(lambda: _buyers(shop, session_id), BUYERS)
            first.process.send_signal(signal.SIGTERM)
            await witness.wait_for_type("moved")
            first.process.send_signal(signal.SIGTERM)
        with anyio.fail_after(60):
            output, _ = await asyncio.to_thread(first.process.communicate)
        assert first.process.returncode == 0, output
        assert "Traceback" not in output
    assert told
    async with node(redis_url, postgres_url) as second:
        # A purchase that was under way is resolved by its deadline, on any node.
        await eventually(lambda: _missing(second.shop, session_id, told), set())
        await eventually(lambda: _unaccounted(second.shop, session_id, sku), 0)
    assert await audit(redis_url, postgres_url) == (0, "Every promise is kept.\n")


async def test_a_node_that_is_told_twice_to_stop_waits_for_no_silent_postgres(
    redis_url: str, postgres_url: str
) -> None:
    async with (
        Proxy(postgres_url).listening() as proxy,
        node(redis_url, proxy.url, LIVESHOP_DRAIN_MS=str(_LONG_MS)) as only,
    ):
        shop = only.shop
        product = await shop.product(S=UNITS)
        session_id = await shop.session(hold_ms=HOLD_MS, start=False)
        await shop.add(session_id, product, limit=1_000)
        await shop.host(session_id, "session.start")
        async with shop.joined(session_id, "buyer") as client:
            proxy.lose_replies(b"buyer", then=Then.SILENCE_ALL)
            sku = product["variants"][0]["sku"]
            await client.ask("buy", rid=new_rid(), sku=sku, quantity=1)
            with anyio.fail_after(30):
                while proxy.passing:  # noqa: ASYNC110 - it has no event to wait for
                    await anyio.sleep(0.01)
            only.process.send_signal(signal.SIGTERM)
            await client.wait_for_type("moved")
            only.process.send_signal(signal.SIGTERM)
        with anyio.fail_after(60):
            output, _ = await asyncio.to_thread(only.process.communicate)
        assert only.process.returncode == 0, output
        # Had it waited for one, it would tell of a timeout.
        assert "stopping at once" in output
        assert "TimeoutError" not in output.partition("stopping at once")[2]
        assert "Traceback" not in output


async def _orders(shop: SystemShop, session_id: str) -> list[Message]:
    orders: list[Message] = []
    after = 0
    while True:
        page = await shop.get("/api/orders", session=session_id, after=after, limit=200)
        if not page["orders"]:
            return orders
        orders += page["orders"]
        after = page["next"]


async def _confirmed(shop: SystemShop, session_id: str) -> set[str]:
    orders = await _orders(shop, session_id)
    return {order["order_id"] for order in orders if order["status"] == "confirmed"}


async def _buyers(shop: SystemShop, session_id: str) -> int:
    return len({order["viewer_id"] for order in await _orders(shop, session_id)})


async def _missing(shop: SystemShop, session_id: str, told: set[str]) -> set[str]:
    return told - await _confirmed(shop, session_id)


async def _unaccounted(shop: SystemShop, session_id: str, sku: str) -> int:
    left = (await shop.left(session_id))[sku]
    return UNITS - left - len(await _confirmed(shop, session_id))
