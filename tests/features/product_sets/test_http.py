"""Product sets over HTTP, and how they come to a show's shelf."""

from typing import Any, Final

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Caller, Json, a_rid
from tests.waiting import wait_until

_SETS: Final = "/api/product-sets"
_BASICS: Final = {
    "name": "Basics",
    "notes": "Show the mug first.\nIt sells the shirt.",
    "products": [
        {"product_id": "mug", "units": {"mug-m": 4}, "limit": 2, "notes": "Fill it."},
        {"product_id": "shirt", "units": {"shirt-m": 8}},
    ],
}


def _save(caller: Caller, set_id: str = "basics", status: int = 201, **fields: Any) -> Json:
    answer = caller.send("PUT", f"{_SETS}/{set_id}", json={**_BASICS, **fields})
    assert answer.status_code == status, answer.text
    saved: Json = answer.json()
    return saved


def _add(caller: Caller, session_id: str, status: int = 200, set_id: str = "basics") -> Json:
    answer = caller.post(f"/api/sessions/{session_id}/product-sets/{set_id}")
    assert answer.status_code == status, answer.text
    added: Json = answer.json()
    return added


def _results(added: Json) -> dict[str, Any]:
    """Return of each product what became of it, and what it got."""
    return {
        each["product_id"]: (each["result"], {unit["sku"]: unit["got"] for unit in each["units"]})
        for each in added["products"]
    }


def _shelf(api: Api, session_id: str) -> dict[str, int]:
    shelf = api.host.get(f"/api/sessions/{session_id}").json()["shelf"]
    return {product["product_id"]: product["variants"][0]["left"] for product in shelf}


def _stock(api: Api, product_id: str) -> int:
    product = api.host.get(f"/api/products/{product_id}").json()
    return int(product["variants"][0]["stock"])


def _two_products(api: Api) -> None:
    api.add_product("shirt", stock=20)
    api.add_product("mug", price=1200, stock=10)


def test_a_set_is_read_as_it_was_saved_and_replaced_whole(api: Api) -> None:
    _two_products(api)
    saved = _save(api.host)
    assert saved == {
        "set_id": "basics",
        "name": "Basics",
        "notes": "Show the mug first.\nIt sells the shirt.",
        "products_total": 2,
        "updated_at_ms": saved["updated_at_ms"],
        "products": [
            {"product_id": "mug", "units": {"mug-m": 4}, "limit": 2, "notes": "Fill it."},
            {"product_id": "shirt", "units": {"shirt-m": 8}, "limit": 10, "notes": ""},
        ],
    }
    assert api.host.get(f"{_SETS}/basics").json() == saved
    again = _save(api.host, status=200, name="Mugs", notes="", products=[{"product_id": "mug"}])
    assert (again["name"], again["notes"], again["products_total"]) == ("Mugs", "", 1)
    assert again["products"] == [
        {"product_id": "mug", "units": {"mug-m": 0}, "limit": 10, "notes": ""}
    ]
    assert api.host.get(f"{_SETS}/basics").json() == again
    assert api.host.delete(f"{_SETS}/basics").json() == again
    assert api.host.get(f"{_SETS}/basics").status_code == 404
    assert api.host.delete(f"{_SETS}/basics").status_code == 404


def test_sets_are_listed_by_id_in_pages_without_their_products(api: Api) -> None:
    _two_products(api)
    for set_id in ("c", "a", "b"):
        _save(api.host, set_id)
    first = api.host.get(_SETS, params={"limit": 2}).json()
    assert [each["set_id"] for each in first["product_sets"]] == ["a", "b"]
    assert "products" not in first["product_sets"][0]
    assert first["product_sets"][0]["products_total"] == 2
    last = api.host.get(_SETS, params={"limit": 2, "after": first["next"]}).json()
    assert ([each["set_id"] for each in last["product_sets"]], last["next"]) == (["c"], None)


