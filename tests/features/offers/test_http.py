"""Carts priced over HTTP, and what came of offers."""

from typing import Any

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid


def opened(api: Api, session_id: str, **fields: Any) -> str:
    """Open an offer over HTTP, and return its name."""
    body = {"type": "offer.open", "kind": "code", "label": "Ten off", "percent": 10} | fields
    done = api.host.post(f"/api/sessions/{session_id}/commands", json=body)
    assert done.status_code == 200, done.text
    offer: str = done.json()["events"][0]["offer"]
    return offer


def test_a_cart_is_priced_as_an_order_of_it_would_be(api: Api) -> None:
    session_id, sku = api.go_live()
    offer, path = opened(api, session_id, code="LIVE10"), f"/api/sessions/{session_id}/price"
    cart: dict[str, Any] = {"lines": [{"sku": sku, "quantity": 2}]}
    assert api.host.post(path, json=cart).json()["total"] == 10_000
    named = api.host.post(path, json=cart | {"codes": ["live10"]}).json()
    assert (named["total"], named["why"][0]["offer"]) == (9_000, offer)
    assert [line["final"] for line in named["lines"]] == [9_000]
    rid = a_rid()
    bought = api.ask(session_id, "u1", "buy", rid=rid, sku=sku, quantity=2, codes=["LIVE10"])
    assert bought["total"] == named["total"]
    spent = api.host.post(path, json=cart | {"codes": ["LIVE10"], "viewer_id": "u1"}).json()
    assert spent["total"] == 10_000
    for wrong, status in (
        ({"lines": [{"sku": "cap", "quantity": 1}]}, 404),
        (cart | {"codes": ["NEVER1"]}, 404),
        ({"lines": []}, 400),
    ):
        assert api.host.post(path, json=wrong).status_code == status
    assert api.buyer.post(path, json=cart).status_code == 403
    assert api.anyone.post(path, json=cart).status_code == 401


def test_a_host_reads_what_came_of_each_offer_and_its_code_and_nobody_else_does(api: Api) -> None:
    session_id, sku = api.go_live()
    secret = opened(api, session_id, code="Hush22", who="code", units=5)
    plain = opened(api, session_id)
    api.ask(session_id, "u1", "buy", rid=a_rid(), sku=sku, quantity=2, codes=["HUSH22"])
    api.command(session_id, "offer.close", offer=plain)
    path = f"/api/sessions/{session_id}/offers"
    first, second = api.host.get(path).json()["offers"]
    shown = ("offer", "code", "state", "units", "left", "orders", "discount", "goods")
    assert [first[name] for name in shown] == [secret, "Hush22", "open", 5, 4, 1, 1_000, 9_000]
    assert [second[name] for name in shown] == [plain, None, "closed", None, None, 0, 0, 0]
    assert second["reason"] == "manual"
    moderator = api.as_role(Role.MODERATOR, "m1")
    assert moderator.get(path).status_code == 403
    for caller in (moderator, api.host):
        told = caller.get(f"/api/sessions/{session_id}").text
        assert secret in told and "hush22" not in told.lower()
