"""Offers on a node: taken, spent, given back, used up; and what carts and orders cost by them."""

from typing import Any
from uuid import uuid4

import pytest

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.roles import Role
from liveshop.features.offers.rules import OffersPart
from tests.features.offers.show import PRICE, OfferShow
from tests.waiting import until


async def test_an_order_that_names_a_code_costs_less_and_takes_a_use(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(code="LIVE5", units=10)
    ada = await show.join("ada")
    rids = await show.reserve(ada, "OBS-M")
    told = await show.checkout(ada, rids, codes=["live5"], total=PRICE - 500)
    assert (told["type"], told["total"]) == ("confirmed", PRICE - 500)
    order = await show.order(told["order_id"])
    assert ([line.final for line in order.lines], order.total) == ([PRICE - 500], PRICE - 500)
    assert [(charge.row, charge.units, charge.limit) for charge in order.charges] == [(offer, 1, 1)]
    assert await show.why(told["order_id"]) == (
        [
            {
                "stage": "codes",
                "label": "Live",
                "amount": -500,
                "lines": {rids[0]: -500},
                "offer": offer,
            }
        ],
        int(offer[1:]),
    )
    assert (await show.sold())[offer] == 1
    await show.is_at_rest(redis_url)


async def test_a_second_use_is_beyond_the_buyers_limit_and_the_cart_stays(
    show: OfferShow, redis_url: str
) -> None:
    await show.open(code="LIVE5")
    ada = await show.join("ada")
    await show.checkout(ada, await show.reserve(ada, "OBS-M"), codes=["LIVE5"])
    rids = await show.reserve(ada, "OBS-M")
    refused = await show.checkout(ada, rids, codes=["LIVE5"])
    assert (refused["code"], refused["limit"], refused["left"]) == ("limit", 1, 0)
    told = await show.checkout(ada, rids)
    assert told["total"] == PRICE
    await show.is_at_rest(redis_url)


async def test_a_buy_by_a_code_is_reserved_and_confirmed_as_ever(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(percent=10, units=1)
    ada, bo = await show.join("ada"), await show.join("bo")
    rid = str(uuid4())
    told = await show.buy(ada, rid=rid, codes=[offer], total=4_500)
    assert (told["type"], told["order_id"], told["total"]) == ("confirmed", rid, 4_500)
    assert [each["rid"] for each in ada.of("reserved")] == [rid]
    again = await show.ask(ada, "buy", rid=rid, sku="OBS-M", quantity=1)
    assert again["type"] == "reserved"
    late = await show.buy(bo, codes=[offer])
    assert (late["type"], late["code"]) in (("refused", "sold_out"), ("error", "not_found"))
    await show.is_at_rest(redis_url)
    assert (await show.sold())["sOBS-M"] == 1


async def test_a_purchase_that_is_sent_again_after_its_offer_is_the_same_purchase(
    show: OfferShow, redis_url: str
) -> None:
    offer, ada = await show.open(code="LIVE5", units=1), await show.join("ada")
    rid, order_id = str(uuid4()), str(uuid4())
    bought = await show.buy(ada, rid=rid, codes=["LIVE5"])
    await until_closed(show, offer)
    second = await show.open(code="LAST5", units=1)
    rids = await show.reserve(ada, "OBS-L")
    fields: dict[str, Any] = {"order_id": order_id, "rids": rids, "codes": ["LAST5"]}
    ordered = await show.ask(ada, "checkout", **fields)
    await until_closed(show, second)
    phone = await show.join("ada")
    again = await show.buy(phone, rid=rid, codes=["LIVE5"])
    assert (again["order_id"], again["total"]) == (rid, bought["total"])
    assert await show.ask(phone, "checkout", **fields) == ordered
    other = await show.ask(phone, "buy", rid=str(uuid4()), sku="OBS-M", quantity=1, codes=["LIVE5"])
    assert other["code"] == "not_found"
    assert (await show.sold())["sOBS-M"] == (await show.sold())["sOBS-L"] == 1
    await show.is_at_rest(redis_url)


async def test_an_order_above_the_total_that_was_seen_changes_nothing(
    show: OfferShow, redis_url: str
) -> None:
    await show.open(code="LIVE5", min_goods=9_000)
    ada = await show.join("ada")
    rids = await show.reserve(ada, "OBS-M")
    refused = await show.checkout(ada, rids, codes=["LIVE5"], total=4_500)
    assert (refused["code"], refused["total"]) == ("price_changed", PRICE)
    told = await show.buy(ada, codes=["LIVE5"], total=4_500)
    assert (told["type"], told["code"]) == ("refused", "price_changed")
    assert show.held(redis_url) == {"sOBS-M": 1}
    assert (await show.checkout(ada, rids, total=PRICE))["total"] == PRICE
    await show.is_at_rest(redis_url)


async def test_a_taken_use_is_kept_for_its_buyer_until_an_order_spends_it(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(units=1)
    ada, bo = await show.join("ada"), await show.join("bo")
    taken = await show.take(ada, offer=offer)
    assert (taken["type"], taken["offer"]) == ("taken", offer)
    late = await show.take(bo, offer=offer)
    assert (late["code"], late["left"]) == ("sold_out", 0)
    refused = await show.checkout(bo, await show.reserve(bo, "OBS-M"), codes=[offer])
    assert refused["code"] == "sold_out"
    told = await show.checkout(ada, await show.reserve(ada, "OBS-L"), codes=[offer])
    assert told["total"] == PRICE - 500
    assert (await ada.sees("spent", rid=taken["rid"]))["offer"] == offer
    assert (await show.sold())[offer] == 1
    assert show.held(redis_url) == {"sOBS-M": 1}
    assert await show.audit() == []


async def test_a_use_that_is_given_back_is_there_for_others(show: OfferShow) -> None:
    offer = await show.open(units=1)
    ada, bo = await show.join("ada"), await show.join("bo")
    taken = await show.take(ada, offer=offer)
    released = await show.ask(ada, "release", rid=taken["rid"])
    assert released == {"type": "released", "rid": taken["rid"], "offer": offer}
    assert (await show.take(bo, offer=offer))["type"] == "taken"


async def test_a_take_that_is_sent_again_is_one_take(show: OfferShow, redis_url: str) -> None:
    offer = await show.open(units=5)
    ada = await show.join("ada")
    taken = await show.take(ada, offer=offer)
    assert await show.take(ada, offer=offer, rid=taken["rid"]) == taken
    assert show.held(redis_url) == {offer: 1}
    assert (await show.take(ada, offer=offer))["code"] == "limit"
    welcome = (await show.join("ada")).of("welcome")[0]
    assert welcome["taken"] == [
        {"rid": taken["rid"], "offer": offer, "expires_at_ms": taken["expires_at_ms"]}
    ]
    assert welcome["reservations"] == []


async def test_a_closed_offer_is_still_good_for_those_who_took_it(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(units=5)
    ada, bo = await show.join("ada"), await show.join("bo")
    await show.take(ada, offer=offer)
    await show.host("offer.close", offer=offer)
    rids = await show.reserve(bo, "OBS-M")
    assert (await show.checkout(bo, rids, codes=[offer]))["code"] == "not_found"
    told = await show.checkout(ada, await show.reserve(ada, "OBS-L"), codes=[offer])
    assert told["total"] == PRICE - 500


async def test_a_secret_code_is_told_to_nobody_and_works_for_those_who_know_it(
    show: OfferShow,
) -> None:
    offer = await show.open(code="HUSH22", who="code")
    ada, host = await show.join("ada"), await show.join("hal", Role.HOST)
    by_name = await show.checkout(ada, await show.reserve(ada, "OBS-M"), codes=[offer])
    assert by_name["code"] == "not_found"
    told = await show.checkout(ada, await show.reserve(ada, "OBS-L"), codes=["hush22"])
    assert told["total"] == PRICE - 500
    late = await show.join("cy")
    for viewer in (ada, host, late):
        assert "HUSH22" not in b"".join(viewer.frames).decode("utf-8", "replace").upper()


async def test_what_is_unknown_closed_or_not_yours_is_answered_alike_and_not_for_ever(
    show: OfferShow,
) -> None:
    closed = await show.open(code="GONE11")
    await show.open(code="THEIRS", who="viewers", viewers=["bo"])
    await show.host("offer.close", offer=closed)
    ada = await show.join("ada")
    codes = ("GONE11", "THEIRS", "NEVER1", "NEVER2", "NEVER3")
    answers = [await show.take(ada, code=code) for code in codes]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "not_found"
    await show.open(code="REAL77")
    assert (await show.take(ada, code="REAL77"))["code"] == "rate_limited"
    bo = await show.join("bo")
    assert (await show.take(bo, code="THEIRS"))["type"] == "taken"


async def test_an_offer_for_first_orders_is_for_nobody_who_has_one(show: OfferShow) -> None:
    await show.open("quantity", product_ids=["shirt"], steps=[{"from": 2, "percent": 50}],
                    who="first_order")  # fmt: skip
    ada = await show.join("ada")
    first = await show.buy(ada, quantity=2)
    assert first["total"] == PRICE
    second = await show.buy(ada, quantity=2)
    assert second["total"] == 2 * PRICE


async def test_an_automatic_offer_prices_a_plain_buy_and_a_plain_checkout(
    show: OfferShow, redis_url: str
) -> None:
    await show.open("buy_get", buy={"product_ids": ["shirt"], "quantity": 2},
                    get={"product_ids": ["shirt"], "quantity": 1})  # fmt: skip
    ada = await show.join("ada")
    assert (await show.buy(ada, quantity=3))["total"] == 2 * PRICE
    rids = await show.reserve(ada, "OBS-M", "OBS-L", "OBS-L")
    assert (await show.checkout(ada, rids))["total"] == 2 * PRICE
    await show.is_at_rest(redis_url)


async def test_a_limited_automatic_offer_is_left_out_once_it_is_used_up(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open("bundle", units=1, price=8_000, parts=[
        {"skus": ["OBS-M"], "quantity": 1}, {"skus": ["OBS-L"], "quantity": 1},
    ])  # fmt: skip
    ada, bo = await show.join("ada"), await show.join("bo")
    told = await show.checkout(ada, await show.reserve(ada, "OBS-M", "OBS-L"))
    assert told["total"] == 8_000
    told = await show.checkout(bo, await show.reserve(bo, "OBS-M", "OBS-L"))
    assert told["total"] == 2 * PRICE
    closed = await bo.sees("offer.closed", offer=offer)
    assert closed["reason"] == "used_up"
    await show.is_at_rest(redis_url)


async def test_a_budget_is_spent_to_the_cent_and_never_beyond(
    show: OfferShow, redis_url: str
) -> None:
    offer = await show.open(amount=3_000, budget=5_000)
    totals = []
    for name in ("ada", "bo"):
        viewer = await show.join(name)
        told = await show.checkout(viewer, await show.reserve(viewer, "OBS-M"), codes=[offer])
        totals.append(told["total"])
    assert totals == [2_000, 3_000]
    assert (await show.sold())[f"{offer}$"] == 5_000
    cy = await show.join("cy")
    await cy.sees("session")
    await until_closed(show, offer)
    await show.is_at_rest(redis_url)


async def test_a_cart_is_priced_without_being_touched(show: OfferShow, redis_url: str) -> None:
    offer = await show.open(code="LIVE5", min_goods=5_000)
    delivery = await show.open("delivery", min_goods=12_000)
    ada, bo = await show.join("ada"), await show.join("bo")
    rids = await show.reserve(ada, "OBS-M", "OBS-L")
    priced = await show.ask(ada, "price", rids=rids, codes=["LIVE5"])
    finals = {line["rid"]: line["final"] for line in priced["lines"]}
    assert finals == dict.fromkeys(rids, PRICE - 250)
    assert (priced["goods"], priced["total"]) == (9_500, 9_500)
    assert [reason["offer"] for reason in priced["why"]] == [offer]
    assert {"offer": delivery, "missing": 2_500} in [
        {name: value for name, value in hint.items() if value is not None}
        for hint in priced["hints"]
    ]
    assert show.held(redis_url) == {"sOBS-M": 1, "sOBS-L": 1}
    assert (await show.ask(bo, "price", rids=rids))["code"] == "not_found"


async def test_the_snapshot_shows_offers_and_the_pulse_what_is_left(show: OfferShow) -> None:
    ada = await show.join("ada")
    offer = await show.open(code="LIVE5", units=3)
    opened = await ada.sees("offer.opened", offer=offer)
    assert (opened["code"], opened["units"], opened["amount"]) == ("LIVE5", 3, 500)
    await show.take(ada, offer=offer)
    await ada.sees("pulse", offers={offer: 2})
    shown = (await show.join("bo")).of("session")[0]["offers"]
    assert shown == [
        {
            "offer": offer,
            "kind": "code",
            "label": "Live",
            "units": 3,
            "per_buyer": 1,
            "code": "LIVE5",
            "amount": 500,
            "state": "open",
            "left": 2,
        }
    ]


async def test_two_offers_cannot_have_one_code(show: OfferShow) -> None:
    offer = await show.open(code="HUSH22", who="code")
    with pytest.raises(Conflict):
        await show.open(code="hush22")
    await show.host("offer.close", offer=offer)
    assert await show.open(code="hush22") != offer


async def test_what_is_not_on_the_shelf_has_no_offer(show: OfferShow) -> None:
    with pytest.raises(NotFound):
        await show.open(product_ids=["cap"])


async def until_closed(show: OfferShow, offer: str) -> None:
    """Wait until an offer is closed."""
    session = (await show.room()).session
    await until(lambda: offer not in OffersPart.of(session.state).offers)
