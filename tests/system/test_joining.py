"""Joining: the first message, the answers and their fields, and every way to be turned away."""

import json
import time
from typing import Any

import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from tests.client import Client, Message, connected
from tests.system.conftest import PING_MS
from tests.system.shop import (
    OFFER,
    SALE,
    VARIANT,
    SystemShop,
    bought,
    named,
    new_rid,
    refused,
    reserved,
)

_SESSION = (
    *("type", "offset", "now_ms", "id", "title", "status", "starts_at_ms", "currency"),
    *(
        "currency_digits",
        "stream_url",
        "cover_url",
        "pinned",
        "shelf",
        "sales",
        "viewers",
        "likes",
        "buying",
        "chat_pinned",
    ),
)


async def _code(client: Client, within_s: float = 10) -> int:
    """Wait for the close: nothing was said before it."""
    closed = await client.closed(within_s)
    assert client.messages == []
    return closed.code


@pytest.mark.feature("chat")
async def test_a_viewer_is_welcomed_then_shown_the_session(shop: SystemShop) -> None:
    product = await shop.product(S=5, M=7)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(
        product, title="Drop", starts_at_ms=1_790_000_000_000, stream_url="https://a.example/x"
    )
    await shop.host(session_id, "product.pin", product_id=product["product_id"])
    async with connected(shop.ws, session_id) as client:
        await client.send("hello", ref=7, token=shop.token("u_81", name="Ada"))
        session = await client.wait_for_type("session")
        welcome = client.messages[0]
        assert client.messages.index(session) == 1
    assert list(welcome) == ["type", "ref", "viewer", "now_ms", "ping_ms", "reservations", "orders"]
    assert (welcome["type"], welcome["ref"]) == ("welcome", 7)
    assert welcome["viewer"] == {"id": "u_81", "name": "Ada", "role": "viewer"}
    assert abs(welcome["now_ms"] - time.time() * 1000) < 5_000
    assert (welcome["ping_ms"], welcome["reservations"], welcome["orders"]) == (25_000, [], [])
    assert tuple(session) == (*_SESSION, "chat")
    assert session["offset"] == 3
    facts = ("id", "title", "status", "starts_at_ms", "currency", "stream_url", "pinned", "chat")
    assert {name: session[name] for name in facts} == {
        "id": session_id,
        "title": "Drop",
        "status": "live",
        "starts_at_ms": 1_790_000_000_000,
        "currency": "EUR",
        "stream_url": "https://a.example/x",
        "pinned": [product["product_id"]],
        "chat": [],
    }
    assert session["buying"] is True
    (offer,) = session["shelf"]
    assert tuple(offer) == OFFER
    assert tuple(offer["variants"][0]) == VARIANT
    assert offer["variants"][0] == {
        "sku": sku, "label": "S", "price": 5000, "was": None, "limit": 10, "left": 5, "number": 1,
    }  # fmt: skip


@pytest.mark.feature("chat")
async def test_the_snapshot_over_http_is_the_same_but_for_the_chat(shop: SystemShop) -> None:
    session_id = await shop.session(await shop.product(S=5))
    async with shop.joined(session_id) as client:
        await client.wait_for(lambda m: m["type"] == "pulse" and m.get("viewers") == 1)
        over_http = await shop.snapshot(session_id)
        (listed,) = [
            each
            for each in (await shop.get("/api/sessions"))["sessions"]
            if each["id"] == session_id
        ]
    assert client.snapshot is not None
    for seen in (over_http, listed):
        assert tuple(seen) in (_SESSION, _SESSION[1:])
        assert seen["viewers"] == 1
        for name in _SESSION:
            if name in seen and name not in ("now_ms", "viewers"):
                assert seen[name] == client.snapshot[name], name


async def test_a_session_that_nobody_watches_is_listed_as_it_is(shop: SystemShop) -> None:
    session_id = await shop.session(await shop.product(S=5))
    (listed,) = [
        each for each in (await shop.get("/api/sessions"))["sessions"] if each["id"] == session_id
    ]
    assert (listed["status"], listed["buying"], listed["viewers"]) == ("live", True, 0)
    assert (await shop.snapshot(session_id))["buying"] is True


