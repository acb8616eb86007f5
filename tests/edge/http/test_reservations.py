"""Units in a cart over HTTP, for buyers and for the merchant's backend."""

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Json, a_rid


def test_a_reservation_is_made_once_and_answered_the_same_again(api: Api) -> None:
    session_id, sku = api.go_live(units=5)
    path = f"/api/sessions/{session_id}/reservations"
    body: Json = {"rid": a_rid(), "sku": sku, "quantity": 2}
    made = api.buyer.post(path, json=body)
    assert made.status_code == 201
    reserved = made.json()
    assert (reserved["type"], reserved["rid"], reserved["sku"]) == ("reserved", body["rid"], sku)
    assert (reserved["quantity"], reserved["price"]) == (2, 5000)
    again = api.buyer.post(path, json={**body, "type": "reserve", "ref": 7})
    assert again.status_code == 200
    assert again.json() == {**reserved, "ref": 7}


def test_the_same_rid_with_other_arguments_is_a_conflict(api: Api) -> None:
    session_id, sku = api.go_live()
    path = f"/api/sessions/{session_id}/reservations"
    body: Json = {"rid": a_rid(), "sku": sku, "quantity": 1}
    assert api.buyer.post(path, json=body).status_code == 201
    refused = api.buyer.post(path, json={**body, "quantity": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_what_is_released_can_be_reserved_by_another(api: Api) -> None:
    session_id, sku = api.go_live(units=1)
    path = f"/api/sessions/{session_id}/reservations"
    body: Json = {"rid": a_rid(), "sku": sku, "quantity": 1}
    assert api.buyer.post(path, json=body).status_code == 201
    other = api.as_role(Role.VIEWER, "u2")
    refused = other.post(path, json={**body, "rid": a_rid()})
    assert (refused.status_code, refused.json()["code"], refused.json()["left"]) == (
        409,
        "sold_out",
        0,
    )
    assert other.delete(f"{path}/{body['rid']}").status_code == 404
    released = api.buyer.delete(f"{path}/{body['rid']}")
    assert (released.status_code, released.json()) == (
        200,
        {"type": "released", "rid": body["rid"], "sku": sku},
    )
    assert api.buyer.delete(f"{path}/{body['rid']}").json() == released.json()
    assert other.post(path, json={**body, "rid": a_rid()}).status_code == 201
    resolved = api.buyer.post(path, json=body)
    assert (resolved.status_code, resolved.json()["state"]) == (200, "released")


def test_refusals_of_a_purchase_bind_nothing(api: Api) -> None:
    session_id, sku = api.go_live(units=5, limit=2)
    path = f"/api/sessions/{session_id}/reservations"
    body: Json = {"rid": a_rid(), "sku": sku, "quantity": 1}
    for change, status, code in (
        ({"sku": "none"}, 404, "not_found"),
        ({"quantity": 3}, 409, "limit"),
        ({"price": 4000}, 409, "price_changed"),
        ({"quantity": 0}, 400, "bad_request"),
        ({"rid": "not-a-uuid"}, 400, "bad_request"),
        ({"viewer_id": "u2"}, 403, "forbidden"),
        ({"colour": "blue"}, 400, "bad_request"),
    ):
        refused = api.buyer.post(path, json={**body, **change})
        assert (refused.status_code, refused.json()["code"]) == (status, code), change
    assert api.buyer.post(path, json=body).status_code == 201


def test_nothing_is_reserved_unless_the_session_is_live(api: Api) -> None:
    sku = api.add_product()
    scheduled, draft = api.add_session(starts_at_ms=1), api.add_session()
    body = {"rid": a_rid(), "sku": sku, "quantity": 1}
    refused = api.buyer.post(f"/api/sessions/{scheduled}/reservations", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_live")
    hidden = api.buyer.post(f"/api/sessions/{draft}/reservations", json=body)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    assert api.anyone.post(f"/api/sessions/{scheduled}/reservations", json=body).status_code == 401


def test_a_backend_reserves_and_releases_for_the_buyer_that_it_names(api: Api) -> None:
    session_id, sku = api.go_live(units=1)
    path = f"/api/sessions/{session_id}/reservations"
    body: Json = {"rid": a_rid(), "sku": sku, "quantity": 1}
    for nobody in ({}, *({"viewer_id": name} for name in (" u1", "u1 ", "#house", "u\u0308"))):
        refused = api.backend.post(path, json={**body, **nobody})
        assert refused.status_code == 400, nobody
        assert "`viewer_id`" in refused.json()["message"], nobody
    assert api.backend.post(path, json={**body, "viewer_id": "u1"}).status_code == 201
    assert api.buyer.post(path, json=body).status_code == 200
    assert api.backend.delete(f"{path}/{body['rid']}").status_code == 400
    stranger = api.backend.delete(f"{path}/{body['rid']}", params={"viewer_id": "u2"})
    assert stranger.status_code == 404
    released = api.backend.delete(f"{path}/{body['rid']}", params={"viewer_id": "u1"})
    assert released.status_code == 200
