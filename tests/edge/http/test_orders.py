"""Orders, payments and refunds over HTTP."""

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Json, a_rid
from tests.waiting import wait_until

CHECKOUT: Json = {"payment": "checkout", "checkout_url": "https://shop.example/pay/{order_id}"}


def bought(api: Api, session_id: str, sku: str, viewer_id: str = "u1") -> str:
    """Buy one unit over a socket; return the order's id."""
    rid = a_rid()
    last = api.ask(session_id, viewer_id, "buy", rid=rid, sku=sku, quantity=1)
    assert last["type"] in ("confirmed", "checkout"), last
    return rid


def test_a_buyer_reads_its_own_orders_and_no_others(api: Api) -> None:
    session_id, sku = api.go_live()
    order_id = bought(api, session_id, sku)
    order = api.buyer.get(f"/api/orders/{order_id}").json()
    assert {name: order[name] for name in ("order_id", "session_id", "viewer_id", "status")} == {
        "order_id": order_id,
        "session_id": session_id,
        "viewer_id": "u1",
        "status": "confirmed",
    }
    assert order["lines"] == [{"rid": order_id, "sku": sku, "quantity": 1, "price": 5000}]
    assert (order["total"], order["currency"]) == (5000, "EUR")
    assert api.buyer.get("/api/orders").json() == {"orders": [order], "next": None}
    other = api.as_role(Role.VIEWER, "u2")
    assert other.get(f"/api/orders/{order_id}").status_code == 404
    assert other.get("/api/orders").json()["orders"] == []
    assert other.get("/api/orders", params={"session": session_id}).json()["orders"] == []
    assert api.anyone.get(f"/api/orders/{order_id}").status_code == 401
    assert api.host.get("/api/orders").json()["orders"] == [order]


def test_a_token_of_another_session_reads_no_order_of_this_one(api: Api) -> None:
    session_id, sku = api.go_live()
    order_id = bought(api, session_id, sku)
    for role, viewer_id in ((Role.VIEWER, "u1"), (Role.HOST, "h1")):
        elsewhere = api.as_role(role, viewer_id, session_id=api.add_session())
        refused = elsewhere.get(f"/api/orders/{order_id}")
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized"), role
        listed = elsewhere.get("/api/orders", params={"session": session_id})
        assert listed.status_code == 401
    here = api.as_role(Role.VIEWER, "u1", session_id=session_id)
    assert here.get(f"/api/orders/{order_id}").json()["order_id"] == order_id


def test_an_order_appears_again_when_its_status_changes(api: Api) -> None:
    session_id, sku = api.go_live()
    first, second = bought(api, session_id, sku), bought(api, session_id, sku)
    query: Json = {"session": session_id}
    page = api.host.get("/api/orders", params=query).json()
    assert [order["order_id"] for order in page["orders"]] == [first, second]
    assert api.host.get("/api/orders", params={**query, "after": page["next"]}).json() == {
        "orders": [],
        "next": page["next"],
    }
    assert api.host.post(f"/api/orders/{first}/cancel").json()["status"] == "cancelled"
    news = api.host.get("/api/orders", params={**query, "after": page["next"]}).json()
    assert [(order["order_id"], order["status"]) for order in news["orders"]] == [
        (first, "cancelled")
    ]
    own = api.buyer.get("/api/orders", params={**query, "limit": 1}).json()
    assert [order["order_id"] for order in own["orders"]] == [second]


def test_orders_after_a_place_need_their_session(api: Api) -> None:
    refused = api.host.get("/api/orders", params={"after": 1})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert api.host.get("/api/orders", params={"session": "none"}).status_code == 404


def test_a_host_cancels_once_and_a_buyer_never(api: Api) -> None:
    session_id, sku = api.go_live()
    order_id = bought(api, session_id, sku)
    path = f"/api/orders/{order_id}/cancel"
    assert api.buyer.post(path).status_code == 403
    assert api.as_role(Role.HOST, session_id="other").post(path).status_code == 401
    assert api.host.get(f"/api/orders/{order_id}").json()["status"] == "confirmed"
    assert api.host.post(path).status_code == 200
    again = api.host.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_an_order_of_more_than_the_dearest_unit_can_be_paid(api: Api) -> None:
    dearest = 10**12
    sku = api.add_product(price=dearest)
    session_id = api.add_session(**CHECKOUT)
    api.command(session_id, "product.add", product_id="shirt", units={sku: 3}, limit=3)
    api.command(session_id, "session.start")
    wait_until(lambda: api.anyone.get(f"/api/sessions/{session_id}").json()["buying"])
    order_id = a_rid()
    api.ask(session_id, "u1", "buy", rid=order_id, sku=sku, quantity=3)
    body = {"payment_id": "dear", "amount": 3 * dearest}
    paid = api.backend.post(f"/api/orders/{order_id}/confirm", json=body)
    assert (paid.status_code, paid.json()["total"]) == (200, 3 * dearest)


def test_a_payment_confirms_its_order_however_often_it_is_reported(api: Api) -> None:
    session_id, sku = api.go_live(**CHECKOUT)
    order_id = bought(api, session_id, sku)
    path, body = f"/api/orders/{order_id}/confirm", {"payment_id": "pay/1", "amount": 5000}
    assert api.host.post(path, json=body).status_code == 403
    assert api.backend.get(f"/api/orders/{order_id}").json()["status"] == "pending"
    for _ in range(2):
        confirmed = api.backend.post(path, json=body)
        assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    assert api.host.get("/api/payments").json() == {"payments": [], "next": None}