async def test_the_sales_of_a_snapshot_have_their_fields(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    fields: Message = {"prices": {sku: 3900}, "duration_ms": 60_000, "units": 5, "limit": 1}
    await shop.host(session_id, "sale.start", product_id=name, **fields)
    async with shop.joined(session_id) as client:
        assert client.snapshot is not None
        (sale,) = client.snapshot["sales"]
    assert tuple(sale) == SALE
    assert sale["ends_at_ms"] - sale["starts_at_ms"] == 60_000
    del sale["starts_at_ms"], sale["ends_at_ms"]
    assert sale == {"product_id": name, "prices": {sku: 3900}, "left": 5, "limit": 1}


async def test_a_returning_buyer_is_given_its_cart_and_its_orders(shop: SystemShop) -> None:
    product = await shop.product(S=9)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    async with shop.joined(session_id, "ada") as client:
        held = await reserved(client, sku, quantity=2)
        gone = await reserved(client, sku)
        await client.ask("release", rid=gone["rid"])
        order = await bought(client, sku)
    async with connected(shop.ws, session_id) as client:
        welcome = await client.hello(shop.token("ada"))
    assert welcome["reservations"] == [
        {
            "rid": held["rid"],
            "sku": sku,
            "quantity": 2,
            "price": 5000,
            "expires_at_ms": held["expires_at_ms"],
            "state": "held",
            "order_id": None,
        }
    ]
    (shown,) = welcome["orders"]
    del order["type"]
    assert shown == {**order, "status": "confirmed"}


@pytest.mark.parametrize("offered", [("liveshop.v1",), (), ("chat", "liveshop.v1")])
async def test_the_subprotocol_is_taken_up_where_it_is_offered(
    shop: SystemShop, offered: tuple[str, ...]
) -> None:
    session_id = await shop.session()
    async with connected(shop.ws, session_id, subprotocols=offered) as client:
        assert client.connection.subprotocol == ("liveshop.v1" if offered else None)
        await client.hello()


async def test_a_hello_with_a_bad_field_may_be_followed_by_a_good_one(shop: SystemShop) -> None:
    session_id = await shop.session()
    async with connected(shop.ws, session_id) as client:
        for fields, name in (({"token": 5}, "token"), ({"token": None, "extra": 1}, "extra")):
            assert name in (await refused(client, "bad_request", "hello", **fields))["message"]
        await client.hello()
        assert "hello" in (await refused(client, "bad_request", "hello", token=None))["message"]
        assert (await client.ask("time", client_ms=5))["type"] == "time"


@pytest.mark.parametrize(
    "first", [{"type": "time", "client_ms": 1}, {"type": "nonsense"}, {"type": 5}, {}]
)
async def test_another_first_message_is_no_hello(shop: SystemShop, first: Any) -> None:
    session_id = await shop.session()
    async with connected(shop.ws, session_id) as client:
        await client.connection.send(json.dumps(first))
        assert await _code(client) == 4500


_FRAMES: dict[str, tuple[str | bytes, int]] = {
    "text that is not JSON": ("nonsense", 4501),
    "nothing": ("", 4501),
    "an array": ('[{"type": "hello", "token": null}]', 4501),
    "a number": ("5", 4501),
    "null": ("null", 4501),
    "not-a-number": ('{"type": "hello", "token": NaN}', 4501),
    "a binary frame": (b'{"type": "hello", "token": null}', 4501),
    "over 4096 bytes": (json.dumps({"type": "hello", "token": "x" * 4_096}), 1009),
}


@pytest.mark.parametrize("name", _FRAMES)
@pytest.mark.parametrize("joined", [False, True], ids=["first", "later"])
async def test_a_bad_frame_closes(shop: SystemShop, name: str, joined: bool) -> None:
    frame, code = _FRAMES[name]
    session_id = await shop.session()
    async with connected(shop.ws, session_id) as client:
        if joined:
            await client.hello()
        await client.connection.send(frame)
        assert (await client.closed()).code == code


async def test_invalid_utf_8_closes_with_1007(shop: SystemShop) -> None:
    session_id = await shop.session()
    async with connected(shop.ws, session_id) as client:
        await client.connection.send(b'{"type": "hello\xff"}', text=True)
        assert await _code(client) == 1007


async def test_a_message_of_exactly_4096_bytes_is_taken(shop: SystemShop) -> None:
    session_id = await shop.session()
    message = json.dumps({"type": "time", "ref": 3, "client_ms": 1}).ljust(4_096)
    async with shop.joined(session_id) as client:
        await client.connection.send(message)
        assert (await client.wait_for_type("time", ref=3))["client_ms"] == 1
        await client.connection.send(message + " ")
        assert (await client.closed()).code == 1009


async def test_a_message_in_fragments_is_one_message(shop: SystemShop) -> None:
    session_id = await shop.session()
    async with shop.joined(session_id) as client:
        await client.connection.send(['{"type": "time", ', '"ref": 9, "client', '_ms": 4}'])
        assert (await client.wait_for_type("time", ref=9))["client_ms"] == 4


async def test_an_unknown_session_is_closed_before_any_hello(shop: SystemShop) -> None:
    for session_id in ("nobody-made-it", "x" * 65, "%E2%82%AC"):
        async with connected(shop.ws, session_id) as client:
            assert await _code(client) == 4505


async def test_a_draft_is_hidden_from_all_below_moderator(shop: SystemShop) -> None:
    session_id = await shop.session(start=False)
    for token in (None, shop.token("ada")):
        async with connected(shop.ws, session_id) as client:
            await client.send("hello", token=token)
            assert await _code(client) == 4505
        for path in (f"/api/sessions/{session_id}", f"/api/sessions/{session_id}/events"):
            await shop.refuses(404, "not_found", "GET", path, by=token)
        query = {"limit": 200}
        listed = (await shop.get("/api/sessions", by=token, **query))["sessions"]
        assert session_id not in [session["id"] for session in listed]
    for role in ("moderator", "host", "admin"):
        async with shop.joined(session_id, "staff", role) as client:
            assert client.snapshot is not None
            assert client.snapshot["status"] == "draft"


async def test_a_foreign_origin_is_closed_and_the_own_is_not(shop: SystemShop) -> None:
    session_id = await shop.session()
    for origin in ("https://evil.example", "null", shop.url.replace("http:", "https:") + "1"):
        async with connected(shop.ws, session_id, origin=origin) as client:
            assert await _code(client) == 4506
    async with connected(shop.ws, session_id, origin=shop.url) as client:
        await client.hello()


async def test_the_51st_connection_of_a_viewer_is_one_too_many(shop: SystemShop) -> None:
    session_id = await shop.session()
    token = shop.token(named("crowd"))
    async with anyio.create_task_group() as tasks:
        joined, leave = [], anyio.Event()
        reached = anyio.Event()

        async def stay() -> None:
            async with connected(shop.ws, session_id) as client:
                await client.hello(token)
                joined.append(client)
                if len(joined) == 50:
                    reached.set()
                await leave.wait()

        for _ in range(50):
            tasks.start_soon(stay)
        await reached.wait()
        async with connected(shop.ws, session_id) as client:
            await client.send("hello", token=token)
            assert await _code(client) == 4504
        async with shop.joined(session_id, named("somebody")):
            leave.set()


async def test_the_web_sockets_address_is_no_page(shop: SystemShop) -> None:
    session_id = await shop.session()
    response = await shop.http.get(f"/ws/sessions/{session_id}")
    assert 400 <= response.status_code < 500
    assert response.json()["type"] == "error"


async def test_another_address_takes_no_web_socket(shop: SystemShop) -> None:
    with pytest.raises(Exception, match="HTTP 404"):
        async with connect(f"{shop.ws}/ws/elsewhere", proxy=None):
            raise AssertionError("there is nothing to connect to")


async def test_unknown_fields_and_types_are_refused_by_name_and_change_nothing(
    shop: SystemShop,
) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    before = await shop.snapshot(session_id)
    rid, sku = new_rid(), product["variants"][0]["sku"]
    async with shop.joined(session_id, "ada") as client:
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"type": "time", "client_ms": 1, "colour": "red"}, "colour"),
            ({"type": "buy", "rid": rid, "sku": sku, "quantity": 1, "Price": 5}, "Price"),
            ({"type": "dance"}, "type"),
            ({}, "type"),
            ({"type": None}, "type"),
        ]
        for message, name in wrong:
            answer = await client.ask(message.pop("type", None), **message)
            assert (answer["type"], answer["code"]) == ("error", "bad_request"), answer
            assert name in answer["message"]
    after = await shop.snapshot(session_id)
    assert [after[name] for name in ("offset", "shelf")] == [
        before[name] for name in ("offset", "shelf")
    ]


