"""API keys: what each may do, where, and for how long."""

from typing import Any, Final

import pytest

from liveshop.core.roles import Role, Scope
from liveshop.edge.http.app import operations
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from tests.edge.http.api import Api, Caller, Json, a_rid, make_key
from tests.edge.http.two_shops import MAKES_ITS_OWN, OURS, THEIRS, TwoShops, open_shops
from tests.every_feature import WHOLE
from tests.waiting import wait_until

_TABLE: Final = operations(WHOLE)
_FOR_NO_KEY: Final = {
    *("/api/keys", "/api/keys/{key_id}", "/api/activity"),
    *("/api/tokens/revoke", "/api/tokens/revoked"),
    *("/api/guests", "/api/guests/me"),
    *("/api/webhooks", "/api/webhooks/{webhook_id}", "/api/webhooks/{webhook_id}/secret"),
    *("/api/webhooks/{webhook_id}/test", "/api/webhooks/{webhook_id}/deliveries"),
    "/api/webhooks/{webhook_id}/replay",
}


def _ask(caller: Caller, operation: Operation, path: str) -> tuple[int, str]:
    asked = caller.send(operation.method, path, json={})
    is_json = asked.headers["content-type"].startswith("application/json")
    return asked.status_code, asked.json().get("message", "") if is_json else ""


def test_every_operation_needs_its_scope_of_a_key(api: Api, postgres_url: str) -> None:
    shops = open_shops(api, postgres_url)
    without = {
        scope: api.with_token(make_key(api, scopes=[s for s in Scope if s is not scope])["key"])
        for scope in Scope
    }
    before = shops.stored() | {"api_key": None}
    for operation in _TABLE:
        path = shops.path(operation.path.replace(":path", "").replace("{key_id}", "k"))
        if operation.scope is None:
            for caller in (*without.values(), api.backend):
                assert _ask(caller, operation, path) == (403, "no API key may do this"), path
            continue
        refused = _ask(without[operation.scope], operation, path)
        assert refused == (403, f"this API key lacks the scope {operation.scope}"), path
    assert shops.stored() | {"api_key": None} == before


def test_a_key_may_do_what_its_scope_names(api: Api, postgres_url: str) -> None:
    shops = open_shops(api, postgres_url)
    of = {scope: api.with_token(make_key(api, scopes=[scope])["key"]) for scope in Scope}
    session = f"/api/sessions/{shops.session_id}"
    assert of[Scope.CATALOGUE].get("/api/products/shirt").status_code == 200
    for kind in ("session.pause", "session.resume"):
        done = of[Scope.SESSIONS].post(f"{session}/commands", json={"type": kind})
        assert done.status_code == 200
    reserve = {"rid": a_rid(), "sku": shops.sku, "quantity": 1, "viewer_id": "eve"}
    assert of[Scope.RESERVE].post(f"{session}/reservations", json=reserve).status_code == 201
    assert of[Scope.ORDERS].get(f"/api/orders/{shops.rid}").status_code == 200
    assert len(of[Scope.PAYMENTS].get("/api/payments").json()["payments"]) == 1


def test_a_key_for_orders_reports_no_payment(api: Api, postgres_url: str) -> None:
    shops = open_shops(api, postgres_url)
    key = api.with_token(make_key(api, scopes=["orders"])["key"])
    before = shops.stored() | {"api_key": None}
    payment = {"payment_id": "pay-2", "amount": 5000}
    for path in (f"/api/orders/{shops.rid}/confirm", "/api/payments/pay-1/refunded"):
        refused = key.post(path, json=payment)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert shops.stored() | {"api_key": None} == before


def test_an_operation_without_a_scope_cannot_exist() -> None:
    async def handler(services: Services, call: Call[Nothing, Nothing]) -> Reply:
        return Reply({})

    fields: dict[str, Any] = {"method": "GET", "path": "/", "handler": handler, "answers": {}}
    assert Operation(**fields, scope=Scope.ORDERS).scope is Scope.ORDERS
    with pytest.raises(TypeError, match="scope"):
        Operation(**fields)


def test_only_keys_revocations_guests_webhooks_and_the_activity_log_are_for_no_key(
    api: Api,
) -> None:
    assert {each.path for each in _TABLE if each.scope is None} == _FOR_NO_KEY


