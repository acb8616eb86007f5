"""Fields and their ranges: a refusal names the field, a value on the border is taken."""

from typing import Any

import pytest

from tests.system.shop import SystemShop, named, new_rid

_RID = "6f9619ff-8b86-4d11-b42d-00cf4fc964ff"
_BUY = {"rid": _RID, "sku": "none", "quantity": 1}
_SALE = {"product_id": "none", "percent": 10, "duration_ms": 5_000}
_ADD = {"product_id": "none", "units": {"none": 1}}
_MORE = {**_ADD, "rid": new_rid()}


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("time", {}, "client_ms"),
    ("time", {"client_ms": "1"}, "client_ms"),
    ("like", {}, "count"),
    ("like", {"count": 0}, "count"),
    ("like", {"count": 21}, "count"),
    ("like", {"count": 1.5}, "count"),
    ("like", {"count": True}, "count"),
    ("say", {}, "text"),
    ("say", {"text": ""}, "text"),
    ("say", {"text": "x" * 201}, "text"),
    ("say", {"text": "\N{PILE OF POO}" * 201}, "text"),
    ("say", {"text": "a\nb"}, "text"),
    ("say", {"text": "a\x00b"}, "text"),
    ("say", {"text": "a\x1bb"}, "text"),
    ("say", {"text": "a\x7fb"}, "text"),
    ("say", {"text": "a\x85b"}, "text"),
    ("say", {"text": None}, "text"),
    *[(kind, _without(_BUY, name), name) for kind in ("buy", "reserve") for name in _BUY],
    *[
        (kind, {**_BUY, "rid": rid}, "rid")
        for kind in ("buy", "reserve")
        for rid in (_RID.upper(), _RID[:-1], _RID + "0", "{" + _RID[1:-1] + "}", "", 5, None)
    ],
    *[("buy", {**_BUY, "quantity": quantity}, "quantity") for quantity in (0, -1, 101, "1", 1.5)],
    *[("buy", {**_BUY, "price": price}, "price") for price in (-1, 10**12 + 1, "1")],
    ("buy", {**_BUY, "sku": "x" * 65}, "sku"),
    ("buy", {**_BUY, "sku": ""}, "sku"),
    ("buy", {**_BUY, "sku": "a\x1fb"}, "sku"),
    ("checkout", {"rids": [_RID]}, "order_id"),
    ("checkout", {"order_id": _RID}, "rids"),
    ("checkout", {"order_id": "x", "rids": [_RID]}, "order_id"),
    ("checkout", {"order_id": _RID, "rids": []}, "rids"),
    ("checkout", {"order_id": _RID, "rids": [new_rid() for _ in range(21)]}, "rids"),
    ("checkout", {"order_id": _RID, "rids": ["x"]}, "rids"),
    ("checkout", {"order_id": _RID, "rids": _RID}, "rids"),
    ("release", {}, "rid"),
    ("product.pin", {}, "product_id"),
    ("product.pin", {"product_id": "x" * 65}, "product_id"),
    ("session.start", {"now": True}, "now"),
    ("product.add", _without(_ADD, "product_id"), "product_id"),
    ("product.add", _without(_ADD, "units"), "units"),
    ("product.add", {**_ADD, "units": {}}, "units"),
    ("product.add", {**_ADD, "units": {"none": 0}}, "units"),
    ("product.add", {**_ADD, "units": {"none": -1}}, "units"),
    ("product.add", {**_ADD, "units": {"none": 1_000_001}}, "units"),
    ("product.add", {**_ADD, "limit": 0}, "limit"),
    ("product.add", {**_ADD, "limit": 1_001}, "limit"),
    ("product.add", {**_ADD, "prices": {"none": -1}}, "prices"),
    ("product.add", {**_ADD, "prices": {"none": 10**12 + 1}}, "prices"),
    *[("stock.add", _without(_MORE, name), name) for name in ("product_id", "units")],
    *[
        ("stock.add", {**_MORE, "units": units}, "units")
        for units in ({}, {"none": 0}, {"none": -1}, {"none": 1_000_001}, {"none": 1.5}, 5, None)
    ],
    ("stock.add", {**_MORE, "rid": "5"}, "rid"),
    ("stock.add", {**_MORE, "limit": 1}, "limit"),
    ("product.reprice", {"product_id": "none"}, "prices"),
    ("product.reprice", {"product_id": "none", "prices": {"none": 0.5}}, "prices"),
    ("sale.start", _without(_SALE, "product_id"), "product_id"),
    ("sale.start", _without(_SALE, "percent"), "percent"),
    ("sale.start", {**_SALE, "prices": {"none": 1}}, "percent"),
    ("sale.start", _without(_SALE, "duration_ms"), "duration_ms"),
    *[("sale.start", {**_SALE, "percent": percent}, "percent") for percent in (0, 100, 1.5, "5")],
    *[
        ("sale.start", {**_SALE, "duration_ms": duration}, "duration_ms")
        for duration in (4_999, 86_400_001)
    ],
    ("sale.start", {**_SALE, "units": 0}, "units"),
    ("sale.start", {**_SALE, "units": 1_000_001}, "units"),
    ("sale.start", {**_SALE, "limit": 0}, "limit"),
    ("sale.start", {**_SALE, "limit": 1_001}, "limit"),
    ("sale.start", {**_SALE, "starts_in_ms": -1}, "starts_in_ms"),
    ("sale.start", {**_SALE, "starts_in_ms": 86_400_001}, "starts_in_ms"),
    ("chat.pin", {}, "id"),
    ("viewer.mute", {}, "viewer_id"),
    ("viewer.mute", {"viewer_id": "ada", "duration_ms": 0}, "duration_ms"),
    ("viewer.mute", {"viewer_id": "ada", "duration_ms": "1"}, "duration_ms"),
    *[(kind, {**fields, "extra": 1}, "extra") for kind, fields in (("buy", _BUY), ("say", {}))],
    ("sale.start", {**_SALE, "extra": 1}, "extra"),
]
_TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("time", {"client_ms": 0}),
    ("say", {"text": "\N{PILE OF POO}" * 200}),
    ("say", {"text": "<b>'; DROP TABLE orders; --"}),
    ("buy", {**_BUY, "quantity": 100, "price": 10**12}),
    ("buy", {**_BUY, "price": 0, "sku": "é" * 64}),
    ("checkout", {"order_id": _RID, "rids": [new_rid() for _ in range(20)]}),
    ("product.add", {**_ADD, "units": {"none": 1_000_000}, "limit": 1_000}),
    ("product.add", {**_ADD, "limit": 1, "prices": {"none": 10**12}}),
    ("stock.add", {**_MORE, "units": {"none": 1_000_000}, "rid": None}),
    ("product.reprice", {"product_id": "none", "prices": {"none": 0}}),
    ("sale.start", {**_SALE, "percent": 1, "units": 1, "limit": 1, "starts_in_ms": 0}),
    ("sale.start", {**_SALE, "percent": 99, "units": 1_000_000, "limit": 1_000}),
    ("sale.start", {**_SALE, "duration_ms": 86_400_000, "starts_in_ms": 86_400_000}),
    ("viewer.mute", {"viewer_id": named("nobody"), "duration_ms": 1}),
    ("viewer.mute", {"viewer_id": named("nobody"), "duration_ms": 86_400_000}),
]


