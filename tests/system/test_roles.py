"""The right to every command and to every request, for every role."""

from typing import Any

import pytest

from tests.client import Message
from tests.system.shop import SystemShop, new_rid, whole_error

_ROLES = (None, "viewer", "moderator", "host", "admin")
_COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "say": ("viewer", {"text": "hi"}),
    "buy": ("viewer", {"rid": new_rid(), "sku": "none", "quantity": 1}),
    "reserve": ("viewer", {"rid": new_rid(), "sku": "none", "quantity": 1}),
    "checkout": ("viewer", {"order_id": new_rid(), "rids": [new_rid()]}),
    "release": ("viewer", {"rid": new_rid()}),
    "product.pin": ("moderator", {"product_id": "none"}),
    "product.unpin": ("moderator", {"product_id": "none"}),
    "chat.delete": ("moderator", {"id": "1-0"}),
    "chat.pin": ("moderator", {"id": "1-0"}),
    "chat.unpin": ("moderator", {"id": "1-0"}),
    "viewer.mute": ("moderator", {"viewer_id": "nobody", "duration_ms": 1_000}),
    "viewer.unmute": ("moderator", {"viewer_id": "nobody"}),
    "viewer.ban": ("moderator", {"viewer_id": "nobody", "duration_ms": 1_000}),
    "viewer.unban": ("moderator", {"viewer_id": "nobody"}),
    "hold.release": ("host", {"viewer_id": "nobody", "rid": new_rid()}),
    "session.resume": ("host", {}),
    "session.start": ("host", {}),
    "product.add": ("host", {"product_id": "none", "units": {"none": 1}}),
    "product.remove": ("host", {"product_id": "none"}),
    "stock.add": ("host", {"product_id": "none", "units": {"none": 1}}),
    "product.reprice": ("host", {"product_id": "none", "prices": {"none": 1}}),
    "sale.start": ("host", {"product_id": "none", "percent": 10, "duration_ms": 5_000}),
    "sale.end": ("host", {"product_id": "none"}),
    "session.pause": ("host", {}),
    "session.end": ("host", {}),
}
_OVER_HTTP = [name for name, (role, _) in _COMMANDS.items() if role != "viewer"]
_ALLOWED = {
    "session.pause": "ok",
    "session.end": "ok",
    "say": "ok",
    "viewer.mute": "ok",
    "viewer.unmute": "ok",
    "viewer.ban": "ok",
    "viewer.unban": "ok",
    "session.resume": "conflict",
    "session.start": "conflict",
    "buy": "not_found",
    "reserve": "not_found",
}


def _expected(role: str | None, needed: str) -> str | None:
    """Return the refusal, None where the role will do."""
    if role is None:
        return "unauthorized"
    return None if _ROLES.index(role) >= _ROLES.index(needed) else "forbidden"


@pytest.mark.feature("chat")
@pytest.mark.parametrize("role", _ROLES)
async def test_each_command_needs_its_role(shop: SystemShop, role: str | None) -> None:
    session_id = await shop.session()
    before = await shop.log(session_id)
    sub = None if role is None else f"a-{role}"
    async with shop.joined(session_id, sub, role or "viewer") as client:
        for command, (needed, fields) in _COMMANDS.items():
            answer = await client.ask(command, **fields)
            outcome = answer["code"] if answer["type"] == "error" else answer["type"]
            refusal = _expected(role, needed)
            assert outcome == (refusal or _ALLOWED.get(command, "not_found")), (command, answer)
        assert (await client.ask("time", client_ms=0))["type"] == "time"
    events = [event["type"] for event in (await shop.log(session_id))[len(before) :]]
    is_host = role in ("host", "admin")
    assert events == (["session.paused", "session.ended"] if is_host else [])


@pytest.mark.feature("chat")
@pytest.mark.parametrize("role", _ROLES)
async def test_each_command_needs_its_role_over_http(shop: SystemShop, role: str | None) -> None:
    session_id = await shop.session()
    token = None if role is None else shop.token(f"a-{role}", role)
    path = f"/api/sessions/{session_id}/commands"
    for command in _OVER_HTTP:
        needed, fields = _COMMANDS[command]
        answer = await shop.ask("POST", path, {"type": command, **fields}, by=token)
        body: Message = answer.json()
        outcome = "ok" if answer.status_code == 200 else whole_error(body)["code"]
        refusal = _expected(role, needed)
        assert outcome == (refusal or _ALLOWED.get(command, "not_found")), (command, body)
        statuses = {"unauthorized": 401, "forbidden": 403, "ok": 200, "not_found": 404}
        assert answer.status_code == statuses.get(outcome, 409)


async def test_a_viewers_command_is_no_hosts_command(shop: SystemShop) -> None:
    session_id = await shop.session()
    path = f"/api/sessions/{session_id}/commands"
    for command in ("buy", "say", "hello", "like", "time", "dance"):
        body = {"type": command, **_COMMANDS.get(command, ("", {}))[1]}
        error = await shop.refuses(400, "bad_request", "POST", path, body)
        assert "type" in error["message"]


_REQUESTS: list[tuple[str, str, Any, str]] = [
    ("GET", "/api/products", None, "anyone"),
    ("GET", "/api/sessions", None, "anyone"),
    ("GET", "/api/sessions/{s}", None, "anyone"),
    ("GET", "/api/sessions/{s}/events", None, "anyone"),
    ("GET", "/api/openapi.json", None, "anyone"),
    ("GET", "/api/orders", None, "viewer"),
    ("GET", "/api/orders/none", None, "viewer"),
    ("POST", "/api/sessions/{s}/reservations", _COMMANDS["reserve"][1], "viewer"),
    ("DELETE", f"/api/sessions/{{s}}/reservations/{new_rid()}", None, "viewer"),
    ("POST", "/api/products", {}, "host"),
    ("POST", "/api/products/import", {}, "host"),
    ("POST", "/api/sessions", {}, "host"),
    ("POST", "/api/orders/none/cancel", None, "host"),
    ("GET", "/api/payments?status=refund_due", None, "host"),
    ("POST", "/api/keys", {}, "admin"),
    ("POST", "/api/orders/none/confirm", {"payment_id": "p", "amount": 1}, "key"),
    ("POST", "/api/payments/none/refunded", None, "key"),
]


@pytest.mark.feature("catalogue_import")
@pytest.mark.parametrize("role", [*_ROLES, "key"])
async def test_each_request_needs_its_role(shop: SystemShop, role: str | None) -> None:
    session_id = await shop.session()
    ranks = ("anyone", *_ROLES[1:])
    token = None if role is None else shop.token(f"a-{role}", role)
    for method, path, body, needed in _REQUESTS:
        by = "" if role == "key" else token
        response = await shop.ask(method, path.format(s=session_id), body, by=by)
        if role == "key":
            wanted = {403} if needed == "admin" else {200, 400, 404}
        elif needed == "anyone":
            wanted = {200}
        elif role is None:
            wanted = {401}
        elif needed == "key" or ranks.index(role) < ranks.index(needed):
            wanted = {403}
        else:
            wanted = {200, 400, 404}
        assert response.status_code in wanted, (method, path, response.text)
        if response.status_code >= 400:
            whole_error(response.json())
