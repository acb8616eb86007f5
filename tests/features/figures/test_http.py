"""The summary of a show, its plan and its prices over HTTP."""

import csv
import io
from typing import Any

import asyncpg

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid
from tests.waiting import wait_until


def _bought(api: Api, session_id: str, sku: str, viewer_id: str, quantity: int = 1) -> None:
    rid = a_rid()
    answer = api.ask(session_id, viewer_id, "buy", rid=rid, sku=sku, quantity=quantity)
    assert answer["type"] == "confirmed", answer


def _summary(api: Api, session_id: str) -> dict[str, Any]:
    answer = api.host.get(f"/api/sessions/{session_id}/summary")
    assert answer.status_code == 200, answer.text
    summary: dict[str, Any] = answer.json()
    return summary


def test_a_summary_tells_what_was_shown_and_sold(api: Api) -> None:
    session_id, sku = api.go_live()
    api.command(session_id, "product.pin", product_id="shirt")
    _bought(api, session_id, sku, "ada")
    _bought(api, session_id, sku, "ada")
    _bought(api, session_id, sku, "bo", 2)
    api.command(session_id, "stock.add", product_id="shirt", units={sku: 2})
    api.command(session_id, "session.end")
    summary = _summary(api, session_id)
    sums = {name: summary[name] for name in ("orders", "units", "revenue", "buyers", "status")}
    assert sums == {"orders": 3, "units": 4, "revenue": 20_000, "buyers": 2, "status": "ended"}
    (shirt,) = summary["products"]
    length_ms = summary["ended_at_ms"] - summary["started_at_ms"]
    assert 0 < shirt.pop("shown_ms") <= length_ms
    assert shirt == {
        "product_id": "shirt",
        "title": "Shirt",
        "looks": 0,
        "orders": 3,
        "units": 4,
        "revenue": 20_000,
        "allocated": 7,
    }
    assert summary["step_ms"] == 10_000
    # The last sample is stored after the end.
    wait_until(lambda: _of_series(api, session_id) == 20_000)


def _of_series(api: Api, session_id: str) -> int:
    return sum(point["revenue"] for point in _summary(api, session_id)["series"])


def test_a_summary_of_a_show_that_has_not_begun_is_empty(api: Api) -> None:
    summary = _summary(api, api.add_session())
    assert (summary["started_at_ms"], summary["series"], summary["orders"]) == (None, [], 0)


def test_a_summary_tells_of_units_that_were_sold_and_never_there(
    api: Api, postgres_url: str
) -> None:
    session_id, sku = api.go_live()
    api.command(
        session_id, "sale.start", product_id="shirt", percent=10, duration_ms=600_000, units=2
    )
    _bought(api, session_id, sku, "ada", 2)
    assert _summary(api, session_id)["oversold"] == 0
    args = (postgres_url, session_id)
    # In the row, in its orders, and in a sale: each is found, and none counted twice.
    assert _oversold_by(api, *args, "UPDATE stock SET sold = 8 WHERE sku IS NOT NULL") == 3
    assert _oversold_by(api, *args, "UPDATE stock SET sold = 2 WHERE sku IS NOT NULL") == 0
    assert _oversold_by(api, *args, "UPDATE order_line SET qty = 9") == 7
    assert _oversold_by(api, *args, "UPDATE order_line SET qty = 9, sale = ''") == 4


def _oversold_by(api: Api, postgres_url: str, session_id: str, change: str) -> int:
    async def plant() -> None:
        connection = await asyncpg.connect(postgres_url)
        drop = "ALTER TABLE stock DROP CONSTRAINT IF EXISTS stock_sold_within_units"
        await connection.execute(drop)
        await connection.execute(change)
        await connection.close()

    api.portal.call(plant)
    oversold: int = _summary(api, session_id)["oversold"]
    return oversold


def _shows(api: Api, *shops: str | None) -> list[str]:
    """Run a show in each of these shops, one after the other."""
    shows = []
    for place, shop in enumerate(shops):
        host = api.as_role(Role.HOST, "host", shop=shop)
        fields = {"title": f"Show {place}", "currency": "JPY" if place == 2 else "EUR"}
        session_id = host.post("/api/sessions", json=fields).json()["id"]
        path = f"/api/sessions/{session_id}/commands"
        for kind in ("session.start", "session.end"):
            assert host.post(path, json={"type": kind}).is_success
        shows.append(session_id)
    return shows


