"""Hints: what a cart lacks for the next thing that an offer gives."""

from collections.abc import Sequence

from liveshop.core.pricing.cut import Cut
from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import (
    AnyOffer,
    BundleOffer,
    BuyGetOffer,
    CodeOffer,
    DeliveryOffer,
    GiftOffer,
    QuantityOffer,
)
from liveshop.core.pricing.price import Hint

# Units that are lacking, of any of these SKUs.
_Lacks = list[tuple[frozenset[str], int]]


def hints_of(
    entries: Sequence[Entry],
    offers: Sequence[AnyOffer],
    cuts: Sequence[Cut],
    after_lines: int,
    goods: int,
) -> list[Hint]:
    """Return the hints for a cart, in the offers' order; `cuts` are those of the lines.

    A threshold of money is hinted at in any cart. An offer on units is only in one that has some of
    them in no other offer, and never for more often than it may be used.
    """
    free = [entry.units for entry in entries]
    for cut in cuts:
        free = [units - taken for units, taken in zip(free, cut.taken, strict=True)]
    by_offer = {cut.offer.offer: cut for cut in cuts}
    hints: list[Hint] = []
    for offer in offers:
        missing = _missing(offer, after_lines, goods)
        own = by_offer.get(offer.offer)
        if missing > 0:
            hints.append(Hint(offer=offer.offer, missing=missing))
        elif own is None or own.amount != offer.budget_left:
            hints += _to_add(offer, entries, _lacks(offer, entries, free, own))
    return hints


def _missing(offer: AnyOffer, after_lines: int, goods: int) -> int:
    """Return how much money a cart is short of an offer's threshold, 0 or less if it is not."""
    match offer:
        case CodeOffer():
            return offer.min_goods - after_lines
        case DeliveryOffer():
            return offer.min_goods - goods
        case GiftOffer():
            return (offer.min_goods or 0) - goods
        case _:
            return 0


def _lacks(
    offer: AnyOffer, entries: Sequence[Entry], free: Sequence[int], cut: Cut | None
) -> _Lacks:
    times = 0 if cut is None else cut.times
    match offer:
        case QuantityOffer():
            used = [] if cut is None else cut.taken
            return _next_step(offer, sum(used) + _count(entries, free, offer.skus))
        case GiftOffer(buy=part) if part is not None:
            units = [entry.units for entry in entries]
            count = _count(entries, units, part.any_of)
            times = count // part.quantity
            lacks = [(part.any_of, part.quantity - count % part.quantity)] if count else []
        case BuyGetOffer():
            lacks = [] if times == offer.times else _buy_get_lacks(offer, entries, free, cut)
        case BundleOffer():
            counts = [_count(entries, free, part.any_of) for part in offer.parts]
            lacks = [
                (part.any_of, part.quantity - count)
                for part, count in zip(offer.parts, counts, strict=True)
                if any(counts) and count < part.quantity
            ]
        case _:
            lacks = []
    return lacks if offer.times_at_most(times + 1) > times else []


def _next_step(offer: QuantityOffer, count: int) -> _Lacks:
    above = [step.at_least for step in offer.steps if step.at_least > count]
    return [(offer.skus, min(above) - count)] if above and count else []


def _buy_get_lacks(
    offer: BuyGetOffer, entries: Sequence[Entry], free: Sequence[int], cut: Cut | None
) -> _Lacks:
    """Return what is lacking for one time more, of the free units and its own together.

    If its own stayed as they are, units that are for both would not be dealt out again, and the
    hint could be for more than is needed.
    """
    buy, get = offer.buy, offer.get
    either = buy.any_of | get.any_of
    if not _count(entries, free, either):
        return []
    own, times = ([0] * len(free), 1) if cut is None else (cut.taken, cut.times + 1)
    units = [n + taken for n, taken in zip(free, own, strict=True)]
    to_buy = max(0, buy.quantity * times - _count(entries, units, buy.any_of))
    # A unit that is for both is needed once for each.
    in_all = (buy.quantity + get.quantity) * times - _count(entries, units, either)
    to_have = max(0, get.quantity * times - _count(entries, units, get.any_of), in_all - to_buy)
    return [(part.any_of, n) for part, n in ((buy, to_buy), (get, to_have)) if n]


def _count(entries: Sequence[Entry], free: Sequence[int], skus: frozenset[str]) -> int:
    return sum([units for entry, units in zip(entries, free, strict=True) if entry.sku in skus])


def _to_add(offer: AnyOffer, entries: Sequence[Entry], lacks: _Lacks) -> list[Hint]:
    """Name one SKU to add of each set: the dearest that is in the cart, else the first by name.

    Nothing if a set has none, as that of a product which has left the shelf: adding the rest would
    give its buyer nothing.
    """
    if not all(skus for skus, _ in lacks):
        return []
    units: dict[str, int] = {}
    for skus, lacking in lacks:
        sku = next((entry.sku for entry in entries if entry.sku in skus), None) or min(skus)
        units[sku] = units.get(sku, 0) + lacking
    return [Hint(offer=offer.offer, add=sku, quantity=n) for sku, n in units.items()]
