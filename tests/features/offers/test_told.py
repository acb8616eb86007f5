"""The reasons of a price: told to the buyer and the hosts, stored, and read over HTTP."""

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid
from tests.engine.world import EngineShop
from tests.features.offers.show import PRICE, OfferShow


async def test_buyer_hosts_and_welcome_are_told_why_an_order_costs_what_it_does(
    show: OfferShow,
) -> None:
    offer = await show.open(code="LIVE5")
    ada, host = await show.join("ada"), await show.join("hal", Role.HOST)
    rids = await show.reserve(ada, "OBS-M", "OBS-L")
    told = await show.checkout(ada, rids, codes=["LIVE5"])
    why = [
        {
            "stage": "codes",
            "label": "Live",
            "amount": -500,
            "lines": dict.fromkeys(sorted(rids), -250),
            "offer": offer,
        }
    ]
    assert (told["total"], told["why"]) == (2 * PRICE - 500, why)
    order = await host.sees("order", order_id=told["order_id"])
    assert (order["why"], {line["final"] for line in order["lines"]}) == (why, {PRICE - 250})
    phone = await show.join("ada")
    assert phone.of("welcome")[0]["orders"][0]["why"] == why


async def test_an_order_without_offers_says_no_more_than_before(show: OfferShow) -> None:
    ada, host = await show.join("ada"), await show.join("hal", Role.HOST)
    told = await show.buy(ada)
    order = await host.sees("order", order_id=told["order_id"])
    assert "why" not in told and "why" not in order
    assert [list(line) for line in order["lines"]] == [["rid", "sku", "quantity", "price"]]


async def test_a_buyer_who_pays_elsewhere_is_told_how_much_and_why(shop: EngineShop) -> None:
    session_id = await shop.live(payment="checkout", OBS_M=9)
    await shop.opened(session_id)
    show = OfferShow(shop, session_id)
    offer, ada = await show.open(percent=50), await show.join("ada")
    told = await show.checkout(ada, await show.reserve(ada, "OBS-M"), codes=[offer])
    assert (told["type"], told["total"]) == ("checkout", PRICE // 2)
    assert [reason["offer"] for reason in told["why"]] == [offer]
    plain = await show.checkout(ada, await show.reserve(ada, "OBS-M"))
    assert "total" not in plain and "why" not in plain


def test_http_has_the_same_reasons_on_an_order_and_in_lists(api: Api) -> None:
    session_id, sku = api.go_live()
    body = {"type": "offer.open", "kind": "code", "label": "Ten off", "percent": 10}
    opened = api.host.post(f"/api/sessions/{session_id}/commands", json=body).json()["events"][0]
    rid = a_rid()
    bought = api.ask(
        session_id, "u1", "buy", rid=rid, sku=sku, quantity=1, codes=[opened["offer"]], total=4_500
    )
    assert (bought["type"], bought["total"]) == ("confirmed", 4_500)
    order = api.buyer.get(f"/api/orders/{rid}").json()
    assert (order["total"], order["why"]) == (4_500, bought["why"])
    assert [line["final"] for line in order["lines"]] == [4_500]
    assert api.buyer.get("/api/orders").json()["orders"] == [order]
    assert api.host.get("/api/orders", params={"session": session_id}).json()["orders"] == [order]
    shown = api.host.get(f"/api/sessions/{session_id}").json()["offers"]
    assert [(each["offer"], each["state"]) for each in shown] == [(opened["offer"], "open")]
