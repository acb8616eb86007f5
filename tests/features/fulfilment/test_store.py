"""The orders of a show by buyer, while they change."""

from liveshop.core.model import OrderStatus
from liveshop.features.fulfilment.rules import ORDERS_PER_READ
from liveshop.features.fulfilment.store import Fulfilment
from liveshop.stores.postgres.database import Database
from tests.stores.postgres.shop import StoredShop, order


async def _sold(shop: StoredShop, *, of_ada: int, of_bo: int) -> tuple[list[str], list[str]]:
    await shop.stock_catalogue({"Z": 1_000})
    await shop.open("s2", {"Z": 1_000})
    ada = [f"a{number:03d}" for number in range(of_ada)]
    bo = [f"b{number:03d}" for number in range(of_bo)]
    orders = [order(name, "Z", buyer="ada", limit=1_000) for name in ada]
    orders += [order(name, "Z", buyer="bo", limit=1_000) for name in bo]
    await shop.commit(*orders, session_id="s2")
    return ada, bo


async def test_each_order_comes_once_while_orders_of_the_same_buyer_change(
    database: Database,
) -> None:
    shop = StoredShop(database)
    ada, bo = await _sold(shop, of_ada=ORDERS_PER_READ + 20, of_bo=3)
    told: list[tuple[str, str]] = []
    async for orders in Fulfilment(database).orders("s2"):
        if not told:
            for changed in (ada[0], ada[-1], bo[1]):  # told, and not yet told twice
                await shop.orders.cancel(changed)
        told += [(each.order_id, each.status) for each in orders]
    assert sorted(name for name, _ in told) == [*ada, *bo]
    statuses = dict(told)
    assert [statuses[name] for name in (ada[0], ada[-1], bo[1])] == [
        *("confirmed", "cancelled", "cancelled")
    ]


async def test_the_orders_of_one_buyer_stay_together_over_several_reads(
    database: Database,
) -> None:
    shop = StoredShop(database)
    ada, bo = await _sold(shop, of_ada=ORDERS_PER_READ + 20, of_bo=3)
    await shop.orders.cancel(bo[0])
    found = Fulfilment(database).by_buyer("s2")
    buyers = [own async for some in found for own in some]
    assert [[each.order_id for each in own] for own in buyers] == [ada, bo[1:]]


async def test_only_orders_of_the_status_that_was_asked_for_come(
    database: Database,
) -> None:
    shop = StoredShop(database)
    _, bo = await _sold(shop, of_ada=1, of_bo=2)
    await shop.orders.cancel(bo[1])
    found = [each async for each in Fulfilment(database).orders("s2", OrderStatus.CANCELLED)]
    assert [[each.order_id for each in orders] for orders in found] == [[bo[1]]]
