"""HTTP: lists and their pages, statuses and shapes, the import, and the document of it all."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.client import Message
from tests.system.conftest import FRIEND
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, reserved, whole_error

_ORDER = [
    *("order_id", "session_id", "viewer_id", "status", "lines", "total", "currency", "at_ms"),
    "name",
]


async def _walk(shop: SystemShop, path: str, name: str, **query: Any) -> list[Message]:
    """Read all pages of a list, until an empty one or the end."""
    items: list[Message] = []
    while True:
        page = await shop.get(path, **query)
        assert list(page) == [name, "next"]
        assert len(page[name]) <= query.get("limit", 50)
        items += page[name]
        if page["next"] is None or not page[name]:
            return items
        query["after"] = page["next"]


async def test_products_are_listed_by_pages(shop: SystemShop) -> None:
    made = [(await shop.product(S=1))["product_id"] for _ in range(5)]
    for limit in (2, 3, 200):
        seen = [
            p["product_id"] for p in await _walk(shop, "/api/products", "products", limit=limit)
        ]
        assert len(seen) == len(set(seen))
        assert set(made) <= set(seen)
    page = await shop.get("/api/products", limit=200)
    assert page["next"] is None or len(page["products"]) == 200


async def test_sessions_are_listed_by_pages(shop: SystemShop) -> None:
    made = [await shop.session(start=number % 2 == 0) for number in range(5)]
    for limit in (2, 200):
        seen = [s["id"] for s in await _walk(shop, "/api/sessions", "sessions", limit=limit)]
        assert len(seen) == len(set(seen))
        assert set(made) <= set(seen)


async def test_the_log_is_polled_without_missing_or_repeating_an_event(shop: SystemShop) -> None:
    product = await shop.product(S=1)
    session_id = await shop.session(product)
    path = f"/api/sessions/{session_id}/events"
    pin = {"product_id": product["product_id"]}
    offsets: list[int] = []
    after = 0
    for command in (None, "product.pin", "product.unpin", None):
        if command:
            await shop.host(session_id, command, **pin)
        while True:
            page = await shop.get(path, by=None, after=after, limit=1)
            assert page["next"] is not None
            after = page["next"]
            offsets += [event["offset"] for event in page["events"]]
            if not page["events"]:
                break
    assert offsets == [1, 2, 3, 4]


async def test_orders_are_polled_in_the_order_of_their_last_change(shop: SystemShop) -> None:
    product = await shop.product(S=9)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    async with shop.joined(session_id, "ada") as ada, shop.joined(session_id, "bo") as bo:
        ids = [(await bought(buyer, sku))["order_id"] for buyer in (ada, bo, ada)]
    query: Message = {"session": session_id, "limit": 2}
    first = await shop.get("/api/orders", **query)
    assert [order["order_id"] for order in first["orders"]] == ids[:2]
    assert list(first["orders"][0]) == _ORDER
    second = await shop.get("/api/orders", **query, after=first["next"])
    assert [order["order_id"] for order in second["orders"]] == ids[2:]
    nothing = await shop.get("/api/orders", **query, after=second["next"])
    assert nothing["orders"] == []
    assert nothing["next"] is not None
    await shop.post(f"/api/orders/{ids[0]}/cancel", None, status=200)
    news = await shop.get("/api/orders", **query, after=nothing["next"])
    assert [(o["order_id"], o["status"]) for o in news["orders"]] == [(ids[0], "cancelled")]
    everything = await _walk(shop, "/api/orders", "orders", **query)
    assert [order["order_id"] for order in everything] == [ids[1], ids[2], ids[0]]
    # A buyer reads its own.
    token = shop.token("bo")
    own = await shop.get("/api/orders", by=token, session=session_id)
    assert [order["order_id"] for order in own["orders"]] == [ids[1]]
    assert ids[1] in [o["order_id"] for o in (await shop.get("/api/orders", by=token))["orders"]]
    assert (await shop.get(f"/api/orders/{ids[1]}", by=token))["viewer_id"] == "bo"
    await shop.refuses(404, "not_found", "GET", f"/api/orders/{ids[0]}", by=token)
    await shop.refuses(401, "unauthorized", "GET", f"/api/orders/{ids[0]}", by=None)


async def test_the_bounds_of_a_page(shop: SystemShop) -> None:
    session_id = await shop.session()
    lists = ("/api/products", "/api/sessions", f"/api/sessions/{session_id}/events", "/api/orders")
    for path in (*lists, "/api/payments"):
        more = {"status": "refund_due"} if path == "/api/payments" else {}
        for limit in ("0", "201", "-1", "x", "", "1.5"):
            query = {"limit": limit, **more}
            error = await shop.refuses(400, "bad_request", "GET", path, query=query)
            assert "limit" in error["message"]
        await shop.get(path, limit=200, **more)
        query = {"colour": "red", **more}
        error = await shop.refuses(400, "bad_request", "GET", path, query=query)
        assert "colour" in error["message"]
    await shop.refuses(400, "bad_request", "GET", "/api/orders", query={"after": "5"})
    await shop.refuses(404, "not_found", "GET", "/api/orders", query={"session": "none"})
    for after in ("x", "-1"):
        path = f"/api/sessions/{session_id}/events"
        await shop.refuses(400, "bad_request", "GET", path, query={"after": after})


async def test_what_is_not_there_is_not_found(shop: SystemShop) -> None:
    for path in (
        *("/api/nothing", "/api/products/none", "/api/sessions/none", "/api/sessions/none/events"),
        *(f"/api/orders/{new_rid()}", "/nothing", "/api/sessions/" + "x" * 65),
    ):
        await shop.refuses(404, "not_found", "GET", path)
    pause = {"type": "session.pause"}
    await shop.refuses(404, "not_found", "POST", "/api/sessions/none/commands", pause)


async def test_the_wrong_method_is_a_bad_request_with_405(shop: SystemShop) -> None:
    for method, path in (
        *(("DELETE", "/api/products"), ("PUT", "/api/sessions"), ("POST", "/healthz")),
        *(("PUT", "/api/keys"), ("GET", "/api/orders/none/cancel")),
    ):
        await shop.refuses(405, "bad_request", method, path)


async def test_a_body_that_is_none_is_a_bad_request(shop: SystemShop) -> None:
    headers = {"Authorization": f"Bearer {shop.api_key}", "Content-Type": "application/json"}
    for body in (b"", b"nonsense", b"[]", b"null", b'"x"', b'{"title": "\xff"}', b'{"a": NaN}'):
        response = await shop.http.post("/api/sessions", content=body, headers=headers)
        assert response.status_code == 400, body
        assert whole_error(response.json())["code"] == "bad_request"
    big = json.dumps({"title": "x" * 66_000}).encode()
    response = await shop.http.post("/api/sessions", content=big, headers=headers)
    assert response.status_code == 413
    assert whole_error(response.json())["code"] == "bad_request"
    # Bodies go to 64 KiB: one as long is read, and refused for what it says.
    exact = json.dumps({"title": "t"}).encode().ljust(65_536)
    response = await shop.http.post("/api/sessions", content=exact, headers=headers)
    assert response.status_code == 201
    response = await shop.http.post("/api/sessions", content=exact + b" ", headers=headers)
    assert response.status_code == 413


async def test_what_is_made_is_answered_with_201_and_itself(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    assert list(product) == ["product_id", "title", "description", "image", "variants"]
    assert list(product["variants"][0]) == ["sku", "label", "price", "was", "stock"]
    assert await shop.get(f"/api/products/{product['product_id']}", by=None) == product
    await shop.refuses(409, "conflict", "POST", "/api/products", product)
    body = {"title": "Drop", "starts_at_ms": 5, "payment": "direct", "hold_ms": 1_000}
    session = await shop.post("/api/sessions", {**body, "currency": "JPY"})
    assert (session["status"], session["offset"]) == ("scheduled", 0)
    assert (session["currency"], session["starts_at_ms"]) == ("JPY", 5)
    assert (session["shelf"], session["sales"], session["pinned"]) == ([], [], [])
    assert "chat" not in session
    assert (await shop.post("/api/sessions", {"title": "x"}))["status"] == "draft"


async def test_a_session_in_another_currency_needs_prices(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    session_id = await shop.session(currency="JPY")
    add = {"product_id": name, "units": {sku: 1}}
    error = await shop.host_refused(400, "bad_request", session_id, "product.add", **add)
    assert "prices" in error["message"]
    await shop.host(session_id, "product.add", **add, prices={sku: 700})
    async with shop.joined(session_id, "ada") as client:
        order = await bought(client, sku)
    assert (order["total"], order["currency"]) == (700, "JPY")


async def test_reservations_over_http(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    path = f"/api/sessions/{session_id}/reservations"
    rid = new_rid()
    body = {"rid": rid, "sku": sku, "quantity": 2}
    token = shop.token("ada")
    async with shop.joined(session_id, "ada") as client:
        made = await shop.post(path, body, by=token)
        assert list(made) == ["type", "rid", "sku", "quantity", "price", "expires_at_ms"]
        assert await client.wait_for_type("reserved") == made
        replay = await shop.ask("POST", path, body, by=token)
        assert (replay.status_code, replay.json()) == (200, made)
        await shop.refuses(409, "conflict", "POST", path, {**body, "quantity": 1}, by=token)
        acting = {**body, "viewer_id": "ada"}
        assert (await shop.ask("POST", path, acting)).json() == made
        await shop.refuses(400, "bad_request", "POST", path, body)  # an API key says for whom
        await shop.refuses(403, "forbidden", "POST", path, {**body, "viewer_id": "x"}, by=token)
        await shop.refuses(404, "not_found", "DELETE", f"{path}/{rid}", by=shop.token("bo"))
        response = await shop.ask("DELETE", f"{path}/{rid}", by=token)
        released = {"type": "released", "rid": rid, "sku": sku}
        assert (response.status_code, response.json()) == (200, released)
        assert await client.wait_for_type("released") == released
        replay = await shop.ask("POST", path, body, by=token)
        assert (replay.status_code, replay.json()) == (200, {**made, "state": "released"})
        await shop.refuses(404, "not_found", "DELETE", f"{path}/{new_rid()}", by=token)
        cart = (await shop.post(path, {**body, "rid": new_rid()}, by=token))["rid"]
        await client.ask("checkout", order_id=new_rid(), rids=[cart])
        replay = await shop.ask("POST", path, {**body, "rid": cart}, by=token)
        assert (replay.status_code, replay.json()["state"]) == (200, "sold")
        for code, fields in (
            ("sold_out", {"quantity": 4}),
            ("limit", {"quantity": 11}),
            ("price_changed", {"quantity": 1, "price": 1}),
        ):
            wanted = {**body, "rid": new_rid(), **fields}
            error = await shop.refuses(409, code, "POST", path, wanted, by=token)
            assert "ref" not in error
        await shop.host(session_id, "session.pause")
        wanted = {**body, "rid": new_rid()}
        await shop.refuses(409, "not_live", "POST", path, wanted, by=token)
        last = await shop.ask("POST", path, {**acting, "rid": cart})
        assert last.status_code == 200


async def test_a_key_is_made_by_an_admin_and_works_at_once(shop: SystemShop) -> None:
    made = await shop.post("/api/keys", {"name": "till"}, by=shop.token("root", "admin"))
    key = made["key"]
    session = await shop.post("/api/sessions", {"title": "By key"}, by=key)
    assert await shop.host(session["id"], "session.start", by=key)
    await shop.refuses(403, "forbidden", "POST", "/api/keys", {"name": "x"}, by=key)
    error = await shop.refuses(
        400, "bad_request", "POST", "/api/keys", {}, by=shop.token("root", "admin")
    )
    assert "name" in error["message"]


_CSV = """\ufeffHandle,Title,Body (HTML),Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
Variant SKU,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src
{h},A Shirt,<p>Soft</p><script>x()</script>,Size,S,Colour,Red,{h}-1,7,19.90,25.00,\
https://a.example/1.png
{h},,,,M,,Blue,{h}-2,3,19.5,,
{h},,,,,,,,,,,https://a.example/2.png
{h}-mug,Mug,"two
lines",Title,Default Title,,,{h}-mug-1,5,8,,
{h}-bad,Bad,,Title,Default Title,,,{h}-bad-1,5,-1,,
,Nobody,,Title,Default Title,,,{h}-nobody,5,1,,
{h}-odd,Odd,,Title,Default Title,,,{h}-odd-1,5,1.234,,
"""


@pytest.mark.feature("catalogue_import")
async def test_a_shopify_export_is_imported_and_again_changes_nothing(shop: SystemShop) -> None:
    handle = named("import")
    csv = _CSV.format(h=handle)

    async def bring(text: str) -> Message:
        headers = {"Authorization": f"Bearer {shop.api_key}", "Content-Type": "text/csv"}
        response = await shop.http.post(
            "/api/products/import", content=text.encode(), headers=headers
        )
        assert response.status_code == 200, response.text
        report: Message = response.json()
        names = {"products", "variants", "created", "updated", "unchanged", "bad"}
        assert set(report) >= names
        return report

    report = await bring(csv)
    bad = [(each["line"], each["handle"]) for each in report["bad"]]
    assert bad == [(7, f"{handle}-bad"), (8, ""), (9, f"{handle}-odd")]
    assert all(list(each) == ["line", "handle", "reason"] for each in report["bad"])
    shirt = await shop.get(f"/api/products/{handle}")
    assert "script" not in shirt["description"]
    assert shirt["image"] == "https://a.example/1.png"
    assert shirt["variants"] == [
        {"sku": f"{handle}-1", "label": "S / Red", "price": 1990, "was": 2500, "stock": 7},
        {"sku": f"{handle}-2", "label": "M / Blue", "price": 1950, "was": None, "stock": 3},
    ]
    (mug,) = (await shop.get(f"/api/products/{handle}-mug"))["variants"]
    assert (mug["label"], mug["price"], mug["stock"]) == ("", 800, 5)
    again = await bring(csv)
    assert (again["created"], again["updated"]) == (0, 0)
    assert again["unchanged"] == report["created"]
    # Units set aside are not conjured up again: a later import applies the difference.
    session_id = await shop.session()
    await shop.host(session_id, "product.add", product_id=handle, units={f"{handle}-1": 6})
    assert (await bring(csv))["updated"] == 0
    assert await shop.stock(handle) == [1, 3]
    await bring(csv.replace(f"{handle}-1,7,", f"{handle}-1,9,"))
    assert await shop.stock(handle) == [3, 3]


@pytest.mark.feature("catalogue_import")
async def test_what_is_no_csv_is_refused(shop: SystemShop) -> None:
    headers = {"Authorization": f"Bearer {shop.api_key}", "Content-Type": "text/csv"}
    for body in (b"", b"a,b\n1,2\n"):
        response = await shop.http.post("/api/products/import", content=body, headers=headers)
        assert response.status_code == 400, response.text
        whole_error(response.json())


async def test_a_node_tells_that_it_is_alive_and_able(shop: SystemShop) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await shop.http.get(path)).status_code == 200
    metrics = await shop.http.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert re.search(r"^liveshop_\w+(\{.*\})? [0-9.e+]+$", metrics.text, re.M)


async def test_the_pages_are_there(shop: SystemShop) -> None:
    session_id = await shop.session()
    for path in ("/", f"/watch/{session_id}", f"/host/{session_id}"):
        page = await shop.http.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "content-security-policy" in page.headers
    module = await shop.http.get("/liveshop.js")
    assert "javascript" in module.headers["content-type"]


async def test_other_origins_are_let_in_by_the_setting_alone(
    shop: SystemShop, other: SystemShop
) -> None:
    wanted = "authorization, content-type"
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": wanted}
    for server, origin, allowed in (
        *((other, FRIEND, FRIEND), (other, "https://evil.example", None)),
        (shop, FRIEND, None),
    ):
        for path in ("/api/sessions", "/liveshop.js"):
            answer = await server.http.get(path, headers={"Origin": origin})
            assert answer.status_code == 200
            assert answer.headers.get("access-control-allow-origin") == allowed
        headers = {"Origin": origin, **ask}
        answer = await server.http.request("OPTIONS", "/api/sessions", headers=headers)
        assert answer.headers.get("access-control-allow-origin") == allowed


_TABLE = {
    ("post", "/api/products"), ("get", "/api/products"), ("get", "/api/products/{}"),
    ("post", "/api/products/import"), ("post", "/api/sessions"), ("get", "/api/sessions"),
    ("get", "/api/sessions/{}"), ("post", "/api/sessions/{}/commands"),
    ("get", "/api/sessions/{}/events"), ("post", "/api/sessions/{}/reservations"),
    ("delete", "/api/sessions/{}/reservations/{}"), ("post", "/api/orders/{}/confirm"),
    ("get", "/api/payments"), ("post", "/api/payments/{}/refunded"), ("get", "/api/orders"),
    ("get", "/api/orders/{}"), ("post", "/api/orders/{}/cancel"), ("post", "/api/keys"),
}  # fmt: skip


@pytest.mark.feature("catalogue_import")
async def test_the_openapi_document_has_the_whole_table(shop: SystemShop) -> None:
    document = await shop.get("/api/openapi.json", by=None)
    assert document["openapi"].startswith("3.")
    described = {
        (method, re.sub(r"\{\w+\}", "{}", path))
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "delete", "patch")
    }
    assert described >= _TABLE
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api") and method in ("get", "post", "delete"):
                assert operation["responses"], path


@pytest.mark.parametrize("path", ["/api/sessions", "/watch/x", "/api/openapi.json", "/healthz"])
async def test_head_is_answered_as_get_is(shop: SystemShop, path: str) -> None:
    answer: httpx.Response = await shop.http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_catalogue_has_what_no_session_has(shop: SystemShop) -> None:
    product = await shop.product(S=5)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    session_id = await shop.session(product)
    assert await shop.stock(name) == [0]
    async with shop.joined(session_id, "ada") as client:
        held = await reserved(client, sku)
        order = await bought(client, sku)
        await shop.host(session_id, "session.end")
        # A hold lives on, so the session is not settled.
        assert await shop.stock(name) == [0]
        await client.ask("release", rid=held["rid"])
        await eventually(lambda: shop.stock(name), [4])
        await shop.post(f"/api/orders/{order['order_id']}/cancel", None, status=200)
        await client.wait_for_type("cancelled", order_id=order["order_id"])
        await eventually(lambda: shop.stock(name), [5])
