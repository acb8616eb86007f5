"""SQL, script and worse in every field: kept as text, given back as text, and nothing else."""

import csv
import io
import json
import re
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from tests.edge.raw_viewer import raw_viewer
from tests.hostile.conftest import HostileNode
from tests.system.shop import SystemShop, bought, named, new_rid

_NASTY = {
    "sql": "'; DROP TABLE product CASCADE; --",
    "sql in doubles": '" OR ""="" UNION SELECT hash FROM api_key --',
    "sql that sleeps": "1'||pg_sleep(9)||'",
    "placeholders": "$1 %s %n :name {0} ${7*7} {{7*7}} #{7}",
    "backslashes": "\\'; \\x00 \\u0000 \\",
    "a script": "<script>alert(document.cookie)</script>",
    "a handler": "\"><img src=x onerror='alert(1)'>",
    "an address": "javascript:alert(1)//&#106;",
    "a redis key": "}:cfg {s:x} *",
    "lua": "redis.call('FLUSHALL') KEYS[1]",
    "a formula": '=HYPERLINK("http://x";"y")|\' /C calc\'!A0',
    "right to left": "\u202ecod.exe\u202c \u2066\u200f",
    "combined": "Z\u0351\u036b\u0342\u036a \N{FAMILY} \N{ZERO WIDTH JOINER} \ufeff",
    "json": '{"type":"session.end"}],[',
    "a path": "../../../etc/passwd?x=1#y/%2e%2e/%00",
}


# These turn the text around them: merchants may use them, people in the chat may not.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(params=_NASTY)
def nasty(request: pytest.FixtureRequest) -> str:
    return _NASTY[request.param]


async def _tables(node: HostileNode) -> int:
    connection = await asyncpg.connect(node.postgres_url)
    try:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        return count
    finally:
        await connection.close()


async def test_what_is_in_the_catalogue_is_what_was_put_there(
    shop: SystemShop, node: HostileNode, nasty: str
) -> None:
    tables = await _tables(node)
    product_id = f"{named('p')} {nasty}"[:64].strip()
    product = {
        "product_id": product_id,
        "title": nasty,
        "description": f"{nasty}\n\t{nasty}",
        "image": f"https://shop.example/{quote(nasty)}",
        "variants": [
            {"sku": f"{named('s')} {nasty}"[:64].strip(), "label": nasty, "price": 1, "stock": 5}
        ],
    }
    made = await shop.post("/api/products", product)
    path = f"/api/products/{quote(product_id, safe='')}"
    assert await shop.get(path) == made
    assert {name: made[name] for name in ("product_id", "title", "description", "image")} == {
        name: product[name] for name in ("product_id", "title", "description", "image")
    }
    assert made["variants"][0]["label"] == nasty
    session_id = await shop.session(made, title=nasty)
    snapshot = await shop.snapshot(session_id)
    assert snapshot["title"] == nasty
    assert snapshot["shelf"][0]["title"] == nasty
    await shop.host(session_id, "product.pin", product_id=product_id)
    assert (await shop.snapshot(session_id))["pinned"] == [product_id]
    assert await _tables(node) == tables


@pytest.mark.feature("chat")
async def test_who_has_such_a_name_talks_and_buys_under_it(shop: SystemShop, nasty: str) -> None:
    product = await shop.product(S=5)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    nasty = _TURNS.sub("", nasty)
    sub, name = f"{named('u')} {nasty}"[:64], nasty[:64]
    async with shop.joined(session_id) as witness:
        async with shop.joined(session_id, sub, name=name) as client:
            assert client.messages[0]["viewer"] == {"id": sub, "name": name, "role": "viewer"}
            said = await client.ask("say", text=nasty)
            order_id = (await bought(client, sku))["order_id"]
        chat = await witness.wait_for(
            lambda message: message["type"] == "chat" and bool(message["messages"])
        )
        (heard,) = chat["messages"]
        assert (heard["id"], heard["text"]) == (said["id"], nasty)
        assert heard["viewer"] == {"id": sub, "name": name}
    assert (await shop.order(order_id))["viewer_id"] == sub
    wanted = {"rid": new_rid(), "sku": sku, "quantity": 1, "viewer_id": sub}
    assert (await shop.reserve(session_id, **wanted)).status_code == 201
    path = f"/api/sessions/{session_id}/reservations/{wanted['rid']}"
    gone = await shop.ask("DELETE", path, query={"viewer_id": sub})
    assert gone.status_code == 200
    assert (await shop.ask("POST", f"/api/orders/{order_id}/cancel")).status_code == 200


