"""Samples, looks and plans in Postgres, and what orders sum up to."""

from uuid import uuid4

from liveshop.core.wire import Message
from liveshop.features.figures.rules import Sold
from liveshop.features.figures.store import AudienceFigures, Figures, Sample
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.order_records import NewLine, NewOrder
from tests.stores.postgres.shop import NOW, PRICE, StoredShop


def sample(second: int, viewers: int, **fields: int | None) -> Sample:
    values = {"viewers_peak": viewers, "visitors": viewers, "likes": 0, "held": 0, **fields}
    return Sample(at_ms=NOW + second * 1000, viewers=viewers, **values)  # type: ignore[arg-type]


def order(buyer: str, *skus: str) -> NewOrder:
    lines = [
        NewLine(rid=str(uuid4()), sku=sku, quantity=2, price=PRICE, final=2 * PRICE, sku_limit=9)
        for sku in skus
    ]
    return NewOrder(order_id=str(uuid4()), buyer=buyer, lines=lines)


async def test_of_one_instant_the_first_sample_is_kept(
    stored_shop: StoredShop, database: Database
) -> None:
    figures = Figures(database)
    assert await figures.add_sample("s1", sample(0, 5)) is True
    assert await figures.add_sample("s1", sample(0, 7)) is False
    assert await figures.gauge_series("s1", NOW, 10_000) == {0: (5, 0, 0)}


async def test_samples_come_to_a_peak_an_average_and_the_most_that_were_counted(
    stored_shop: StoredShop, database: Database
) -> None:
    figures = Figures(database)
    nothing = AudienceFigures(viewers_peak=0, viewers_average=None, visitors=None, likes=0)
    assert await figures.audience("s1") == nothing
    await figures.add_sample("s1", sample(0, 4, likes=9, viewers_peak=6))
    await figures.add_sample("s1", sample(10, 8, likes=5, visitors=None, held=3))
    assert await figures.audience("s1") == AudienceFigures(
        viewers_peak=8, viewers_average=6, visitors=4, likes=9
    )
    assert await figures.gauge_series("s1", NOW, 30_000) == {0: (6, 5, 3)}


async def test_looks_add_up(stored_shop: StoredShop, database: Database) -> None:
    figures = Figures(database)
    await figures.add_looks("s1", {"p": 2, "q": 1})
    await figures.add_looks("s1", {"p": 3})
    assert await figures.looks("s1") == {"p": 5, "q": 1}
    assert await figures.looks("s2") == {}


async def test_cancelled_orders_are_not_among_what_was_sold(
    stored_shop: StoredShop, database: Database
) -> None:
    figures = Figures(database)
    first, second, third = order("ada", "A", "B"), order("ada", "A"), order("bo", "A")
    await stored_shop.commit(first, second, third)
    await stored_shop.orders.cancel(third.order_id)
    sold = Sold(orders=2, units=6, revenue=6 * PRICE)
    assert await figures.sold_by_product("s1") == {"p": sold}
    assert await figures.order_series("s1", NOW - 25_000, 10_000) == {2: sold}
    assert await figures.buyers("s1") == 1


async def test_a_plan_is_read_back_as_it_was_saved_last(
    stored_shop: StoredShop, database: Database
) -> None:
    figures = Figures(database)
    assert await figures.plan("s1") == {}
    plans: list[Message] = [{"sales": {"p": {"percent": 10}}}, {"sales": {}}]
    for plan in plans:
        await figures.save_plan("s1", plan)
        assert await figures.plan("s1") == plan
