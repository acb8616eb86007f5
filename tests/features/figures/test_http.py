"""The summary of a show, its plan and its prices over HTTP."""

import csv
import io
from typing import Any

import asyncpg

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid


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
    }
    assert summary["step_ms"] == 10_000
    assert sum(point["revenue"] for point in summary["series"]) == 20_000


def test_a_summary_of_a_show_that_has_not_begun_is_empty(api: Api) -> None:
    summary = _summary(api, api.add_session())
    assert (summary["started_at_ms"], summary["series"], summary["orders"]) == (None, [], 0)


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
