"""Running the show: the states of a session, its shelf, its prices, its pins and its sales."""

from typing import Any

import pytest

from tests.client import Message
from tests.reference_client import ReferenceClient
from tests.system.shop import OFFER, SALE, VARIANT, SystemShop, bought, eventually, named, new_rid

_PATHS: dict[str, list[str]] = {
    "draft": [],
    "scheduled": [],
    "live": ["session.start"],
    "paused": ["session.start", "session.pause"],
    "ended": ["session.start", "session.end"],
}
_MOVES = {
    "session.start": ({"draft", "scheduled"}, "session.started", "live"),
    "session.pause": ({"live"}, "session.paused", "paused"),
    "session.resume": ({"paused"}, "session.resumed", "live"),
    "session.end": ({"live", "paused"}, "session.ended", "ended"),
}
_HEAD = ["type", "offset", "at_ms"]


async def _session_in(shop: SystemShop, status: str, *shelf: Message) -> str:
    fields = {"starts_at_ms": 1_790_000_000_000} if status == "scheduled" else {}
    session_id = await shop.session(*shelf, start=False, **fields)
    for command in _PATHS[status]:
        await shop.host(session_id, command)
    assert (await shop.snapshot(session_id))["status"] == status
    return session_id


@pytest.mark.parametrize("status", _PATHS)
async def test_a_session_moves_as_it_may_and_not_otherwise(shop: SystemShop, status: str) -> None:
    for command, (allowed, event_type, after) in _MOVES.items():
        session_id = await _session_in(shop, status)
        if status not in allowed:
            await shop.host_refused(409, "conflict", session_id, command)
            continue
        (event,) = await shop.host(session_id, command)
        assert list(event) == [*_HEAD, "status", "stream_url"]
        assert (event["type"], event["status"]) == (event_type, after)
        await shop.host_refused(409, "conflict", session_id, command)


@pytest.mark.parametrize("status", _PATHS)
async def test_what_a_host_may_do_in_each_state(shop: SystemShop, status: str) -> None:
    shelved, spare = await shop.product(S=5), await shop.product(S=5)
    name, sku = shelved["product_id"], shelved["variants"][0]["sku"]
    some = [{**variant, "stock": 4} for variant in shelved["variants"]]
    session_id = await _session_in(shop, status, {**shelved, "variants": some})
    commands: list[tuple[str, Message, bool]] = [
        (
            "product.add",
            {"product_id": spare["product_id"], "units": {spare["variants"][0]["sku"]: 1}},
            status != "ended",
        ),
        ("product.pin", {"product_id": name}, status != "ended"),
        ("product.unpin", {"product_id": name}, status != "ended"),
        ("product.reprice", {"product_id": name, "prices": {sku: 4000}}, status != "ended"),
        ("stock.add", {"product_id": name, "units": {sku: 1}}, status != "ended"),
        (
            "sale.start",
            {"product_id": name, "percent": 10, "duration_ms": 60_000},
            status in ("live", "paused"),
        ),
        ("sale.end", {"product_id": name}, status in ("live", "paused")),
        ("product.remove", {"product_id": name}, status != "ended"),
    ]
    for command, fields, allowed in commands:
        if allowed:
            assert len(await shop.host(session_id, command, **fields)) == 1, command
        else:
            await shop.host_refused(409, "conflict", session_id, command, **fields)


@pytest.mark.feature("chat", "likes")
@pytest.mark.parametrize("status", _PATHS)
async def test_what_a_viewer_may_do_in_each_state(shop: SystemShop, status: str) -> None:
    product = await shop.product(S=5)
    session_id = await _session_in(shop, status, product)
    talking = status not in ("draft", "ended")
    async with shop.joined(session_id, "mo", "moderator") as client:
        answer = await client.ask("say", text="hi")
        assert answer.get("code") == (None if talking else "conflict")
        await client.send("like", count=3)
        for kind in ("buy", "reserve"):
            wanted = {"rid": new_rid(), "sku": product["variants"][0]["sku"], "quantity": 1}
            answer = await client.ask(kind, **wanted)
            expected = {} if status == "live" else {"code": "not_live"}
            assert {key: answer[key] for key in expected} == expected
        if talking:
            await client.wait_for_type("pulse", likes=3)
    assert (await shop.snapshot(session_id))["likes"] == (3 if talking else 0)


