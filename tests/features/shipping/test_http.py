"""The fulfilment of orders over HTTP: kept once, told once, and read by those whom it concerns."""

from typing import Any

import httpx

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Json, a_rid
from tests.features.change_feed.test_http import working
from tests.waiting import wait_until

_DHL = {"carrier": "DHL", "tracking": "JD0146"}
_LINK = "https://www.dhl.com/global-en/home/tracking.html?tracking-id=JD0146"


def _buy(api: Api, session_id: str, sku: str, viewer_id: str) -> str:
    rid = a_rid()
    answer = api.ask(session_id, viewer_id, "buy", rid=rid, sku=sku, quantity=1)
    assert answer["type"] == "confirmed", answer
    return rid


def _put(api: Api, order_id: str, **parcel: Any) -> httpx.Response:
    return api.backend.send("PUT", f"/api/orders/{order_id}/fulfilment", json=parcel)


def _told(api: Api, order_id: str) -> list[Json]:
    messages = api.host.get("/api/changes", params={"types": "fulfilment.*"}).json()["messages"]
    return [each for each in messages if each["subject"] == f"fulfilment/{order_id}"]


def _listed(api: Api, session_id: str, viewer_id: str, **query: Any) -> list[str]:
    caller = api.as_role(Role.VIEWER, viewer_id)
    answer = caller.get(f"/api/sessions/{session_id}/fulfilments", params=query)
    assert answer.status_code == 200, answer.text
    return [each["order_id"] for each in answer.json()["fulfilments"]]


def test_an_order_is_shipped_and_delivered_and_each_is_told_once(
    api: Api, postgres_url: str
) -> None:
    session_id, sku = api.go_live()
    order_id = _buy(api, session_id, sku, "ada")
    first = _put(api, order_id, **_DHL)
    assert first.status_code == 200, first.text
    shipped = first.json()
    at_ms = shipped.pop("shipped_at_ms")
    assert shipped == {
        **{"order_id": order_id, "state": "shipped", "tracking_url": _LINK, **_DHL},
        "delivered_at_ms": None,
    }
    assert _put(api, order_id, **_DHL).json() == first.json()
    delivered = _put(api, order_id, state="delivered", **_DHL).json()
    assert (delivered["state"], delivered["shipped_at_ms"]) == ("delivered", at_ms)
    assert delivered["delivered_at_ms"] >= at_ms
    assert _put(api, order_id, state="delivered", **_DHL).json() == delivered
    with working(api, postgres_url):
        wait_until(lambda: len(_told(api, order_id)) == 2)
    told = _told(api, order_id)
    assert [(each["type"], each["sequence"]) for each in told] == [
        ("fulfilment.shipped", 1),
        ("fulfilment.delivered", 2),
    ]
    assert told[0]["data"] == {
        **{"order_id": order_id, "session_id": session_id, "viewer_id": "ada"},
        **{"state": "shipped", "tracking_url": _LINK, **_DHL},
    }


def test_a_mistake_is_mended_by_saying_it_again_and_told_as_the_next_step(
    api: Api, postgres_url: str
) -> None:
    session_id, sku = api.go_live()
    order_id = _buy(api, session_id, sku, "ada")
    assert _put(api, order_id, carrier="Ada on her bicycle").json()["tracking_url"] is None
    mended = _put(api, order_id, tracking_url="https://bikes.example/1").json()
    assert (mended["carrier"], mended["tracking_url"]) == (None, "https://bikes.example/1")
    with working(api, postgres_url):
        wait_until(lambda: len(_told(api, order_id)) == 2)
    assert [each["data"]["carrier"] for each in _told(api, order_id)] == [
        "Ada on her bicycle",
        None,
    ]


def test_an_order_goes_only_forward_and_only_if_it_is_confirmed(api: Api) -> None:
    session_id, sku = api.go_live()
    order_id, cancelled = (_buy(api, session_id, sku, each) for each in ("ada", "bo"))
    delivered = _put(api, order_id, state="delivered", **_DHL).json()
    assert delivered["shipped_at_ms"] == delivered["delivered_at_ms"]
    back = _put(api, order_id, **_DHL)
    assert (back.status_code, back.json()["reason"]) == (409, "the order is delivered already")
    assert api.host.post(f"/api/orders/{cancelled}/cancel").status_code == 200
    late = _put(api, cancelled, **_DHL)
    assert (late.status_code, late.json()["reason"]) == (409, "the order is cancelled")
    assert _put(api, a_rid(), **_DHL).status_code == 404
    (only,) = api.host.get(f"/api/sessions/{session_id}/fulfilments").json()["fulfilments"]
    assert only == delivered


def test_a_buyer_reads_its_own_and_a_host_all_page_by_page(api: Api) -> None:
    session_id, sku = api.go_live()
    orders = [_buy(api, session_id, sku, each) for each in ("ada", "bo", "ada")]
    for each in orders:
        assert _put(api, each).status_code == 200
    assert _listed(api, session_id, "ada") == sorted((orders[0], orders[2]))
    assert _listed(api, session_id, "bo") == [orders[1]]
    assert _listed(api, session_id, "cy") == []
    path, found, after = f"/api/sessions/{session_id}/fulfilments", [], None
    while True:
        query = {"limit": 2, **({"after": after} if after else {})}
        page = api.host.get(path, params=query).json()
        found += [each["order_id"] for each in page["fulfilments"]]
        after = page["next"]
        if after is None:
            break
    assert found == sorted(orders)


def test_only_staff_say_what_became_of_an_order(api: Api) -> None:
    session_id, sku = api.go_live()
    order_id = _buy(api, session_id, sku, "u1")
    path = f"/api/orders/{order_id}/fulfilment"
    assert api.buyer.send("PUT", path, json={}).status_code == 403
    assert api.anyone.send("PUT", path, json={}).status_code == 401
    assert api.anyone.get(f"/api/sessions/{session_id}/fulfilments").status_code == 401
    elsewhere = api.as_role(Role.HOST, "other", session_id="another")
    assert elsewhere.send("PUT", path, json={}).status_code == 401
    bad = _put(api, order_id, tracking_url="http://shop.example/")
    assert bad.status_code == 400
    assert "an address that starts with https:// and a host" in bad.json()["message"]
    assert _listed(api, session_id, "u1") == []
