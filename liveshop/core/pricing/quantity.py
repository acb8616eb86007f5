"""Quantity breaks: from so many units on, all of them cost less."""

from collections.abc import Sequence

from liveshop.core.money import percent_off
from liveshop.core.pricing.cut import Cut, cut_of
from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import QuantityOffer


def quantity_cut(offer: QuantityOffer, entries: Sequence[Entry], free: Sequence[int]) -> Cut | None:
    """Apply the highest step that the free units of all its SKUs meet together.

    All of those units are in the offer then. A percentage is rounded once, for all of them.
    """
    skus = offer.skus
    taken = [n if entry.sku in skus else 0 for entry, n in zip(entries, free, strict=True)]
    count, met = sum(taken), None
    for step in offer.steps:
        if step.at_least <= count and (met is None or step.at_least > met.at_least):
            met = step
    if met is None:
        return None
    if met.percent is not None:
        weights = [entry.price * n for entry, n in zip(entries, taken, strict=True)]
        worth = sum(weights)
        return cut_of(offer, worth - percent_off(worth, met.percent), weights, times=1, taken=taken)
    # Units that cost less than the step's price stay at their own: an offer makes nothing dearer.
    price = met.price or 0
    saved = [max(0, entry.price - price) * n for entry, n in zip(entries, taken, strict=True)]
    return cut_of(offer, sum(saved), saved, times=1, taken=taken)
