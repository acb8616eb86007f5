"""Shops over HTTP: what belongs to one is not there for the people of another."""

import re
from functools import partial
from typing import Any, Final

import pytest

from liveshop.core.close_codes import CloseCode
from liveshop.core.roles import Role
from liveshop.edge.http.app import operations
from liveshop.edge.http.operations import PATH_FIELDS
from liveshop.edge.http.shops import OWNERS, WITHOUT_OWNER
from tests.client import Closed, connected
from tests.edge.http.api import Api, Json, a_rid, token
from tests.edge.http.two_shops import MAKES_ITS_OWN, OURS, THEIRS, TwoShops, open_shops
from tests.every_feature import WHOLE

# Operations that name nothing in their paths: each has a test of its own below.
_WITHOUT_NAMES: Final = {
    *("POST /api/sessions", "GET /api/sessions", "POST /api/products", "GET /api/products"),
    "POST /api/products/stock",  # see test_products.py
    *("POST /api/products/import", "GET /api/orders", "GET /api/payments", "POST /api/keys"),
    *("GET /api/keys", "GET /api/activity", "GET /api/commands"),
    "GET /api/product-sets",
    # See the tests of the features.
    *("GET /api/bought", "PUT /api/bought"),
    *("GET /api/changes", "GET /api/webhooks", "POST /api/webhooks"),
    *("GET /api/exports", "POST /api/exports"),
    "GET /api/brand/colours",
    *("POST /api/uploads", "GET /api/uploads", "GET /api/brand", "PUT /api/brand"),
    *("POST /api/tokens/revoke", "GET /api/tokens/revoked"),  # see test_revocations.py
    *("GET /api/bought", "PUT /api/bought"),  # see tests/features/bought
    # Guests are of one session each, whatever its shop: see tests/features/guests.
    *("GET /api/guests", "POST /api/guests", "GET /api/guests/me", "DELETE /api/guests/me"),
}
_FOR_KEYS: Final = {
    f"{each.method} {each.path.replace(':path', '')}" for each in operations(WHOLE) if each.api_key
}
_MUG: Final = {
    "product_id": "mug",
    "title": "Mug",
    "variants": [{"sku": "mug-r", "label": "", "price": 900, "stock": 5}],
}


@pytest.fixture
def shops(api: Api, postgres_url: str) -> TwoShops:
    return open_shops(api, postgres_url)


def _operations(api: Api) -> list[tuple[str, str]]:
    paths: Json = api.anyone.get("/api/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_every_operation_that_names_a_thing_of_another_shop_is_refused_and_changes_nothing(
    shops: TwoShops,
) -> None:
    before = shops.stored()
    walked = 0
    for method, pattern in _operations(shops.api):
        if "{" not in pattern or "{key_id}" in pattern or (method, pattern) == MAKES_ITS_OWN:
            continue
        # A host is told that webhooks are for admins, whosever they are.
        for role in (Role.ADMIN,) if "{webhook_id}" in pattern else (Role.HOST, Role.ADMIN):
            asked = shops.their(role).send(method, shops.path(pattern), json={})
            # One that needs an API key is refused before its path is looked at.
            needs_key = f"{method} {pattern}" in _FOR_KEYS
            expected = (403, "forbidden") if needs_key else (404, "not_found")
            assert (asked.status_code, asked.json()["code"]) == expected, (method, pattern)
        walked += 1
    assert walked >= 17
    assert shops.stored() == before


def test_every_part_of_a_path_has_an_owner_or_says_that_it_needs_none() -> None:
    assert OWNERS.keys() | WITHOUT_OWNER == PATH_FIELDS.keys()
    for each in operations(WHOLE):
        parts = {part.partition(":")[0] for part in re.findall(r"{(.+?)}", each.path)}
        # Things of features are none of the kernel's: each operation brings the names of its own.
        assert parts <= PATH_FIELDS.keys() | each.names.keys(), each.path
        assert each.names.keys() <= parts - PATH_FIELDS.keys(), each.path
        assert each.names.keys() <= {"set_id", "export_id"} or all(
            n.owner for n in each.names.values()
        )


def test_every_operation_without_a_thing_in_its_path_is_known_to_these_tests(api: Api) -> None:
    without = {f"{method} {path}" for method, path in _operations(api) if "{" not in path}
    assert without == _WITHOUT_NAMES


