"""Things hardly anybody does, and somebody will: all at once, twice, elsewhere, out of order."""

import json
from typing import Any

import anyio
import pytest

from tests.client import Client, Message, Predicate, connected
from tests.system.shop import (
    SystemShop,
    bought,
    eventually,
    named,
    new_rid,
    refused,
    reserved,
    whole_error,
)


async def _offer(shop: SystemShop, units: int, **fields: Any) -> tuple[str, str]:
    product = await shop.product(S=units)
    session_id = await shop.session(product, **fields)
    return session_id, product["variants"][0]["sku"]


@pytest.mark.feature("chat")
async def test_whoever_does_not_wait_for_the_welcome_gets_it_first_all_the_same(
    shop: SystemShop,
) -> None:
    session_id, sku = await _offer(shop, 5)
    commands: list[Message] = [
        {"type": "hello", "ref": 1, "token": shop.token("ada")},
        {"type": "time", "ref": 2, "client_ms": 0},
        {"type": "hello", "ref": 3, "token": None},
        {"type": "dance", "ref": 4},
        {"type": "say", "ref": 5, "text": "early"},
        {"type": "buy", "ref": 6, "rid": new_rid(), "sku": sku, "quantity": 1},
        {"type": "session.end", "ref": 7},
    ]
    async with connected(shop.ws, session_id) as client:
        for command in commands:
            await client.connection.send(json.dumps(command))
        for ref in range(1, 8):
            await client.wait_for(_has(ref=ref))
        await client.wait_for_type("confirmed")
        assert [message["type"] for message in client.messages[:2]] == ["welcome", "session"]
        codes = {m["ref"]: m["code"] for m in client.of_type("error")}
        assert codes == {3: "bad_request", 4: "bad_request", 7: "forbidden"}


async def test_one_rid_sent_many_times_at_once_is_one_order(
    shop: SystemShop, other: SystemShop
) -> None:
    session_id, sku = await _offer(shop, 9)
    rid = new_rid()
    fields = {"rid": rid, "sku": sku, "quantity": 1}
    answers: list[Message] = []

    async def buy(client: Client) -> None:
        answer = await client.ask("buy", **fields)
        del answer["ref"]
        answers.append(answer)
        await client.wait_for_type("confirmed", order_id=rid)

    async with shop.joined(session_id, "ada") as here, other.joined(session_id, "ada") as there:
        async with anyio.create_task_group() as tasks:
            for client in (here, there) * 4:
                tasks.start_soon(buy, client)
        assert [answer["type"] for answer in answers] == ["reserved"] * 8
        assert all(answer == answers[0] for answer in answers)
        confirmed = here.of_type("confirmed") + there.of_type("confirmed")
        assert all(message == confirmed[0] for message in confirmed)
        await eventually(lambda: shop.left(session_id), {sku: 8})
    orders = (await shop.get("/api/orders", session=session_id))["orders"]
    assert [order["order_id"] for order in orders] == [rid]


async def test_a_rid_of_another_session_ends_in_conflict_and_keeps_no_unit(
    shop: SystemShop,
) -> None:
    first, sku = await _offer(shop, 5)
    second, same = await _offer(shop, 5)
    async with shop.joined(first, "ada") as client:
        rid = (await bought(client, sku))["order_id"]
        cart = await reserved(client, sku)
        order_id = new_rid()
        await client.ask("checkout", order_id=order_id, rids=[cart["rid"]])
    async with shop.joined(second, "ada") as client:
        answer = await client.ask("buy", rid=rid, sku=same, quantity=1)
        if answer["type"] == "reserved":
            answer = await client.wait_for_type("refused", rid=rid)
        assert answer["code"] == "conflict"
        # And an order's id likewise: the cart's lines are not lost without a word.
        cart = await reserved(client, same)
        since = len(client.messages)
        answer = await client.ask("checkout", order_id=order_id, rids=[cart["rid"]])
        assert answer["code"] == "conflict"
        assert client.of_type("confirmed") == []
        still_held = await client.ask("release", rid=cart["rid"])
        ended = [m["type"] for m in client.messages[since:] if m.get("rid") == cart["rid"]]
        assert still_held["type"] in ("released", "error")
        assert len(set(ended)) == 1, ended
        await eventually(lambda: shop.left(second), {same: 5})
    assert (await shop.order(rid))["session_id"] == first


