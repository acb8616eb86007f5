"""Buying: the order of the checks, what a rid binds, carts, deadlines and cancelled orders."""

from typing import Any

import pytest

from tests.client import Client, Message
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, refused, reserved

_RESERVED = ["type", "ref", "rid", "sku", "quantity", "price", "expires_at_ms"]
_CONFIRMED = ["type", "order_id", "rids", "total", "currency", "at_ms"]


async def _offer(shop: SystemShop, units: int, **fields: Any) -> tuple[str, str]:
    """Make a live session which offers units of one SKU; return both."""
    product = await shop.product(S=units)
    session_id = await shop.session(**fields)
    await shop.add(session_id, product)
    return session_id, product["variants"][0]["sku"]


async def test_buying_is_reserved_then_confirmed_and_an_order_over_http(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with shop.joined(session_id, "ada") as here, shop.joined(session_id, "ada") as there:
        rid = new_rid()
        answer = await here.ask("buy", rid=rid, sku=sku, quantity=2, price=5000)
        assert list(answer) == _RESERVED
        assert (answer["rid"], answer["quantity"], answer["price"]) == (rid, 2, 5000)
        confirmed = await here.wait_for_type("confirmed")
        assert list(confirmed) == _CONFIRMED
        assert confirmed["order_id"] == rid
        assert (confirmed["rids"], confirmed["total"]) == ([rid], 10_000)
        assert confirmed["currency"] == "EUR"
        # Its other connection is told the same, with no `ref`.
        del answer["ref"]
        assert await there.wait_for_type("reserved") == answer
        assert await there.wait_for_type("confirmed") == confirmed
    order = await shop.order(rid)
    assert order == {
        "order_id": rid,
        "session_id": session_id,
        "viewer_id": "ada",
        "status": "confirmed",
        "lines": [{"rid": rid, "sku": sku, "quantity": 2, "price": 5000}],
        "total": 10_000,
        "currency": "EUR",
        "at_ms": confirmed["at_ms"],
        "name": None,
    }


async def test_a_purchase_is_checked_in_the_order_that_is_promised(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 12)
    async with shop.joined(session_id, "ada") as client, shop.joined(session_id, "bo") as bo:
        used = await reserved(client, sku)
        await reserved(bo, sku, quantity=8)
        await shop.host(session_id, "session.pause")

        async def ask(code: str, **fields: Any) -> Message:
            wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, **fields}
            kind = "reserve" if "rid" in fields else "buy"
            return await refused(client, code, kind, **wanted)

        await ask("bad_request", rid=used["rid"], sku=5, quantity=7)  # fields before rid
        await ask("conflict", rid=used["rid"], sku="none")  # rid before session
        assert (await reserved(client, sku, rid=used["rid"]))["price"] == 5000
        await ask("not_live", sku="none")  # session before shelf
        await shop.host(session_id, "session.resume")
        await ask("not_found", sku="none", price=0)  # shelf before price
        changed = await ask("price_changed", price=4999, quantity=10)  # price before limit
        assert changed["price"] == 5000
        limit = await ask("limit", quantity=10)  # limit before units
        assert (limit["limit"], limit["left"]) == (10, 9)
        assert (await ask("sold_out", quantity=4))["left"] == 3
        # None of the refusals took a unit.
        assert (await bought(client, sku, quantity=3, price=5001))["total"] == 15_000
        assert (await ask("sold_out"))["left"] == 0


