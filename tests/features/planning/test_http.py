"""Shows that are cloned and planned for every week, over HTTP."""

from typing import Any, Final

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Json, a_rid
from tests.edge.http.two_shops import TwoShops, open_shops
from tests.waiting import wait_until

_START_MS: Final = 1_800_000_000_000  # 2027-01-15T10:00+02:00 in Athens
_WEEK_MS: Final = 7 * 86_400_000


@pytest.fixture
def shops(api: Api, postgres_url: str) -> TwoShops:
    return open_shops(api, postgres_url)


def _clone(api: Api, source_id: str, status: int = 201, **fields: Any) -> Json:
    body = {"session_id": "copy", **fields}
    answer = api.host.post(f"/api/sessions/{source_id}/clone", json=body)
    assert answer.status_code == status, answer.text
    clone: Json = answer.json()
    return clone


def _repeat(api: Api, session_id: str, status: int = 201, **fields: Any) -> Json:
    body = {"every": "week", "count": 3, "time_zone": "Europe/Athens", **fields}
    answer = api.host.post(f"/api/sessions/{session_id}/repeat", json=body)
    assert answer.status_code == status, answer.text
    repeated: Json = answer.json()
    return repeated


def _stock(api: Api, product_id: str) -> dict[str, int]:
    product = api.host.get(f"/api/products/{product_id}").json()
    return {variant["sku"]: variant["stock"] for variant in product["variants"]}


def _events(api: Api, session_id: str) -> list[str]:
    events = api.host.get(f"/api/sessions/{session_id}/events").json()["events"]
    return [event["type"] for event in events]


def _a_show(api: Api) -> str:
    """Have a show with two products, a price of its own, a plan and blocked words."""
    api.add_product("shirt", stock=20)
    api.add_product("mug", price=1200, stock=10)
    session_id = api.add_session(
        title="Friday",
        starts_at_ms=_START_MS,
        payment="checkout",
        hold_ms=60_000,
        stream_url="https://video.example/live.m3u8",
        checkout_url="https://shop.example/pay/{order_id}",
    )
    api.command(session_id, "product.add", product_id="mug", units={"mug-m": 4}, limit=2)
    api.command(session_id, "product.add", product_id="shirt", units={"shirt-m": 8})
    api.command(session_id, "product.reprice", product_id="shirt", prices={"shirt-m": 4500})
    api.command(session_id, "chat.block", words=["scam", "follow me"])
    plan = {"sales": {"shirt": {"percent": 20, "duration_ms": 60_000, "units": 5}}}
    assert api.host.send("PUT", f"/api/sessions/{session_id}/plan", json=plan).status_code == 200
    return session_id


def test_a_clone_has_the_settings_the_shelf_the_prices_the_plan_and_the_blocked_words(
    api: Api,
) -> None:
    source_id = _a_show(api)
    clone = _clone(api, source_id)
    of_show = ("title", "currency", "stream_url", "pinned", "sales")
    source = api.host.get(f"/api/sessions/{source_id}").json()
    assert {name: clone[name] for name in of_show} == {name: source[name] for name in of_show}
    assert (clone["id"], clone["status"], clone["starts_at_ms"]) == ("copy", "draft", None)
    assert clone["shelf"] == source["shelf"]
    assert [product["product_id"] for product in clone["shelf"]] == ["mug", "shirt"]
    assert clone["shelf"][1]["variants"][0]["price"] == 4500
    assert clone["units"] == [
        {"product_id": "mug", "sku": "mug-m", "asked": 4, "got": 4},
        {"product_id": "shirt", "sku": "shirt-m", "asked": 8, "got": 8},
    ]
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 2, "shirt-m": 4}
    for what in ("plan", "words"):
        path = f"/api/sessions/copy/{what}"
        assert api.host.get(path).json() == api.host.get(path.replace("copy", source_id)).json()
    assert api.host.get("/api/sessions/copy/words").json() == {"words": ["scam", "follow me"]}
    assert _events(api, "copy") == ["product.added", "product.added", "chat.blocked"]


def test_a_clone_sells_by_the_settings_of_the_show_that_it_is_of(api: Api) -> None:
    _clone(api, _a_show(api), starts_at_ms=_START_MS + _WEEK_MS, title="Saturday")
    assert api.anyone.get("/api/sessions/copy").json()["title"] == "Saturday"
    api.command("copy", "session.start")
    wait_until(lambda: api.anyone.get("/api/sessions/copy").json()["buying"])
    rid = a_rid()
    bought = api.ask("copy", "ada", "buy", rid=rid, sku="shirt-m", quantity=2, price=4500)
    assert (bought["type"], bought["url"]) == ("checkout", f"https://shop.example/pay/{rid}")
    refused = api.ask("copy", "ada", "buy", rid=a_rid(), sku="mug-m", quantity=3)
    assert (refused["code"], refused["limit"]) == ("limit", 2)
    assert api.ask("copy", "ada", "say", text="this is a scam")["code"] == "conflict"