def test_money_that_does_not_fit_is_listed_until_it_is_refunded(api: Api) -> None:
    session_id, sku = api.go_live(**CHECKOUT)
    order_id = bought(api, session_id, sku)
    body = {"payment_id": "pay/1", "amount": 4999}
    refused = api.backend.post(f"/api/orders/{order_id}/confirm", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    due = api.host.get("/api/payments", params={"status": "refund_due"}).json()["payments"]
    assert [(payment["payment_id"], payment["amount"]) for payment in due] == [("pay/1", 4999)]
    assert (due[0]["order_id"], due[0]["reason"]) == (order_id, "wrong_amount")
    assert api.buyer.get("/api/payments").status_code == 403
    path = "/api/payments/pay%2F1/refunded"
    assert api.host.post(path).status_code == 403
    assert api.backend.post(path).json() == {**due[0], "status": "refunded"}
    assert api.backend.post(path).status_code == 409
    assert api.host.get("/api/payments").json()["payments"] == []
    assert api.backend.post("/api/payments/none/refunded").status_code == 404


def test_an_order_is_failed_by_the_backend_and_abandoned_by_its_buyer(api: Api) -> None:
    session_id, sku = api.go_live(**CHECKOUT)
    order_id = bought(api, session_id, sku)
    failed, abandon = f"/api/orders/{order_id}/failed", f"/api/orders/{order_id}/abandon"
    for client in (api.buyer, api.host):
        assert client.post(failed).status_code == 403
    assert api.anyone.post(abandon).status_code == 401
    for client in (api.as_role(Role.VIEWER, "u2"), api.host):
        assert client.post(abandon).status_code == 404
    elsewhere = api.as_role(Role.VIEWER, "u1", session_id=api.add_session())
    assert elsewhere.post(abandon).status_code == 401
    assert api.backend.post(abandon).status_code == 400
    assert api.buyer.get(f"/api/orders/{order_id}").json()["status"] == "pending"
    for _ in range(2):
        answer = api.buyer.post(abandon)
        assert (answer.status_code, answer.json()["status"]) == (200, "void")
    assert api.backend.post(failed).json()["status"] == "void"
    assert api.backend.post(abandon, params={"viewer_id": "u1"}).status_code == 200
    body = {"payment_id": "late", "amount": 5000}
    late = api.backend.post(f"/api/orders/{order_id}/confirm", json=body)
    assert (late.status_code, late.json()["code"]) == (410, "expired")
    due = api.host.get("/api/payments").json()["payments"]
    assert [(each["payment_id"], each["reason"]) for each in due] == [("late", "expired")]


def test_an_order_that_was_paid_is_neither_failed_nor_abandoned(api: Api) -> None:
    session_id, sku = api.go_live(**CHECKOUT)
    order_id = bought(api, session_id, sku)
    body = {"payment_id": "pay-1", "amount": 5000}
    assert api.backend.post(f"/api/orders/{order_id}/confirm", json=body).status_code == 200
    refusals = [
        api.backend.post(f"/api/orders/{order_id}/failed"),
        api.buyer.post(f"/api/orders/{order_id}/abandon"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in refusals] == [(409, "conflict")] * 2
    assert api.buyer.get(f"/api/orders/{order_id}").json()["status"] == "confirmed"
    assert api.backend.post(f"/api/orders/{a_rid()}/failed").status_code == 404


def test_a_payment_for_an_unknown_order_is_not_found(api: Api) -> None:
    body = {"payment_id": "pay-1", "amount": 1}
    for order_id in (a_rid(), "none"):
        refused = api.backend.post(f"/api/orders/{order_id}/confirm", json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert api.host.get("/api/payments", params={"status": "received"}).json()["payments"] == []


def test_an_admin_makes_keys_that_are_good_for_hosts_work(api: Api) -> None:
    made = api.as_role(Role.ADMIN).post("/api/keys", json={"name": "backend"})
    assert made.status_code == 201
    assert (made.json()["name"], set(made.json())) == ("backend", {"id", "name", "key"})
    key = api.with_token(made.json()["key"])
    assert key.post("/api/sessions", json={"title": "By key"}).status_code == 201
    assert key.post("/api/keys", json={"name": "more"}).status_code == 403
    assert api.host.post("/api/keys", json={"name": "more"}).status_code == 403
    assert api.with_token(made.json()["key"] + "x").get("/api/products").status_code == 401


def test_a_key_that_is_taken_away_lets_nobody_in_and_the_other_goes_on(api: Api) -> None:
    admin = api.as_role(Role.ADMIN)
    old, new = (admin.post("/api/keys", json={"name": "backend"}).json() for _ in range(2))
    path = f"/api/keys/{old['id']}"
    assert api.host.delete(path).status_code == 403
    assert api.with_token(old["key"]).delete(path).status_code == 403
    removed = admin.delete(path)
    assert (removed.status_code, removed.json()) == (200, {"id": old["id"], "name": "backend"})
    assert api.with_token(old["key"]).get("/api/products").status_code == 401
    assert api.with_token(new["key"]).get("/api/products").status_code == 200
    assert admin.delete(path).status_code == 404
