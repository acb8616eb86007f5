"""Offers are opened, announced, ordered and closed by the log, and refused where they make none."""

from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from liveshop.core.commands import EndSession, RemoveProduct
from liveshop.core.decide import due
from liveshop.core.decision import NewRow
from liveshop.core.errors import BadRequest, Conflict, LimitReached, NotFound
from liveshop.core.model import Charge, Reservation, ReservationState
from liveshop.features.offers.codes import folded
from liveshop.features.offers.limits import OFFERS_MAX, USES_UNLIMITED
from liveshop.features.offers.pricing import Pricer
from liveshop.features.offers.rules import KeepSecrets
from liveshop.features.offers.terms import Left
from liveshop.features.offers.vocabulary import (
    CloseOffer,
    EndOffer,
    OfferClosed,
    OfferOpened,
    OffersOrdered,
    OfferStarted,
    OrderOffers,
    StartOffer,
)
from tests.core.world import NOW_MS
from tests.features.offers.world import OfferWorld, opening

_PARTS = [{"skus": ["shirt-M"], "quantity": 1}, {"product_ids": ["mug"], "quantity": 2}]


def _line(rid: str, sku: str = "shirt-M", quantity: int = 1, price: int = 5_000) -> Reservation:
    return Reservation(
        rid=rid,
        buyer="ada",
        command="reserve",
        sku=sku,
        quantity=quantity,
        price=price,
        state=ReservationState.HELD,
        deadline_ms=NOW_MS,
    )


def test_an_offer_is_named_by_the_offset_of_its_opening_and_its_rows_by_it() -> None:
    world = OfferWorld()
    offset = world.state.offset + 1
    decision = world.decide(opening(code="LIVE5", units=7, budget=9_000))
    assert decision.events == (
        OfferOpened(
            offset=offset,
            at_ms=NOW_MS,
            offer=f"@{offset}",
            kind="code",
            label="Live",
            units=7,
            per_buyer=1,
            budget=9_000,
            code="LIVE5",
            amount=500,
        ),
    )
    assert decision.rows == (
        NewRow(row=f"@{offset}", units=7),
        NewRow(row=f"@{offset}$", units=9_000),
    )
    assert decision.writes == (KeepSecrets(offer=offset, code="LIVE5", viewers=None),)


def test_an_offer_without_limits_has_no_row_and_one_for_some_counts_without_end() -> None:
    world = OfferWorld()
    free = opening(kind="quantity", product_ids=["shirt"], steps=[{"from": 2, "percent": 10}])
    assert world.decide(free).rows == ()
    (row,) = world.decide(opening(code="LIVE5")).rows
    assert row.units == USES_UNLIMITED


def test_the_word_of_a_secret_code_and_viewers_stand_next_to_the_log_only() -> None:
    world = OfferWorld()
    decision = world.decide(opening(code="HUSH22", who="code"))
    assert "HUSH22" not in str(to_builtins(decision.events))
    assert decision.writes == (KeepSecrets(offer=decision.events[0].offset, code="HUSH22",
                                           viewers=None),)  # fmt: skip
    decision = world.decide(opening(who="viewers", viewers=["ada"]))
    assert "ada" not in str(to_builtins(decision.events))


def test_an_announced_offer_opens_at_its_time_and_closes_at_its_end() -> None:
    world = OfferWorld()
    offer = world.open(starts_in_ms=10_000, ends_in_ms=20_000)
    assert list(world.offers.open()) == []
    assert world.offers.due_ms() == NOW_MS + 10_000
    with pytest.raises(Conflict):
        world.do(StartOffer(offer=offer))
    world.now_ms += 10_000
    assert list(due(world.state, world.rows, world.now_ms)) == [StartOffer(offer=offer)]
    (started,) = world.do(StartOffer(offer=offer))
    assert started == OfferStarted(offset=started.offset, at_ms=world.now_ms, offer=offer)
    assert [rule.offer for rule in world.offers.open()] == [offer]
    with pytest.raises(Conflict):
        world.do(StartOffer(offer=offer))
    with pytest.raises(Conflict):
        world.do(EndOffer(offer=offer, reason="timer"))
    world.now_ms += 10_000
    assert list(due(world.state, world.rows, world.now_ms)) == [
        EndOffer(offer=offer, reason="timer")
    ]
    (closed,) = world.do(EndOffer(offer=offer, reason="timer"))
    assert closed == OfferClosed(
        offset=closed.offset, at_ms=world.now_ms, offer=offer, reason="timer"
    )
    assert (world.offers.offers, list(world.offers.closed)) == ({}, [offer])