def test_a_clone_of_a_show_that_is_over_asks_for_all_that_it_was_given(api: Api) -> None:
    session_id, sku = api.go_live(units=30)
    api.ask(session_id, "ada", "buy", rid=a_rid(), sku=sku, quantity=10)
    api.ask(session_id, "ada", "say", text="hello")
    api.command(session_id, "session.end")
    wait_until(lambda: _stock(api, "shirt") == {sku: 90})
    clone = _clone(api, session_id)
    assert clone["units"] == [{"product_id": "shirt", "sku": sku, "asked": 30, "got": 30}]
    assert clone["shelf"][0]["variants"][0]["left"] == 30
    assert (clone["status"], clone["likes"], clone["chat_pinned"]) == ("draft", 0, [])
    assert api.host.get("/api/orders", params={"session": "copy"}).json()["orders"] == []
    assert _stock(api, "shirt") == {sku: 60}


def test_a_clone_has_the_details_as_they_were_changed_and_numbers_by_its_shelf(api: Api) -> None:
    source_id = _a_show(api)
    cover = "https://pictures.example/friday.jpg"
    api.command(source_id, "session.update", title="Late Friday", cover_url=cover)
    api.command(source_id, "shelf.order", product_ids=["shirt", "mug"])
    clone = _clone(api, source_id)
    assert (clone["title"], clone["cover_url"]) == ("Late Friday", cover)
    numbers = [(product["product_id"], product["number"]) for product in clone["shelf"]]
    assert numbers == [("shirt", 1), ("mug", 2)]
    api.command(source_id, "session.update", starts_at_ms=_START_MS + 1)
    repeated = _repeat(api, source_id, count=1)["sessions"]
    assert (repeated[0]["title"], repeated[0]["starts_at_ms"]) == (
        "Late Friday",
        _START_MS + 1 + _WEEK_MS,
    )
    api.command(repeated[0]["id"], "session.update", title="One of them")
    again = _repeat(api, source_id, 200, count=1)["sessions"]
    assert again[0]["title"] == "One of them"


def test_a_clone_takes_what_is_left_and_says_what_was_asked_for(api: Api) -> None:
    source_id = _a_show(api)
    _clone(api, source_id, session_id="first")
    clone = _clone(api, source_id)
    assert [(each["sku"], each["asked"], each["got"]) for each in clone["units"]] == [
        ("mug-m", 4, 2),
        ("shirt-m", 8, 4),
    ]
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 0, "shirt-m": 0}
    empty = _clone(api, source_id, session_id="last")
    assert [each["got"] for each in empty["units"]] == [0, 0]
    api.command("last", "session.start")
    wait_until(lambda: api.anyone.get("/api/sessions/last").json()["buying"])
    refused = api.ask("last", "ada", "buy", rid=a_rid(), sku="mug-m", quantity=1)
    assert (refused["code"], refused["left"]) == ("sold_out", 0)
    assert "product.sold_out" not in _events(api, "last")


def test_all_or_nothing_refuses_a_clone_that_would_get_less_and_leaves_nothing(api: Api) -> None:
    source_id = _a_show(api)
    _clone(api, source_id, session_id="first")
    before = _stock(api, "mug") | _stock(api, "shirt")
    refused = _clone(api, source_id, 409, all_or_nothing=True)
    assert (refused["code"], refused["left"]) == ("sold_out", 2)
    assert refused["message"] == "mug-m has 2 left, 4 requested"
    assert api.host.get("/api/sessions/copy").status_code == 404
    assert _stock(api, "mug") | _stock(api, "shirt") == before


def test_a_dry_run_answers_as_the_clone_would_and_makes_nothing(api: Api) -> None:
    source_id = _a_show(api)
    would_be = _clone(api, source_id, 200, dry_run=True, starts_at_ms=_START_MS)
    assert api.host.get("/api/sessions/copy").status_code == 404
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 6, "shirt-m": 12}
    made = _clone(api, source_id, starts_at_ms=_START_MS)
    assert {**would_be, "now_ms": 0} == {**made, "now_ms": 0}


def test_a_clone_without_units_leaves_the_stock_and_shows_the_products(api: Api) -> None:
    clone = _clone(api, _a_show(api), units="none")
    assert [each["asked"] for each in clone["units"]] == [0, 0]
    assert [product["variants"][0]["left"] for product in clone["shelf"]] == [0, 0]
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 6, "shirt-m": 12}