def test_a_set_comes_to_the_shelf_in_its_order_with_its_units_and_limits(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    session_id = api.add_session()
    assert _results(_add(api.host, session_id)) == {
        "mug": ("added", {"mug-m": 4}),
        "shirt": ("added", {"shirt-m": 8}),
    }
    assert list(_shelf(api, session_id).items()) == [("mug", 4), ("shirt", 8)]
    shelf = api.host.get(f"/api/sessions/{session_id}").json()["shelf"]
    assert [product["variants"][0]["limit"] for product in shelf] == [2, 10]
    assert (_stock(api, "mug"), _stock(api, "shirt")) == (6, 12)
    api.command(session_id, "session.start")
    wait_until(lambda: api.anyone.get(f"/api/sessions/{session_id}").json()["buying"])
    bought = api.ask(session_id, "ada", "buy", rid=a_rid(), sku="mug-m", quantity=2)
    assert (bought["type"], bought["total"]) == ("confirmed", 2400)


def test_a_set_added_again_adds_only_what_is_missing(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    session_id = api.add_session()
    api.command(session_id, "product.add", product_id="shirt", units={"shirt-m": 1})
    first = _add(api.host, session_id)
    assert _results(first) == {"mug": ("added", {"mug-m": 4}), "shirt": ("there", {})}
    assert _results(_add(api.host, session_id)) == {"mug": ("there", {}), "shirt": ("there", {})}
    assert _shelf(api, session_id) == {"shirt": 1, "mug": 4}


def test_what_is_short_comes_with_what_is_left_and_what_is_gone_does_not_come(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    other = api.add_session()
    api.command(other, "product.add", product_id="mug", units={"mug-m": 7})
    api.command(other, "product.add", product_id="shirt", units={"shirt-m": 20})
    session_id = api.add_session()
    added = _add(api.host, session_id)
    assert added == {
        "set_id": "basics",
        "products": [
            {
                "product_id": "mug",
                "result": "short",
                "units": [{"product_id": "mug", "sku": "mug-m", "asked": 4, "got": 3}],
            },
            {
                "product_id": "shirt",
                "result": "sold_out",
                "units": [{"product_id": "shirt", "sku": "shirt-m", "asked": 8, "got": 0}],
            },
        ],
    }
    assert _shelf(api, session_id) == {"mug": 3}
    assert (_stock(api, "mug"), _stock(api, "shirt")) == (0, 0)


def test_a_set_without_units_shows_its_products_and_takes_no_stock(api: Api) -> None:
    _two_products(api)
    _save(api.host, products=[{"product_id": "mug"}])
    session_id = api.add_session()
    assert _results(_add(api.host, session_id)) == {"mug": ("added", {"mug-m": 0})}
    assert _shelf(api, session_id) == {"mug": 0}
    assert _stock(api, "mug") == 10
    events = api.host.get(f"/api/sessions/{session_id}/events").json()["events"]
    assert [event["type"] for event in events] == ["product.added"]


def test_a_set_is_made_of_a_show_with_the_units_that_the_show_was_given(api: Api) -> None:
    session_id, sku = api.go_live(units=30, limit=3)
    api.ask(session_id, "ada", "buy", rid=a_rid(), sku=sku, quantity=2)
    api.command(session_id, "session.end")
    saved = api.host.send("PUT", f"{_SETS}/friday", json={"session_id": session_id})
    assert saved.status_code == 201, saved.text
    assert (saved.json()["name"], saved.json()["products"]) == (
        "friday",
        [{"product_id": "shirt", "units": {sku: 30}, "limit": 3, "notes": ""}],
    )


def test_a_set_is_added_in_a_live_show_and_not_in_one_that_is_over(api: Api) -> None:
    session_id, _ = api.go_live()
    api.add_product("mug", stock=10)
    _save(api.host)
    assert _results(_add(api.host, session_id))["mug"] == ("added", {"mug-m": 4})
    api.command(session_id, "session.end")
    assert _add(api.host, session_id, 409)["code"] == "conflict"


def test_a_show_in_another_currency_takes_no_set_and_says_why(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    session_id = api.add_session(currency="JPY")
    refused = _add(api.host, session_id, 400)
    assert refused["message"].startswith("`prices`: the session's currency is not the catalogue's")
    assert _shelf(api, session_id) == {}


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"products": [{"product_id": "hat"}]}, 404, "product"),
        ({"products": [{"product_id": "mug", "units": {"hat": 1}}]}, 404, "hat"),
        ({"products": [{"product_id": "mug", "units": {"shirt-m": 1}}]}, 404, "shirt-m"),
        ({"products": [{"product_id": "mug"}, {"product_id": "mug"}]}, 400, "mug is there twice"),
        ({"products": [{"product_id": "mug", "units": {}}]}, 400, "units"),
        ({"products": [{"product_id": "mug", "units": {"mug-m": -1}}]}, 400, "units"),
        ({"products": [{"product_id": "mug", "price": 1}]}, 400, "price"),
        ({"products": None}, 400, "exactly one of `products` and `session_id`"),
        ({"session_id": "s1"}, 400, "exactly one of `products` and `session_id`"),
        ({"products": None, "session_id": "s1"}, 404, "session"),
        ({"name": ""}, 400, "name"),
        ({"notes": "x" * 2_001}, 400, "notes"),
        ({"notes": "\x00"}, 400, "notes"),
    ],
)
def test_a_wrong_set_is_refused_and_the_stored_one_stays(
    api: Api, fields: dict[str, Any], status: int, named: str
) -> None:
    _two_products(api)
    saved = _save(api.host)
    assert named in _save(api.host, status=status, **fields)["message"]
    assert api.host.get(f"{_SETS}/basics").json() == saved


