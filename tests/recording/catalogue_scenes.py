"""Before a show: the catalogue, planned sessions, and doors at which nobody gets in."""

import json
from contextlib import suppress
from typing import Any, Final

from websockets.exceptions import ConnectionClosed

from tests.client import connected
from tests.recording.stage import RecordingStage

FRIEND: Final = "https://friend.example"
# So far ahead that no recording is near it.
_STARTS_AT_MS: Final = 4_000_000_000_000
_PRODUCTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "product_id": "shirt",
        "title": "Ocean Shirt",
        "description": "Washed linen.",
        "image": "https://shop.example/shirt.jpg",
        "variants": [
            {"sku": "SHIRT-M", "label": "M", "price": 5000, "was": 5900, "stock": 40},
            {"sku": "SHIRT-L", "label": "L", "price": 5200, "stock": 9},
        ],
    },
    {
        "product_id": "mug",
        "title": "Red mug",
        "variants": [{"sku": "MUG", "label": "", "price": 1200, "stock": 12}],
    },
    {
        "product_id": "cap",
        "title": "Blue cap",
        "variants": [{"sku": "CAP", "label": "", "price": 1900, "stock": 30}],
    },
    {
        "product_id": "bag",
        "title": "Canvas bag",
        "variants": [{"sku": "BAG", "label": "", "price": 2900, "stock": 30}],
    },
)
_CSV: Final = """Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,\
Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src
vase,A vase,<p>Tall</p>,Size,S,VASE-S,7,19.90,25.00,https://a.example/1.png
vase,,,,M,VASE-M,3,19.5,,
pot,Clay pot,,Title,Default Title,POT,5,-1,,
"""


async def catalogue(stage: RecordingStage) -> None:
    """Fill the catalogue, and ask it for what it has and has not."""
    host, viewer = stage.token("host", "host"), stage.token("ada")
    async with stage.scene("the catalogue"):
        for product in _PRODUCTS:
            await stage.call("POST", "/api/products", product, by=host)
        await stage.call("POST", "/api/products", _PRODUCTS[0], by=host)
        for body in ({"title": "x"}, {**_PRODUCTS[1], "colour": "red"}, b"nonsense", b"[]"):
            await stage.call("POST", "/api/products", body, by=host)
        await stage.call("POST", "/api/products", _PRODUCTS[0])
        await stage.call("POST", "/api/products", _PRODUCTS[0], by=viewer)
        await stage.call("POST", "/api/products", _PRODUCTS[0], by="nonsense")
        await stage.call("GET", "/api/products")
        page = await stage.call("GET", "/api/products", limit=1)
        await stage.call("GET", "/api/products", limit=1, after=page["next"])
        for words in ("oce", "SHIRT-L", "nothing"):
            await stage.call("GET", "/api/products", q=words)
        await stage.call("GET", "/api/products", limit="0")
        for name in ("mug", "nothing"):
            await stage.call("GET", f"/api/products/{name}")
        for _ in range(2):
            await _import(stage, _CSV.encode(), host)
        await _import(stage, b"a,b\n1,2\n", host)
        await _import(stage, _CSV.encode(), viewer)
        await stage.call("GET", "/api/products/vase")


async def _import(stage: RecordingStage, text: bytes, by: str) -> None:
    headers = {"Content-Type": "text/csv"}
    await stage.call("POST", "/api/products/import", text, by=by, headers=headers)


async def plan(stage: RecordingStage) -> None:
    """Plan the sessions of the show: a draft, the show, and four next to it."""
    host, moderator = stage.token("host", "host"), stage.token("mod", "moderator")
    planned: dict[str, dict[str, Any]] = {
        "draft": {"title": "Nobody's"},
        "drop": {
            "title": "Autumn drop",
            "stream_url": "https://video.example/live.m3u8",
        },
        "elsewhere": {
            "title": "Paid elsewhere",
            "payment": "checkout",
            "checkout_url": "https://pay.example/cart?order={order_id}",
        },
        "short": {"title": "Short holds", "hold_ms": 2_000, "payment": "checkout"},
        "timer": {"title": "Ended by a timer"},
        "yen": {"title": "In yen", "currency": "JPY"},
    }
    async with stage.scene("sessions are planned"):
        for name, fields in planned.items():
            when = {} if name == "draft" else {"starts_at_ms": _STARTS_AT_MS}
            body = {**fields, **when}
            await stage.call("POST", "/api/sessions", body, by=host, makes=name)
        for body in ({}, {"title": "x", "hold_ms": 1}, {"title": "x", "checkout_url": "http://a"}):
            await stage.call("POST", "/api/sessions", body, by=host)
        await stage.call("POST", "/api/sessions", {"title": "x"}, by=stage.token("ada"))
        page = await stage.call("GET", "/api/sessions", limit=2)
        await stage.call("GET", "/api/sessions", limit=2, after=page["next"])
        await stage.call("GET", "/api/sessions", by=moderator)
        for name, by in (("drop", None), ("draft", None), ("draft", moderator)):
            await stage.call("GET", f"/api/sessions/{{{name}}}", by=by)
        await stage.call("GET", "/api/sessions/none")
        sales = {"shirt": {"percent": 20, "duration_ms": 60_000, "units": 5, "limit": 1}}
        for by in (moderator, host):
            await stage.call("PUT", "/api/sessions/{drop}/plan", {"sales": sales}, by=by)
            await stage.call("GET", "/api/sessions/{drop}/plan", by=by)
        await stage.call("PUT", "/api/sessions/{drop}/plan", {"sales": {"x": {}}}, by=host)