async def test_an_added_product_is_at_the_end_of_the_shelf_with_units_of_the_catalogue(
    shop: SystemShop,
) -> None:
    first, second = await shop.product(S=5), await shop.product(S=6, M=7, L=8)
    session_id = await shop.session(first)
    name = second["product_id"]
    small, medium = f"{name}-S", f"{name}-M"
    (event,) = await shop.add(
        session_id, second, units={small: 6, medium: 3}, limit=2, prices={medium: 4500}
    )
    assert list(event) == [*_HEAD, "product"]
    assert tuple(event["product"]) == OFFER
    offers = event["product"]["variants"]
    assert [tuple(offer) for offer in offers] == [VARIANT] * 2
    assert [(o["sku"], o["price"], o["limit"], o["left"]) for o in offers] == [
        (small, 5000, 2, 6),
        (medium, 4500, 2, 3),
    ]
    snapshot = await shop.snapshot(session_id)
    assert [product["product_id"] for product in snapshot["shelf"]] == [first["product_id"], name]
    assert snapshot["shelf"][1] == event["product"]
    assert await shop.stock(name) == [0, 4, 8]


async def test_what_cannot_be_added_is_refused_and_moves_no_units(shop: SystemShop) -> None:
    product, other = await shop.product(S=5, M=5), await shop.product(S=5)
    session_id = await shop.session()
    name, sku = product["product_id"], product["variants"][0]["sku"]
    for status, code, fields in (
        (404, "not_found", {"product_id": "none", "units": {sku: 1}}),
        (404, "not_found", {"product_id": name, "units": {other["variants"][0]["sku"]: 1}}),
        (409, "sold_out", {"product_id": name, "units": {f"{name}-M": 5, sku: 6}}),
    ):
        error = await shop.host_refused(status, code, session_id, "product.add", **fields)
        if code == "sold_out":
            assert error["left"] == 5
    assert await shop.get(f"/api/products/{name}") == product
    await shop.add(session_id, product)
    await shop.host_refused(
        409, "conflict", session_id, "product.add", product_id=name, units={sku: 1}
    )


