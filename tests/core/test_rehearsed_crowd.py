"""The purchases and the words of a rehearsal's crowd."""

import pytest

from liveshop.core import errors, limits
from liveshop.core.commands import Buy
from liveshop.core.events import ProductRestocked, ProductSoldOut, SaleEnded
from liveshop.core.model import OrderStatus, Status
from liveshop.features.chat.rules import BlockWords, MuteViewer, Say, SlowChat, UnmuteViewer
from liveshop.features.rehearsal.rules import CancelOrder
from tests.core.rehearsed import ADA, RehearsedShow, a_beginning, a_rid, on_air
from tests.core.world import NOW_MS

# ---- purchases of the crowd ----------------------------------------------------------------


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
    older = [a_rid() for _ in range(limits.REHEARSED_ORDERS_MAX)]
    show.state["orders"] = [{"order_id": order_id, **order} for order_id in older]
    newest = show.buy("a-M")
    assert [each["order_id"] for each in show.state["orders"]] == [*older[1:], newest]


# ---- the chat of the crowd -----------------------------------------------------------------


def test_blocked_words_slow_mode_and_mutes_hold_for_the_crowd_and_not_for_the_host() -> None:
    show = on_air(a=1)
    show.do(BlockWords(words=["scam"]))
    show.do(SlowChat(interval_ms=5_000))
    with pytest.raises(errors.Conflict):
        show.do(Say(text="what a SCAM"), ADA)
    show.do(Say(text="no scam here"))
    show.do(Say(text="lovely"), ADA)
    show.now_ms += 4_000
    with pytest.raises(errors.RateLimited) as refused:
        show.do(Say(text="so lovely"), ADA)
    assert refused.value.fields == {"retry_after_ms": 1_000}
    show.now_ms += 1_000
    show.do(MuteViewer(viewer_id="ada", duration_ms=5_000))
    show.do(Say(text="am I heard?"), ADA)
    show.do(UnmuteViewer(viewer_id="ada"))
    show.do(Say(text="and now?"), ADA)
    said = [(line["viewer"]["id"], line["text"]) for line in show.state["session"]["chat"]]
    assert said == [("h", "no scam here"), ("ada", "lovely"), ("ada", "and now?")]


def test_a_mute_ends_by_itself_and_nobody_is_unmuted_twice() -> None:
    show = on_air(a=1)
    show.do(MuteViewer(viewer_id="ada", duration_ms=1_000))
    show.now_ms += 1_000
    with pytest.raises(errors.Conflict):
        show.do(UnmuteViewer(viewer_id="ada"))
    show.do(Say(text="hi"), ADA)
    assert len(show.state["session"]["chat"]) == 1


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ENDED])
def test_nothing_is_said_before_a_show_is_planned_or_after_its_end(status: Status) -> None:
    show = RehearsedShow(a_beginning(status))
    with pytest.raises(errors.Conflict):
        show.do(Say(text="hi"))
    assert show.state["session"]["chat"] == []


def test_lines_of_one_instant_have_ids_of_their_own_and_the_tail_is_bounded() -> None:
    show = on_air(a=1)
    for number in range(limits.CHAT_TAIL_MESSAGES + 1):
        show.now_ms += number % 3 == 0
        show.do(Say(text=str(number)))
    chat = show.state["session"]["chat"]
    assert [line["text"] for line in chat] == [
        str(number) for number in range(1, limits.CHAT_TAIL_MESSAGES + 1)
    ]
    assert len({line["id"] for line in chat}) == limits.CHAT_TAIL_MESSAGES
    show.send("chat.delete", id=chat[0]["id"])
    assert show.state["session"]["chat"] == chat[1:]