def test_a_clone_without_units_sells_once_it_is_given_some(api: Api) -> None:
    _clone(api, _a_show(api), units="none")
    api.command("copy", "stock.add", product_id="mug", units={"mug-m": 3})
    assert _stock(api, "mug") == {"mug-m": 3}
    api.command("copy", "session.start")
    wait_until(lambda: api.anyone.get("/api/sessions/copy").json()["buying"])

    def left() -> list[int]:
        shelf = api.anyone.get("/api/sessions/copy").json()["shelf"]
        return [product["variants"][0]["left"] for product in shelf]

    wait_until(lambda: left() == [3, 0])
    bought = api.ask("copy", "ada", "buy", rid=a_rid(), sku="mug-m", quantity=2)
    assert bought["type"] == "checkout"


def test_the_same_clone_asked_for_again_is_the_same_one(api: Api) -> None:
    source_id = _a_show(api)
    first = _clone(api, source_id, starts_at_ms=_START_MS)
    again = _clone(api, source_id, 200, starts_at_ms=_START_MS)
    assert {**again, "now_ms": 0} == {**first, "now_ms": 0}
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 2, "shirt-m": 4}
    for other in ({"title": "Other"}, {"units": "none"}, {"starts_at_ms": _START_MS + 1}):
        refused = _clone(api, source_id, 409, **{"starts_at_ms": _START_MS, **other})
        assert refused["code"] == "conflict"
    assert _clone(api, "copy", 409, starts_at_ms=_START_MS)["code"] == "conflict"
    taken = _clone(api, source_id, 409, session_id=source_id)
    assert taken["message"] == f"there is a session {source_id} already"


@pytest.mark.parametrize("session_id", ["", "#access", "a/b", "é", "a b", "a" * 65, "-a", 7, None])
def test_an_id_that_cannot_stand_in_an_address_is_refused(api: Api, session_id: object) -> None:
    refused = _clone(api, api.add_session(), 400, session_id=session_id)
    assert refused["message"].startswith("`session_id`: ")


def test_a_weekly_show_is_planned_at_the_same_local_time_without_units(api: Api) -> None:
    source_id = _a_show(api)
    start_ms = 1_805_472_000_000  # Friday 2027-03-19T18:00+02:00, nine days before summer time
    repeated = _repeat(api, source_id, starts_at_ms=start_ms)["sessions"]
    assert [show["local_time"] for show in repeated] == [
        "2027-03-19T18:00:00+02:00",
        "2027-03-26T18:00:00+02:00",
        "2027-04-02T18:00:00+03:00",
    ]
    hour_ms = 3_600_000
    starts = [start_ms, start_ms + _WEEK_MS, start_ms + 2 * _WEEK_MS - hour_ms]
    assert [show["starts_at_ms"] for show in repeated] == starts
    for show in repeated:
        stored = api.anyone.get(f"/api/sessions/{show['id']}").json()
        facts = (stored["title"], stored["status"], stored["starts_at_ms"])
        assert facts == ("Friday", "scheduled", show["starts_at_ms"])
        assert [product["product_id"] for product in stored["shelf"]] == ["mug", "shirt"]
        assert [product["variants"][0]["left"] for product in stored["shelf"]] == [0, 0]
        assert show["created"] is True
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 6, "shirt-m": 12}
    newest = api.anyone.get("/api/sessions").json()["sessions"][:3]
    assert [each["starts_at_ms"] for each in newest] == starts[::-1]


def test_without_a_start_the_first_is_a_week_after_the_show(api: Api) -> None:
    repeated = _repeat(api, _a_show(api), count=1)["sessions"]
    assert [show["starts_at_ms"] for show in repeated] == [_START_MS + _WEEK_MS]
    refused = _repeat(api, api.add_session(), 409)
    assert refused["code"] == "conflict"
    assert "`starts_at_ms`" in refused["message"]


def test_weekly_shows_asked_for_again_stay_and_more_of_them_are_added(api: Api) -> None:
    source_id = _a_show(api)
    first = _repeat(api, source_id, count=2)["sessions"]
    api.command(first[0]["id"], "session.start")
    again = _repeat(api, source_id, 200, count=2)["sessions"]
    assert [show["id"] for show in again] == [show["id"] for show in first]
    assert [(show["status"], show["created"]) for show in again] == [
        ("live", False),
        ("scheduled", False),
    ]
    more = _repeat(api, source_id, count=3)["sessions"]
    assert [show["created"] for show in more] == [False, False, True]
    assert len(api.host.get("/api/sessions").json()["sessions"]) == 4


