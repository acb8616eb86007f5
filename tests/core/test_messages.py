"""The private messages, field by field."""

from typing import Any, cast

import orjson
import pytest
from msgspec.structs import replace

from liveshop.core import errors, messages, wire
from liveshop.core.access import Ban
from liveshop.core.model import (
    Order,
    OrderLine,
    OrderStatus,
    ProductSums,
    Reservation,
    ReservationState,
    Totals,
)
from liveshop.core.roles import Identity, Role
from liveshop.core.session import SessionInfo
from liveshop.core.wire import Message
from tests.core.world import make_chat

HELD = Reservation(
    rid="r1",
    buyer="u_81",
    command="reserve",
    sku="OBS-M",
    quantity=2,
    price=3900,
    sale="@12",
    state=ReservationState.HELD,
    deadline_ms=60_000,
)
ORDER = Order(
    order_id="o1",
    session_id="s1",
    viewer_id="u_81",
    status=OrderStatus.CONFIRMED,
    lines=[
        OrderLine(rid="r1", sku="OBS-M", quantity=2, price=3900, final=7800, sale="@12"),
        OrderLine(rid="r2", sku="OBS-L", quantity=1, price=5000, final=5000),
    ],
    total=12_800,
    currency="EUR",
    at_ms=1000,
)


def test_welcome_tells_what_is_open_and_what_was_ordered() -> None:
    ada = Identity("u_81", "Ada", Role.VIEWER)
    order = messages.welcome_order(ORDER, "https://pay.example/o1")
    message = messages.welcome(
        1, ada, now_ms=5, ping_ms=25_000, reservations=[HELD], orders=[order]
    )
    assert message == {
        "type": "welcome",
        "ref": 1,
        "viewer": {"id": "u_81", "name": "Ada", "role": "viewer"},
        "now_ms": 5,
        "ping_ms": 25_000,
        "reservations": [
            {
                "rid": "r1",
                "sku": "OBS-M",
                "quantity": 2,
                "price": 3900,
                "expires_at_ms": 60_000,
                "state": "held",
                "order_id": None,
            }
        ],
        "orders": [
            {
                "order_id": "o1",
                "rids": ["r1", "r2"],
                "total": 12_800,
                "currency": "EUR",
                "at_ms": 1000,
                "status": "confirmed",
            }
        ],
    }
    assert list(message)[:5] == ["type", "ref", "viewer", "now_ms", "ping_ms"]


def test_welcome_tells_where_and_until_when_a_pending_order_is_paid() -> None:
    pending = replace(ORDER, status=OrderStatus.PENDING, pay_until_ms=9000)
    assert messages.welcome_order(pending, "https://pay.example/o1") == {
        "order_id": "o1",
        "rids": ["r1", "r2"],
        "total": 12_800,
        "currency": "EUR",
        "at_ms": 1000,
        "status": "pending",
        "url": "https://pay.example/o1",
        "expires_at_ms": 9000,
    }


def test_an_anonymous_viewer_is_nobody() -> None:
    assert messages.welcome(None, None, now_ms=5, ping_ms=25_000) == {
        "type": "welcome",
        "viewer": None,
        "now_ms": 5,
        "ping_ms": 25_000,
        "reservations": [],
        "orders": [],
    }


def test_reserved_has_a_ref_only_for_the_connection_that_asked() -> None:
    expected = {
        "type": "reserved",
        "rid": "r1",
        "sku": "OBS-M",
        "quantity": 2,
        "price": 3900,
        "expires_at_ms": 60_000,
    }
    assert messages.reserved(HELD) == expected
    assert messages.reserved(HELD, 9) == {**expected, "ref": 9}
    assert list(messages.reserved(HELD, 9))[:3] == ["type", "ref", "rid"]


def test_over_http_a_resolved_reservation_has_its_state() -> None:
    assert "state" not in messages.reserved_over_http(HELD)
    released = replace(HELD, state=ReservationState.RELEASED)
    assert messages.reserved_over_http(released)["state"] == "released"


def test_each_final_answer_but_sold_has_its_message() -> None:
    def told(state: ReservationState) -> Message:
        code = "conflict" if state is ReservationState.REFUSED else None
        return messages.resolved(replace(HELD, state=state, code=code), 3)

    fields = {"ref": 3, "rid": "r1", "sku": "OBS-M"}
    assert told(ReservationState.RELEASED) == {"type": "released", **fields}
    assert told(ReservationState.EXPIRED) == {"type": "expired", **fields}
    assert told(ReservationState.REFUSED) == {"type": "refused", **fields, "code": "conflict"}
    for state in (ReservationState.HELD, ReservationState.PAYING, ReservationState.SOLD):
        with pytest.raises(AssertionError):
            told(state)