async def test_two_sessions_never_have_the_same_unit(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    first, second = await shop.session(product), await shop.session()
    more = {"product_id": name, "units": {sku: 1}}
    error = await shop.host_refused(409, "sold_out", second, "product.add", **more)
    assert error["left"] == 0
    # Units that the first has not sold come back with its end.
    async with shop.joined(first, "ada") as client:
        await bought(client, sku, quantity=2)
    await shop.host(first, "session.end")
    async with shop.joined(second, "ada"):
        await eventually(lambda: shop.stock(name), [3])
    (event,) = await shop.host(second, "product.add", product_id=name, units={sku: 3})
    assert event["product"]["variants"][0]["left"] == 3


async def test_a_removed_product_keeps_its_units_and_adding_it_adds_to_them(
    shop: SystemShop,
) -> None:
    product = await shop.product(S=10)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    session_id = await shop.session()
    await shop.add(session_id, product, units={sku: 4})
    async with shop.joined(session_id, "ada") as client:
        await bought(client, sku)
        events = await shop.host(session_id, "product.remove", product_id=name)
        assert [list(event) for event in events] == [[*_HEAD, "product_id"]]
        assert events[0]["type"] == "product.removed"
        wanted = {"rid": new_rid(), "sku": sku, "quantity": 1}
        assert (await client.ask("buy", **wanted))["code"] == "not_found"
        remove = {"product_id": name}
        await shop.host_refused(404, "not_found", session_id, "product.remove", **remove)
        assert await shop.stock(name) == [6]
        (event,) = await shop.add(session_id, product, units={sku: 2})
        assert event["product"]["variants"][0]["left"] == 5
        await bought(client, sku, quantity=5)
        assert (await client.ask("buy", **wanted))["code"] == "sold_out"


async def test_removing_ends_the_sale_and_unpins(shop: SystemShop) -> None:
    product = await shop.product(S=10)
    name = product["product_id"]
    session_id = await shop.session(product)
    await shop.host(session_id, "product.pin", product_id=name)
    await shop.host(session_id, "sale.start", product_id=name, percent=10, duration_ms=60_000)
    async with shop.joined(session_id) as client:
        assert client.snapshot is not None
        viewer = ReferenceClient()
        viewer.receive(client.snapshot)
        events = await shop.host(session_id, "product.remove", product_id=name)
        await client.wait_for_type("product.removed")
        for message in client.messages[2:]:
            viewer.receive(message)
    (ended,) = [event for event in events if event["type"] == "sale.ended"]
    assert list(ended) == [*_HEAD, "product_id", "reason"]
    assert ended["reason"] == "manual"
    fresh = await shop.snapshot(session_id)
    for name in ("pinned", "shelf", "sales"):
        assert viewer.session[name] == fresh[name] == []


async def test_a_reprice_tells_what_changed(shop: SystemShop) -> None:
    product = await shop.product(S=5, M=5)
    small, medium = (variant["sku"] for variant in product["variants"])
    name = product["product_id"]
    session_id = await shop.session(product)
    (event,) = await shop.host(
        session_id, "product.reprice", product_id=name, prices={small: 5000, medium: 6000}
    )
    assert list(event) == [*_HEAD, "product_id", "prices"]
    assert (event["product_id"], event["prices"]) == (name, {medium: 6000})
    shelf = (await shop.snapshot(session_id))["shelf"]
    assert [variant["price"] for variant in shelf[0]["variants"]] == [5000, 6000]
    again = {"product_id": name, "prices": {medium: 6000}}
    await shop.host_refused(409, "conflict", session_id, "product.reprice", **again)
    for unknown in (
        {"product_id": name, "prices": {"none": 1}},
        {"product_id": "none", "prices": {small: 1}},
    ):
        await shop.host_refused(404, "not_found", session_id, "product.reprice", **unknown)
    await shop.host(session_id, "sale.start", product_id=name, percent=10, duration_ms=60_000)
    below = {"product_id": name, "prices": {small: 4499}}
    await shop.host_refused(409, "conflict", session_id, "product.reprice", **below)
    await shop.host(session_id, "product.reprice", product_id=name, prices={small: 4500})


async def test_three_pins_and_not_four(shop: SystemShop) -> None:
    products = [await shop.product(S=1) for _ in range(4)]
    names = [product["product_id"] for product in products]
    session_id = await shop.session(*products)
    async with shop.joined(session_id, "mo", "moderator") as client:
        for count in (1, 2, 3):
            answer = await client.ask("product.pin", product_id=names[count - 1])
            event = await client.wait_for_type("product.pinned", offset=answer["offset"])
            assert list(event) == [*_HEAD, "product_id", "pinned"]
            assert list(answer) == ["type", "ref", "offset"]
            assert event["pinned"] == names[:count]
    error = await shop.host_refused(409, "limit", session_id, "product.pin", product_id=names[3])
    assert (error["limit"], error["left"]) == (3, 0)
    pin = {"product_id": names[0]}
    await shop.host_refused(409, "conflict", session_id, "product.pin", **pin)
    (event,) = await shop.host(session_id, "product.unpin", **pin)
    assert (event["product_id"], event["pinned"]) == (names[0], names[1:3])
    await shop.host_refused(409, "conflict", session_id, "product.unpin", **pin)
    await shop.host_refused(404, "not_found", session_id, "product.pin", product_id="none")
    await shop.host(session_id, "product.pin", product_id=names[3])
    assert (await shop.snapshot(session_id))["pinned"] == names[1:4]


@pytest.mark.parametrize(
    ("price", "percent", "wanted"),
    [(4999, 15, 4249), (50, 1, 50), (1990, 25, 1493), (150, 1, 149), (1, 99, 0), (0, 50, 0),
     (10**12, 99, 10**10), (999, 50, 500)],
)  # fmt: skip
async def test_a_percentage_is_rounded_half_up(
    shop: SystemShop, price: int, percent: int, wanted: int
) -> None:
    product = await shop.product(price, S=5)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    session_id = await shop.session(product)
    sale = {"product_id": name, "percent": percent, "duration_ms": 86_400_000}
    (event,) = await shop.host(session_id, "sale.start", **sale)
    assert list(event) == [*_HEAD, *SALE]
    assert event["prices"] == {sku: wanted}
    assert event["starts_at_ms"] == event["at_ms"]
    assert event["ends_at_ms"] - event["starts_at_ms"] == 86_400_000
    assert (event["left"], event["limit"]) == (None, None)


async def test_what_is_no_sale_is_refused(shop: SystemShop) -> None:
    product, other = await shop.product(S=3, M=3), await shop.product(S=3)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    foreign = other["variants"][0]["sku"]
    session_id = await shop.session(product, other)

    async def refused(status: int, code: str, **fields: Any) -> Message:
        wanted = {"product_id": name, "duration_ms": 5_000, **fields}
        return await shop.host_refused(status, code, session_id, "sale.start", **wanted)

    assert "prices" in (await refused(400, "bad_request", prices={sku: 5001}))["message"]
    await refused(404, "not_found", prices={foreign: 1})
    await refused(404, "not_found", product_id="none", percent=10)
    assert (await refused(409, "sold_out", percent=10, units=7))["left"] == 6
    assert (await refused(409, "sold_out", prices={sku: 4000}, units=4))["left"] == 3
    end = {"product_id": name}
    await shop.host_refused(409, "conflict", session_id, "sale.end", **end)
    fields: Message = {
        "prices": {sku: 5000},
        "duration_ms": 5_000,
        "units": 3,
        "starts_in_ms": 86_400_000,
    }
    (event,) = await shop.host(session_id, "sale.start", product_id=name, **fields)
    assert event["starts_at_ms"] - event["at_ms"] == 86_400_000
    await refused(409, "conflict", percent=10)
    (event,) = await shop.host(session_id, "sale.end", **end)
    assert event["reason"] == "manual"
    await shop.host_refused(409, "conflict", session_id, "sale.end", **end)
    assert (await shop.snapshot(session_id))["sales"] == []


async def test_a_sale_announced_starts_and_ends_by_the_servers_clock(shop: SystemShop) -> None:
    product = await shop.product(S=100_000)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    session_id = await shop.session(product)
    prices: list[int] = []
    async with shop.joined(session_id, "ada") as client:
        fields: Message = {"percent": 20, "duration_ms": 5_000, "starts_in_ms": 1_000}
        (event,) = await shop.host(session_id, "sale.start", product_id=name, **fields)
        assert await client.wait_for_type("sale.started") == event
        while 4000 not in prices:
            wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, "viewer_id": named("bo")}
            taken = (await shop.reserve(session_id, **wanted)).json()
            at_ms = taken["expires_at_ms"] - 300_000
            on_sale = event["starts_at_ms"] <= at_ms < event["ends_at_ms"]
            assert taken["price"] == (4000 if on_sale else 5000)
            prices.append(taken["price"])
        assert prices[0] == 5000
        ended = await client.wait_for_type("sale.ended")
        assert (ended["product_id"], ended["reason"]) == (name, "timer")
        assert ended["at_ms"] >= event["ends_at_ms"]
        wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, "viewer_id": named("bo")}
        assert (await shop.reserve(session_id, **wanted)).json()["price"] == 5000
    assert len([e for e in await shop.log(session_id) if e["type"] == "sale.ended"]) == 1