async def keys(stage: RecordingStage) -> None:
    """Make API keys, one of which is taken away."""
    root = stage.token("root", "admin")
    async with stage.scene("API keys"):
        made = [await _key(stage, name, root) for name in ("till", "old till")]
        stage.keys["till"] = made[0]["key"]
        await stage.call("POST", "/api/keys", {"name": "x"}, by=stage.token("host", "host"))
        await stage.call("POST", "/api/keys", {}, by=root)
        await stage.call("DELETE", f"/api/keys/{made[1]['id']}", by=root)
        await stage.call("DELETE", "/api/keys/none", by=root)
        for key in made:
            await stage.call("GET", "/api/payments", by=key["key"])


async def _key(stage: RecordingStage, name: str, by: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {by}"}
    body = {"name": name}
    made: dict[str, Any] = (await stage.http.post("/api/keys", json=body, headers=headers)).json()
    stage.canon.name(made["id"], f"key {name}")
    stage.canon.name(made["key"], f"secret of {name}")
    stage.note(f"POST /api/keys {body}", made)
    return made


async def roads(stage: RecordingStage) -> None:
    """Ask for what is not there, in ways that are none, and from elsewhere."""
    wanted = {"Access-Control-Request-Method": "POST"}
    async with stage.scene("the rest of HTTP"):
        for path in ("/healthz", "/readyz", "/joinable"):
            await stage.call("GET", path)
        for path in ("/api/nothing", "/nothing", "/api/sessions/" + "x" * 65):
            await stage.call("GET", path)
        for method, path in (("DELETE", "/api/products"), ("PUT", "/api/sessions")):
            await stage.call(method, path)
        for origin in (FRIEND, "https://stranger.example"):
            headers = {"Origin": origin}
            await stage.call("GET", "/api/sessions/none", headers=headers)
            await stage.call("OPTIONS", "/api/sessions", headers={**headers, **wanted})
        big = json.dumps({"title": "x" * 66_000}).encode()
        await stage.call("POST", "/api/sessions", big, by=stage.token("host", "host"))


async def document(stage: RecordingStage) -> None:
    """Read the OpenAPI document, a line for each operation and each record."""
    async with stage.scene("the OpenAPI document"):
        told = _sorted((await stage.http.get("/api/openapi.json")).json())
        for path, operations in sorted(told.pop("paths").items()):
            for method, operation in operations.items():
                stage.note(f"{method.upper()} {path}", operation)
        for kind, records in told.pop("components").items():
            for name, record in sorted(records.items()):
                stage.note(f"{kind} {name}", record)
        stage.note("all else", told)


def _sorted(schema: Any) -> Any:
    """Return a part of the document with the members of its unions sorted: their order is free."""
    match schema:
        case dict():
            sorted_parts = {name: _sorted(part) for name, part in schema.items()}
            if "mapping" in sorted_parts:
                sorted_parts["mapping"] = dict(sorted(sorted_parts["mapping"].items()))
            if isinstance(union := sorted_parts.get("anyOf"), list):
                sorted_parts["anyOf"] = sorted(union, key=json.dumps)
            return sorted_parts
        case list():
            return [_sorted(part) for part in schema]
        case _:
            return schema


async def doors(stage: RecordingStage) -> None:
    """Knock in every way that is turned away, and note the code of each close."""
    draft, drop = stage.sessions["draft"], stage.sessions["drop"]
    async with stage.scene("turned away"):
        for session, token in (
            ("none", None),
            (draft, None),
            (draft, stage.token("ada")),
            (drop, "nonsense"),
            (drop, stage.token("ada", session="another")),
            (drop, stage.token("ada", exp=1)),
        ):
            hello = json.dumps({"type": "hello", "token": token})
            await _knock(stage, session, f"a hello to {session}", hello)
        for frame in (
            '{"type": "like", "count": 1}',
            "[]",
            "nonsense",
            b'{"type": "hello"}',
            json.dumps({"type": "hello", "token": "x" * 5_000}),
        ):
            await _knock(stage, drop, f"first message {frame[:40]!r}", frame)


async def _knock(stage: RecordingStage, session_id: str, what: str, first: str | bytes) -> None:
    """Send a first message and note how the connection is closed."""
    async with connected(stage.url.replace("http", "ws", 1), session_id) as client:
        # The server may have closed it before: of a session that is not there it reads nothing.
        with suppress(ConnectionClosed):
            await client.connection.send(first)
        closed = await client.closed()
        said = [message["type"] for message in client.messages]
        stage.note(f"closed: {what}", {"code": closed.code, "before": said})