async def test_an_order_id_is_one_buyers(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with shop.joined(session_id, "ada") as ada, shop.joined(session_id, "bo") as bo:
        order_id = (await bought(ada, sku))["order_id"]
        cart = await reserved(bo, sku)
        await refused(bo, "conflict", "checkout", order_id=order_id, rids=[cart["rid"]])
        assert bo.of_type("confirmed") == []
        # The rid of a `buy` is in an order already.
        mine = await reserved(ada, sku)
        rids = [order_id, mine["rid"]]
        await refused(ada, "conflict", "checkout", order_id=new_rid(), rids=rids)
        assert (await shop.order(order_id))["lines"][0]["rid"] == order_id


async def test_a_rid_twice_in_a_cart_is_not_bought_twice(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with shop.joined(session_id, "ada") as client:
        rid = (await reserved(client, sku))["rid"]
        answer = await client.ask("checkout", order_id=new_rid(), rids=[rid, rid])
        if answer["type"] == "error":
            assert answer["code"] == "bad_request"
        else:
            assert (answer["rids"], answer["total"]) == ([rid], 5000)


async def test_a_payment_for_an_order_that_needs_none_is_due_for_refund(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with shop.joined(session_id, "ada") as client:
        order_id = (await bought(client, sku))["order_id"]
    payment_id = named("pay")
    body = {"payment_id": payment_id, "amount": 5000}
    await shop.refuses(409, "conflict", "POST", f"/api/orders/{order_id}/confirm", body)
    due = (await shop.get("/api/payments", status="refund_due", limit=200))["payments"]
    assert payment_id in [payment["payment_id"] for payment in due]
    assert (await shop.order(order_id))["status"] == "confirmed"
    for wrong in ({"payment_id": "x" * 65}, {"amount": -1}, {"amount": "1"}, {"extra": 1}):
        path = f"/api/orders/{order_id}/confirm"
        error = await shop.refuses(400, "bad_request", "POST", path, {**body, **wrong})
        assert next(iter(wrong)) in error["message"]


async def test_an_expired_reservation_is_410_over_http(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 1, hold_ms=1_000)
    rid, path = new_rid(), f"/api/sessions/{session_id}/reservations"
    body = {"rid": rid, "sku": sku, "quantity": 1}
    token = shop.token("ada")
    made = await shop.post(path, body, by=token)
    async with shop.joined(session_id, "ada") as client:
        await client.wait_for_type("expired", rid=rid)
    await shop.refuses(410, "expired", "DELETE", f"{path}/{rid}", by=token)
    replay = await shop.ask("POST", path, body, by=token)
    assert (replay.status_code, replay.json()) == (200, {**made, "state": "expired"})


@pytest.mark.feature("likes")
async def test_who_likes_where_nobody_may_is_told(shop: SystemShop) -> None:
    session_id, _ = await _offer(shop, 1)
    async with shop.joined(session_id) as client:
        await client.send("like", ref=4, count=21)
        assert (await client.wait_for_type("error", ref=4))["code"] == "bad_request"
        await shop.host(session_id, "session.end")
        await client.send("like", ref=5, count=1)
        assert (await client.wait_for_type("error", ref=5))["code"] == "conflict"


@pytest.mark.feature("chat")
async def test_chat_beyond_what_can_be_read_is_counted_as_dropped(shop: SystemShop) -> None:
    session_id, _ = await _offer(shop, 1)
    said: list[str] = []

    async def talk(ready: anyio.Event) -> None:
        async with shop.joined(session_id, named("talker")) as client:
            await ready.wait()
            for number in range(5):
                await client.send("say", ref=100 + number, text="hi")
            for number in range(5):
                answer = await client.wait_for_type("ok", ref=100 + number)
                said.append(answer["id"])
            # A viewer who says something sees it, heard by the others or not.
            for answer in client.of_type("ok"):
                await client.wait_for(_says(answer["id"]))

    async with shop.joined(session_id) as listener:
        ready = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for _ in range(16):
                tasks.start_soon(talk, ready)
            await listener.wait_for(lambda m: m["type"] == "pulse" and m.get("viewers", 0) == 17)
            ready.set()
        with anyio.fail_after(10):
            while True:
                chats = listener.of_type("chat")
                heard = [message["id"] for chat in chats for message in chat["messages"]]
                dropped = sum(chat["dropped"] for chat in chats)
                if len(heard) + dropped == 80:
                    break
                await anyio.sleep(0.05)
    assert dropped > 0
    assert len(set(heard)) == len(heard)
    assert set(heard) <= set(said)


async def test_hostile_json_costs_nobody_else_anything(shop: SystemShop) -> None:
    session_id, _ = await _offer(shop, 1)
    deep = '{"type": "time", "client_ms": ' + "[" * 1_900 + "]" * 1_900 + "}"
    async with shop.joined(session_id) as witness:
        for text in (deep, '{"type": "say", "text": "\\ud800"}', '{"a": 1e999}', '{"a": }'):
            async with shop.joined(session_id, named("mallory")) as client:
                await client.connection.send(text)
                await client.send("time", ref=77, client_ms=0)
                try:
                    await client.wait_for(lambda message: message.get("ref") == 77)
                except Exception:
                    assert (await client.closed()).code == 4501
        twice = '{"type": "time", "ref": 8, "client_ms": 1, "client_ms": 2}'
        await witness.connection.send(twice)
        await witness.wait_for(lambda message: message.get("ref") == 8)


async def test_a_body_without_a_length_is_held_to_the_same_limit(shop: SystemShop) -> None:
    async def body() -> Any:
        for _ in range(100):
            yield b" " * 1_000

    headers = {"Authorization": f"Bearer {shop.api_key}", "Content-Type": "application/json"}
    response = await shop.http.post("/api/sessions", content=body(), headers=headers)
    assert response.status_code == 413
    assert whole_error(response.json())["code"] == "bad_request"


async def test_the_scheme_of_the_authorization_is_read_in_any_case(shop: SystemShop) -> None:
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {shop.token('ada')}"}
        assert (await shop.http.get("/api/orders", headers=headers)).status_code == 200


async def test_too_many_requests_are_told_when_to_try_again(shop: SystemShop) -> None:
    session_id, _ = await _offer(shop, 1)
    token = shop.token(named("ada"))
    path = f"/api/sessions/{session_id}/reservations"
    wanted = {"rid": new_rid(), "sku": "none", "quantity": 1}
    answers = [await shop.ask("POST", path, wanted, by=token) for _ in range(30)]
    refusals = [answer for answer in answers if answer.status_code == 429]
    assert refusals
    for answer in refusals:
        error = whole_error(answer.json())
        assert (error["code"], 0 < error["retry_after_ms"] < 60_000) == ("rate_limited", True)


async def test_a_price_for_what_is_not_offered_is_refused(shop: SystemShop) -> None:
    product = await shop.product(S=5, M=5)
    small, medium = (variant["sku"] for variant in product["variants"])
    session_id = await shop.session()
    path = f"/api/sessions/{session_id}/commands"
    add = {"type": "product.add", "product_id": product["product_id"], "units": {small: 1}}
    response = await shop.ask("POST", path, {**add, "prices": {medium: 1}})
    assert response.status_code in (400, 404)
    assert await shop.stock(product["product_id"]) == [5, 5]


@pytest.mark.feature("chat")
async def test_an_ended_session_can_still_be_looked_at(shop: SystemShop) -> None:
    session_id, sku = await _offer(shop, 5)
    async with shop.joined(session_id, "ada") as client:
        order = await bought(client, sku)
        await client.ask("say", text="thanks")
    await shop.host(session_id, "session.end")
    async with shop.joined(session_id, "ada") as client:
        assert client.snapshot is not None
        assert client.snapshot["status"] == "ended"
        assert client.snapshot["chat"][0]["text"] == "thanks"
        assert client.messages[0]["orders"][0]["order_id"] == order["order_id"]
        wanted = {"rid": new_rid(), "sku": sku, "quantity": 1}
        await refused(client, "not_live", "buy", **wanted)


def _has(ref: int) -> Predicate:
    return lambda message: message.get("ref") == ref


def _says(chat_id: str) -> Predicate:
    return lambda message: (
        message["type"] == "chat" and chat_id in [said["id"] for said in message["messages"]]
    )
