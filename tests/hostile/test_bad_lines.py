"""A bad line between viewer and node: nothing is bought twice, and nothing that was said is lost.

A client that does not know what became of a command says it again with the same rid, on another
connection.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest

from tests.client import Client, Closed, Message
from tests.edge.raw_viewer import TEXT, RawViewer, frame, raw_viewer
from tests.faults.proxy import Proxy, Then
from tests.hostile.conftest import HostileNode
from tests.system.shop import SystemShop, bought, eventually, new_rid

UNITS = 5
_CUT = (anyio.IncompleteRead, anyio.BrokenResourceError, anyio.EndOfStream)


@pytest.fixture
async def line(node: HostileNode) -> AsyncIterator[Proxy]:
    """A way to the node that can be spoiled; the shop's own is another."""
    async with Proxy(node.url).listening() as proxy:
        yield proxy


async def _offer(shop: SystemShop) -> tuple[str, str]:
    product = await shop.product(S=UNITS)
    return await shop.session(product), product["variants"][0]["sku"]


async def _orders(shop: SystemShop, session_id: str) -> list[Message]:
    orders: list[Message] = (await shop.get("/api/orders", session=session_id))["orders"]
    return orders


async def _order_ids(shop: SystemShop, session_id: str) -> list[str]:
    return [order["order_id"] for order in await _orders(shop, session_id)]


async def _sold_once(shop: SystemShop, session_id: str, sku: str, order_id: str) -> None:
    """See that there is one order, of one unit."""
    (order,) = await _orders(shop, session_id)
    assert (order["order_id"], order["status"]) == (order_id, "confirmed")
    assert [(each["sku"], each["quantity"]) for each in order["lines"]] == [(sku, 1)]
    await eventually(lambda: shop.left(session_id), {sku: UNITS - 1})


def _without_ref(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "ref"}


async def _again(client: Client, kind: str, **fields: Any) -> list[Message]:
    """Say a purchase again; return what was told, reservation and order, without `ref`."""
    answer = await client.ask(kind, **fields)
    order_id = fields.get("order_id", fields.get("rid"))
    confirmed = await client.wait_for_type("confirmed", order_id=order_id)
    return [_without_ref(answer), _without_ref(confirmed)]


@pytest.mark.parametrize("then", [Then.CUT, Then.SILENCE])
async def test_a_purchase_whose_answer_is_lost_is_made_once_and_answered_the_same(
    shop: SystemShop, line: Proxy, then: Then
) -> None:
    session_id, sku = await _offer(shop)
    wish: dict[str, Any] = {"rid": new_rid(), "sku": sku, "quantity": 1}
    async with shop.joined(session_id, "ada") as witness:
        async with replace(shop, url=line.url).joined(session_id, "ada") as ada:
            line.lose_replies(then=then)
            await ada.send("buy", ref=7, **wish)
            if then is Then.CUT:
                assert (await ada.closed()).code == 1006
            else:
                await witness.wait_for_type("confirmed", order_id=wish["rid"])
            assert ada.of_type("reserved") == ada.of_type("confirmed") == []
            line.cut()
        async with replace(shop, url=line.url).joined(session_id, "ada") as ada:
            told = await _again(ada, "buy", **wish)
            assert await _again(ada, "buy", **wish) == told
        heard = [*witness.of_type("reserved"), *witness.of_type("confirmed")]
        assert all(message in told for message in heard)
    await _sold_once(shop, session_id, sku, wish["rid"])


