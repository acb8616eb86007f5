"""Payment elsewhere: the merchant's backend confirms, and no money is lost."""

from typing import Any

from tests.client import Message
from tests.system.shop import SystemShop, eventually, named, new_rid, refused, reserved, whole_error

_CHECKOUT = ["order_id", "rids", "url", "expires_at_ms"]


async def _offer(shop: SystemShop, units: int = 5, **fields: Any) -> tuple[str, str]:
    product = await shop.product(S=units)
    url = "https://pay.example/cart?order={order_id}&shop=1"
    session_id = await shop.session(payment="checkout", checkout_url=url, **fields)
    await shop.add(session_id, product)
    return session_id, product["variants"][0]["sku"]


async def _pending(shop: SystemShop, session_id: str, sku: str, sub: str = "ada") -> Message:
    """Buy a unit, and return where and by when to pay."""
    async with shop.joined(session_id, sub) as client:
        rid = new_rid()
        answer = await client.ask("buy", rid=rid, sku=sku, quantity=1)
        assert answer["type"] == "reserved", answer
        return await client.wait_for_type("checkout", order_id=rid)


async def _pay(
    shop: SystemShop, order_id: str, amount: int, payment_id: str | None = None
) -> tuple[int, Message]:
    body = {"payment_id": payment_id or named("pay"), "amount": amount}
    response = await shop.ask("POST", f"/api/orders/{order_id}/confirm", body)
    return response.status_code, response.json()


async def _due(shop: SystemShop) -> dict[str, Message]:
    page = await shop.get("/api/payments", status="refund_due", limit=200)
    return {payment["payment_id"]: payment for payment in page["payments"]}


async def test_a_buy_leads_to_the_address_where_to_pay(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop)
    async with shop.joined(session_id, "ada") as client, shop.joined(session_id, "ada") as there:
        rid = new_rid()
        held = await client.ask("buy", rid=rid, sku=sku, quantity=2)
        told = await client.wait_for_type("checkout")
        assert list(told) == ["type", *_CHECKOUT]
        assert told == {
            "type": "checkout",
            "order_id": rid,
            "rids": [rid],
            "url": f"https://pay.example/cart?order={rid}&shop=1",
            "expires_at_ms": held["expires_at_ms"],
        }
        assert await there.wait_for_type("checkout") == told
        pending = await shop.order(rid)
        assert (pending["status"], pending["total"]) == ("pending", 10_000)
        await refused(client, "conflict", "release", rid=rid)
        # It waits for payment; a viewer who comes back sees so.
        async with shop.joined(session_id, "ada") as later:
            (waiting,) = later.messages[0]["reservations"]
            assert (waiting["state"], waiting["order_id"]) == ("paying", rid)
        since = len(client.messages)
        again = await client.ask("buy", rid=rid, sku=sku, quantity=2)
        assert again["expires_at_ms"] == held["expires_at_ms"]
        assert await client.wait_for_type("checkout", since=since) == told
        status, order = await _pay(shop, rid, 10_000)
        assert (status, order["status"]) == (200, "confirmed")
        confirmed = await client.wait_for_type("confirmed")
        assert (confirmed["order_id"], confirmed["total"]) == (rid, 10_000)
        assert await there.wait_for_type("confirmed") == confirmed
    assert await shop.order(rid) == order


async def test_a_checkout_leads_there_with_its_ref_and_the_earliest_deadline(
    shop: SystemShop,
) -> None:
    session_id, sku = await _offer(shop)
    async with shop.joined(session_id, "ada") as client, shop.joined(session_id, "ada") as there:
        first, second = await reserved(client, sku), await reserved(client, sku)
        order_id = new_rid()
        cart = {"order_id": order_id, "rids": [first["rid"], second["rid"]]}
        answer = await client.ask("checkout", **cart)
        assert list(answer) == ["type", "ref", *_CHECKOUT]
        assert answer["expires_at_ms"] == first["expires_at_ms"]
        assert answer["url"] == f"https://pay.example/cart?order={order_id}&shop=1"
        del answer["ref"]
        assert await there.wait_for_type("checkout") == answer
        again = await client.ask("checkout", **cart)
        del again["ref"]
        assert again == answer
        await refused(client, "conflict", "checkout", order_id=order_id, rids=[first["rid"]])
        await refused(client, "conflict", "checkout", order_id=new_rid(), rids=[first["rid"]])
        status, order = await _pay(shop, order_id, 10_000)
        assert (status, len(order["lines"])) == (200, 2)
        confirmed = await client.wait_for_type("confirmed", order_id=order_id)
        assert sorted(confirmed["rids"]) == sorted(cart["rids"])


async def test_a_payment_reported_twice_is_one_payment(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop)
    order_id = (await _pending(shop, session_id, sku))["order_id"]
    payment_id = named("pay")
    first = await _pay(shop, order_id, 5_000, payment_id)
    assert first[0] == 200
    assert await _pay(shop, order_id, 5_000, payment_id) == first
    status, error = await _pay(shop, order_id, 4_999, payment_id)
    assert (status, whole_error(error)["code"]) == (409, "conflict")
    assert payment_id not in await _due(shop)
    another = (await _pending(shop, session_id, sku, "bo"))["order_id"]
    status, error = await _pay(shop, another, 5_000, payment_id)
    assert (status, whole_error(error)["code"]) == (409, "conflict")
    assert (await shop.order(another))["status"] == "pending"