def test_a_shop_s_sets_are_its_own(api: Api) -> None:
    ours, theirs = (api.as_role(Role.HOST, shop, shop=shop) for shop in ("ours", "theirs"))
    variant = {"sku": "mug-m", "label": "", "price": 1200, "stock": 10}
    mug = {"product_id": "mug", "title": "Mug", "variants": [variant]}
    assert ours.post("/api/products", json=mug).status_code == 201
    session_id = ours.post("/api/sessions", json={"title": "T"}).json()["id"]
    products = [{"product_id": "mug", "units": {"mug-m": 1}}]
    saved = _save(ours, products=products)
    assert saved["shop"] == "ours"
    assert _save(theirs, status=404, products=products)["code"] == "not_found"
    assert theirs.get(f"{_SETS}/basics").status_code == 404
    assert theirs.get(_SETS).json() == {"product_sets": [], "next": None}
    assert theirs.delete(f"{_SETS}/basics").status_code == 404
    assert theirs.get(f"{_SETS}/basics", params={"shop": "ours"}).status_code == 403
    assert _save(theirs, status=403, products=[], shop="ours")["code"] == "forbidden"
    of_show = {"products": None, "session_id": session_id}
    assert _save(theirs, status=404, **of_show)["code"] == "not_found"
    own = _save(theirs, products=[])
    assert own["shop"] == "theirs"
    assert _add(theirs, session_id, 404)["code"] == "not_found"
    assert ours.get(f"{_SETS}/basics").json() == saved
    assert _results(_add(ours, session_id)) == {"mug": ("added", {"mug-m": 1})}


def test_one_who_is_bound_to_no_shop_names_it_where_several_have_the_id(api: Api) -> None:
    for shop in ("a", "b"):
        _save(api.host, products=[], shop=shop)
    path = f"{_SETS}/basics"
    refused = api.host.get(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "`shop`" in refused.json()["message"]
    assert api.host.get(path, params={"shop": "b"}).json()["shop"] == "b"
    page = api.host.get(_SETS, params={"limit": 1}).json()
    rest = api.host.get(_SETS, params={"after": page["next"]}).json()
    listed = [each["shop"] for each in (*page["product_sets"], *rest["product_sets"])]
    assert listed == ["a", "b"]
    _save(api.host, products=[])
    assert "shop" not in api.host.get(path).json()
    assert "shop" not in api.host.delete(path).json()
    assert api.host.delete(path, params={"shop": "a"}).json()["shop"] == "a"
    assert api.host.get(path).json()["shop"] == "b"


def test_hosts_keep_sets_and_one_of_a_single_show_reads_and_adds_them(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    session_id = api.add_session()
    path = f"{_SETS}/basics"
    for caller, status in ((api.anyone, 401), (api.as_role(Role.MODERATOR), 403)):
        assert caller.get(path).status_code == status
        assert caller.get(_SETS).status_code == status
        assert caller.delete(path).status_code == status
        assert _add(caller, session_id, status)["code"] in ("unauthorized", "forbidden")
    of_one_show = api.as_role(Role.HOST, session_id=session_id)
    _save(of_one_show, status=403)
    assert of_one_show.delete(path).status_code == 403
    assert of_one_show.get(path).json()["name"] == "Basics"
    assert [each["set_id"] for each in of_one_show.get(_SETS).json()["product_sets"]] == ["basics"]
    assert _results(_add(of_one_show, session_id))["mug"] == ("added", {"mug-m": 4})
    assert _add(of_one_show, api.add_session(), 401)["code"] == "unauthorized"


def test_what_hosts_do_with_sets_is_in_the_activity_log(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    session_id = api.add_session()
    _add(api.host, session_id)
    api.host.delete(f"{_SETS}/basics")

    def entries() -> list[tuple[str, str, str | None]]:
        found = api.host.get("/api/activity").json()["entries"]
        return [
            (entry["action"], entry["object"], entry["session_id"])
            for entry in found
            if "set" in entry["action"]
        ]

    wait_until(lambda: len(entries()) == 3)
    assert sorted(entries()) == [
        ("delete_product_set", "basics", None),
        ("product_set.add", "basics", session_id),
        ("save_product_set", "basics", None),
    ]


def test_a_key_needs_the_scope_of_the_catalogue_or_that_of_sessions(api: Api) -> None:
    _two_products(api)
    _save(api.host)
    session_id, admin = api.add_session(), api.as_role(Role.ADMIN)
    keys = {
        scope: admin.post("/api/keys", json={"name": scope, "scopes": [scope]}).json()["key"]
        for scope in ("catalogue", "sessions")
    }
    catalogue, sessions = (api.with_token(keys[each]) for each in ("catalogue", "sessions"))
    assert catalogue.get(f"{_SETS}/basics").status_code == 200
    assert sessions.get(f"{_SETS}/basics").status_code == 403
    _add(catalogue, session_id, 403)
    assert _results(_add(sessions, session_id))["mug"] == ("added", {"mug-m": 4})