def test_the_document_names_the_scope_of_every_operation(api: Api) -> None:
    paths: Json = api.anyone.get("/api/openapi.json").json()["paths"]
    for each in _TABLE:
        described = paths[each.path.replace(":path", "")][each.method.lower()]
        assert described["x-api-key-scope"] == each.scope


def test_a_key_of_before_may_do_everything(api: Api, postgres_url: str) -> None:
    made = make_key(api)
    assert set(made) == {"id", "name", "key"}
    (listed,) = api.as_role(Role.ADMIN).get("/api/keys").json()["keys"]
    assert (listed["scopes"], listed["shop"], listed["expires_at_ms"]) == (None, None, None)


def test_the_list_never_shows_a_secret_and_says_when_a_key_was_used(api: Api) -> None:
    made = make_key(api, scopes=["reserve", "orders"], shop=OURS, expires_at_ms=9_000_000_000_000)
    admin = api.as_role(Role.ADMIN)
    (listed,) = admin.get("/api/keys").json()["keys"]
    created_ms = listed.pop("created_at_ms")
    assert listed == {
        "id": made["id"],
        "name": "backend",
        "shop": OURS,
        "scopes": ["reserve", "orders"],
        "expires_at_ms": 9_000_000_000_000,
        "used_at_ms": None,
    }
    assert api.with_token(made["key"]).get("/api/orders").status_code == 200
    wait_until(lambda: admin.get("/api/keys").json()["keys"][0]["used_at_ms"] is not None)
    answer = admin.get("/api/keys")
    assert answer.json()["keys"][0]["used_at_ms"] >= created_ms
    assert made["key"] not in answer.text


def test_keys_are_listed_in_pages_and_by_admins_only(api: Api) -> None:
    made = {make_key(api)["id"] for _ in range(3)}
    admin = api.as_role(Role.ADMIN)
    first = admin.get("/api/keys", params={"limit": 2}).json()
    rest = admin.get("/api/keys", params={"limit": 2, "after": first["next"]}).json()
    seen = [key["id"] for key in first["keys"] + rest["keys"]]
    assert (seen, rest["next"]) == (sorted(made), None)
    assert api.host.get("/api/keys").status_code == 403
    assert api.anyone.get("/api/keys").status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at_ms": 1},
        {"shop": ""},
    ],
)
def test_limits_that_cannot_be_make_no_key(api: Api, fields: Json) -> None:
    admin = api.as_role(Role.ADMIN)
    refused = admin.post("/api/keys", json={"name": "backend", **fields})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert next(iter(fields)) in refused.json()["message"]
    assert admin.get("/api/keys").json() == {"keys": [], "next": None}


def test_an_admin_of_a_shop_knows_that_shops_keys_only(api: Api) -> None:
    ours, none = make_key(api, shop=OURS), make_key(api)
    admin = api.as_role(Role.ADMIN, shop=THEIRS)
    assert admin.get("/api/keys").json() == {"keys": [], "next": None}
    for key in (ours, none):
        assert admin.delete(f"/api/keys/{key['id']}").status_code == 404
        assert api.with_token(key["key"]).get("/api/orders").status_code == 200
    assert admin.post("/api/keys", json={"name": "x", "shop": OURS}).status_code == 403
    own = admin.post("/api/keys", json={"name": "x"}).json()
    assert own["shop"] == THEIRS
    assert [key["id"] for key in admin.get("/api/keys").json()["keys"]] == [own["id"]]


def test_a_key_of_another_shop_finds_nothing_here(api: Api, postgres_url: str) -> None:
    shops: TwoShops = open_shops(api, postgres_url)
    key = api.with_token(make_key(api, shop=THEIRS)["key"])
    own = api.with_token(make_key(api, shop=OURS)["key"])
    assert own.get(f"/api/orders/{shops.rid}").status_code == 200  # and is noted as used
    before = shops.stored() | {"api_key": None}
    for operation in _TABLE:
        path = operation.path.replace(":path", "")
        if (operation.method, path) == MAKES_ITS_OWN:
            continue
        if "{" in path and operation.scope is not None:
            asked = key.send(operation.method, shops.path(path), json={})
            assert (asked.status_code, asked.json()["code"]) == (404, "not_found"), path
    assert shops.stored() | {"api_key": None} == before
    for path, name in (("/api/orders", "orders"), ("/api/payments", "payments")):
        assert key.get(path).json()[name] == []
        assert len(own.get(path).json()[name]) == 1
