"""The steps that messages tell of."""

import json
from typing import Any

import msgspec
import pytest

from liveshop.core.model import Order, OrderLine, OrderStatus
from liveshop.features.change_feed.rules import (
    LINES_TOLD_MAX,
    body_of,
    line_of_life,
    message_id,
    step_of_event,
    steps_of_order,
    wants,
)

NOW = 1_790_000_000_000


def _order(status: str, *, lines: int = 1, waited: bool = False) -> Order:
    return Order(
        order_id="o1",
        session_id="s1",
        viewer_id="ada",
        status=OrderStatus(status),
        lines=[
            OrderLine(rid=f"r{n}", sku=f"S{n}", quantity=2, price=500, final=900)
            for n in range(lines)
        ],
        total=900 * lines,
        currency="EUR",
        at_ms=NOW,
        pay_until_ms=NOW + 1 if waited else None,
    )


def _told(order: Order, told: int = 0) -> list[tuple[str, int]]:
    steps = steps_of_order(order, told=told, shop=None, reason="expired", now_ms=NOW + 9)
    return [(step.type, step.sequence) for step in steps]


@pytest.mark.parametrize(
    ("status", "waited", "life"),
    [
        ("pending", True, "pending"),
        ("confirmed", False, "confirmed"),
        ("confirmed", True, "pending confirmed"),
        ("void", True, "pending void"),
        ("void", False, "void"),
        ("cancelled", False, "confirmed cancelled"),
        ("cancelled", True, "pending confirmed cancelled"),
        ("refunded", False, "confirmed cancelled refunded"),
        ("refunded", True, "pending confirmed cancelled refunded"),
    ],
)
def test_a_reader_who_comes_late_is_told_every_step(status: str, waited: bool, life: str) -> None:
    assert " ".join(line_of_life(OrderStatus(status), waited=waited)) == life


def test_steps_that_were_told_are_not_told_again() -> None:
    order = _order("refunded", waited=True)
    whole = [("order.pending", 1), ("order.confirmed", 2), ("order.cancelled", 3)]
    whole.append(("order.refunded", 4))
    for told in range(5):
        assert _told(order, told) == whole[told:]


def test_a_message_has_ids_and_money_and_no_name() -> None:
    (step,) = steps_of_order(_order("confirmed"), told=0, shop="x", reason=None, now_ms=NOW + 9)
    body = json.loads(body_of(step, "T"))
    assert body.pop("id") == message_id(step)
    assert body == {
        "type": "order.confirmed",
        "timestamp": "T",
        "subject": "order/o1",
        "sequence": 1,
        "data": {
            "order_id": "o1",
            "session_id": "s1",
            "viewer_id": "ada",
            "status": "confirmed",
            "total": 900,
            "currency": "EUR",
            "lines": [{"sku": "S0", "quantity": 2, "price": 500, "total": 900}],
        },
    }
    assert step.at_ms == NOW


def test_an_order_of_many_lines_names_where_they_are_and_fits_20_kilobytes() -> None:
    for lines in (LINES_TOLD_MAX, LINES_TOLD_MAX + 1):
        order = _order("confirmed", lines=lines)
        (step,) = steps_of_order(order, told=0, shop=None, reason=None, now_ms=NOW)
        assert ("lines" in step.data, "lines_at" in step.data) == (lines == 100, lines == 101)
        assert len(body_of(step, "T")) < 20_000


def test_what_would_be_longer_than_20_kilobytes_says_where_it_is() -> None:
    lines = [
        OrderLine(rid=f"r{n}", sku=f"{n}" + "\N{OX}" * 60, quantity=1, price=1, final=1)
        for n in range(LINES_TOLD_MAX)
    ]
    order = msgspec.structs.replace(_order("confirmed"), lines=lines)
    (step,) = steps_of_order(order, **_how(None))
    assert step.data["lines_at"] == "/api/orders/o1"
    assert len(body_of(step, "T")) < 20_000
    ids = [f"{n}" + "x" * 60 for n in range(500)]
    ordered = {"type": "shelf.ordered", "offset": 7, "at_ms": NOW, "product_ids": ids}
    step = step_of_event("s1", None, ordered)
    assert step.data == {
        "session_id": "s1",
        "event_at": "/api/sessions/s1/events?after=6&limit=1",
    }
    few = step_of_event("s1", None, {**ordered, "product_ids": ids[:100]})
    assert few.data["product_ids"] == ids[:100]


def test_a_void_order_says_why_and_a_cancelled_one_is_of_when_it_is_told() -> None:
    void = list(steps_of_order(_order("void", waited=True), **_how("expired")))
    assert [step.data.get("reason") for step in void] == [None, "expired"]
    cancelled = list(steps_of_order(_order("cancelled"), **_how(None)))
    assert [step.at_ms for step in cancelled] == [NOW, NOW + 9]


def _how(reason: str | None) -> dict[str, Any]:
    return {"told": 0, "shop": None, "reason": reason, "now_ms": NOW + 9}


def test_an_event_is_told_whole_and_one_with_words_of_viewers_is_not() -> None:
    ended = {"type": "sale.ended", "offset": 7, "at_ms": NOW, "product_id": "p", "reason": "timer"}
    step = step_of_event("s1", None, ended)
    assert (step.subject, step.sequence, step.at_ms) == ("session/s1", 7, NOW)
    assert step.data == {"session_id": "s1", "product_id": "p", "reason": "timer"}
    pinned = {"type": "chat.pinned", "offset": 8, "at_ms": NOW, "message": {"text": "I am Ada"}}
    assert step_of_event("s1", None, pinned).data == {"session_id": "s1"}
    strange = {"type": "of.a.later.release", "offset": 9, "at_ms": NOW, "name": "Ada"}
    assert step_of_event("s1", None, strange).data == {"session_id": "s1"}


def test_an_id_is_the_same_for_the_same_facts_and_another_for_others() -> None:
    first = {"type": "product.removed", "offset": 7, "at_ms": NOW, "product_id": "p"}
    ids = {
        message_id(step_of_event("s1", None, first)),
        message_id(step_of_event("s1", None, {**first, "at_ms": NOW + 1})),
    }
    assert len(ids) == 1
    # As after a restore of PostgreSQL: the same step of the same subject, and another fact.
    others = [{**first, "product_id": "q"}, {**first, "offset": 8}, {**first, "type": "sale.ended"}]
    ids |= {message_id(step_of_event("s1", None, each)) for each in others}
    ids.add(message_id(step_of_event("s2", None, first)))
    assert len(ids) == 5
    assert all(len(each) == 30 and "." not in each for each in ids)


def test_patterns_of_types() -> None:
    assert wants(["order.*"], "order.confirmed")
    assert wants(["ping", "order.confirmed"], "order.confirmed")
    assert wants(["*"], "anything.at_all")
    assert not wants(["order.confirmed", "orders.*", "ping"], "order.cancelled")
    assert not wants([], "order.confirmed")