def test_the_trend_has_the_last_five_shows_of_the_shop_up_to_this_one(api: Api) -> None:
    shows = _shows(api, *["ours"] * 3, "theirs", None, *["ours"] * 4)
    ours = [*shows[:3], *shows[5:]]
    own_host = api.as_role(Role.HOST, "host", shop="ours")
    planned = own_host.post("/api/sessions", json={"title": "Next"}).json()["id"]

    def trend(session_id: str) -> list[str]:
        return [show["session_id"] for show in _summary(api, session_id)["trend"]]

    assert trend(ours[-1]) == ours[-5:]
    assert trend(ours[3]) == ours[:4]
    assert trend(planned) == ours[-5:]
    assert trend(shows[4]) == [shows[4]]
    (first, *_, last) = _summary(api, ours[3])["trend"]
    assert last.pop("started_at_ms") > first.pop("started_at_ms")
    sums = {"orders": 0, "units": 0, "revenue": 0, "viewers_peak": 0}
    euro = {"currency": "EUR", "currency_digits": 2}
    assert first == {"session_id": ours[0], "title": "Show 0", **euro, **sums}
    assert _summary(api, ours[3])["trend"][2]["currency_digits"] == 0


def test_the_trend_is_in_the_order_of_beginnings_and_has_what_was_sold(api: Api) -> None:
    planned_first, sku = api.add_session(), api.add_product()
    sold, _ = _shows(api, None), api.command(planned_first, "session.start")
    session_id = api.add_session()
    api.command(session_id, "product.add", product_id="shirt", units={sku: 3})
    api.command(session_id, "session.start")
    _bought(api, session_id, sku, "ada", 2)
    trend = _summary(api, session_id)["trend"]
    assert [show["session_id"] for show in trend] == [*sold, planned_first, session_id]
    assert (trend[2]["orders"], trend[2]["units"], trend[2]["revenue"]) == (1, 2, 10_000)


def test_buyers_who_come_back_are_counted_once(api: Api) -> None:
    first, sku = api.go_live()
    for buyer in ("ada", "ada", "bo"):
        _bought(api, first, sku, buyer)
    assert _summary(api, first)["returning"] == 0
    second = api.add_session()
    api.command(second, "product.add", product_id="shirt", units={sku: 5})
    api.command(second, "session.start")
    for buyer in ("ada", "ada", "cy"):
        _bought(api, second, sku, buyer)
    summary = _summary(api, second)
    assert (summary["buyers"], summary["returning"]) == (2, 1)


def test_a_token_for_one_session_is_told_of_no_other_show(api: Api) -> None:
    first, second = _shows(api, None, None)
    bound = api.as_role(Role.HOST, "host", session_id=second)
    summary = bound.get(f"/api/sessions/{second}/summary").json()
    assert [show["session_id"] for show in summary["trend"]] == [second]
    assert summary["returning"] is None
    assert [show["session_id"] for show in _summary(api, second)["trend"]] == [first, second]


def test_a_summary_is_a_table_for_spreadsheets_too(api: Api) -> None:
    session_id, sku = api.go_live()
    variant = {"sku": "F", "label": "", "price": 1, "stock": 5}
    formula = {"product_id": "f", "title": '=HYPERLINK("x")', "variants": [variant]}
    api.host.post("/api/products", json=formula)
    api.command(session_id, "product.add", product_id="f", units={"F": 1})
    _bought(api, session_id, sku, "ada")
    path = f"/api/sessions/{session_id}/summary.csv"
    products = api.host.get(path)
    assert products.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(products.text)))
    assert [row["title"] for row in rows] == ["Shirt", '\'=HYPERLINK("x")']
    assert (rows[0]["revenue"], rows[0]["currency"]) == ("5000", "EUR")
    series = list(csv.DictReader(io.StringIO(api.host.get(path + "?table=series").text)))
    assert sum(int(row["orders"]) for row in series) == 1
    assert api.host.get(path + "?table=buyers").json()["code"] == "bad_request"


