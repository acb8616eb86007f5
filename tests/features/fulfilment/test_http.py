"""The orders of a show as CSV, its packing list and slips over HTTP."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Json, a_rid
from tests.edge.http.two_shops import TwoShops, open_shops


def _buy(api: Api, session_id: str, sku: str, viewer_id: str, quantity: int = 1) -> str:
    rid = a_rid()
    answer = api.ask(session_id, viewer_id, "buy", rid=rid, sku=sku, quantity=quantity)
    assert answer["type"] == "confirmed", answer
    return rid


def _add(api: Api, session_id: str, product_id: str, **product: Any) -> None:
    variants = [
        {"sku": f"{product_id}-{label}", "label": label, "price": 1793, "stock": 50}
        for label in ("S", "L")
    ]
    body = {"product_id": product_id, "title": product_id.title(), "variants": variants, **product}
    assert api.host.post("/api/products", json=body).status_code == 201
    units = {f"{product_id}-S": 20, f"{product_id}-L": 20}
    api.command(session_id, "product.add", product_id=product_id, units=units, limit=20)


def _rows(api: Api, session_id: str, query: str = "") -> list[dict[str, str]]:
    answer = api.host.get(f"/api/sessions/{session_id}/orders.csv{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def _packing(api: Api, session_id: str) -> Json:
    answer = api.host.get(f"/api/sessions/{session_id}/packing")
    assert answer.status_code == 200, answer.text
    packing: Json = answer.json()
    return packing


def test_orders_are_a_row_a_line_by_buyer_with_decimal_money_and_utc(api: Api) -> None:
    session_id, sku = api.go_live()
    _add(api, session_id, "mug", title='=cmd "Mug", big\u00fc')
    second, first = _buy(api, session_id, sku, "bo"), _buy(api, session_id, "mug-L", "ada", 2)
    cancelled = _buy(api, session_id, "mug-S", "ada")
    assert api.host.post(f"/api/orders/{cancelled}/cancel").status_code == 200
    rows = _rows(api, session_id)
    instants = [row.pop("at") for row in rows]
    at_ms = api.host.get(f"/api/orders/{first}").json()["at_ms"]
    seconds = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert instants[0] == f"{seconds}.{at_ms % 1000:03d}Z"
    mug = {
        **{"order_id": first, "status": "confirmed", "viewer_id": "ada", "name": ""},
        **{"product_id": "mug", "title": '\'=cmd "Mug", big\u00fc', "sku": "mug-L"},
        **{"variant": "L", "quantity": "2", "unit_price": "17.93", "line_total": "35.86"},
        "currency": "EUR",
    }
    shirt = {
        **{"order_id": second, "status": "confirmed", "viewer_id": "bo", "name": ""},
        **{"product_id": "shirt", "title": "Shirt", "sku": sku, "variant": "M"},
        **{"quantity": "1", "unit_price": "50.00", "line_total": "50.00", "currency": "EUR"},
    }
    taken_back = {**mug, "order_id": cancelled, "status": "cancelled", "sku": "mug-S"}
    taken_back |= {"variant": "S", "quantity": "1", "line_total": "17.93"}
    assert rows == [mug, taken_back, shirt]
    assert [row["order_id"] for row in _rows(api, session_id, "?status=cancelled")] == [cancelled]


def test_a_show_without_orders_is_a_header_and_an_empty_list(api: Api) -> None:
    session_id = api.add_session()
    text = api.host.get(f"/api/sessions/{session_id}/orders.csv").text
    assert text == (
        "order_id,at,status,viewer_id,name,product_id,title,sku,variant,quantity,unit_price,"
        "line_total,currency\r\n"
    )
    assert _packing(api, session_id) == {
        **{"session_id": session_id, "title": "Autumn drop", "status": "draft"},
        **{"currency": "EUR", "currency_digits": 2, "buyers": [], "lines": []},
        "totals": {"buyers": 0, "orders": 0, "units": 0, "revenue": 0},
    }


@pytest.mark.parametrize(("currency", "price"), [("JPY", "5000"), ("KWD", "5.000")])
def test_money_has_the_decimals_of_its_currency(api: Api, currency: str, price: str) -> None:
    sku, session_id = api.add_product(), api.add_session(currency=currency)
    fields = {"product_id": "shirt", "units": {sku: 5}, "prices": {sku: 5000}}
    api.command(session_id, "product.add", **fields)
    api.command(session_id, "session.start")
    _buy(api, session_id, sku, "ada")
    (row,) = _rows(api, session_id)
    assert (row["unit_price"], row["line_total"], row["currency"]) == (price, price, currency)


def test_a_parcel_has_all_that_one_buyer_gets_in_the_order_of_the_shelf(api: Api) -> None:
    session_id, sku = api.go_live()
    _add(api, session_id, "mug", image="/pages/mug.svg")
    api.command(session_id, "shelf.order", product_ids=["mug", "shirt"])
    orders = [_buy(api, session_id, which, "ada") for which in (sku, "mug-L", "mug-S", "mug-L")]
    _buy(api, session_id, "mug-S", "bo", 3)
    cancelled = _buy(api, session_id, sku, "cy")
    assert api.host.post(f"/api/orders/{cancelled}/cancel").status_code == 200
    api.command(session_id, "session.end")
    packing = _packing(api, session_id)
    ada, bo = packing["buyers"]
    assert [each["order_id"] for each in ada["orders"]] == orders
    assert (ada["viewer_id"], ada["name"], ada["units"], ada["total"]) == (
        *("ada", None, 4),
        3 * 1793 + 5000,
    )
    lines = [(each["sku"], each["quantity"], each["total"]) for each in ada["lines"]]
    assert lines == [("mug-S", 1, 1793), ("mug-L", 2, 3586), (sku, 1, 5000)]
    assert ada["lines"][0] == {
        **{"number": ada["lines"][0]["number"], "product_id": "mug", "title": "Mug"},
        **{"image": "/pages/mug.svg", "sku": "mug-S", "label": "S", "quantity": 1, "total": 1793},
    }
    assert (bo["viewer_id"], bo["units"], bo["total"]) == ("bo", 3, 3 * 1793)
    fetched = [(each["sku"], each["quantity"], each["total"]) for each in packing["lines"]]
    assert fetched == [("mug-S", 4, 4 * 1793), ("mug-L", 2, 3586), (sku, 1, 5000)]
    assert packing["totals"] == {"buyers": 2, "orders": 5, "units": 7, "revenue": 6 * 1793 + 5000}
    assert packing["status"] == "ended"


def test_what_has_left_the_shelf_comes_last_with_the_words_of_the_catalogue(api: Api) -> None:
    session_id, sku = api.go_live()
    _add(api, session_id, "mug")
    bought = _buy(api, session_id, sku, "ada")
    _buy(api, session_id, "mug-S", "ada")
    api.command(session_id, "product.remove", product_id="shirt")
    (ada,) = _packing(api, session_id)["buyers"]
    assert [(each["sku"], each["title"], each["label"]) for each in ada["lines"]] == [
        ("mug-S", "Mug", "S"),
        (sku, "Shirt", "M"),
    ]
    slip = api.host.get(f"/api/orders/{bought}/slip").json()
    assert (slip["lines"][0]["title"], slip["lines"][0]["product_id"]) == ("Shirt", "shirt")


def test_a_slip_has_all_that_is_printed_and_is_its_buyer_s_and_the_host_s(api: Api) -> None:
    session_id, sku = api.go_live()
    order_id = _buy(api, session_id, sku, "u1", 2)
    path = f"/api/orders/{order_id}/slip"
    slip = api.buyer.get(path).json()
    number = slip["lines"][0].pop("number")
    assert number == 1
    assert slip == {
        **{"order_id": order_id, "session_id": session_id, "title": "Autumn drop"},
        **{"viewer_id": "u1", "name": None, "status": "confirmed", "at_ms": slip["at_ms"]},
        **{"currency": "EUR", "currency_digits": 2, "units": 2, "total": 10_000},
        "lines": [
            {
                **{"product_id": "shirt", "title": "Shirt", "image": None, "sku": sku},
                **{"label": "M", "quantity": 2, "total": 10_000, "price": 5000},
            }
        ],
    }
    assert api.host.get(path).status_code == 200
    assert api.as_role(Role.VIEWER, "eve").get(path).status_code == 404
    assert api.anyone.get(path).status_code == 401


def test_lists_of_buyers_are_the_hosts_of_their_shop(api: Api, postgres_url: str) -> None:
    shops: TwoShops = open_shops(api, postgres_url)
    for what in ("orders.csv", "packing"):
        path = f"/api/sessions/{shops.session_id}/{what}"
        assert shops.our_host.get(path).status_code == 200
        assert shops.their(Role.HOST).get(path).status_code == 404
        assert api.as_role(Role.MODERATOR).get(path).status_code == 403
        assert api.buyer.get(path).status_code == 403
        assert api.anyone.get(path).status_code == 401
        assert api.host.get(f"/api/sessions/nothing/{what}").status_code == 404
        assert api.host.send("HEAD", path).content == b""


def test_every_order_is_exported_once_however_many_there_are(api: Api) -> None:
    session_id, sku = api.go_live(units=100, limit=100)
    buyers = [f"b{number % 3}" for number in range(9)]
    with ThreadPoolExecutor(3) as threads:
        orders = list(threads.map(lambda buyer: _buy(api, session_id, sku, buyer), buyers))
    assert sorted(row["order_id"] for row in _rows(api, session_id)) == sorted(orders)
    assert _packing(api, session_id)["totals"]["orders"] == 9
