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
    listed = api.anyone.get("/api/products").json()
    assert listed == {"products": [SHIRT], "next": None}


def test_a_product_has_up_to_eight_pictures_in_their_order(api: Api) -> None:
    more = [f"/media/{number:032x}/1280.webp" for number in range(7)]
    shirt = {**SHIRT, "more_images": more}
    made = api.host.post("/api/products", json=shirt)
    assert (made.status_code, made.json()) == (201, shirt)
    assert api.anyone.get("/api/products/shirt").json() == shirt
    for refused, named in (
        ({"more_images": [*more, "/eighth.jpg"]}, "`more_images`"),
        ({"more_images": ["javascript:alert(1)"]}, "`more_images"),
        ({"image": None, "more_images": more}, "`more_images`"),
    ):
        answer = api.host.post("/api/products", json={**SHIRT, "product_id": "cap", **refused})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
        assert named in answer.json()["message"]
    assert api.anyone.get("/api/products/cap").status_code == 404


def test_the_same_product_twice_is_a_conflict_and_changes_nothing(api: Api) -> None:
    api.host.post("/api/products", json=SHIRT)
    again = api.host.post("/api/products", json={**SHIRT, "title": "Other"})
    assert again.status_code == 409
    assert again.json()["code"] == "conflict"
    assert api.anyone.get("/api/products/shirt").json() == SHIRT


def test_units_that_have_come_in_are_in_stock_once_however_often_they_are_sent(api: Api) -> None:
    api.host.post("/api/products", json=SHIRT)
    body = {"product_id": "shirt", "units": {"OBS-S": 3}}
    for _ in range(2):
        added = api.host.post("/api/products/stock", json=body, headers={"Idempotency-Key": "a"})
        assert added.status_code == 200
        assert [v["stock"] for v in added.json()["variants"]] == [7, 12]
    assert api.anyone.get("/api/products/shirt").json() == added.json()


def test_a_show_that_was_given_all_units_gets_those_that_came_in(api: Api) -> None:
    api.host.post("/api/products", json=SHIRT)
    session_id = api.add_session()
    api.command(session_id, "product.add", product_id="shirt", units={"OBS-S": 4})
    path = f"/api/sessions/{session_id}/commands"
    more = {"type": "stock.add", "product_id": "shirt", "units": {"OBS-S": 2}}
    refused = api.host.post(path, json=more).json()
    assert (refused["code"], refused["left"]) == ("sold_out", 0)
    body = {"product_id": "shirt", "units": {"OBS-S": 2}}
    assert api.host.post("/api/products/stock", json=body).is_success
    assert api.host.post(path, json=more).is_success
    assert [v["stock"] for v in api.host.get("/api/products/shirt").json()["variants"]] == [0, 12]


def test_units_are_added_by_hosts_of_the_shop_and_to_all_skus_or_none(api: Api) -> None:
    api.host.post("/api/products", json={**SHIRT, "shop": "ours"})
    theirs = api.as_role(Role.HOST, shop="theirs")
    bound = api.as_role(Role.HOST, session_id=api.add_session())
    body = {"product_id": "shirt", "units": {"OBS-S": 1}}
    for caller, status in ((api.anyone, 401), (api.buyer, 403), (bound, 403), (theirs, 404)):
        assert caller.post("/api/products/stock", json=body).status_code == status
    for units, code in (
        ({"OBS-S": 1, "mug": 1}, "not_found"),
        ({"OBS-S": 1, "OBS-M": 999_989}, "bad_request"),
        ({"OBS-S": 0}, "bad_request"),
        ({}, "bad_request"),
    ):
        wrong = {"product_id": "shirt", "units": units}
        assert api.host.post("/api/products/stock", json=wrong).json()["code"] == code, units
    assert [v["stock"] for v in api.host.get("/api/products/shirt").json()["variants"]] == [4, 12]


HIDDEN: list[tuple[str, dict[str, Any]]] = [
    ("spring", {"status": "draft"}),
    ("old", {"status": "archived"}),
    ("back-room", {"published": False}),
    ("later", {"status": "unlisted", "published": False}),
]


