"""The purchases of a rehearsal's crowd."""

import pytest

from liveshop.core import errors
from liveshop.core.commands import Buy
from liveshop.core.events import ProductRestocked, ProductSoldOut, SaleEnded
from liveshop.core.model import OrderStatus
from liveshop.features.rehearsal.limits import REHEARSED_ORDERS_MAX
from liveshop.features.rehearsal.rules import CancelOrder
from tests.core.world import NOW_MS
from tests.features.rehearsal.rehearsed import ADA, a_rid, on_air


def test_a_purchase_has_the_price_of_its_sale_while_that_runs() -> None:
    show = on_air(a=10)
    sale = {"product_id": "a", "prices": {"a-M": 3000}, "duration_ms": 5_000}
    show.send("sale.start", **sale, starts_in_ms=1_000)
    prices = []
    for now_ms in (0, 999, 1_000, 5_999, 6_000):
        show.now_ms = NOW_MS + now_ms
        step = show.do(Buy(rid=a_rid(), sku="a-M", quantity=1), ADA)
        assert step.order is not None
        prices.append(step.order.total)
    assert prices == [5000, 5000, 3000, 3000, 5000]
    assert show.left("a-M") == 5


def test_the_last_unit_of_a_sale_ends_it_and_the_last_of_a_sku_is_told() -> None:
    show = on_air(a=3)
    show.send("sale.start", product_id="a", percent=50, duration_ms=5_000, units=2)
    show.buy("a-M")
    last = show.do(Buy(rid=a_rid(), sku="a-M", quantity=1), ADA)
    assert [type(event) for event in last.events] == [SaleEnded]
    with pytest.raises(errors.SoldOut) as refused:
        show.buy("a-M", 2)
    assert refused.value.fields == {"left": 1}
    sold_out = show.do(Buy(rid=a_rid(), sku="a-M", quantity=1), ADA)
    assert [type(event) for event in sold_out.events] == [ProductSoldOut]
    assert (show.left("a-M"), show.left("a-L")) == (0, 3)


def test_a_cancelled_order_gives_its_units_back_to_the_sku_and_its_sale_once() -> None:
    show = on_air(a=3)
    show.send("sale.start", product_id="a", percent=50, duration_ms=5_000, units=3)
    order_id = show.buy("a-M", 2)
    assert show.state["session"]["sales"][0]["left"] == 1
    step = show.do(CancelOrder(order_id=order_id))
    assert step.order is not None
    assert (step.order.status, step.order.total) == (OrderStatus.CANCELLED, 5000)
    assert (show.left("a-M"), show.state["session"]["sales"][0]["left"]) == (3, 3)
    with pytest.raises(errors.NotFound):
        show.do(CancelOrder(order_id=order_id))


def test_what_was_sold_out_is_told_to_be_back_when_its_order_is_cancelled() -> None:
    show = on_air(a=2)
    order_id = show.buy("a-M", 2)
    (restocked,) = show.do(CancelOrder(order_id=order_id)).events
    assert isinstance(restocked, ProductRestocked)
    assert (restocked.sku, restocked.left) == ("a-M", 2)


def test_a_price_that_is_higher_than_was_seen_is_refused_and_so_is_an_order_twice() -> None:
    show = on_air(a=2)
    with pytest.raises(errors.PriceChanged):
        show.buy("a-M", price=4999)
    rid = show.buy("a-M", price=5000)
    with pytest.raises(errors.Conflict):
        show.do(Buy(rid=rid, sku="a-M", quantity=1), ADA)
    assert show.left("a-M") == 1


def test_the_newest_orders_can_be_cancelled_and_older_ones_are_forgotten() -> None:
    show = on_air(a=30)
    order = {"viewer_id": "bo", "sku": "a-M", "quantity": 1, "price": 1, "sale": None, "at_ms": 1}
    older = [a_rid() for _ in range(REHEARSED_ORDERS_MAX)]
    show.state["orders"] = [{"order_id": order_id, **order} for order_id in older]
    newest = show.buy("a-M")
    assert [each["order_id"] for each in show.state["orders"]] == [*older[1:], newest]
