"""Money that comes when its show is settled is to go back, and opens nothing again."""

import asyncpg
import pytest
import redis.asyncio

from liveshop.core import limits
from liveshop.core.errors import Conflict, Expired
from liveshop.core.model import OrderStatus
from liveshop.stores.postgres.payment_records import PaymentStatus
from liveshop.stores.postgres.payments import Payments
from tests.engine.world import EngineShop, open_shop
from tests.waiting import until


class Settled:
    """A settled show with one paid order and one that was given up; Redis has forgotten it."""

    def __init__(self, shop: EngineShop, redis_url: str, postgres_url: str) -> None:
        self.shop, self._redis_url, self._postgres_url = shop, redis_url, postgres_url

    async def begin(self) -> None:
        """Sell, settle, and let Redis forget."""
        self.session_id = await self.shop.live(OBS_M=2, payment="checkout")
        await self.shop.opened(self.session_id)
        self.ada = await self.shop.join(self.session_id, "ada")
        self.paid, self.void = (self.shop.buy(self.ada, "OBS-M") for _ in range(2))
        await self.ada.until(lambda: len(self.ada.of("checkout")) == 2)
        await self.shop.engine.orders.confirm(self.paid, "pay-1", 5000)
        await self.shop.engine.orders.fail(self.void)
        await self.shop.host(self.session_id, "session.end")
        room = self.room = await self.shop.engine.rooms.get(self.session_id)
        await until(lambda: room.session.settled)
        async with redis.asyncio.from_url(self._redis_url) as client:
            await client.flushdb()  # as it is once the keys of a settled session have ended
        self.before = await self.stored()

    async def stored(self) -> list[object]:
        """Return what is sold, what the catalogue has, and the orders."""
        connection = await asyncpg.connect(self._postgres_url)
        try:
            queries = ("orders", "order_line", "stock", "variant", "session", "buyer_quota")
            return [
                await connection.fetchval(
                    f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} AS t"
                )
                for name in queries
            ]
        finally:
            await connection.close()

    async def keys(self) -> list[str]:
        """Return the names of what Redis has of the units of the show, gauges left out."""
        async with redis.asyncio.from_url(self._redis_url, decode_responses=True) as client:
            names: list[str] = [key async for key in client.scan_iter(f"*{self.session_id}*")]
        return sorted(name for name in names if not name.endswith((":live", ":nodes")))


@pytest.fixture
async def settled(shop: EngineShop, redis_url: str, postgres_url: str) -> Settled:
    settled = Settled(shop, redis_url, postgres_url)
    await settled.begin()
    return settled


async def _report(shop: EngineShop, settled: Settled) -> None:
    """Report money for orders that are over, and what was reported before."""
    orders = shop.engine.orders
    for _ in range(2):
        with pytest.raises(Expired, match=f"the order {settled.void} has expired"):
            await orders.confirm(settled.void, "late", 5000)
        with pytest.raises(Conflict, match="the payment is refund_due: second"):
            await orders.confirm(settled.paid, "twice", 5000)
        again = await orders.confirm(settled.paid, "pay-1", 5000)
        assert (again.order_id, again.status) == (settled.paid, OrderStatus.CONFIRMED)
        assert (await orders.fail(settled.void)).status is OrderStatus.VOID
        with pytest.raises(Conflict, match="the order is confirmed"):
            await orders.abandon(settled.paid)
    due = await Payments(shop.database).page(PaymentStatus.REFUND_DUE, after=None, limit=9)
    assert [(each.payment_id, each.reason) for each in due.payments] == [
        ("late", "expired"),
        ("twice", "second"),
    ]


async def test_a_node_without_the_room_of_a_settled_show_loads_none_for_its_money(
    settled: Settled, redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url) as fresh:
        await _report(fresh, settled)
        assert fresh.engine.rooms.loaded(settled.session_id) is None
    assert await settled.stored() == settled.before


async def test_money_that_comes_after_a_show_is_settled_changes_nothing_in_redis(
    settled: Settled,
) -> None:
    had = await settled.keys()
    await _report(settled.shop, settled)
    assert settled.room.session.epochs.good
    assert await settled.keys() == had
    assert await settled.stored() == settled.before
    assert [told["order_id"] for told in settled.ada.of("confirmed")] == [settled.paid] * 3


async def test_a_payment_that_cannot_be_finished_keeps_none_of_the_others_waiting(
    shop: EngineShop, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PAGE_ITEMS_MAX", 1)
    session_id = await shop.live(OBS_M=2, payment="checkout")
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("checkout")
    connection = await asyncpg.connect(postgres_url)
    # Its session is not there, as if a part of a backup had been restored.
    await connection.execute(
        "INSERT INTO orders SELECT (jsonb_populate_record(o, $2)).* FROM orders AS o WHERE id = $1",
        rid,
        '{"id": "lost", "session_id": "lost"}',
    )
    for payment_id, order_id, at_ms in (("1", "lost", 0), ("2", rid, 1)):
        await connection.execute(
            "INSERT INTO payment (id, order_id, amount, status, at_ms)"
            " VALUES ($1, $2, 5000, 'received', $3)",
            payment_id,
            order_id,
            at_ms,
        )
    await connection.close()
    await ada.sees("confirmed", order_id=rid)
