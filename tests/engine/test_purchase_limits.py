"""A limit is for units taken newly: those reserved under another one may be ordered."""

from uuid import uuid4

import pytest

from liveshop.core.events import ProductAdded
from liveshop.core.limits import LIMIT_LAG_MS
from liveshop.core.model import ShelfProduct, ShelfVariant
from liveshop.engine.purchase.purchase_limits import PurchaseLimits
from tests.engine.world import EngineShop, Watcher


async def _put_limit(shop: EngineShop, session_id: str, limit: int) -> None:
    await shop.host(session_id, "product.remove", product_id="shirt")
    fields = {"product_id": "shirt", "units": {"OBS-M": 1}, "limit": limit}
    await shop.host(session_id, "product.add", **fields)


async def _held(shop: EngineShop, ada: Watcher, quantity: int) -> str:
    rid = shop.reserve(ada, "OBS-M", quantity)
    await ada.sees("reserved", rid=rid)
    return rid


async def _checkout(shop: EngineShop, ada: Watcher, *rids: str) -> str:
    order_id = str(uuid4())
    shop.send(ada, "checkout", order_id=order_id, rids=list(rids), ref=len(ada.inbox))
    return order_id


async def test_what_was_held_before_the_limit_fell_can_be_ordered(shop: EngineShop) -> None:
    session_id = await shop.live(limit=10, OBS_M=20)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    rid = await _held(shop, ada, 5)
    await _put_limit(shop, session_id, 2)
    order_id = await _checkout(shop, ada, rid)
    assert (await ada.sees("confirmed", order_id=order_id))["rids"] == [rid]
    # A buyer who takes units now keeps to the new one.
    shop.reserve(ada, "OBS-M", 1, ref=901)
    assert (await ada.sees("error", ref=901))["code"] == "limit"
    shop.reserve(bo, "OBS-M", 3, ref=902)
    assert (await bo.sees("error", ref=902))["limit"] == 2
    shop.buy(bo, "OBS-M", 2)
    await bo.sees("confirmed")


async def test_what_was_held_before_the_limit_rose_can_be_ordered_last(shop: EngineShop) -> None:
    session_id = await shop.live(limit=2, OBS_M=20)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    first = await _held(shop, ada, 2)
    await _put_limit(shop, session_id, 10)
    second = await _held(shop, ada, 8)
    for rid in (second, first):
        order_id = await _checkout(shop, ada, rid)
        await ada.sees("confirmed", order_id=order_id)


async def test_what_was_held_before_the_limit_fell_can_be_paid_elsewhere(shop: EngineShop) -> None:
    session_id = await shop.live(limit=10, payment="checkout", OBS_M=20)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = await _held(shop, ada, 5)
    await _put_limit(shop, session_id, 2)
    order_id = await _checkout(shop, ada, rid)
    await ada.sees("checkout", order_id=order_id)
    assert (await shop.engine.orders.confirm(order_id, "pay", 25_000)).status == "confirmed"


def _added(at_ms: int, limit: int) -> ProductAdded:
    variant = ShelfVariant(sku="A", label="A", price=1, was=None, limit=limit, left=1)
    product = ShelfProduct(product_id="p", title="P", image=None, variants=[variant])
    return ProductAdded(offset=1, at_ms=at_ms, product=product)


@pytest.mark.parametrize(
    ("reserved_ms", "limit"),
    [
        (1_000_000, 10),  # before it fell
        (2_000_000 + LIMIT_LAG_MS - 1, 10),  # Redis may not have known yet
        (2_000_000 + LIMIT_LAG_MS, 4),  # it has risen since
        (3_000_000 + LIMIT_LAG_MS, 4),
        (0, 10),
    ],
)
def test_the_highest_limit_since_something_was_reserved_holds(reserved_ms: int, limit: int) -> None:
    put = PurchaseLimits()
    for at_ms, each in ((500_000, 10), (2_000_000, 2), (3_000_000, 4)):
        put.note(_added(at_ms, each))
    assert put.since("sA", reserved_ms) == limit
    assert put.now("sA") == 4
    assert put.since("sB", reserved_ms) is None