def test_an_announced_offer_that_is_closed_was_never_open() -> None:
    world = OfferWorld()
    offer = world.open(starts_in_ms=10_000)
    world.do(CloseOffer(offer=offer))
    assert world.offers.known(offer) is None


def test_an_offer_is_used_up_once_its_uses_or_its_budget_are_sold() -> None:
    world = OfferWorld()
    first, second = world.open(units=2), world.open(budget=1_000)
    for offer, row in ((first, first), (second, f"{second}$")):
        with pytest.raises(Conflict):
            world.do(EndOffer(offer=offer, reason="used_up"))
        world.set_sold(row, world.rows[row].units)
        (closed,) = world.do(EndOffer(offer=offer, reason="used_up"))
        assert isinstance(closed, OfferClosed) and closed.reason == "used_up"


def test_offers_are_put_in_order_and_a_new_one_comes_last() -> None:
    world = OfferWorld()
    first, second, third = world.open(), world.open(), world.open()
    (ordered,) = world.do(OrderOffers(offers=[third]))
    assert isinstance(ordered, OffersOrdered)
    assert ordered.offers == [third, first, second]
    assert [rule.offer for rule in world.offers.open()] == [third, first, second]
    for offers in ([first, first], ["@999"]):
        with pytest.raises((BadRequest, NotFound)):
            world.do(OrderOffers(offers=offers))


def test_the_end_of_a_session_closes_all_offers_before_it() -> None:
    world = OfferWorld()
    offers = [world.open(), world.open(starts_in_ms=5_000)]
    *closed, ended = world.do(EndSession())
    assert [(each.offer, each.reason) for each in closed if isinstance(each, OfferClosed)] == [
        (offer, "session_end") for offer in offers
    ]
    assert [each.offset for each in (*closed, ended)] == list(
        range(ended.offset - 2, ended.offset + 1)
    )


def test_too_many_offers_are_refused() -> None:
    world = OfferWorld()
    for _ in range(OFFERS_MAX):
        world.open()
    with pytest.raises(LimitReached):
        world.open()