async def test_a_cart_whose_answer_is_lost_is_ordered_once_and_answered_the_same(
    shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    wish: dict[str, Any] = {"rid": new_rid(), "sku": sku, "quantity": 1}
    cart: dict[str, Any] = {"order_id": new_rid(), "rids": [wish["rid"]]}
    async with shop.joined(session_id, "ada") as witness:
        async with replace(shop, url=line.url).joined(session_id, "ada") as ada:
            held = await ada.ask("reserve", **wish)
            line.lose_replies(then=Then.SILENCE)
            await ada.send("checkout", ref=8, **cart)
            confirmed = await witness.wait_for_type("confirmed", order_id=cart["order_id"])
            assert ada.of_type("confirmed") == []
            line.cut()
        async with replace(shop, url=line.url).joined(session_id, "ada") as ada:
            assert _without_ref(await ada.ask("checkout", **cart)) == confirmed
            told = await ada.ask("reserve", **wish)
            assert _without_ref(told) == _without_ref(held)
    await _sold_once(shop, session_id, sku, cart["order_id"])


async def test_a_reservation_over_http_whose_answer_is_lost_is_made_once(
    shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    body = {"rid": new_rid(), "sku": sku, "quantity": 1, "viewer_id": "ada"}
    async with httpx.AsyncClient(base_url=line.url, trust_env=False, timeout=30) as http:
        there = replace(shop, url=line.url, http=http)
        line.lose_replies(b"POST ")
        with pytest.raises(httpx.TransportError):
            await there.reserve(session_id, **body)
        assert line.replies_lost == 1
        again = await there.reserve(session_id, **body)
        assert (again.status_code, again.json()["rid"]) == (200, body["rid"])
        assert (await there.reserve(session_id, **body)).json() == again.json()
    await eventually(lambda: shop.left(session_id), {sku: UNITS - 1})
    assert await _orders(shop, session_id) == []


async def test_half_a_purchase_buys_nothing_and_the_whole_of_it_one(
    node: HostileNode, shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    wish: dict[str, Any] = {"type": "buy", "rid": new_rid(), "sku": sku, "quantity": 1}
    whole = frame(TEXT, json.dumps(wish).encode())
    for size in (1, 5, len(whole) // 2, len(whole) - 1):
        async with raw_viewer(("127.0.0.1", line.port)) as ada:
            await _join(ada, session_id, shop.token("ada"))
            await ada.stream.send(whole[:size])
            line.cut()
            with pytest.raises(_CUT):
                while True:
                    await ada.read()
    assert await _orders(shop, session_id) == []
    assert await shop.left(session_id) == {sku: UNITS}
    async with shop.joined(session_id, "ada") as again:
        await _again(again, **{"kind": wish.pop("type"), **wish})
    await _sold_once(shop, session_id, sku, wish["rid"])


async def test_a_purchase_that_comes_late_out_of_a_silence_is_the_one_made_meanwhile(
    shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    wish: dict[str, Any] = {"rid": new_rid(), "sku": sku, "quantity": 1}
    async with replace(shop, url=line.url).joined(session_id, "ada") as silenced:
        line.silence()
        await silenced.send("buy", ref=9, **wish)
        async with shop.joined(session_id, "ada") as ada, shop.joined(session_id, "bo") as bo:
            told = await _again(ada, "buy", **wish)
            await bought(bo, sku)  # others do not notice
        line.resume()
        answer = await silenced.wait_for_type("reserved", ref=9)
        assert _without_ref(answer) == told[0]
        await silenced.wait_for_type("confirmed", order_id=wish["rid"])
    ids = await _order_ids(shop, session_id)
    assert (len(ids), ids.count(wish["rid"])) == (2, 1)
    await eventually(lambda: shop.left(session_id), {sku: UNITS - 2})


async def test_over_a_line_that_is_slow_and_late_one_buys_like_everyone(
    shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    line.delay_s, line.bytes_per_s = 0.2, 4_000
    async with replace(shop, url=line.url).joined(session_id, "ada") as ada:
        async with shop.joined(session_id, "bo") as bo:
            await bought(bo, sku)
        confirmed = await bought(ada, sku)
        await shop.host(session_id, "session.pause")
        await ada.wait_for_type("session.paused")
    assert confirmed["order_id"] in await _order_ids(shop, session_id)
    await eventually(lambda: shop.left(session_id), {sku: UNITS - 2})


async def test_a_snapshot_cut_off_amid_a_frame_comes_whole_the_next_time(
    shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    line.bytes_per_s = 400  # a twentieth of it at a time: the snapshot takes seconds
    async with raw_viewer(("127.0.0.1", line.port)) as ada:
        await ada.shake_hands(f"/ws/sessions/{session_id}")
        await ada.say({"type": "hello"})
        assert await ada.kind() == "welcome"
        await ada.receive_exactly(20)
        line.cut()
    line.bytes_per_s = None
    async with replace(shop, url=line.url).joined(session_id) as whole:
        assert whole.snapshot is not None
        (product,) = whole.snapshot["shelf"]
        assert [each["left"] for each in product["variants"]] == [UNITS]
        assert [each["sku"] for each in product["variants"]] == [sku]


async def test_a_line_that_is_cut_again_and_again_ends_with_one_order(
    shop: SystemShop, line: Proxy
) -> None:
    session_id, sku = await _offer(shop)
    wish: dict[str, Any] = {"rid": new_rid(), "sku": sku, "quantity": 1}
    far = replace(shop, url=line.url)
    for _ in range(5):
        try:
            async with far.joined(session_id, "ada") as ada:
                line.lose_replies()
                await ada.send("buy", **wish)
                await ada.closed()
        except Closed:
            pass
    async with far.joined(session_id, "ada") as ada:
        told = await _again(ada, "buy", **wish)
        assert told[1]["rids"] == [wish["rid"]]
    await _sold_once(shop, session_id, sku, wish["rid"])


async def _join(viewer: RawViewer, session_id: str, token: str) -> None:
    await viewer.shake_hands(f"/ws/sessions/{session_id}")
    await viewer.say({"type": "hello", "token": token})
    assert [await viewer.kind(), await viewer.kind()] == ["welcome", "session"]
