"""The stage of the delivery: which offer makes it free. There is no charge for delivery yet."""

from collections.abc import Sequence

from liveshop.core.pricing.offers import AnyOffer, DeliveryOffer


def delivered(goods: int, offers: Sequence[AnyOffer]) -> DeliveryOffer | None:
    """Return the first offer of free delivery that `goods`, after all codes, are enough for."""
    for offer in offers:
        if isinstance(offer, DeliveryOffer) and goods >= offer.min_goods:
            return offer
    return None