def test_only_hosts_see_what_is_not_public_and_how_it_is_marked(api: Api) -> None:
    api.host.post("/api/products", json=SHIRT)
    for product_id, marks in HIDDEN:
        sku = {"sku": f"{product_id}-1", "label": "", "price": 1, "stock": 1}
        body = {"product_id": product_id, "title": "Secret lamp", "variants": [sku], **marks}
        made = api.host.post("/api/products", json=body)
        assert made.status_code == 201
        assert api.host.get(f"/api/products/{product_id}").json() == made.json()
        assert made.json().items() >= marks.items()
    secret = [product_id for product_id, _ in HIDDEN]
    moderator = api.as_role(Role.MODERATOR)
    for caller in (api.anyone, api.buyer, moderator):
        for product_id in secret:
            assert caller.get(f"/api/products/{product_id}").status_code == 404
            page = caller.get("/api/products", params={"after": product_id})
            assert page.status_code == 404
        listed = caller.get("/api/products").json()["products"]
        assert listed == [SHIRT]
        for search in ("secret", "spring-1", "old"):
            found = caller.get("/api/products", params={"q": search}).json()
            assert (found["products"], found["next"]) == ([], None)
    for caller in (api.host, api.backend):
        listed = caller.get("/api/products").json()["products"]
        assert [each["product_id"] for each in listed] == ["shirt", *secret]
        found = caller.get("/api/products", params={"q": "secret"}).json()["products"]
        assert [each["product_id"] for each in found] == secret


def test_a_host_of_one_session_without_a_shop_sees_no_drafts_of_any_shop(api: Api) -> None:
    for shop in ("north", "south"):
        sku = {"sku": f"{shop}-1", "label": "", "price": 1, "stock": 1}
        body = {"product_id": shop, "title": "Lamp", "variants": [sku], "status": "draft"}
        assert api.as_role(Role.HOST, shop=shop).post("/api/products", json=body).is_success

    def seen(shop: str | None, session_id: str | None) -> list[str]:
        caller = api.as_role(Role.HOST, session_id=session_id, shop=shop)
        listed = caller.get("/api/products").json()["products"]
        read = [id for id in ("north", "south") if caller.get(f"/api/products/{id}").is_success]
        assert [each["product_id"] for each in listed] == read
        return read

    assert seen(None, "s1") == []
    assert seen("north", "s1") == seen("north", None) == ["north"]
    assert seen(None, None) == ["north", "south"]


def test_an_unlisted_product_is_read_by_its_id_and_stands_in_no_list(api: Api) -> None:
    api.host.post("/api/products", json={**SHIRT, "status": "unlisted"})
    assert api.anyone.get("/api/products/shirt").json() == SHIRT
    assert api.anyone.get("/api/products").json()["products"] == []
    assert api.anyone.get("/api/products", params={"q": "ocean"}).json()["products"] == []
    (listed,) = api.host.get("/api/products").json()["products"]
    assert listed == {**SHIRT, "status": "unlisted"}


def test_pages_of_what_is_public_have_no_gap_where_drafts_are(api: Api) -> None:
    for number in range(7):
        sku = {"sku": f"s{number}", "label": "", "price": 1, "stock": 1}
        status = "draft" if number % 3 == 1 else "active"
        body = {"product_id": f"p{number}", "title": "P", "variants": [sku], "status": status}
        api.host.post("/api/products", json=body)
    seen, after = [], None
    while True:
        params = {"limit": 2, **({"after": after} if after else {})}
        page = api.anyone.get("/api/products", params=params).json()
        seen.append([each["product_id"] for each in page["products"]])
        after = page["next"]
        if after is None:
            break
    assert seen == [["p0", "p2"], ["p3", "p5"], ["p6"]]


def test_a_product_may_have_2048_variants_and_lists_show_the_first_200(api: Api) -> None:
    variants = [
        {"sku": f"M{number:04}", "label": f"{number}", "price": 1, "was": None, "stock": 1}
        for number in range(2_048)
    ]
    body = {"product_id": "beads", "title": "Beads", "variants": variants}
    assert api.host.post("/api/products", json=body).status_code == 201
    read = api.anyone.get("/api/products/beads").json()
    assert read["variants"] == variants
    assert "variants_total" not in read
    for params in ({}, {"q": "beads"}):
        (listed,) = api.anyone.get("/api/products", params=params).json()["products"]
        assert listed["variants"] == variants[:200]
        assert listed["variants_total"] == 2_048
    body = {**body, "product_id": "more", "variants": [*variants, {**variants[0], "sku": "X"}]}
    refused = api.host.post("/api/products", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


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
        ({"image": "//evil.example/shirt.jpg"}, "`image`"),
        ({"image": "/\\evil.example/shirt.jpg"}, "`image`"),
        ({"image": "https:///shirt.jpg"}, "`image`"),
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
