"""Too much, too deep, too often: it ends for who sends it, and the others buy on."""

import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from tests.client import Client, Closed
from tests.edge.raw_viewer import CONT, PING, PONG, TEXT, RawViewer, deflated, frame, raw_viewer
from tests.hostile.conftest import HostileNode
from tests.system.shop import SystemShop, bought, eventually, named, whole_error

_OFFER = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
_BRACKETS = b"[" * 1_000_000
_FLOODS: dict[str, bytes] = {
    "pings": frame(PING, b"x" * 125),
    "pongs": frame(PONG),
    "bytes of a message, one a frame": frame(CONT, b" ", final=False),
    "chat": frame(TEXT, b'{"type": "say", "text": "buy my stuff"}'),
    "purchases": frame(TEXT, b'{"type": "buy", "rid": "x", "sku": "s", "quantity": 1}'),
    "objects that are nothing": frame(TEXT, b"{}"),
}


@asynccontextmanager
async def _sale(shop: SystemShop) -> Any:
    """Have a live session with a unit on the shelf, and a buyer in it."""
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    async with shop.joined(session_id, named("honest")) as buyer:
        yield session_id, buyer, product["variants"][0]["sku"]


async def _hello(viewer: RawViewer, session_id: str, token: str | None, more: str = "") -> None:
    await viewer.shake_hands(f"/ws/sessions/{session_id}", more)
    await viewer.say({"type": "hello", "token": token})
    assert json.loads((await viewer.read())[1])[0]["type"] == "welcome"


async def _closes(node: HostileNode) -> int:
    return node.closes(4507)


@pytest.mark.parametrize("kind", _FLOODS)
async def test_who_floods_is_closed_with_4507_while_others_buy(
    shop: SystemShop, node: HostileNode, kind: str
) -> None:
    async with _sale(shop) as (session_id, buyer, sku), raw_viewer(node.address) as mallory:
        before = node.closes(4507)
        await _hello(mallory, session_id, shop.token(named("mallory")))
        if kind.startswith("bytes"):
            await mallory.send(TEXT, b"{", final=False)
        await mallory.stream.send(_FLOODS[kind] * 5_000)
        await bought(buyer, sku)
        await eventually(partial(_closes, node), before + 1)
        await mallory.stream.aclose()
        await eventually(lambda: shop.left(session_id), {sku: 4})
        # Of all the chat nobody heard more than a connection may say.
        assert sum(len(chat["messages"]) for chat in buyer.of_type("chat")) <= 5


async def test_a_million_brackets_over_a_socket_end_in_a_close(
    shop: SystemShop, node: HostileNode
) -> None:
    async with _sale(shop) as (session_id, buyer, sku):
        for frames, code in (
            (frame(TEXT, _BRACKETS[:4_096]), 4501),
            (frame(TEXT, b'{"type": "time", "client_ms": ' + _BRACKETS[:4_000]), 4501),
            (frame(TEXT, b'{"a":' * 800), 4501),
            (frame(TEXT, _BRACKETS), 1009),
            (b"".join(_in_fragments(_BRACKETS)), 1009),
            (frame(TEXT, deflated(_BRACKETS), compressed=True), 1009),
        ):
            async with raw_viewer(node.address) as mallory:
                await _hello(mallory, session_id, shop.token(named("mallory")), _OFFER)
                assert await _ends(mallory, frames) == code
        await bought(buyer, sku)


def _in_fragments(payload: bytes) -> list[bytes]:
    parts = [payload[at : at + 50] for at in range(0, 10_000, 50)]
    return [frame(CONT if at else TEXT, part, final=False) for at, part in enumerate(parts)]


async def _ends(viewer: RawViewer, frames: bytes) -> int:
    """Send frames and return the close code that follows; messages of the room are passed over."""
    await viewer.stream.send(frames)
    while True:
        first = await viewer.receive_exactly(2)
        size = first[1]
        if size == 126:
            size = int.from_bytes(await viewer.receive_exactly(2), "big")
        payload = await viewer.receive_exactly(size)
        if first[0] == 0x88:
            return int.from_bytes(payload[:2], "big")


async def test_brackets_deep_within_the_limits_are_one_refusal(shop: SystemShop) -> None:
    async with _sale(shop) as (session_id, buyer, _):
        for depth in (100, 900, 1_000, 1_900):
            deep = "[" * depth + "]" * depth
            async with shop.joined(session_id, named("mallory")) as mallory:
                for message in (
                    f'{{"type": "say", "ref": 70, "text": {deep}}}',
                    f'{{"type": "say", "ref": 70, "text": "x", "{deep}": 1}}',
                ):
                    code = await _refusal(mallory, message)
                    assert code in ("bad_request", 4501), (depth, code)
                    if code == 4501:
                        break
        assert (await buyer.ask("time", client_ms=1))["type"] == "time"


async def _refusal(client: Client, message: str) -> str | int:
    since = len(client.messages)
    try:
        await client.connection.send(message)
        answer = await client.wait_for(lambda each: each.get("ref") == 70, since=since)
    except Closed as closed:
        return closed.code
    del answer["ref"]
    return str(whole_error(answer)["code"])


_BODIES: dict[str, Callable[[], bytes]] = {
    "opening": lambda: _BRACKETS[:65_536],
    "closed": lambda: b"[" * 32_768 + b"]" * 32_768,
    "objects": lambda: b'{"a":' * 13_000 + b"1" + b"}" * 500,
    "in a field": lambda: b'{"title": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "not closed in a field": lambda: b'{"title": "x", "variants": ' + b"[" * 60_000,
}


@pytest.mark.parametrize("kind", _BODIES)
@pytest.mark.parametrize("path", ["/api/products", "/api/sessions", "/api/sessions/none/commands"])
async def test_brackets_in_a_body_are_one_bad_request(
    shop: SystemShop, path: str, kind: str
) -> None:
    headers = {"Authorization": f"Bearer {shop.api_key}"}
    response = await shop.http.post(path, content=_BODIES[kind](), headers=headers)
    assert (response.status_code, whole_error(response.json())["code"]) == (400, "bad_request")


@pytest.mark.feature("catalogue_import")
async def test_a_million_brackets_over_http_are_refused_or_reported(shop: SystemShop) -> None:
    headers = {"Authorization": f"Bearer {shop.api_key}"}
    response = await shop.http.post("/api/products", content=_BRACKETS, headers=headers)
    assert response.status_code == 413
    headers["Content-Type"] = "text/csv"
    path = "/api/products/import"
    response = await shop.http.post(path, content=_BRACKETS, headers=headers)
    assert response.status_code == 400
    header = b"Handle,Title,Variant Price,Variant Inventory Qty\n"
    text = header + b"[[,[[,[,[\n" * 100_000
    report = (await shop.http.post(path, content=text, headers=headers)).json()
    assert (report["created"], report["bad_rows"]) == (0, 100_000)
    assert len(report["bad"]) == 10_000
    for query in ("[" * 8_000, "limit[" * 1_000, "after=" + "%5B" * 2_000):
        response = await shop.http.get(f"/api/products?{query}")
        assert response.status_code == 400, query[:20]
