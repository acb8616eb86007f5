"""A cut: what one offer takes off a cart, and what it takes of the offer's own limits."""

from collections.abc import Sequence

from msgspec import Struct

from liveshop.core.pricing.offers import AnyOffer
from liveshop.core.pricing.shares import apportion


class Cut(Struct, frozen=True, kw_only=True):
    """An offer that applies `times`: `amount` off, in `shares` that go by entry.

    `taken` has the units of each entry that are in this offer and so in no other of its stage.
    """

    offer: AnyOffer
    times: int
    amount: int
    shares: Sequence[int]
    taken: Sequence[int] = ()


def cut_of(
    offer: AnyOffer, amount: int, weights: Sequence[int], *, times: int, taken: Sequence[int] = ()
) -> Cut | None:
    """Return a cut shared out by weights, None if nothing comes off.

    A discount above what is left of the offer's budget is cut down to that.
    """
    if offer.budget_left is not None and offer.budget_left < amount:
        amount = offer.budget_left
    if amount <= 0:
        return None
    shares = apportion(amount, weights)
    return Cut(offer=offer, times=times, amount=amount, shares=shares, taken=taken)
