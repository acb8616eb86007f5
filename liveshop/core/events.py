"""Facts about a session, past tense: one frozen class an event, tagged by `type`.

`offset` (1, 2, 3 … without gaps) and `at_ms` are part of the event. The classes are the wire
format: `msgspec.to_builtins` makes the message, `msgspec.convert` reads it back from the log.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, get_args

from msgspec import UNSET, Struct, UnsetType

from liveshop.core.model import Sale, ShelfProduct, Status

SaleEndReason = Literal["timer", "sold_out", "manual", "session_end"]


class Event(Struct, frozen=True, kw_only=True):
    """A fact about a session, the one numbered `offset`."""

    # Whether it changes what Redis sells, or at what price: its copy is then written again.
    sells: ClassVar[bool] = False
    # The feature that lists it; empty: the kernel.
    feature: ClassVar[str] = ""

    offset: int
    at_ms: int


class KnownEvent(Event, frozen=True, kw_only=True, tag_field="type"):
    """An event of a type that this release knows."""


class SessionStarted(KnownEvent, frozen=True, kw_only=True, tag="session.started"):
    """The session went live; `stream_url` is where its video is, UNSET in an older log."""

    sells = True
    status: Literal["live"] = "live"
    stream_url: str | UnsetType | None = UNSET


class SessionPaused(KnownEvent, frozen=True, kw_only=True, tag="session.paused"):
    """Selling stopped for a while, and viewers are shown no video."""

    sells = True
    status: Literal["paused"] = "paused"
    stream_url: None = None


class SessionResumed(KnownEvent, frozen=True, kw_only=True, tag="session.resumed"):
    """Selling goes on; `stream_url` is as in `SessionStarted`."""

    sells = True
    status: Literal["live"] = "live"
    stream_url: str | UnsetType | None = UNSET


class SessionEnded(KnownEvent, frozen=True, kw_only=True, tag="session.ended"):
    """The session is over, for good."""

    sells = True
    status: Literal["ended"] = "ended"
    stream_url: None = None


class SessionUpdated(KnownEvent, frozen=True, kw_only=True, tag="session.updated"):
    """The session says other things of itself; all four are as they are from here on.

    `status` is the one after it: a draft that is given a start is scheduled.
    """

    sells = True  # the projection has the status
    status: Status
    title: str
    starts_at_ms: int | None
    stream_url: str | None
    cover_url: str | None


class ProductAdded(KnownEvent, frozen=True, kw_only=True, tag="product.added"):
    """A product came to the end of the shelf."""

    sells = True
    product: ShelfProduct


class ProductRemoved(KnownEvent, frozen=True, kw_only=True, tag="product.removed"):
    """A product left the shelf."""

    sells = True
    product_id: str


class StockAdded(KnownEvent, frozen=True, kw_only=True, tag="stock.added", omit_defaults=True):
    """More units of a product came out of the catalogue's stock: so many of each SKU.

    How many are left then is told by the pulse. A node of the release before cannot take that from
    an event that it does not know, and would correct no viewer who did.
    """

    sells = True
    product_id: str
    units: dict[str, int]
    rid: str | None = None


class ProductRepriced(KnownEvent, frozen=True, kw_only=True, tag="product.repriced"):
    """Shelf prices changed; `prices` has the changed ones."""

    sells = True
    product_id: str
    prices: dict[str, int]


class ProductPinned(KnownEvent, frozen=True, kw_only=True, tag="product.pinned"):
    """A product is highlighted; `pinned` are all, oldest first."""

    product_id: str
    pinned: list[str]


class ProductUnpinned(KnownEvent, frozen=True, kw_only=True, tag="product.unpinned"):
    """A highlight went; `pinned` are those that stay, oldest first."""

    product_id: str
    pinned: list[str]


class ShelfOrdered(KnownEvent, frozen=True, kw_only=True, tag="shelf.ordered"):
    """The shelf has another order; `product_ids` are all."""

    product_ids: list[str]


class SaleStarted(KnownEvent, frozen=True, kw_only=True, tag="sale.started"):
    """A flash sale was announced or began: the fields of `Sale` but `offset`, which is its own."""

    sells = True
    product_id: str
    prices: dict[str, int]
    starts_at_ms: int
    ends_at_ms: int
    left: int | None
    limit: int | None

    def sale(self) -> Sale:
        """Return the sale that this event started."""
        return Sale(
            offset=self.offset,
            product_id=self.product_id,
            prices=self.prices,
            starts_at_ms=self.starts_at_ms,
            ends_at_ms=self.ends_at_ms,
            units=self.left,
            limit=self.limit,
        )


class SaleEnded(KnownEvent, frozen=True, kw_only=True, tag="sale.ended"):
    """A flash sale is over."""

    sells = True
    product_id: str
    reason: SaleEndReason


class ProductSoldOut(KnownEvent, frozen=True, kw_only=True, tag="product.sold_out"):
    """The last unit of a SKU was sold."""

    product_id: str
    sku: str


class ProductRestocked(KnownEvent, frozen=True, kw_only=True, tag="product.restocked"):
    """A sold-out SKU has units again."""

    product_id: str
    sku: str
    left: int


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event whose type this node does not know, since a node with more features has written it.

    It changes nothing here, and is shown as it came: `body` is its whole message.
    """

    body: dict[str, Any]


KernelEvent = (
    SessionStarted
    | SessionPaused
    | SessionResumed
    | SessionEnded
    | SessionUpdated
    | ProductAdded
    | ProductRemoved
    | StockAdded
    | ProductRepriced
    | ProductPinned
    | ProductUnpinned
    | ShelfOrdered
    | SaleStarted
    | SaleEnded
    | ProductSoldOut
    | ProductRestocked
)
_KERNELS: Final = frozenset(str(kind.__struct_config__.tag) for kind in get_args(KernelEvent))
_OF_EVERY_EVENT: Final = frozenset(("type", "offset", "at_ms"))


def told_facts(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an event of a log that other systems are told: none of a feature's event.

    Those may have words and names of viewers in them. The log of the session has them.
    """
    if body["type"] not in _KERNELS:
        return {}
    return {name: fact for name, fact in body.items() if name not in _OF_EVERY_EVENT}