async def test_money_that_cannot_become_an_order_is_due_until_it_is_refunded(
    shop: SystemShop,
) -> None:
    session_id, sku = await _offer(shop)
    order_id = (await _pending(shop, session_id, sku))["order_id"]
    wrong, second = named("pay"), named("pay")
    for amount in (4_999, 5_001):
        payment_id = wrong if amount == 4_999 else named("pay")
        status, error = await _pay(shop, order_id, amount, payment_id)
        assert (status, whole_error(error)["code"]) == (409, "conflict")
        assert (await shop.order(order_id))["status"] == "pending"
    assert (await _pay(shop, order_id, 5_000))[0] == 200
    status, error = await _pay(shop, order_id, 5_000, second)
    assert (status, whole_error(error)["code"]) == (409, "conflict")
    # The same report gets the same answer.
    assert (await _pay(shop, order_id, 5_000, second))[1]["code"] == "conflict"
    due = await _due(shop)
    for payment_id, amount in ((wrong, 4_999), (second, 5_000)):
        payment = due[payment_id]
        assert (payment["order_id"], payment["amount"]) == (order_id, amount)
        assert payment["status"] == "refund_due"
        await shop.post(f"/api/payments/{payment_id}/refunded", None, status=200)
        await shop.refuses(409, "conflict", "POST", f"/api/payments/{payment_id}/refunded")
    left = await _due(shop)
    assert wrong not in left
    assert second not in left
    assert (await shop.order(order_id))["status"] == "confirmed"


async def test_a_payment_for_nothing_is_not_found(shop: SystemShop) -> None:
    status, error = await _pay(shop, new_rid(), 1)
    assert (status, whole_error(error)["code"]) == (404, "not_found")
    await shop.refuses(404, "not_found", "POST", f"/api/payments/{named('pay')}/refunded")


async def test_a_payment_that_comes_too_late_is_due_for_refund(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 1, hold_ms=1_000)
    async with shop.joined(session_id, "ada") as client:
        order_id = new_rid()
        fields = {"rid": order_id, "sku": sku, "quantity": 1}
        await client.ask("buy", **fields)
        told = await client.wait_for_type("expired", rid=order_id)
        assert told == {"type": "expired", "rid": order_id, "sku": sku}
        await eventually(lambda: shop.left(session_id), {sku: 1})
        assert (await shop.order(order_id))["status"] == "void"
        payment_id = named("pay")
        for _ in range(2):
            status, error = await _pay(shop, order_id, 5_000, payment_id)
            assert (status, whole_error(error)["code"]) == (410, "expired")
        assert (await _due(shop))[payment_id]["order_id"] == order_id
        since = len(client.messages)
        assert (await client.ask("buy", **fields))["type"] == "reserved"
        await client.wait_for_type("expired", since=since, rid=order_id)
    assert (await shop.order(order_id))["status"] == "void"


async def test_a_paid_order_that_is_cancelled_is_paid_back(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 1)
    order_id = (await _pending(shop, session_id, sku))["order_id"]
    # Only what is confirmed can be cancelled.
    await shop.refuses(409, "conflict", "POST", f"/api/orders/{order_id}/cancel")
    payment_id = named("pay")
    assert (await _pay(shop, order_id, 5_000, payment_id))[0] == 200
    await shop.refuses(409, "conflict", "POST", f"/api/payments/{payment_id}/refunded")
    cancelled = await shop.post(f"/api/orders/{order_id}/cancel", None, status=200)
    assert cancelled["status"] == "cancelled"
    assert (await _due(shop))[payment_id]["amount"] == 5_000
    await eventually(lambda: shop.left(session_id), {sku: 1})
    await shop.post(f"/api/payments/{payment_id}/refunded", None, status=200)
    assert (await shop.order(order_id))["status"] == "refunded"
    await shop.refuses(409, "conflict", "POST", f"/api/orders/{order_id}/cancel")


async def test_payment_goes_on_after_the_end_of_the_session(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop)
    order_id = (await _pending(shop, session_id, sku))["order_id"]
    await shop.host(session_id, "session.end")
    status, order = await _pay(shop, order_id, 5_000)
    assert (status, order["status"]) == (200, "confirmed")
    await eventually(lambda: shop.stock(sku.removesuffix("-S")), [4])


async def test_an_order_of_nothing_is_confirmed_at_once_in_a_checkout_session_too(
    shop: SystemShop,
) -> None:
    product = await shop.product(0, S=5)
    session_id = await shop.session(
        product, payment="checkout", checkout_url="https://pay.example/{order_id}"
    )
    async with shop.joined(session_id, "ada") as client:
        rid, sku = new_rid(), product["variants"][0]["sku"]
        await client.ask("buy", rid=rid, sku=sku, quantity=2)
        assert (await client.wait_for_type("confirmed"))["order_id"] == rid
    order = await shop.order(rid)
    assert (order["status"], order["total"]) == ("confirmed", 0)