def test_a_plan_is_the_hosts_and_moderators_read_it(api: Api) -> None:
    path = f"/api/sessions/{api.add_session()}/plan"
    assert api.host.get(path).json() == {"sales": {}}
    plan = {"sales": {"shirt": {"percent": 20, "duration_ms": 60_000, "units": 5}}}
    saved = api.host.send("PUT", path, json=plan)
    assert (saved.status_code, saved.json()) == (200, plan)
    moderator = api.as_role(Role.MODERATOR)
    assert moderator.get(path).json() == plan
    assert moderator.send("PUT", path, json=plan).status_code == 403
    assert api.buyer.get(path).status_code == 403
    bad = {"sales": {"shirt": {"percent": 20, "prices": {"s": 1}, "duration_ms": 60_000}}}
    assert api.host.send("PUT", path, json=bad).json()["code"] == "bad_request"
    assert api.host.get(path).json() == plan
    assert api.host.get("/api/sessions/nothing/plan").status_code == 404


def test_a_hosts_notes_are_for_the_staff_and_stay_where_a_plan_leaves_them_out(api: Api) -> None:
    session_id, _ = api.go_live()
    path = f"/api/sessions/{session_id}/plan"
    note = "Washes at 60 °C.\nSaucers fit 18 and 24."
    noted = {"sales": {}, "notes": {"shirt": note}}
    assert api.host.send("PUT", path, json=noted).json() == noted
    sales = {"shirt": {"percent": 20, "duration_ms": 60_000}}
    both = {**noted, "sales": sales}
    # A program that knows of no notes takes none away.
    assert api.host.send("PUT", path, json={"sales": sales}).json() == both
    assert api.as_role(Role.MODERATOR).get(path).json() == both
    assert api.buyer.get(path).status_code == 403
    for bad in ("x" * 501, "", "\x00"):
        wrong = {"sales": {}, "notes": {"shirt": bad}}
        assert api.host.send("PUT", path, json=wrong).json()["code"] == "bad_request"
    assert api.host.send("PUT", path, json={"sales": {}, "notes": {"shirt": "x" * 500}}).is_success
    assert api.host.send("PUT", path, json={"sales": sales, "notes": {}}).json()["notes"] == {}


def test_no_viewer_is_told_what_a_host_notes(api: Api) -> None:
    session_id, _ = api.go_live()
    noted = {"sales": {}, "notes": {"shirt": "the cost is 12"}}
    path = f"/api/sessions/{session_id}"
    assert api.host.send("PUT", f"{path}/plan", json=noted).is_success
    for anyone in (api.buyer, api.anyone):
        for what in ("", "/events", "/brand"):
            assert "the cost is 12" not in anyone.get(path + what).text


def test_notes_of_a_whole_shelf_fit_into_a_plan(api: Api) -> None:
    path = f"/api/sessions/{api.add_session()}/plan"
    notes = {f"product-{number}": "x" * 490 for number in range(500)}
    saved = api.host.send("PUT", path, json={"sales": {}, "notes": notes})
    assert (saved.status_code, saved.json()["notes"]) == (200, notes)


def test_the_lowest_price_is_that_of_all_shows(api: Api) -> None:
    first, sku = api.go_live()
    api.command(first, "product.reprice", product_id="shirt", prices={sku: 4200})
    api.command(first, "product.reprice", product_id="shirt", prices={sku: 5000})
    second = api.add_session()
    assert api.host.get(f"/api/sessions/{second}/prices").json()["lowest"] == {}
    api.command(second, "product.add", product_id="shirt", units={sku: 1})
    prices = api.host.get(f"/api/sessions/{second}/prices").json()
    assert prices["lowest"] == {sku: 4200}
    assert api.buyer.get(f"/api/sessions/{second}/prices").status_code == 403


def test_no_other_shops_shows_are_among_those_that_lowest_prices_are_read_from(
    api: Api, postgres_url: str
) -> None:
    first, sku = api.go_live()
    api.command(first, "product.reprice", product_id="shirt", prices={sku: 4200})
    second = api.add_session()
    api.command(second, "product.add", product_id="shirt", units={sku: 1})

    async def give_away() -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute("UPDATE session SET shop = 'north' WHERE id = $1", first)
        await connection.close()

    api.portal.call(give_away)
    assert api.host.get(f"/api/sessions/{second}/prices").json()["lowest"] == {}
