"""Bundles: a set of products at a price of its own."""

from collections.abc import Sequence

from liveshop.core.money import percent_off
from liveshop.core.pricing.cut import Cut, cut_of
from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import BundleOffer


def bundle_cut(offer: BundleOffer, entries: Sequence[Entry], free: Sequence[int]) -> Cut | None:
    """Make sets of the free units, the most expensive first, as long as a set costs less.

    A set that would not cost less is none, nor are those after it, since none is worth more. A
    percentage is rounded once, for all sets.
    """
    left, taken = list(free), [0] * len(entries)
    sets, most, worth = 0, offer.times_at_most(_sets_at_most(offer, entries, free)), 0
    while sets < most:
        chosen = _next_set(offer, entries, left)
        of_set = sum([entries[n].price * units for n, units in chosen.items()])
        if not chosen or (offer.price is not None and of_set <= offer.price):
            break
        # The same choice again, as often as its units last: a set at a time would take a second
        # for a cart of thousands of units.
        again = min(most - sets, *[left[n] // units for n, units in chosen.items()])
        for n, units in chosen.items():
            left[n] -= units * again
            taken[n] += units * again
        sets += again
        worth += of_set * again
    if not sets:
        return None
    if offer.percent is not None:
        amount = worth - percent_off(worth, offer.percent)
    else:
        amount = worth - (offer.price or 0) * sets
    weights = [entry.price * units for entry, units in zip(entries, taken, strict=True)]
    return cut_of(offer, amount, weights, times=sets, taken=taken)


def _sets_at_most(offer: BundleOffer, entries: Sequence[Entry], free: Sequence[int]) -> int:
    """Return how many sets there are units for."""
    return min(
        sum([units for entry, units in zip(entries, free, strict=True) if entry.sku in part.any_of])
        // part.quantity
        for part in offer.parts
    )


def _next_set(offer: BundleOffer, entries: Sequence[Entry], left: Sequence[int]) -> dict[int, int]:
    """Return the units of each entry in the most expensive set that is left, empty for none."""
    chosen: dict[int, int] = {}
    for part in offer.parts:
        wanted = part.quantity
        for n, entry in enumerate(entries):
            if wanted and entry.sku in part.any_of:
                units = min(left[n] - chosen.get(n, 0), wanted)
                if units:
                    chosen[n] = chosen.get(n, 0) + units
                    wanted -= units
        if wanted:
            return {}
    return chosen