async def test_the_same_rid_gets_the_same_answer(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    name = sku.removesuffix("-S")
    async with shop.joined(session_id, "ada") as client:
        rid = new_rid()
        fields = {"rid": rid, "sku": sku, "quantity": 1}
        first = await client.ask("buy", **fields)
        confirmed = await client.wait_for_type("confirmed")
        await shop.host(session_id, "product.reprice", product_id=name, prices={sku: 9000})
        since = len(client.messages)
        # `price` is none of its arguments, even where it is too low by now.
        again = await client.ask("buy", **fields, price=1)
        assert {**again, "ref": first["ref"]} == first
        assert await client.wait_for_type("confirmed", since=since) == confirmed
        for kind, changed in (
            ("buy", {"quantity": 2}),
            ("buy", {"sku": "none"}),
            ("reserve", {}),
        ):
            await refused(client, "conflict", kind, **{**fields, **changed})
    async with shop.joined(session_id, "bo") as stranger:
        await refused(stranger, "conflict", "buy", **fields)
        assert stranger.of_type("confirmed") == []
    assert (await shop.order(rid))["total"] == 5000
    await eventually(lambda: shop.left(session_id), {sku: 4})


async def test_a_refusal_binds_nothing(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 3)
    rid = new_rid()
    async with shop.joined(session_id, "ada") as ada, shop.joined(session_id, "bo") as bo:
        for code, fields in (
            ("sold_out", {"sku": sku, "quantity": 4}),
            ("limit", {"sku": sku, "quantity": 11}),
            ("not_found", {"sku": "none", "quantity": 1}),
            ("price_changed", {"sku": sku, "quantity": 1, "price": 1}),
        ):
            await refused(ada, code, "buy", rid=rid, **fields)
        taken = await bo.ask("reserve", rid=rid, sku=sku, quantity=2)
        assert taken["type"] == "reserved"


async def test_a_release_gives_the_units_back_once(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 2)
    async with shop.joined(session_id, "ada") as here, shop.joined(session_id, "ada") as there:
        held = await reserved(here, sku, quantity=2)
        answer = await here.ask("release", rid=held["rid"])
        ref = answer.pop("ref")
        assert answer == {"type": "released", "rid": held["rid"], "sku": sku}
        assert await there.wait_for_type("released") == answer
        again = await here.ask("release", rid=held["rid"])
        assert {**again, "ref": ref} == {**answer, "ref": ref}
        await eventually(lambda: shop.left(session_id), {sku: 2})
        # Sent again, the rid gets its first answer and then its last.
        since = len(here.messages)
        same = await reserved(here, sku, rid=held["rid"], quantity=2)
        assert same["expires_at_ms"] == held["expires_at_ms"]
        await here.wait_for_type("released", since=since, rid=held["rid"])
        await refused(here, "not_found", "release", rid=new_rid())
        order = await bought(here, sku)
        await refused(here, "conflict", "release", rid=order["order_id"])
        mine = await reserved(here, sku)
    async with shop.joined(session_id, "bo") as bo:
        await refused(bo, "not_found", "release", rid=mine["rid"])
        assert (await refused(bo, "sold_out", "buy", rid=new_rid(), sku=sku, quantity=1))[
            "left"
        ] == 0


async def test_a_checkout_orders_the_whole_cart_once(shop: SystemShop) -> None:
    product = await shop.product(S=5, M=5)
    small, medium = (variant["sku"] for variant in product["variants"])
    session_id = await shop.session(product)
    async with shop.joined(session_id, "ada") as here, shop.joined(session_id, "ada") as there:
        rids = [(await reserved(here, sku))["rid"] for sku in (small, medium, small)]
        order_id = new_rid()
        answer = await here.ask("checkout", order_id=order_id, rids=rids)
        assert list(answer) == ["type", "ref", *_CONFIRMED[1:]]
        assert (answer["order_id"], answer["total"]) == (order_id, 15_000)
        assert sorted(answer["rids"]) == sorted(rids)
        told = await there.wait_for_type("confirmed")
        assert "ref" not in told
        assert {**told, "ref": answer["ref"]} == answer
        again = await here.ask("checkout", order_id=order_id, rids=rids)
        assert {**again, "ref": 0} == {**answer, "ref": 0}
        another = (await reserved(here, small))["rid"]
        await refused(here, "conflict", "checkout", order_id=order_id, rids=[another])
        await refused(here, "conflict", "checkout", order_id=new_rid(), rids=[rids[0], another])
        await refused(here, "conflict", "release", rid=rids[0])
    order = await shop.order(order_id)
    lines = [{"rid": rid, "quantity": 1, "price": 5000} for rid in rids]
    skus = dict(zip(rids, (small, medium, small), strict=True))
    assert sorted(order["lines"], key=lambda line: rids.index(line["rid"])) == [
        {**line, "sku": skus[str(line["rid"])]} for line in lines
    ]


async def test_a_checkout_with_one_bad_rid_changes_nothing(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with shop.joined(session_id, "ada") as ada, shop.joined(session_id, "bo") as bo:
        mine = (await reserved(ada, sku))["rid"]
        gone = (await reserved(ada, sku))["rid"]
        his = (await reserved(bo, sku))["rid"]
        await ada.ask("release", rid=gone)
        order_id = new_rid()
        for code, rid in (("expired", gone), ("not_found", his), ("not_found", new_rid())):
            await refused(ada, code, "checkout", order_id=order_id, rids=[mine, rid])
        await shop.refuses(404, "not_found", "GET", f"/api/orders/{order_id}")
        confirmed = await ada.ask("checkout", order_id=order_id, rids=[mine])
        assert confirmed["rids"] == [mine]
        confirmed = await bo.ask("checkout", order_id=new_rid(), rids=[his])
        assert confirmed["type"] == "confirmed"


async def test_what_is_held_expires_at_its_deadline_and_not_before(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 1, hold_ms=1_000)
    async with shop.joined(session_id, "ada") as ada:
        held = await reserved(ada, sku)
        outcome: Message = {}
        while outcome.get("type") != "reserved":  # the last unit, as soon as it is free
            wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, "viewer_id": named("cy")}
            outcome = (await shop.reserve(session_id, **wanted)).json()
        assert outcome["expires_at_ms"] - 1_000 >= held["expires_at_ms"]
        expired = await ada.wait_for_type("expired")
        assert expired == {"type": "expired", "rid": held["rid"], "sku": sku}
        await refused(ada, "expired", "checkout", order_id=new_rid(), rids=[held["rid"]])
        since = len(ada.messages)
        again = await reserved(ada, sku, rid=held["rid"])
        assert again["expires_at_ms"] == held["expires_at_ms"]
        await ada.wait_for_type("expired", since=since, rid=held["rid"])


@pytest.mark.parametrize("how", ["session.pause", "session.end", "product.remove"])
async def test_what_is_held_can_be_ordered_or_released_whatever_comes(
    shop: SystemShop, how: str
) -> None:
    session_id, sku = await _offer(shop, 5)
    fields = {"product_id": sku.removesuffix("-S")} if how == "product.remove" else {}
    async with shop.joined(session_id, "ada") as client:
        kept, left = await reserved(client, sku), await reserved(client, sku)
        await shop.host(session_id, how, **fields)
        order = await client.ask("checkout", order_id=new_rid(), rids=[kept["rid"]])
        assert (order["type"], order["total"]) == ("confirmed", 5000)
        assert (await client.ask("release", rid=left["rid"]))["type"] == "released"
        if how == "session.end":
            # The last hold is resolved, so the units go back to the catalogue.
            await eventually(lambda: shop.stock(sku.removesuffix("-S")), [4])


async def test_the_limit_counts_what_a_buyer_holds_and_has_bought(shop: SystemShop) -> None:
    product = await shop.product(S=20)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session()
    await shop.add(session_id, product, limit=3)

    async def over(client: Client, left: int) -> None:
        wanted = {"rid": new_rid(), "sku": sku, "quantity": left + 1}
        error = await refused(client, "limit", "buy", **wanted)
        assert (error["limit"], error["left"]) == (3, left)

    async with shop.joined(session_id, "ada") as client:
        held = await reserved(client, sku)
        order = await bought(client, sku)
        await over(client, 1)
        await client.ask("release", rid=held["rid"])
        await over(client, 2)
        path = f"/api/orders/{order['order_id']}/cancel"
        await shop.post(path, None, status=200)
        await over(client, 3)
    async with shop.joined(session_id, "bo") as client:
        await over(client, 3)


async def test_a_sold_out_sku_is_told_and_a_cancel_restocks_it(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 2)
    name = sku.removesuffix("-S")
    async with shop.joined(session_id, "ada") as client:
        order = await bought(client, sku, quantity=2)
        event = await client.wait_for_type("product.sold_out")
        assert list(event) == ["type", "offset", "at_ms", "product_id", "sku"]
        assert (event["product_id"], event["sku"]) == (name, sku)
        path = f"/api/orders/{order['order_id']}/cancel"
        cancelled = await shop.post(path, None, status=200)
        assert cancelled["status"] == "cancelled"
        told = await client.wait_for_type("cancelled")
        rids = order["rids"]
        assert told == {"type": "cancelled", "order_id": order["order_id"], "rids": rids}
        event = await client.wait_for_type("product.restocked")
        assert list(event) == ["type", "offset", "at_ms", "product_id", "sku", "left"]
        assert (event["product_id"], event["sku"], event["left"]) == (name, sku, 2)
        await shop.refuses(409, "conflict", "POST", path)
        assert await shop.order(order["order_id"]) == cancelled
        await bought(client, sku, quantity=2)
        await client.wait_for_type("product.sold_out", offset=event["offset"] + 1)
        assert await shop.order(order["order_id"]) == cancelled


async def test_a_sale_price_that_was_reserved_is_kept(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    name = sku.removesuffix("-S")
    sale: Message = {"product_id": name, "prices": {sku: 3900}, "duration_ms": 60_000}
    await shop.host(session_id, "sale.start", **sale)
    async with shop.joined(session_id, "ada") as client:
        held = await reserved(client, sku, price=3900)
        assert held["price"] == 3900
        await shop.host(session_id, "sale.end", product_id=name)
        changed = await refused(
            client, "price_changed", "buy", rid=new_rid(), sku=sku, quantity=1, price=3900
        )
        assert changed["price"] == 5000
        order = await client.ask("checkout", order_id=new_rid(), rids=[held["rid"]])
        assert order["total"] == 3900


async def test_a_host_is_told_of_orders_and_totals(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with (
        shop.joined(session_id, "hana", "host") as host,
        shop.joined(session_id, "mo", "moderator") as moderator,
        shop.joined(session_id, "ada") as client,
    ):
        await reserved(client, sku)
        confirmed = await bought(client, sku, quantity=2)
        order = await host.wait_for_type("order")
        stored = await shop.order(confirmed["order_id"])
        del stored["name"]  # messages have no names: whoever reads an order gets it
        assert order == {"type": "order", **stored}
        stats = await host.wait_for_type("stats", orders=1, units=2, held=1)
        fields = ["type", "orders", "units", "revenue", "held", "viewers_peak", "products"]
        assert list(stats) == fields
        assert (stats["revenue"], stats["viewers_peak"]) == (10_000, 3)
        await moderator.ask("time", client_ms=0)
        for message in [*moderator.messages, *client.messages]:
            assert message["type"] not in ("order", "stats")
        for message in [*moderator.messages, *host.messages]:
            assert message["type"] not in ("reserved", "confirmed")