def test_no_command_of_another_shops_host_reaches_a_show(shops: TwoShops) -> None:
    before = shops.stored()
    path = f"/api/sessions/{shops.session_id}/commands"
    kinds = [kind for kind in WHOLE.commands if kind.needs is not None and kind.needs > Role.VIEWER]
    assert len(kinds) >= 20
    for kind in kinds:
        command = {"type": kind.__struct_config__.tag, **_fields_of(kind)}
        for role in (Role.MODERATOR, Role.HOST, Role.ADMIN):
            refused = shops.their(role).post(path, json=command)
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert shops.stored() == before


def _fields_of(kind: Any) -> Json:
    return {"product_id": "shirt"} if "product_id" in kind.__struct_fields__ else {}


@pytest.mark.parametrize("role", list(Role))
def test_a_token_of_another_shop_finds_no_session_over_the_socket(
    shops: TwoShops, role: Role
) -> None:
    code = shops.api.portal.call(partial(_close_code, shops, token(role, "x", shop=THEIRS)))
    assert code == CloseCode.NO_SUCH_SESSION
    assert shops.api.portal.call(partial(_close_code, shops, token(role, "x", shop=OURS))) is None
    assert shops.api.portal.call(partial(_close_code, shops, token(role, "x"))) is None


async def _close_code(shops: TwoShops, bearer: str) -> int | None:
    async with connected(shops.api.url.replace("http", "ws", 1), shops.session_id) as client:
        try:
            await client.hello(bearer)
        except Closed as closed:
            return closed.code
    return None


def test_a_host_makes_sessions_and_products_in_its_own_shop_only(shops: TwoShops) -> None:
    their = shops.their(Role.HOST)
    before = shops.stored()
    for path, body in (("/api/sessions", {"title": "T"}), ("/api/products", _MUG)):
        refused = their.post(path, json={**body, "shop": OURS})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert shops.stored() == before
    assert their.post("/api/products", json=_MUG).json()["shop"] == THEIRS
    assert their.post("/api/sessions", json={"title": "T"}).json()["shop"] == THEIRS
    named = their.post("/api/sessions", json={"title": "T", "shop": THEIRS})
    assert (named.status_code, named.json()["shop"]) == (201, THEIRS)


def test_a_host_of_all_shops_names_any_or_none(shops: TwoShops) -> None:
    made = shops.api.host.post("/api/sessions", json={"title": "T", "shop": "third"}).json()
    assert made["shop"] == "third"
    assert "shop" not in shops.api.host.post("/api/sessions", json={"title": "T"}).json()
    path = f"/api/sessions/{shops.session_id}"
    assert shops.api.host.get(path).json()["shop"] == OURS
    assert "shop" not in shops.api.anyone.get(path).json()


def test_lists_have_only_what_is_of_the_callers_shop(shops: TwoShops) -> None:
    their = shops.their(Role.ADMIN)
    assert their.get("/api/sessions").json() == {"sessions": [], "next": None}
    for search in ("", "shirt", "shirt-m"):
        listed = their.get("/api/products", params={"q": search})
        assert (listed.json()["products"], listed.json()["next"]) == ([], None)
    assert their.get("/api/products", params={"after": "shirt"}).status_code == 404
    assert their.get("/api/orders").json() == {"orders": [], "next": None}
    of_session = their.get("/api/orders", params={"session": shops.session_id})
    assert (of_session.status_code, of_session.json()["code"]) == (404, "not_found")
    assert their.get("/api/payments").json() == {"payments": [], "next": None}


def test_lists_have_all_that_is_of_the_callers_shop(shops: TwoShops) -> None:
    for host in (shops.our_host, shops.api.host):
        (session,) = host.get("/api/sessions").json()["sessions"]
        assert (session["id"], session["shop"]) == (shops.session_id, OURS)
        (product,) = host.get("/api/products").json()["products"]
        assert (product["product_id"], product["shop"]) == ("shirt", OURS)
        assert [order["order_id"] for order in host.get("/api/orders").json()["orders"]] == [
            shops.rid
        ]
        (payment,) = host.get("/api/payments").json()["payments"]
        assert payment["payment_id"] == shops.payment_id