@pytest.mark.feature("chat", "likes")
async def test_every_field_is_held_to_its_range(shop: SystemShop) -> None:
    session_id = await shop.session()
    before = await shop.log(session_id)
    at_once = 90  # a host may send 100 in a burst
    for start in range(0, len(_REFUSED), at_once):
        async with shop.joined(session_id, "hana", "host") as client:
            for command, fields, name in _REFUSED[start : start + at_once]:
                answer = await client.ask(command, **fields)
                assert (answer["type"], answer.get("code")) == ("error", "bad_request"), (
                    *(command, fields, answer),
                )
                assert f"`{name}" in answer["message"], (command, fields, answer)
    assert await shop.log(session_id) == before
    assert (await shop.snapshot(session_id))["likes"] == 0


@pytest.mark.feature("chat")
async def test_what_lies_on_the_border_is_taken(shop: SystemShop) -> None:
    session_id = await shop.session()
    async with shop.joined(session_id, "hana", "host") as client:
        for command, fields in _TAKEN:
            answer = await client.ask(command, **fields)
            assert answer.get("code") in (None, "not_found"), (command, fields, answer)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": ""}, "title"),
        ({}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"title": "x", "hold_ms": 999}, "hold_ms"),
        ({"title": "x", "hold_ms": 86_400_001}, "hold_ms"),
        ({"title": "x", "payment": "cash"}, "payment"),
        ({"title": "x", "currency": "euro"}, "currency"),
        ({"title": "x", "starts_at_ms": -1}, "starts_at_ms"),
        ({"title": "x", "starts_at_ms": "soon"}, "starts_at_ms"),
        ({"title": "x", "stream_url": "javascript:alert(1)"}, "stream_url"),
        ({"title": "x", "colour": 1}, "colour"),
    ],
)
async def test_a_session_with_a_bad_field_is_not_made(
    shop: SystemShop, fields: dict[str, Any], name: str
) -> None:
    error = await shop.refuses(400, "bad_request", "POST", "/api/sessions", fields)
    assert name in error["message"]