async def test_the_clock_of_a_sale_runs_on_in_a_pause_and_the_end_of_the_session_ends_it(
    shop: SystemShop,
) -> None:
    product = await shop.product(S=5)
    name = product["product_id"]
    session_id = await shop.session(product)
    await shop.host(session_id, "session.pause")
    sale = {"product_id": name, "percent": 10, "duration_ms": 60_000}
    (started,) = await shop.host(session_id, "sale.start", **sale)
    await shop.host(session_id, "session.resume")
    (shown,) = (await shop.snapshot(session_id))["sales"]
    assert (shown["starts_at_ms"], shown["ends_at_ms"]) == (
        *(started["starts_at_ms"], started["ends_at_ms"]),
    )
    events = await shop.host(session_id, "session.end")
    assert [event["type"] for event in events] == ["sale.ended", "session.ended"]
    assert events[0]["reason"] == "session_end"


async def test_the_units_of_a_sale_go_out_once_and_then_it_is_over(shop: SystemShop) -> None:
    product = await shop.product(S=10, M=10)
    name = product["product_id"]
    small, medium = (variant["sku"] for variant in product["variants"])
    session_id = await shop.session(product)
    fields: Message = {"percent": 50, "duration_ms": 60_000, "units": 3, "limit": 2}
    await shop.host(session_id, "sale.start", product_id=name, **fields)
    async with shop.joined(session_id, "ada") as ada, shop.joined(session_id, "bo") as bo:
        assert (await bought(ada, small))["total"] == 2500
        error = await ada.ask("buy", rid=new_rid(), sku=medium, quantity=2)
        assert (error["code"], error["limit"], error["left"]) == ("limit", 2, 1)
        assert (await bought(ada, medium))["total"] == 2500
        error = await bo.ask("buy", rid=new_rid(), sku=medium, quantity=2)
        assert (error["code"], error["left"]) == ("sold_out", 1)
        held = await bo.ask("reserve", rid=new_rid(), sku=small, quantity=1)
        assert held["price"] == 2500
        # The last unit is held, not sold: the sale goes on, and nobody gets one.
        await bo.wait_for_type("pulse", sales={name: 0})
        error = await bo.ask("buy", rid=new_rid(), sku=medium, quantity=1)
        assert (error["code"], error["left"]) == ("sold_out", 0)
        await bo.ask("release", rid=held["rid"])
        await bo.wait_for_type("pulse", sales={name: 1})
        await bought(bo, medium)
        ended = await ada.wait_for_type("sale.ended")
        assert (ended["product_id"], ended["reason"]) == (name, "sold_out")
        # Both limits count, so the sale's units are not counted twice; now the shelf's price.
        assert (await bought(ada, small))["total"] == 5000
        await eventually(lambda: shop.left(session_id), {small: 8, medium: 8})
    assert (await shop.snapshot(session_id))["sales"] == []
