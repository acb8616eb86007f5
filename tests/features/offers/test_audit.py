"""The audit prices stored orders again, and finds those that cost anything else."""

import pytest

from tests.features.offers.show import OfferShow

_PARTS = [{"skus": ["OBS-M"], "quantity": 1}, {"skus": ["OBS-L"], "quantity": 1}]


@pytest.fixture
async def sold(show: OfferShow) -> str:
    """An order with a code and a bundle, others around it, and what was open then is closed."""
    code = await show.open(percent=10, code="LIVE10")
    bundle = await show.open("bundle", price=8_000, parts=_PARTS, units=2)
    await show.open("buy_get", buy={"skus": ["OBS-M"], "quantity": 1},
                    get={"skus": ["OBS-M"], "quantity": 1, })  # fmt: skip
    ada, bo = await show.join("ada"), await show.join("bo")
    await show.buy(bo, quantity=2)
    told = await show.checkout(ada, await show.reserve(ada, "OBS-M", "OBS-L"), codes=["live10"])
    assert told["total"] == 7_200
    await show.host("offers.order", offers=[bundle])
    await show.host("offer.close", offer=code)
    await show.host("product.reprice", product_id="shirt", prices={"OBS-M": 4_000})
    await show.buy(ada)
    order_id: str = told["order_id"]
    return order_id


async def test_orders_that_cost_what_their_offers_say_are_no_finding(
    show: OfferShow, sold: str, redis_url: str
) -> None:
    await show.is_at_rest(redis_url)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET total = total - 1 WHERE id = $1",
        "UPDATE order_line SET final = final - 1 WHERE order_id = $1",
        "UPDATE orders SET why = NULL WHERE id = $1",
        'UPDATE order_charge SET n = 0 + 1, "row" = "row" || \'9\' WHERE order_id = $1',
        "UPDATE orders SET priced_at = priced_at + 90 WHERE id = $1",
    ],
)
async def test_an_order_that_was_changed_is_found(show: OfferShow, sold: str, change: str) -> None:
    await show.shop.database.commit(change, sold)
    found = [each for each in await show.audit() if each.check == "order_costs_what_its_offers_say"]
    assert [sold in each.what for each in found] == [True]
