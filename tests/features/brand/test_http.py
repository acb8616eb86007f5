"""The brand of a shop over HTTP: anyone reads it, its hosts write it."""

from typing import Final

import pytest

from liveshop.core.roles import Role
from liveshop.features.brand.colours import contrast
from tests.edge.http.api import SHOP_ORIGIN, Api, Caller, Json, make_key
from tests.features.media.pictures import photo

_BRAND: Final = {
    "name": "Kiln & Linen",
    "colour": "#C2330A",
    "font": "Georgia, serif",
    "logo": f"{SHOP_ORIGIN}/logo.png",
    "cover": None,
    "favicon": None,
    "share_picture": None,
    "sign_in_url": "https://shop.example/login",
}
_NONE: Final = dict.fromkeys(_BRAND)


def put(caller: Caller, body: Json, **query: str) -> Json:
    done = caller.send("PUT", "/api/brand", json=body, params=query)
    assert done.status_code == 200, done.text
    view: Json = done.json()
    return view


def own(view: Json) -> Json:
    return {name: view[name] for name in _BRAND}


def test_a_shop_without_a_brand_looks_neutral(api: Api) -> None:
    view = api.anyone.get("/api/brand").json()
    assert own(view) == _NONE
    assert (view["font_family"], view["shop"]) == (None, None)
    assert view["colours"]["light"] == {
        "brand": "#16161d",
        "on_brand": "#ffffff",
        "brand_soft": "#efeff9",
    }
    assert api.anyone.get("/api/brand", params={"shop": "nobody"}).json()["name"] is None


def test_what_a_host_puts_is_what_anyone_reads_and_replaces_all(api: Api) -> None:
    done = put(api.host, _BRAND)
    assert own(done) == _BRAND
    assert done["font_family"] == '"Georgia", serif'
    assert done["colours"]["light"]["brand"] == "#c2330a"
    assert api.anyone.get("/api/brand").json() == done
    less = put(api.host, {"name": "Kiln"})
    assert own(less) == {**_NONE, "name": "Kiln"}
    assert less["version"] != done["version"]
    assert api.anyone.get("/api/brand").json() == less
    assert own(put(api.host, {})) == _NONE


def test_a_colour_is_tried_and_nothing_is_stored(api: Api) -> None:
    put(api.host, _BRAND)
    tried = api.anyone.get("/api/brand/colours", params={"colour": "#FFE100"}).json()
    for theme, page in (("light", "#ffffff"), ("dark", "#101016")):
        colours = tried[theme]
        for name, pair in (
            ("text_contrast", (colours["brand"], colours["on_brand"])),
            ("page_contrast", (colours["brand"], page)),
        ):
            assert 0 <= contrast(*pair) - colours.pop(name) < 0.01
    assert put(api.host, {**_BRAND, "colour": "#FFE100"})["colours"] == tried
    refused = api.anyone.get("/api/brand/colours", params={"colour": "yellow"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


def test_each_shop_has_a_brand_of_its_own_that_only_its_hosts_change(api: Api) -> None:
    ours, theirs = (api.as_role(Role.HOST, shop=shop) for shop in ("ours", "theirs"))
    put(ours, _BRAND)
    refused = theirs.send("PUT", "/api/brand", json={"name": "Evil"}, params={"shop": "ours"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    put(theirs, {"name": "Theirs"})
    put(api.host, {"name": "Nobody's"})
    names = {
        shop: api.anyone.get("/api/brand", params={"shop": shop}).json()["name"]
        for shop in ("ours", "theirs")
    }
    assert names == {"ours": "Kiln & Linen", "theirs": "Theirs"}
    assert api.anyone.get("/api/brand").json()["name"] == "Nobody's"
    assert ours.get("/api/brand").json()["name"] == "Kiln & Linen"
    assert put(api.host, {"name": "By an admin"}, shop="ours")["shop"] == "ours"
    key = api.with_token(make_key(api, shop="ours", scopes=["catalogue"])["key"])
    assert put(key, {"name": "By a key"})["shop"] == "ours"


def test_nobody_below_a_host_writes_it(api: Api) -> None:
    for caller, status in (
        (api.anyone, 401),
        (api.buyer, 403),
        (api.as_role(Role.MODERATOR), 403),
        (api.as_role(Role.HOST, session_id="s1"), 403),
        (api.with_token(make_key(api, scopes=["orders"])["key"]), 403),
    ):
        assert caller.send("PUT", "/api/brand", json=_BRAND).status_code == status
    assert own(api.anyone.get("/api/brand").json()) == _NONE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "#12345"),
        ("colour", "red;}"),
        ("font", "x;}body{display:none"),
        ("logo", "https://evil.example/pixel.png"),
        ("logo", f"/media/{'0' * 32}/1280.webp"),
        ("sign_in_url", "javascript:alert(1)"),
        ("sign_in_url", "http://shop.example/login"),
        ("name", "x" * 65),
        ("name", ""),
        ("motto", "of no release"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_changes_nothing(
    api: Api, field: str, value: str
) -> None:
    put(api.host, _BRAND)
    refused = api.host.send("PUT", "/api/brand", json={**_BRAND, field: value})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    named = "upload" if value.startswith("/media/") else field
    assert named in refused.json()["message"]
    assert own(api.anyone.get("/api/brand").json()) == _BRAND


def test_a_brand_s_picture_is_not_deleted_and_another_shops_is_not_taken(api: Api) -> None:
    ours, theirs = (api.as_role(Role.HOST, shop=shop) for shop in ("ours", "theirs"))
    upload = ours.post("/api/uploads", content=photo(), timeout=60).json()
    refused = theirs.send("PUT", "/api/brand", json={"logo": upload["url"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    put(ours, {"logo": upload["url"]})
    path = f"/api/uploads/{upload['id']}"
    kept = ours.delete(path)
    assert (kept.status_code, kept.json()["code"]) == (409, "conflict")
    assert "take it out of the brand first" in kept.json()["message"]
    assert api.anyone.get(upload["url"]).status_code == 200
    put(ours, {})
    assert ours.delete(path).status_code == 200


def test_a_session_s_brand_is_its_shop_s(api: Api) -> None:
    ours = api.as_role(Role.HOST, shop="ours")
    put(ours, _BRAND)
    planned = {"title": "Autumn drop", "starts_at_ms": 1}
    session_id = ours.post("/api/sessions", json=planned).json()["id"]
    path = f"/api/sessions/{session_id}/brand"
    view = api.anyone.get(path).json()
    assert own(view) == _BRAND
    # Only staff is told which shop a session belongs to.
    assert (view["shop"], ours.get(path).json()["shop"]) == (None, "ours")
    assert api.as_role(Role.HOST, shop="theirs").get(path).status_code == 404
    draft = ours.post("/api/sessions", json={"title": "Secret"}).json()["id"]
    assert api.anyone.get(f"/api/sessions/{draft}/brand").status_code == 404
    assert ours.get(f"/api/sessions/{draft}/brand").status_code == 200
    assert api.anyone.get("/api/sessions/none/brand").status_code == 404
