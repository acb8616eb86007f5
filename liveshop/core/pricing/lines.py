"""The stage of the lines: quantity breaks, buy-and-get, bundles.

Offers are tried in the host's order, and each takes the units that it needs of those that no offer
before it took. No search looks for the best combination: buyers can check it by hand.
"""

from collections.abc import Sequence

from liveshop.core.pricing.bundle import bundle_cut
from liveshop.core.pricing.buy_get import buy_get_cut
from liveshop.core.pricing.cut import Cut
from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import AnyOffer, BundleOffer, BuyGetOffer, QuantityOffer
from liveshop.core.pricing.quantity import quantity_cut


def line_cuts(entries: Sequence[Entry], offers: Sequence[AnyOffer]) -> tuple[list[Cut], list[int]]:
    """Return what line offers take off, in their order, and what each entry comes to after them.

    A unit is in one of them at most.
    """
    free = [entry.units for entry in entries]
    left = [entry.price * entry.units for entry in entries]
    cuts = []
    for offer in offers:
        cut = _cut(offer, entries, free)
        if cut is not None:
            cuts.append(cut)
            for n, units in enumerate(cut.taken):
                if units:
                    free[n] -= units
                    left[n] -= cut.shares[n]
    return cuts, left


def _cut(offer: AnyOffer, entries: Sequence[Entry], free: Sequence[int]) -> Cut | None:
    match offer:
        case QuantityOffer():
            return quantity_cut(offer, entries, free)
        case BuyGetOffer():
            return buy_get_cut(offer, entries, free)
        case BundleOffer():
            return bundle_cut(offer, entries, free)
        case _:
            return None