def test_a_buyer_with_a_token_of_another_shop_sees_none_of_its_orders_here(
    shops: TwoShops,
) -> None:
    own = shops.api.as_role(Role.VIEWER, "ada", shop=OURS)
    assert [order["order_id"] for order in own.get("/api/orders").json()["orders"]] == [shops.rid]
    other = shops.api.as_role(Role.VIEWER, "ada", shop=THEIRS)
    assert other.get("/api/orders").json()["orders"] == []
    assert other.get(f"/api/orders/{shops.rid}").status_code == 404
    reserve = {"rid": a_rid(), "sku": shops.sku, "quantity": 1}
    path = f"/api/sessions/{shops.session_id}/reservations"
    assert other.post(path, json=reserve).status_code == 404
    assert own.post(path, json=reserve).status_code == 201


def test_what_belongs_to_no_shop_is_for_those_who_are_bound_to_none(api: Api) -> None:
    session_id = api.add_session(starts_at_ms=1)
    bound, command = api.as_role(Role.HOST, shop=OURS), {"type": "session.start"}
    assert bound.get(f"/api/sessions/{session_id}").status_code == 404
    path = f"/api/sessions/{session_id}/commands"
    assert bound.post(path, json=command).status_code == 404
    assert api.host.post(path, json=command).status_code == 200


def test_a_show_sells_only_what_belongs_to_its_own_shop(shops: TwoShops) -> None:
    assert shops.api.host.post("/api/products", json=_MUG).status_code == 201
    ours = f"/api/sessions/{shops.session_id}/commands"
    mug = {"type": "product.add", "product_id": "mug", "units": {"mug-r": 1}}
    shirt = {"type": "product.add", "product_id": "shirt", "units": {"shirt-m": 1}}
    before = shops.stored()
    for host in (shops.our_host, shops.api.host):
        refused = host.post(ours, json=mug)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert shops.stored() == before
    none = shops.api.host.post("/api/sessions", json={"title": "T"}).json()["id"]
    assert shops.api.host.post(f"/api/sessions/{none}/commands", json=shirt).status_code == 404
    assert shops.api.host.post(f"/api/sessions/{none}/commands", json=mug).status_code == 200


_CSV: Final = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\n"


@pytest.mark.feature("catalogue_import")
def test_an_import_never_changes_another_shops_product(shops: TwoShops) -> None:
    rows = "shirt,Stolen,shirt-m,1.00,5\nshirt,,shirt-xl,1.00,5\n"
    before = shops.stored()
    report = _import(shops, shops.their(Role.HOST), _CSV + rows)
    assert report["products"] == 0
    assert [(bad["line"], bad["handle"], bad["reason"]) for bad in report["bad"]] == [
        (2, "shirt", "the product shirt belongs to another shop"),
        (3, "shirt", "the product shirt belongs to another shop"),
    ]
    assert shops.stored() == before
    sku = _import(shops, shops.their(Role.HOST), _CSV + "cap,Cap,shirt-m,1.00,5\n")
    assert [bad["reason"] for bad in sku["bad"]] == [
        "the SKU shirt-m belongs to another shop",
    ]
    assert shops.stored() == before


@pytest.mark.feature("catalogue_import")
def test_an_import_goes_into_the_callers_shop(shops: TwoShops) -> None:
    cap = _CSV + "cap,Cap,cap-1,1.00,5\n"
    assert _import(shops, shops.their(Role.HOST), cap)["created"] == 1
    assert shops.their(Role.HOST).get("/api/products/cap").json()["shop"] == THEIRS
    # One who is bound to no shop names one, and does not change another's by mistake either.
    assert _import(shops, shops.api.host, cap)["bad_rows"] == 1
    assert _import(shops, shops.api.host, cap, shop=THEIRS)["unchanged"] == 1
    refused = shops.their(Role.HOST).post(
        "/api/products/import",
        params={"shop": OURS},
        content=cap,
        headers={"Content-Type": "text/csv"},
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def _import(shops: TwoShops, caller: Any, text: str, **query: str) -> Json:
    done = caller.post(
        "/api/products/import",
        params=query,
        content=text,
        headers={"Content-Type": "text/csv"},
        timeout=60,  # a process at the lowest priority reads it
    )
    assert done.status_code == 200, done.text
    report: Json = done.json()
    return report