async def test_a_session_may_hold_from_a_second_to_a_day(shop: SystemShop) -> None:
    for hold_ms in (1_000, 86_400_000):
        await shop.post("/api/sessions", {"title": "x", "hold_ms": hold_ms})


_PRODUCT = {
    "product_id": "p",
    "title": "P",
    "variants": [{"sku": "p-1", "label": "", "price": 1, "stock": 1}],
}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"product_id": ""}, "product_id"),
        ({"product_id": "x" * 65}, "product_id"),
        ({"title": 5}, "title"),
        ({"variants": []}, "variants"),
        ({"variants": [{"sku": "a", "label": "", "price": -1, "stock": 1}]}, "price"),
        ({"variants": [{"sku": "a", "label": "", "price": 1.5, "stock": 1}]}, "price"),
        ({"variants": [{"sku": "a", "label": "", "price": 10**12 + 1, "stock": 1}]}, "price"),
        ({"variants": [{"sku": "a", "label": "", "price": 1, "stock": -1}]}, "stock"),
        ({"variants": [{"sku": "a", "label": "", "price": 1, "stock": 1_000_001}]}, "stock"),
        ({"variants": [{"sku": "a", "label": "", "price": 1}]}, "stock"),
        ({"variants": [{"sku": "a", "price": 1, "stock": 1}]}, "label"),
        ({"variants": _PRODUCT["variants"] * 2}, "sku"),  # type: ignore[operator]
        ({"weight": 5}, "weight"),
    ],
)
async def test_a_product_with_a_bad_field_is_not_made(
    shop: SystemShop, fields: dict[str, Any], name: str
) -> None:
    body = {**_PRODUCT, **fields}
    error = await shop.refuses(400, "bad_request", "POST", "/api/products", body)
    assert name in error["message"].lower()
    await shop.refuses(404, "not_found", "GET", "/api/products/p")


@pytest.mark.feature("chat")
async def test_too_many_commands_are_told_when_to_try_again(shop: SystemShop) -> None:
    session_id = await shop.session(await shop.product(S=5))
    async with shop.joined(session_id, named("ada")) as client:
        for number in range(6):
            await client.send("say", ref=100 + number, text="hi")
        error = await client.wait_for_type("error", ref=105)
        assert error["code"] == "rate_limited"
        assert 0 < error["retry_after_ms"] <= 1_000
        for number in range(5):
            await client.wait_for_type("ok", ref=100 + number)
        for number in range(11):
            wanted = {"rid": new_rid(), "sku": "none", "quantity": 1}
            await client.send("reserve" if number % 2 else "buy", ref=200 + number, **wanted)
        error = await client.wait_for_type("error", ref=210)
        assert (error["code"], error["retry_after_ms"] <= 1_000) == ("rate_limited", True)
    async with shop.joined(session_id, named("ada")) as client:
        for number in range(60):
            await client.send("time", ref=300 + number, client_ms=0)
        await client.wait_for(lambda message: message.get("ref") == 359)
        refusals = client.of_type("error")
        assert 0 < len(refusals) <= 21  # `hello` counts
        assert {error["code"] for error in refusals} == {"rate_limited"}
    async with shop.joined(session_id, named("hana"), "host") as client:
        for number in range(160):
            await client.send("time", ref=300 + number, client_ms=0)
        await client.wait_for(lambda message: message.get("ref") == 459)
        assert 0 < len(client.of_type("error")) <= 61
