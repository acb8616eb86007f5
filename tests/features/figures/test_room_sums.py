"""The totals by product, as a show's hosts are told them."""

from typing import Any

from liveshop.core.roles import Role
from tests.engine.world import EngineShop, Watcher
from tests.waiting import until

Products = dict[str, dict[str, int]]
PRICE = 5000


def _last(host: Watcher) -> tuple[dict[str, Any], Products]:
    """Return the newest totals and all that a host knows of products, which agree at any time."""
    totals: dict[str, Any] = {}
    products: Products = {}
    for totals in host.of("stats"):
        products |= totals.get("products", {})
        if products or not totals["units"]:
            told = [sum(each[name] for each in products.values()) for name in ("sold", "revenue")]
            assert told == [totals["units"], totals["revenue"]], host.of("stats")
    return totals, products


def _knows(host: Watcher, **sold: int) -> Any:
    return host.until(
        lambda: (
            {name: each["sold"] for name, each in _last(host)[1].items()} == sold
            and _last(host)[0]["units"] == sum(sold.values())
        )
    )


async def _show(shop: EngineShop) -> str:
    session_id = await shop.live(SHIRT_M=20)
    await shop.stock("mug", MUG_R=20)
    await shop.host(session_id, "product.add", product_id="mug", units={"MUG-R": 20}, limit=10)
    await shop.opened(session_id)
    return session_id


async def _buy(shop: EngineShop, buyer: Watcher, sku: str, quantity: int) -> str:
    rid = shop.buy(buyer, sku, quantity)
    await buyer.sees("confirmed", order_id=rid)
    return rid


async def test_what_was_sold_of_each_product_comes_with_the_totals_and_agrees(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await _show(shop)
    await other.opened(session_id)
    host, there = [await each.join(session_id, "host", Role.HOST) for each in (shop, other)]
    buyers = [await each.join(session_id, name) for each, name in ((shop, "ada"), (other, "bo"))]
    await _buy(shop, buyers[0], "SHIRT-M", 2)
    await _knows(host, shirt=2)
    assert _last(host)[1] == {"shirt": {"sold": 2, "revenue": 2 * PRICE}}
    await _buy(other, buyers[1], "MUG-R", 3)
    await _buy(shop, buyers[0], "SHIRT-M", 1)
    for each in (host, there):
        await _knows(each, shirt=3, mug=3)


async def test_only_products_that_changed_are_told_again_and_a_host_who_joins_is_told_all(
    shop: EngineShop,
) -> None:
    session_id = await _show(shop)
    host, ada = await shop.join(session_id, "host", Role.HOST), await shop.join(session_id, "ada")
    await _buy(shop, ada, "SHIRT-M", 2)
    await _knows(host, shirt=2)
    await _buy(shop, ada, "MUG-R", 1)
    await _knows(host, shirt=2, mug=1)
    told = [list(stats["products"]) for stats in host.of("stats") if "products" in stats]
    assert told == [["shirt"], ["mug"]]
    second = await shop.join(session_id, "second", Role.HOST)
    await second.sees("stats")
    products = {"shirt": {"sold": 2, "revenue": 2 * PRICE}, "mug": {"sold": 1, "revenue": PRICE}}
    assert second.of("stats")[0]["products"] == products


async def test_a_cancelled_order_is_taken_off(shop: EngineShop) -> None:
    session_id = await _show(shop)
    host, ada = await shop.join(session_id, "host", Role.HOST), await shop.join(session_id, "ada")
    shirt = await _buy(shop, ada, "SHIRT-M", 2)
    await _buy(shop, ada, "MUG-R", 1)
    await _knows(host, shirt=2, mug=1)
    await shop.engine.orders.cancel(shirt)
    await _knows(host, shirt=0, mug=1)
    await _buy(shop, ada, "SHIRT-M", 3)
    await _knows(host, shirt=3, mug=1)


async def test_what_was_sold_before_a_host_came_is_counted(shop: EngineShop) -> None:
    session_id = await _show(shop)
    ada = await shop.join(session_id, "ada")
    await _buy(shop, ada, "SHIRT-M", 2)
    host = await shop.join(session_id, "host", Role.HOST)
    await _knows(host, shirt=2)


async def test_a_product_that_has_left_the_shelf_is_told_again_when_it_comes_back(
    shop: EngineShop,
) -> None:
    session_id = await _show(shop)
    host, ada = await shop.join(session_id, "host", Role.HOST), await shop.join(session_id, "ada")
    await _buy(shop, ada, "MUG-R", 1)
    await _knows(host, mug=1)
    await shop.host(session_id, "product.remove", product_id="mug")
    room = await shop.engine.rooms.get(session_id)

    def told() -> list[str]:
        stats = room.session.broadcast.stats
        assert stats is not None
        return list(stats.sums.products)

    await until(lambda: told() == [])
    kept = {"product_id": "mug", "units": {"MUG-R": 19}, "kept": True}
    await shop.host(session_id, "product.add", **kept)
    await host.until(
        lambda: len([s for s in host.of("stats") if "mug" in s.get("products", ())]) == 2
    )


async def test_without_a_host_nobody_adds_up(shop: EngineShop) -> None:
    session_id = await _show(shop)
    ada = await shop.join(session_id, "ada")
    await _buy(shop, ada, "SHIRT-M", 2)
    room = await shop.engine.rooms.get(session_id)
    await until(lambda: (s := room.session.broadcast.stats) and s.sums.totals.units == 2)
    stats = room.session.broadcast.stats
    assert stats is not None
    assert stats.sums.products == {}
