"""Errors in the protocol's shape, whatever went wrong."""

from types import SimpleNamespace
from typing import Any

import httpx

from liveshop.core.access import Revocations
from liveshop.core.feature import KERNEL
from liveshop.core.limits import BODY_BYTES_MAX
from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.edge.http.app import build_app
from liveshop.edge.tokens import make_token
from liveshop.engine.metrics import Metrics
from tests.edge.http.api import SECRET, SHOP_ORIGIN, Api


def problem(response: httpx.Response) -> tuple[int, str]:
    """Return an error's status and code, its shape being right."""
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/json"
    assert list(body)[:3] == ["type", "code", "message"]
    assert body["type"] == "error"
    return response.status_code, body["code"]


def test_every_refusal_has_the_protocols_shape(api: Api) -> None:
    for method, path, expected in (
        ("GET", "/nowhere", (404, "not_found")),
        ("GET", "/api/nowhere", (404, "not_found")),
        ("GET", "/pages/nowhere.js", (404, "not_found")),
        ("GET", "/api/products/", (404, "not_found")),
        ("GET", "/api/products/none", (404, "not_found")),
        ("GET", "/api/sessions/none", (404, "not_found")),
        ("GET", "/api/sessions/a%00b", (404, "not_found")),
        ("GET", "/api/sessions/none/events", (404, "not_found")),
        ("PUT", "/api/products", (405, "bad_request")),
        ("DELETE", "/healthz", (405, "bad_request")),
        ("GET", "/api/orders", (401, "unauthorized")),
        ("GET", "/api/products?limit=0", (400, "bad_request")),
        ("GET", "/api/products?limit=201", (400, "bad_request")),
        ("GET", "/api/products?limit=ten", (400, "bad_request")),
        ("GET", "/api/products?limit=1&limit=2", (400, "bad_request")),
        ("GET", "/api/products?colour=blue", (400, "bad_request")),
    ):
        assert problem(api.anyone.send(method, path)) == expected, (method, path)


def test_a_query_of_32_fields_is_read_and_one_more_is_refused_unread(api: Api) -> None:
    def refused(fields: int) -> Any:
        return api.anyone.send("GET", f"/api/products?{'&' * (fields - 1)}limit=ten").json()

    assert "limit" in refused(32)["message"]
    assert refused(33)["message"] == "the query has over 32 fields"
    assert refused(15_000) == refused(33)


def test_another_method_is_told_which_ones_go(api: Api) -> None:
    refused = api.anyone.send("PATCH", "/api/products")
    assert refused.headers["allow"] == "GET, HEAD, POST"


def test_a_faulty_body_is_refused_in_words(api: Api) -> None:
    for body, words in (
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b'{"name": "\\ud800"}', "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"{}", "`name`"),
        (b'{"name": 1}', "`name`"),
        (b'{"name": "k", "x": 1}', "`x`"),
    ):
        refused = api.as_role(Role.ADMIN).post("/api/keys", content=body)
        assert problem(refused) == (400, "bad_request"), body
        assert words in refused.json()["message"]


def test_a_body_over_the_limit_is_refused_whether_it_says_so_or_not(api: Api) -> None:
    admin, body = api.as_role(Role.ADMIN), b"x" * (BODY_BYTES_MAX + 1)
    assert problem(admin.post("/api/keys", content=body)) == (413, "bad_request")
    assert problem(admin.post("/api/keys", content=iter([body]))) == (413, "bad_request")


def test_a_token_that_does_not_hold_is_refused_on_public_paths_too(api: Api) -> None:
    expired = make_token(SECRET, viewer_id="u1", role=Role.HOST, ttl_s=-60)
    forged = make_token("x" * 32, viewer_id="u1", role=Role.HOST, ttl_s=60)
    tokens = ("a.b.c", "lsk_none", expired, forged, "x" * 5000)
    for bad in ("", "Bearer", "Basic dTpw", *(f"Bearer {each}" for each in tokens)):
        refused = api.anyone.get("/api/products", headers={"Authorization": bad})
        assert problem(refused) == (401, "unauthorized"), bad
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_a_bug_is_answered_without_a_traceback() -> None:
    async def anyone(*grant: object) -> None:
        """Let every token hold."""

    access = SimpleNamespace(revocations=Revocations(), require=anyone, require_held=anyone)
    node = SimpleNamespace(now_ms=lambda: 0, metrics=Metrics(), vocabulary=KERNEL, access=access)
    bare: Any = SimpleNamespace(node=node, start=None)
    nothing: Any = None
    app = build_app(Settings(secret=SECRET, origins=(SHOP_ORIGIN,)), bare, nothing)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answer = await client.get("/api/products", headers={"Origin": SHOP_ORIGIN})
    assert problem(answer) == (500, "internal")
    assert answer.json()["message"] == "something went wrong on our side"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == SHOP_ORIGIN