def test_an_order_is_told_to_buyer_and_host() -> None:
    assert messages.confirmed(ORDER, 4) == {
        "type": "confirmed",
        "ref": 4,
        "order_id": "o1",
        "rids": ["r1", "r2"],
        "total": 12_800,
        "currency": "EUR",
        "at_ms": 1000,
    }
    assert messages.cancelled(ORDER) == {
        "type": "cancelled",
        "order_id": "o1",
        "rids": ["r1", "r2"],
    }
    assert messages.order_taken(ORDER) == {
        "type": "order",
        "order_id": "o1",
        "session_id": "s1",
        "viewer_id": "u_81",
        "status": "confirmed",
        "lines": [
            {"rid": "r1", "sku": "OBS-M", "quantity": 2, "price": 3900},
            {"rid": "r2", "sku": "OBS-L", "quantity": 1, "price": 5000},
        ],
        "total": 12_800,
        "currency": "EUR",
        "at_ms": 1000,
    }


def test_checkout_tells_where_to_pay() -> None:
    info = SessionInfo(
        id="s1",
        title="T",
        currency="EUR",
        payment="checkout",
        hold_ms=1000,
        checkout_url="https://shop.example/pay?order={order_id}",
    )
    url = info.payment_url("o1")
    assert messages.checkout("o1", ["r1"], url=url, expires_at_ms=7, ref=2) == {
        "type": "checkout",
        "ref": 2,
        "order_id": "o1",
        "rids": ["r1"],
        "url": "https://shop.example/pay?order=o1",
        "expires_at_ms": 7,
    }


def _written(failure: errors.LiveshopError, ref: int | None) -> dict[str, Any]:
    frame = wire.error_frame(failure, ref)
    (message,) = orjson.loads(frame[2:])
    assert frame == wire.frame(message)
    return cast(dict[str, Any], message)


def test_an_error_always_has_a_ref() -> None:
    failure = errors.SoldOut("OBS-M", requested=2, left=1)
    expected = {
        "type": "error",
        "ref": None,
        "code": "sold_out",
        "message": "OBS-M has 1 left, 2 requested",
        "left": 1,
    }
    assert _written(failure, None) == expected
    assert list(_written(failure, 9).items())[1] == ("ref", 9)
    assert _written(failure, None) == expected


def test_the_small_messages() -> None:
    totals = Totals(orders=2, units=3, revenue=12_800, version=5)
    sums = ProductSums(sold=3, revenue=12_800)
    ban = Ban(viewer_id="u_7", session_id=None, shop=None, role=Role.HOST, until_ms=9, name="Bo")
    assert [
        messages.ok(7, offset=41),
        messages.ok(None),
        messages.time(1, client_ms=3, now_ms=5),
        messages.moved(800),
        messages.moved(800, "a ticket"),
        messages.stats(totals, held=4, viewers_peak=120),
        messages.stats(totals, held=4, viewers_peak=120, products={"mug": sums}),
        messages.pulse(5, {"viewers": 121}),
        messages.chat([make_chat()], dropped=2)["dropped"],
        messages.viewer_muted("u_7", 9),
        messages.viewer_banned(ban),
    ] == [
        {"type": "ok", "ref": 7, "offset": 41},
        {"type": "ok"},
        {"type": "time", "ref": 1, "client_ms": 3, "now_ms": 5},
        {"type": "moved", "retry_after_ms": 800},
        {"type": "moved", "retry_after_ms": 800, "turn": "a ticket"},
        {
            "type": "stats",
            "orders": 2,
            "units": 3,
            "revenue": 12_800,
            "held": 4,
            "viewers_peak": 120,
        },
        {
            "type": "stats",
            "orders": 2,
            "units": 3,
            "revenue": 12_800,
            "held": 4,
            "viewers_peak": 120,
            "products": {"mug": {"sold": 3, "revenue": 12_800}},
        },
        {"type": "pulse", "now_ms": 5, "viewers": 121},
        2,
        {"type": "viewer.muted", "viewer_id": "u_7", "until_ms": 9},
        {
            "type": "viewer.banned",
            "viewer_id": "u_7",
            "name": "Bo",
            "until_ms": 9,
            "everywhere": True,
        },
    ]


def test_checkout_without_an_address_has_none() -> None:
    info = SessionInfo(id="s1", title="T", currency="EUR", payment="checkout", hold_ms=1000)
    told = messages.checkout("o1", ["r1"], url=info.payment_url("o1"), expires_at_ms=7)
    assert told["url"] is None
