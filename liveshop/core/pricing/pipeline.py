"""The pipeline: from the units of a cart to its goods, stage by stage.

Each stage is a function of a file of its own; `stages` has their order. They work on entries, and
the shares of an entry fall on its lines at the end.
"""

from collections.abc import Sequence

from liveshop.core.limits import OFFERS_ALONE_MAX
from liveshop.core.pricing import explain, stages
from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.codes import code_cuts
from liveshop.core.pricing.cut import Cut
from liveshop.core.pricing.delivery import delivered
from liveshop.core.pricing.entries import Entry, entries_of
from liveshop.core.pricing.gifts import given
from liveshop.core.pricing.hints import hints_of
from liveshop.core.pricing.lines import line_cuts
from liveshop.core.pricing.offers import AnyOffer, Terms, budget_row
from liveshop.core.pricing.price import Gift, Priced, Reason, Use
from liveshop.core.pricing.price import price as price_of_lines
from liveshop.core.pricing.shares import apportion


def price(cart: Cart, terms: Terms, *, hinted: bool = True) -> Priced:
    """Return what a cart comes to, and why; if `hinted`, hints say what it lacks for more.

    An order needs no hints, which cost as much as a third of the rest.

    If there are offers that go with no other, the cart is priced once without them and once with
    each of them, at most OFFERS_ALONE_MAX. The lowest goods win; of equal ones those without them,
    if any offer applies to the cart so, then the lowest offset.
    """
    offers = [offer for offer in terms.offers if offer.is_for(cart)]
    if not offers or not cart.lines:
        return price_of_lines(cart.lines)
    by_themselves = [offer for offer in offers if offer.alone]
    if not by_themselves:
        return _priced(cart, offers, hinted)
    tried = sorted(by_themselves[:OFFERS_ALONE_MAX], key=lambda offer: offer.offset)
    together = _priced(cart, [offer for offer in offers if not offer.alone], hinted)
    outcomes = [together, *[_priced(cart, [offer], hinted) for offer in tried]]
    applied = [priced for priced in outcomes if priced.why]
    if applied:
        return min(applied, key=lambda priced: priced.goods)
    return Priced(
        finals=together.finals,
        goods=together.goods,
        hints=tuple([hint for priced in outcomes for hint in priced.hints]),
    )


def _priced(cart: Cart, offers: Sequence[AnyOffer], hinted: bool) -> Priced:
    """Take a cart through all stages, with offers that may all apply together."""
    entries = entries_of(cart.lines)
    on_lines, left = line_cuts(entries, offers)
    on_codes = code_cuts(entries, left, offers)
    after_lines = sum(left)
    goods = after_lines - sum([cut.amount for cut in on_codes])
    finals = [line.price * line.quantity for line in cart.lines]
    why, uses, gifts = list[Reason](), list[Use](), list[Gift]()
    for stage, cuts in ((stages.LINES, on_lines), (stages.CODES, on_codes)):
        for cut in cuts:
            why.append(_reason(stage, cart, entries, cut, finals))
            uses += _uses(cut.offer, cut.times, cut.amount)
    for gift, units in given(entries, goods, offers):
        gifts.append(Gift(offer=gift.offer, sku=gift.sku, quantity=units))
        why.append(_note(stages.GIFTS, gift))
        uses += _uses(gift, units, 0)
    delivery = delivered(goods, offers)
    if delivery is not None:
        why.append(_note(stages.DELIVERY, delivery))
        uses += _uses(delivery, 1, 0)
    hints = hints_of(entries, offers, on_lines, after_lines, goods) if hinted else ()
    priced = Priced(
        finals=tuple(finals),
        goods=goods,
        why=tuple(why),
        gifts=tuple(gifts),
        uses=tuple(uses),
        hints=tuple(hints),
    )
    explain.check(cart, offers, priced)
    return priced


def _reason(
    stage: str, cart: Cart, entries: Sequence[Entry], cut: Cut, finals: list[int]
) -> Reason:
    """Take a cut off the finals, and say so; an entry's share falls on its lines by what is left.

    Lines are in the order of their rids, which decides where remainder and line are equal.
    """
    lines = {}
    for entry, share in zip(entries, cut.shares, strict=True):
        if not share:
            continue
        places = entry.lines
        if len(places) == 1:
            shares = [share]
        else:
            shares = apportion(share, [finals[place] for place in places])
        for place, amount in zip(places, shares, strict=True):
            if amount:
                finals[place] -= amount
                lines[cart.lines[place].rid] = -amount
    offer = cut.offer
    return Reason(
        stage=stage, label=offer.label, amount=-cut.amount, lines=lines, offer=offer.offer
    )


def _note(stage: str, offer: AnyOffer) -> Reason:
    """Return the reason of an offer that changes no line's price."""
    return Reason(stage=stage, label=offer.label, amount=0, lines={}, offer=offer.offer)


def _uses(offer: AnyOffer, times: int, amount: int) -> list[Use]:
    """Return what an offer's rows lose; an offer without a limit has none."""
    uses = []
    if offer.units_left is not None or offer.uses_left is not None:
        uses.append(Use(row=offer.offer, units=times))
    if offer.budget_left is not None and amount:
        uses.append(Use(row=budget_row(offer.offer), units=amount))
    return uses
