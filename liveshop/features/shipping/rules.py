"""The rules of shipping: which way an order goes after the sale, and where its parcel is shown."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.fields import HTTPS_URL, PLAIN
from liveshop.core.wire import Message
from liveshop.features.shipping.carriers import link_of

NAME: Final = "shipping"

TRACKING_CHARS_MAX: Final = 100

Carrier = Annotated[str, Meta(max_length=limits.NAME_CHARS_MAX, pattern=PLAIN)]
Tracking = Annotated[str, Meta(max_length=TRACKING_CHARS_MAX, pattern=PLAIN)]
TrackingUrl = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX, pattern=HTTPS_URL)]


class FulfilmentState(StrEnum):
    """An order is SHIPPED, then DELIVERED, for good; one that is neither has no fulfilment."""

    SHIPPED = "shipped"
    DELIVERED = "delivered"


class Parcel(Struct, frozen=True, kw_only=True):
    """The state of an order that left, by whom, and its link; all but the state may be unknown."""

    state: FulfilmentState
    carrier: str | None = None
    tracking: str | None = None
    tracking_url: str | None = None

    def linked(self) -> "Parcel":
        """Return it with the carrier's link, if it has none of its own and the carrier is known."""
        if self.tracking_url is not None or self.carrier is None or self.tracking is None:
            return self
        return Parcel(
            state=self.state,
            carrier=self.carrier,
            tracking=self.tracking,
            tracking_url=link_of(self.carrier, self.tracking),
        )


class Fulfilment(Struct, frozen=True, kw_only=True):
    """The fulfilment of an order, as it is kept."""

    order_id: str
    parcel: Parcel
    shipped_ms: int
    delivered_ms: int | None


def step_data(fulfilment: Fulfilment, session_id: str, viewer_id: str) -> Message:
    """Return the facts that a message tells of a fulfilment."""
    parcel = fulfilment.parcel
    return {
        "order_id": fulfilment.order_id,
        "session_id": session_id,
        "viewer_id": viewer_id,
        "state": parcel.state,
        "carrier": parcel.carrier,
        "tracking": parcel.tracking,
        "tracking_url": parcel.tracking_url,
    }
