"""The stage of the gifts: units that go with an order for nothing."""

from collections.abc import Sequence

from liveshop.core.pricing.entries import Entry
from liveshop.core.pricing.offers import AnyOffer, GiftOffer


def given(
    entries: Sequence[Entry], goods: int, offers: Sequence[AnyOffer]
) -> list[tuple[GiftOffer, int]]:
    """Return each gift that a cart has, and how many units of it; `goods` is after all codes.

    Units that are bought for a gift are still free for any other offer.
    """
    gifts = []
    for offer in offers:
        if isinstance(offer, GiftOffer):
            units = offer.times_at_most(_earned(offer, entries, goods))
            if units:
                gifts.append((offer, units))
    return gifts


def _earned(offer: GiftOffer, entries: Sequence[Entry], goods: int) -> int:
    if offer.buy is not None:
        any_of = offer.buy.any_of
        bought = sum([entry.units for entry in entries if entry.sku in any_of])
        return bought // offer.buy.quantity
    return int(goods >= (offer.min_goods or 0))
