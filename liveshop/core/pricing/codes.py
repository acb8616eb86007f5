"""The stage of the codes: percentages, then amounts, on what the line offers left."""

from collections.abc import Sequence

from liveshop.core.money import percent_off
from liveshop.core.pricing.cut import Cut, cut_of
from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import AnyOffer, CodeOffer


def code_cuts(
    entries: Sequence[Entry], left: Sequence[int], offers: Sequence[AnyOffer]
) -> list[Cut]:
    """Return what codes take off: of each class, order and products, the first that gives anything.

    `left` is what each entry comes to after the line offers. Every percentage is of that, so that
    two of them add up: a percentage of what another one left would make the total depend on which
    came first, and nobody could check it.
    """
    codes = _chosen(entries, left, offers)
    # Percentages first, and codes on products before those on the order.
    codes.sort(key=lambda code: (code[0].percent is None, code[0].skus is None))
    cuts, rest = [], list(left)
    for offer, amount in codes:
        weights = _covered(offer, entries, rest)
        cut = cut_of(offer, min(amount, sum(weights)), weights, times=1)
        if cut is not None:
            cuts.append(cut)
            rest = [each - share for each, share in zip(rest, cut.shares, strict=True)]
    return cuts


def _chosen(
    entries: Sequence[Entry], left: Sequence[int], offers: Sequence[AnyOffer]
) -> list[tuple[CodeOffer, int]]:
    """Return the code of each class, with what it is good for before any other code."""
    goods = sum(left)
    chosen: dict[bool, tuple[CodeOffer, int]] = {}
    for offer in offers:
        if not isinstance(offer, CodeOffer) or goods < offer.min_goods:
            continue
        on_order = offer.skus is None
        if on_order in chosen:
            continue
        amount = _amount(offer, sum(_covered(offer, entries, left)))
        if amount > 0:
            chosen[on_order] = (offer, amount)
    return list(chosen.values())


def _covered(offer: CodeOffer, entries: Sequence[Entry], left: Sequence[int]) -> list[int]:
    """Return what each entry that the code is for comes to, 0 for the others."""
    if offer.skus is None:
        return list(left)
    return [
        each if entry.sku in offer.skus else 0 for entry, each in zip(entries, left, strict=True)
    ]


def _amount(offer: CodeOffer, worth: int) -> int:
    if offer.percent is not None:
        amount = worth - percent_off(worth, offer.percent)
    else:
        amount = min(offer.amount or 0, worth)
    return amount if offer.max_amount is None else min(amount, offer.max_amount)