@pytest.mark.parametrize(
    "fields",
    [
        {"percent": 10, "amount": 5},
        {"kind": "quantity", "product_ids": ["shirt"]},
        {"kind": "quantity", "steps": [{"from": 2, "percent": 1}]},
        {"kind": "bundle", "parts": _PARTS},
        {"kind": "bundle", "parts": _PARTS, "price": 1, "percent": 1},
        {"kind": "bundle", "parts": _PARTS[:1], "price": 1},
        {"kind": "bundle", "parts": _PARTS, "price": 15_001},
        {"kind": "bundle", "parts": [*_PARTS, {"skus": ["mug-M"], "quantity": 1}], "price": 1},
        {"kind": "delivery", "percent": 5},
        {"kind": "delivery", "budget": 5},
        {"kind": "buy_get", "buy": {"quantity": 2, "skus": ["shirt-M"]}},
        {"kind": "buy_get", "buy": {"quantity": 2}, "get": {"quantity": 1, "skus": ["mug-M"]}},
        {"who": "viewers"},
        {"viewers": ["ada"]},
        {"who": "code"},
        {"max_amount": 100},
        {"code": "AB"},
        {"starts_in_ms": 10_000, "ends_in_ms": 9_000},
        {
            "kind": "quantity",
            "product_ids": ["shirt"],
            "steps": [{"from": 3, "percent": 1}, {"from": 3, "percent": 2}],
        },
    ],
)
def test_fields_that_make_no_offer_are_a_bad_request(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        OfferWorld().open(**fields)


def test_what_is_not_on_the_shelf_is_not_found() -> None:
    for fields in (
        {"product_ids": ["cap"]},
        {"kind": "bundle", "price": 1, "parts": [_PARTS[0], {"skus": ["cap-M"], "quantity": 1}]},
    ):
        with pytest.raises(NotFound):
            OfferWorld().open(**fields)


def test_codes_are_compared_without_case_and_what_looks_alike() -> None:
    assert folded("o1l-Live") == folded("0II-1ive")
    assert folded("LIVE5") != folded("LIVE6")


def test_a_price_follows_from_the_state_and_what_is_left() -> None:
    world = OfferWorld()
    code = world.open(percent=10, product_ids=["shirt"], units=5)
    bundle = world.open(kind="bundle", price=12_000, parts=_PARTS, per_buyer=2)
    pricer, lines = Pricer(world.state), [_line("r1"), _line("r2", "mug-M", 2)]
    assert (pricer.looks, pricer.rows(frozenset())) == (True, [bundle])
    assert pricer.rows(frozenset({code})) == [code, bundle]
    assert pricer.priced_freely(lines).goods == 15_000
    left = {bundle: Left(units=10, uses=2)}
    assert pricer.priced(lines, frozenset(), left).goods == 12_000
    assert pricer.priced(lines, frozenset(), {}).goods == 15_000
    left |= {code: Left(units=5, uses=1)}
    both = pricer.priced(lines, frozenset({code}), left)
    assert both.goods == 11_600
    assert set(pricer.charges(both)) == {
        Charge(row=code, units=1, limit=1),
        Charge(row=bundle, units=1, limit=2),
    }


def test_an_order_is_priced_again_as_it_was_from_what_it_took() -> None:
    world = OfferWorld()
    code = world.open(amount=3_000, budget=2_000)
    bundle = world.open(kind="bundle", price=12_000, parts=_PARTS, units=3)
    pricer, lines = Pricer(world.state), [_line("r1", quantity=2), _line("r2", "mug-M", 4)]
    left = {
        code: Left(units=9, uses=1, budget=2_000),
        bundle: Left(units=1),
    }
    first = pricer.priced(lines, frozenset({code}), left)
    assert first.goods == 30_000 - 3_000 - 2_000
    assert pricer.priced_again(lines, pricer.charges(first)) == first
    assert pricer.priced_again(lines, ()).goods == 30_000


@pytest.mark.parametrize("limit", [{"units": 3}, {"budget": 5_000}])
def test_an_order_keeps_what_an_offer_took_off_that_has_closed_before_it_is_written(
    limit: dict[str, int],
) -> None:
    world = OfferWorld()
    bundle = world.open(kind="bundle", price=12_000, parts=_PARTS, **limit)
    lines = [_line("r1"), _line("r2", "mug-M", 2)]
    left = {bundle: Left(units=limit.get("units"), budget=limit.get("budget"))}
    pricer = Pricer(world.state)
    first = pricer.priced(lines, frozenset(), left)
    world.do(CloseOffer(offer=bundle))
    closed = Pricer(world.state)
    assert closed.priced_again(lines, pricer.charges(first)).goods == first.goods == 12_000
    assert closed.priced_again(lines, ()).goods == 15_000


def test_an_order_that_an_offer_without_others_won_is_priced_again_by_that_one() -> None:
    world = OfferWorld()
    # The first takes the units that the second would have, and is limited: it took nothing.
    for percent, more in ((2, {"units": 3}), (12, {}), (10, {"alone": True})):
        steps = [{"from": 2, "percent": percent}]
        world.open(kind="quantity", product_ids=["shirt"], steps=steps, **more)
    limited = next(iter(world.offers.offers))
    pricer, lines = Pricer(world.state), [_line("r1", quantity=2)]
    first = pricer.priced(lines, frozenset(), {limited: Left(units=3)})
    assert (first.goods, first.uses) == (9_000, ())
    assert pricer.priced_again(lines, pricer.charges(first), first.why) == first
    assert pricer.priced_again(lines, pricer.charges(first)).goods == 8_800


def test_an_offer_on_a_product_that_left_the_shelf_takes_nothing_off() -> None:
    world = OfferWorld()
    world.open(kind="quantity", product_ids=["shirt"], steps=[{"from": 2, "percent": 50}])
    lines = [_line("r1", quantity=2)]
    before = Pricer(world.state)
    assert before.priced_freely(lines).goods == 5_000
    world.do(RemoveProduct(product_id="shirt"))
    after = before.of(world.state)
    assert (after.priced_freely(lines).goods, after.of(world.state)) == (10_000, after)


@pytest.mark.parametrize("gone", ["shirt", "mug"])
def test_an_offer_whose_goods_left_the_shelf_prices_and_hints_as_if_it_were_not_there(
    gone: str,
) -> None:
    world = OfferWorld()
    shirt, mug = ({"product_ids": [name], "quantity": 2} for name in ("shirt", "mug"))
    world.open(kind="buy_get", buy=shirt, get=mug)
    world.open(kind="bundle", price=1_000, parts=[shirt, mug])
    world.open(kind="quantity", product_ids=[gone], steps=[{"from": 9, "percent": 50}])
    world.do(RemoveProduct(product_id=gone))
    lines = [_line("r1"), _line("r2", "mug-M")]
    priced = Pricer(world.state).priced(lines, frozenset(), {}, hinted=True)
    assert (priced.goods, priced.why, priced.hints) == (10_000, (), ())


def test_closed_offers_stay_for_those_who_took_them_the_newest_of_them() -> None:
    world = OfferWorld()
    first = world.open()
    world.do(CloseOffer(offer=first))
    with pytest.raises(Conflict):
        world.do(CloseOffer(offer=first))
    assert world.offers.known(first) is not None
    part = replace(world.offers, closed={})
    assert part.known(first) is None