async def test_a_ref_is_echoed_if_it_can_be_used(shop: SystemShop) -> None:
    session_id = await shop.session()
    unusables: list[Any] = [-1, 2**53, "7", True, 1.5, [], 10**30]
    async with shop.joined(session_id) as client:
        for ref in (0, 2**53 - 1):
            await client.send("time", ref=ref, client_ms=1)
            assert list(await client.wait_for_type("time", ref=ref)) == [
                *("type", "ref", "client_ms", "now_ms")
            ]
            await client.send("time", ref=ref, client_ms="x")
            assert (await client.wait_for_type("error", ref=ref))["code"] == "bad_request"
        for unusable in unusables:
            since = len(client.messages)
            await client.send("time", ref=unusable, client_ms=1)
            error = await client.wait_for_type("error", since=since)
            assert (error["ref"], error["code"]) == (None, "bad_request"), unusable
            assert "ref" in error["message"]
        since = len(client.messages)
        await client.send("time", client_ms=6)
        assert (await client.wait_for_type("time", since=since)).get("ref") is None


async def test_a_viewer_can_tell_the_time(shop: SystemShop) -> None:
    session_id = await shop.session()
    async with shop.joined(session_id) as client:
        earlier = await client.ask("time", client_ms=1)
        later = await client.ask("time", client_ms=-5)
    assert 0 <= later["now_ms"] - earlier["now_ms"] < 5_000
    assert abs(later["now_ms"] - time.time() * 1000) < 5_000


async def test_who_says_no_hello_or_answers_no_ping_is_closed(other: SystemShop) -> None:
    session_id = await other.session()
    started = anyio.current_time()
    async with (
        connected(other.ws, session_id) as silent,
        connected(other.ws, session_id) as deaf,
    ):
        _answer_no_pings(deaf)
        await deaf.hello()
        assert deaf.messages[0]["ping_ms"] == PING_MS
        assert await _code(silent, within_s=20) == 4500
        assert anyio.current_time() - started > 9.5
        assert (await deaf.closed(within_s=20)).code == 4003
        assert anyio.current_time() - started > 10.5


def _answer_no_pings(client: Client) -> None:
    protocol = client.connection.protocol
    send_frame = protocol.send_frame

    def send_all_but_pongs(frame: Frame) -> None:
        if frame.opcode is not Opcode.PONG:
            send_frame(frame)

    protocol.send_frame = send_all_but_pongs  # type: ignore[method-assign]