def test_weekly_shows_with_units_take_them_in_the_order_of_their_starts(api: Api) -> None:
    repeated = _repeat(api, _a_show(api), units="copy")["sessions"]
    got = [[(each["sku"], each["got"]) for each in show["units"]] for show in repeated]
    assert got == [
        [("mug-m", 4), ("shirt-m", 8)],
        [("mug-m", 2), ("shirt-m", 4)],
        [("mug-m", 0), ("shirt-m", 0)],
    ]
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 0, "shirt-m": 0}


def test_all_or_nothing_refuses_weekly_shows_of_which_one_would_get_less(api: Api) -> None:
    source_id = _a_show(api)
    refused = _repeat(api, source_id, 409, units="copy", all_or_nothing=True)
    assert refused["message"] == "mug-m has 2 left, 4 requested"
    assert len(api.host.get("/api/sessions").json()["sessions"]) == 1
    assert _stock(api, "mug") | _stock(api, "shirt") == {"mug-m": 6, "shirt-m": 12}


def test_a_dry_run_of_weekly_shows_says_what_each_would_get(api: Api) -> None:
    source_id = _a_show(api)
    would_be = _repeat(api, source_id, 200, units="copy", dry_run=True)["sessions"]
    assert len(api.host.get("/api/sessions").json()["sessions"]) == 1
    assert would_be == _repeat(api, source_id, units="copy")["sessions"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"every": "day"}, "every"),
        ({"count": 0}, "count"),
        ({"count": 53}, "count"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"starts_at_ms": -1}, "starts_at_ms"),
        ({"starts_at_ms": 253_402_300_799_999}, "starts_at_ms"),
        ({"units": "all"}, "units"),
        ({"until": 1}, "until"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_planned(
    api: Api, fields: dict[str, Any], named: str
) -> None:
    refused = _repeat(api, api.add_session(starts_at_ms=_START_MS), 400, **fields)
    assert named in refused["message"]
    assert len(api.host.get("/api/sessions").json()["sessions"]) == 1


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("clone", {"session_id": "copy"}),
        ("repeat", {"every": "week", "count": 2, "time_zone": "UTC"}),
    ],
)
def test_only_hosts_of_the_shop_copy_its_shows(
    shops: TwoShops, api: Api, operation: str, body: Json
) -> None:
    path = f"/api/sessions/{shops.session_id}/{operation}"
    before = len(api.host.get("/api/sessions").json()["sessions"])
    moderator = api.as_role(Role.MODERATOR)
    of_one_show = api.as_role(Role.HOST, session_id=shops.session_id)
    assert api.anyone.post(path, json=body).status_code == 401
    assert moderator.post(path, json=body).status_code == 403
    assert of_one_show.post(path, json=body).status_code == 403
    assert shops.their(Role.HOST).post(path, json=body).status_code == 404
    assert api.host.post(path.replace(shops.session_id, "none"), json=body).status_code == 404
    assert len(api.host.get("/api/sessions").json()["sessions"]) == before


def test_a_copy_stays_in_the_shop_and_its_making_is_recorded_with_it(
    shops: TwoShops, api: Api
) -> None:
    path = f"/api/sessions/{shops.session_id}"
    assert shops.our_host.post(f"{path}/clone", json={"session_id": "copy"}).status_code == 201
    weeks = {"every": "week", "count": 1, "time_zone": "UTC", "starts_at_ms": _START_MS}
    repeated = shops.our_host.post(f"{path}/repeat", json=weeks).json()["sessions"]
    assert shops.our_host.post(f"{path}/clone", json={"session_id": "copy"}).status_code == 200
    assert shops.their(Role.HOST).get("/api/sessions/copy").status_code == 404
    shop = shops.our_host.get(path).json()["shop"]
    assert shops.our_host.get("/api/sessions/copy").json()["shop"] == shop
    entries = api.host.get("/api/activity").json()["entries"]
    made = [
        (entry["action"], entry["object"], entry["session_id"], entry["shop"], entry["outcome"])
        for entry in entries
        if entry["action"] in ("clone_session", "repeat_session")
    ]
    assert made == [
        ("repeat_session", shops.session_id, repeated[0]["id"], shop, "ok"),
        ("clone_session", shops.session_id, "copy", shop, "ok"),
    ]


def test_a_key_with_the_scope_of_sessions_may_copy_shows_and_another_may_not(api: Api) -> None:
    session_id = api.add_session()
    admin = api.as_role(Role.ADMIN)
    for scope, status in (("sessions", 201), ("catalogue", 403)):
        key = admin.post("/api/keys", json={"name": scope, "scopes": [scope]}).json()["key"]
        body = {"session_id": f"by-{scope}"}
        answer = api.with_token(key).post(f"/api/sessions/{session_id}/clone", json=body)
        assert answer.status_code == status
