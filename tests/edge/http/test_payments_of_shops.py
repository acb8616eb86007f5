"""Payments over HTTP: the ids that two shops give may be the same, and mean each shop's own."""

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid, make_key
from tests.edge.http.two_shops import OURS, THEIRS


def test_two_shops_whose_payments_have_the_same_ids_each_have_their_own(api: Api) -> None:
    orders, keys = {}, {}
    for shop in (OURS, THEIRS):
        keys[shop] = api.with_token(make_key(api, shop=shop, scopes=["payments", "orders"])["key"])
        orders[shop] = _pending_order(api, shop)
    for _ in range(2):
        for shop, key in keys.items():
            paid = key.post(
                f"/api/orders/{orders[shop]}/confirm", json={"payment_id": "1", "amount": 5000}
            )
            assert (paid.status_code, paid.json()["status"]) == (200, "confirmed"), paid.text
    other = _pending_order(api, THEIRS)
    again = keys[THEIRS].post(
        f"/api/orders/{other}/confirm", json={"payment_id": "1", "amount": 5000}
    )
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    for shop, key in keys.items():
        (applied,) = key.get("/api/payments", params={"status": "applied"}).json()["payments"]
        assert (applied["payment_id"], applied["order_id"]) == ("1", orders[shop])


def test_a_shop_marks_only_its_own_payment_of_an_id_as_refunded(api: Api) -> None:
    orders, keys = {}, {}
    for shop in (OURS, THEIRS):
        keys[shop] = api.with_token(make_key(api, shop=shop, scopes=["payments"])["key"])
        orders[shop] = _pending_order(api, shop)
        body = {"payment_id": "pay/1", "amount": 4999}
        assert keys[shop].post(f"/api/orders/{orders[shop]}/confirm", json=body).status_code == 409
    path = "/api/payments/pay%2F1/refunded"
    assert keys[THEIRS].post(path).json()["order_id"] == orders[THEIRS]
    assert keys[THEIRS].get("/api/payments").json()["payments"] == []
    (due,) = keys[OURS].get("/api/payments").json()["payments"]
    assert (due["payment_id"], due["order_id"]) == ("pay/1", orders[OURS])
    # A key of all shops says whose it means, and gets all of them page by page.
    unclear = api.backend.post(path)
    assert (unclear.status_code, unclear.json()["code"]) == (409, "conflict")
    for _ in range(2):
        named = api.backend.post(path, params={"order": orders[OURS]})
    assert named.json()["message"] == "the payment is refunded"
    page, listed = {"next": ""}, []
    while page["next"] is not None:
        after = {"after": page["next"]} if page["next"] else {}
        query = {"status": "refunded", "limit": 1, **after}
        page = api.host.get("/api/payments", params=query).json()
        listed += [(each["payment_id"], each["order_id"]) for each in page["payments"]]
    assert sorted(listed) == sorted(("pay/1", order_id) for order_id in orders.values())


def _pending_order(api: Api, shop: str) -> str:
    """Return an order of one unit, in a show of the shop, that waits for its money."""
    host = api.as_role(Role.HOST, f"host of {shop}", shop=shop)
    name = f"p-{a_rid()}"
    variant = {"sku": name, "label": "M", "price": 5000, "stock": 3}
    product = {"product_id": name, "title": "Shirt", "variants": [variant]}
    assert host.post("/api/products", json=product).status_code == 201
    show = host.post("/api/sessions", json={"title": "T", "payment": "checkout"}).json()["id"]
    add = {"type": "product.add", "product_id": name, "units": {name: 3}}
    for command in (add, {"type": "session.start"}):
        done = host.post(f"/api/sessions/{show}/commands", json=command)
        assert done.status_code == 200, done.text
    rid = a_rid()
    asked = api.ask(show, "ada", "buy", rid=rid, sku=name, quantity=1)
    assert asked["type"] == "checkout", asked
    return rid
