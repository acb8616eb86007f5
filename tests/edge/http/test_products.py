"""The catalogue over HTTP."""

from typing import Any

from liveshop.core.roles import Role
from tests.edge.http.api import Api

SHIRT: dict[str, Any] = {
    "product_id": "shirt",
    "title": "Ocean Blue Shirt",
    "description": "Cotton.\nWash cold.",
    "image": "https://shop.example/shirt.jpg",
    "variants": [
        {"sku": "OBS-S", "label": "S", "price": 5000, "was": 6000, "stock": 4},
        {"sku": "OBS-M", "label": "M", "price": 5000, "was": None, "stock": 12},
    ],
}


def test_a_product_comes_back_as_it_was_posted(api: Api) -> None:
    made = api.host.post("/api/products", json=SHIRT)
    assert (made.status_code, made.json()) == (201, SHIRT)
    assert api.anyone.get("/api/products/shirt").json() == SHIRT
    assert api.anyone.get("/api/products").json() == {"products": [SHIRT], "next": None}


def test_the_same_product_twice_is_a_conflict_and_changes_nothing(api: Api) -> None:
    api.host.post("/api/products", json=SHIRT)
    again = api.host.post("/api/products", json={**SHIRT, "title": "Other"})
    assert again.status_code == 409
    assert again.json()["code"] == "conflict"
    assert api.anyone.get("/api/products/shirt").json() == SHIRT


def test_pages_follow_each_other_without_gap_or_overlap(api: Api) -> None:
    for number in range(5):
        api.add_product(f"p{number}")
    first = api.anyone.get("/api/products", params={"limit": 3}).json()
    rest = api.anyone.get("/api/products", params={"limit": 3, "after": first["next"]}).json()
    seen = [product["product_id"] for product in first["products"] + rest["products"]]
    assert seen == ["p0", "p1", "p2", "p3", "p4"]
    assert rest["next"] is None


def test_a_faulty_field_is_named_and_nothing_is_made(api: Api) -> None:
    faults: list[tuple[dict[str, Any], str]] = [
        ({"colour": "blue"}, "`colour`"),
        ({"title": ""}, "`title`"),
        ({"title": "a\u0000b"}, "`title`"),
        ({"product_id": "x" * 65}, "`product_id`"),
        ({"variants": []}, "`variants`"),
        ({"variants": [{"sku": "A", "label": "", "price": -1, "stock": 0}]}, "price"),
        ({"variants": [{"sku": "A", "label": "", "price": 1.5, "stock": 0}]}, "price"),
        ({"variants": [{"sku": "A", "label": "", "price": "1", "stock": 0}]}, "price"),
        ({"variants": [SHIRT["variants"][0]] * 2}, "`variants`"),
        ({"image": "javascript:alert(1)"}, "`image`"),
    ]
    for change, named in faults:
        refused = api.host.post("/api/products", json={**SHIRT, **change})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request"), change
        assert named in refused.json()["message"]
    assert api.anyone.get("/api/products").json()["products"] == []


def test_only_hosts_change_the_catalogue(api: Api) -> None:
    for caller, status in (
        (api.anyone, 401),
        (api.buyer, 403),
        (api.as_role(Role.MODERATOR), 403),
    ):
        assert caller.post("/api/products", json=SHIRT).status_code == status
    assert api.anyone.get("/api/products").json()["products"] == []


def test_a_token_for_one_session_does_not_change_the_catalogue(api: Api) -> None:
    refused = api.as_role(Role.ADMIN, session_id="s1").post("/api/products", json=SHIRT)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_the_catalogue_is_searched(api: Api) -> None:
    for name in ("ocean-shirt", "ocean-mug", "linen"):
        api.add_product(name)
    found = api.anyone.get("/api/products", params={"q": "oce", "limit": 1}).json()
    assert [each["product_id"] for each in found["products"]] == ["ocean-shirt"]
    rest = api.anyone.get("/api/products", params={"q": "oce", "after": found["next"]}).json()
    assert [each["product_id"] for each in rest["products"]] == ["ocean-mug"]
    by_sku = api.anyone.get("/api/products", params={"q": "linen-m"}).json()
    assert [each["product_id"] for each in by_sku["products"]] == ["linen"]
