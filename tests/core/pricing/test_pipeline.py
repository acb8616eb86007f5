"""The pipeline against the model, and what holds for every cart and every offer."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.entries import entries_of
from liveshop.core.pricing.lines import line_cuts
from liveshop.core.pricing.offers import AnyOffer, DeliveryOffer, GiftOffer, Terms
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.price import Priced
from tests.core.pricing.carts import line, sold
from tests.core.pricing.model import Outcome, modelled

Sold = tuple[Cart, Terms]
# The model has been through many more: these say in so many words what both must keep.
few = settings(max_examples=50)


def outcome(cart: Cart, priced: Priced) -> Outcome:
    return Outcome(
        finals={line.rid: final for line, final in zip(cart.lines, priced.finals, strict=True)},
        why=[
            (reason.stage, str(reason.offer), reason.amount, reason.lines) for reason in priced.why
        ],
        uses={use.row: use.units for use in priced.uses},
        gifts=[(gift.offer, gift.sku, gift.quantity) for gift in priced.gifts],
    )


@settings(max_examples=400)
@given(sold())
def test_a_cart_is_priced_as_the_model_prices_it(sold: Sold) -> None:
    cart, terms = sold
    assert outcome(cart, price(cart, terms)) == modelled(cart, terms)


@few
@given(sold())
def test_a_total_is_the_sum_of_its_parts_and_each_part_names_its_offer(sold: Sold) -> None:
    cart, terms = sold
    priced = price(cart, terms)
    known = {offer.offer: offer.label for offer in terms.offers}
    for each, final in zip(cart.lines, priced.finals, strict=True):
        shares = [reason.lines.get(each.rid, 0) for reason in priced.why]
        assert final == each.price * each.quantity + sum(shares)
    assert priced.goods == sum(priced.finals)
    assert all(known[str(reason.offer)] == reason.label for reason in priced.why)
    assert all(reason.amount == sum(reason.lines.values()) for reason in priced.why)


@few
@given(sold())
def test_no_offer_makes_anything_dearer_or_a_line_negative(sold: Sold) -> None:
    cart, terms = sold
    priced = price(cart, terms)
    assert all(share < 0 for reason in priced.why for share in reason.lines.values())
    for each, final in zip(cart.lines, priced.finals, strict=True):
        assert 0 <= final <= each.price * each.quantity


@few
@given(sold(), st.randoms(use_true_random=False))
def test_the_same_units_have_the_same_total_in_whatever_order_and_portions_they_were_added(
    sold: Sold, random: Random
) -> None:
    cart, terms = sold
    units = [(each.sku, each.price) for each in cart.lines for _ in range(each.quantity)]
    random.shuffle(units)
    one_by_one = tuple(line(f"{n:02}", sku, 1, each) for n, (sku, each) in enumerate(units))
    told, retold = price(cart, terms), price(replace(cart, lines=one_by_one), terms)
    assert [(each.offer, each.amount) for each in told.why] == [
        (each.offer, each.amount) for each in retold.why
    ]
    assert (told.goods, told.uses, told.gifts, told.hints) == (
        retold.goods,
        retold.uses,
        retold.gifts,
        retold.hints,
    )


@few
@given(sold())
def test_no_unit_is_in_two_line_offers(sold: Sold) -> None:
    cart, terms = sold
    entries = entries_of(cart.lines)
    cuts, left = line_cuts(entries, terms.offers)
    for n, entry in enumerate(entries):
        assert sum(cut.taken[n] for cut in cuts) <= entry.units
        assert all(cut.shares[n] <= entry.price * cut.taken[n] for cut in cuts)
        assert left[n] == entry.price * entry.units - sum(cut.shares[n] for cut in cuts)


@few
@given(sold())
def test_no_more_is_taken_of_an_offer_than_is_left_of_it(sold: Sold) -> None:
    cart, terms = sold
    priced = price(cart, terms)
    taken = Counter({use.row: use.units for use in priced.uses})
    assert len(taken) == len(priced.uses)
    applied = {reason.offer: -reason.amount for reason in priced.why}
    for offer in terms.offers:
        times, money = taken[offer.offer], taken[f"{offer.offer}$"]
        assert offer.units_left is None or times <= offer.units_left
        assert offer.uses_left is None or times <= offer.uses_left
        assert offer.budget_left is None or money <= offer.budget_left
        is_limited = (offer.units_left, offer.uses_left) != (None, None)
        assert (times > 0) == (is_limited and offer.offer in applied)
        assert money == (applied.get(offer.offer, 0) if offer.budget_left is not None else 0)


@few
@given(sold())
def test_an_offer_applies_only_in_a_cart_that_may_have_it(sold: Sold) -> None:
    cart, terms = sold
    applied = {reason.offer for reason in price(cart, terms).why}
    for offer in terms.offers:
        if offer.offer in applied:
            assert not offer.named or offer.offer in cart.offers
            assert not offer.alone or applied == {offer.offer}


@few
@given(sold())
def test_an_order_is_priced_as_the_cart_was(sold: Sold) -> None:
    cart, terms = sold
    assert price(cart, terms, hinted=False) == replace(price(cart, terms), hints=())


def _as_taken(offer: AnyOffer, taken: dict[str, int]) -> AnyOffer:
    """Return an offer of which there is what an order took."""
    times = taken.get(offer.offer, 0)
    return replace(
        offer,
        units_left=None if offer.units_left is None else times,
        uses_left=None if offer.uses_left is None else times,
        budget_left=None if offer.budget_left is None else taken.get(f"{offer.offer}$", 0),
    )


@few
@given(sold())
def test_an_order_that_is_priced_again_by_what_it_took_comes_to_the_same(sold: Sold) -> None:
    cart, terms = sold
    # An offer that takes nothing off has no budget that could be read from an order.
    offers = [
        replace(offer, budget_left=None) if isinstance(offer, GiftOffer | DeliveryOffer) else offer
        for offer in terms.offers
    ]
    told = price(cart, Terms(offers=tuple(offers)), hinted=False)
    taken = {use.row: use.units for use in told.uses}
    applied = {reason.offer for reason in told.why}
    if any(offer.alone and offer.offer in applied for offer in offers):
        offers = [offer for offer in offers if offer.offer in applied]
    again = Terms(offers=tuple(_as_taken(offer, taken) for offer in offers))
    assert price(cart, again, hinted=False) == told