async def test_a_payment_or_key_of_such_a_name_is_that_one(shop: SystemShop, nasty: str) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    async with shop.joined(session_id, named("ada")) as client:
        order_id = (await bought(client, product["variants"][0]["sku"]))["order_id"]
    payment_id = f"{named('pay')} {nasty}"[:64]
    body = {"payment_id": payment_id, "amount": 5000}
    await shop.refuses(409, "conflict", "POST", f"/api/orders/{order_id}/confirm", body)
    due = (await shop.get("/api/payments", limit=200))["payments"]
    assert payment_id in [payment["payment_id"] for payment in due]
    path = f"/api/payments/{quote(payment_id, safe='')}/refunded"
    refunded = await shop.ask("POST", path)
    assert refunded.status_code == 200, refunded.text
    admin = shop.token("admin", "admin")
    key = await shop.post("/api/keys", {"name": nasty}, by=admin)
    assert key["name"] == nasty
    await shop.refuses(401, "unauthorized", "GET", "/api/payments", by=f"{key['key']}'--")


@pytest.mark.feature("catalogue_import")
async def test_a_cell_of_a_csv_is_text(shop: SystemShop, nasty: str) -> None:
    handle = f"{named('csv')} {nasty}"[:64].strip()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Handle", "Title", "Option1 Value", "Variant SKU", "Variant Price", nasty])
    writer.writerow([handle, nasty, nasty, named("sku"), "1.00", nasty])
    writer.writerow([nasty, nasty, nasty, nasty, nasty, nasty])
    headers = {"Authorization": f"Bearer {shop.api_key}", "Content-Type": "text/csv"}
    data = text.getvalue().encode()
    answer = await shop.http.post("/api/products/import", content=data, headers=headers)
    report = answer.json()
    assert (answer.status_code, report["created"], report["bad_rows"]) == (200, 1, 1)
    # Rows of spreadsheets are trimmed, and their white space is one space.
    line = " ".join(nasty.split())
    product = await shop.get(f"/api/products/{quote(' '.join(handle.split()), safe='')}")
    assert (product["title"], product["variants"][0]["label"]) == (line, line)


async def test_a_query_or_header_of_such_a_kind_is_read_as_text(
    shop: SystemShop, node: HostileNode, nasty: str
) -> None:
    for path, name in (
        ("/api/products", "after"),
        ("/api/products", "limit"),
        ("/api/products", nasty),
        ("/api/sessions", "after"),
        ("/api/orders", "session"),
        ("/api/payments", "status"),
    ):
        response = await shop.ask("GET", path, query={name: nasty})
        assert response.status_code in (200, 400, 404), (path, name, response.text)
        if response.status_code != 200:
            assert response.json()["code"] in ("bad_request", "not_found")
    plain = nasty.encode("ascii", "ignore").decode().strip()
    for header in ("Authorization", "Origin", "Accept-Language", "If-None-Match", "User-Agent"):
        for path in ("/", "/api/products", "/liveshop.js", "/watch/s1"):
            response = await shop.http.get(path, headers={header: f"Bearer {plain}"})
            assert response.status_code in (200, 401, 404), (header, path)
            assert len(plain) < 4 or plain not in json.dumps(dict(response.headers))
    more = f"Origin: {plain}\r\nX-Forwarded-For: {plain}\r\nSec-WebSocket-Protocol: {plain}\r\n"
    async with raw_viewer(node.address) as mallory:
        head = await mallory.shake_hands("/ws/sessions/none", more)
        assert head.split(" ")[1] in ("101", "400")
        assert len(plain) < 4 or plain not in head


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,<script>", " https://x", "https://x\ny"]
)
async def test_an_address_that_would_run_is_refused(shop: SystemShop, address: str) -> None:
    variants = [{"sku": named("s"), "label": "", "price": 1, "stock": 1}]
    product: dict[str, Any] = {"product_id": named("p"), "title": "P", "variants": variants}
    await shop.refuses(400, "bad_request", "POST", "/api/products", {**product, "image": address})
    for field in ("stream_url", "checkout_url"):
        body = {"title": "x", "payment": "checkout", field: address}
        await shop.refuses(400, "bad_request", "POST", "/api/sessions", body)


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/{order_id}",
        "/\\evil.example/{order_id}",
        "/pay/{order_id}",
        "https:///{order_id}",
        "https://shop.example@evil.example/{order_id}",
        "https:\\\\evil.example/{order_id}",
        "http://shop.example/{order_id}",
        "http://localhost.evil.example/{order_id}",
        "http://localhost@evil.example/{order_id}",
    ],
)
async def test_money_is_paid_at_an_https_address_or_nowhere(shop: SystemShop, address: str) -> None:
    body = {"title": "x", "payment": "checkout", "checkout_url": address}
    refusal = await shop.ask("POST", "/api/sessions", body)
    assert (refusal.status_code, refusal.json()["message"]) == (
        400,
        "`checkout_url`: Expected an address that starts with https:// and a host, "
        "or http://localhost",
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://pay.example",
        "https://pay.example:8443/o/{order_id}?a=b#c",
        "http://localhost:8001/{order_id}",
        "http://127.0.0.1/{order_id}",
        "http://[::1]:8001?order={order_id}",
    ],
)
async def test_an_https_address_or_one_of_this_machine_is_one_to_pay_at(
    shop: SystemShop, address: str
) -> None:
    body = {"title": "x", "payment": "checkout", "checkout_url": address}
    made = await shop.ask("POST", "/api/sessions", body)
    assert made.status_code == 201, made.text
