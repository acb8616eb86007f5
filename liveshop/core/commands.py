"""The commands of clients: one frozen class each, tagged by `type`, imperative.

`Command` is everything a WebSocket client may send; `HostCommand` is what changes a session
and is decided by `session.decide`. Unknown types and fields are refused by msgspec.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.fields import (
    BlockedWord,
    ChatText,
    Id,
    Limit,
    Price,
    Prices,
    Quantity,
    Ref,
    UnitsBySku,
    Uuid,
)
from liveshop.core.roles import Role


class _Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    ref: Ref | None = None

    # None: anyone, without a token too.
    needs: ClassVar[Role | None] = None


class Hello(_Command, frozen=True, kw_only=True, tag="hello"):
    """Join the session; the first message of a connection."""

    token: Annotated[str, Meta(max_length=limits.TOKEN_CHARS_MAX)] | None = None
    # A name that the client of an anonymous viewer keeps, so that it is counted once.
    visitor: Id | None = None


class AskTime(_Command, frozen=True, kw_only=True, tag="time"):
    """Ask for the server's clock."""

    client_ms: int


class Like(_Command, frozen=True, kw_only=True, tag="like"):
    """Add likes; never answered."""

    count: Annotated[int, Meta(ge=1, le=limits.LIKES_PER_MESSAGE_MAX)]


class ViewProduct(_Command, frozen=True, kw_only=True, tag="look"):
    """Count one more look at a product's details; never answered."""

    product_id: Id


class Say(_Command, frozen=True, kw_only=True, tag="say"):
    """Say something in the chat."""

    needs = Role.VIEWER
    text: ChatText


class Buy(_Command, frozen=True, kw_only=True, tag="buy"):
    """Reserve and order in one go."""

    needs = Role.VIEWER
    rid: Uuid
    sku: Id
    quantity: Quantity
    price: Price | None = None


class Reserve(_Command, frozen=True, kw_only=True, tag="reserve"):
    """Set units aside in the cart until a deadline."""

    needs = Role.VIEWER
    rid: Uuid
    sku: Id
    quantity: Quantity
    price: Price | None = None


class Checkout(_Command, frozen=True, kw_only=True, tag="checkout"):
    """Order what is in the cart, all or nothing."""

    needs = Role.VIEWER
    order_id: Uuid
    rids: Annotated[list[Uuid], Meta(min_length=1, max_length=limits.CHECKOUT_RIDS_MAX)]


class Release(_Command, frozen=True, kw_only=True, tag="release"):
    """Give a held reservation back."""

    needs = Role.VIEWER
    rid: Uuid


class _HostCommand(_Command, frozen=True, kw_only=True):
    needs = Role.HOST


class StartSession(_HostCommand, frozen=True, kw_only=True, tag="session.start"):
    """Go live."""


class PauseSession(_HostCommand, frozen=True, kw_only=True, tag="session.pause"):
    """Stop selling for a while; sales' clocks run on."""


class ResumeSession(_HostCommand, frozen=True, kw_only=True, tag="session.resume"):
    """Go on after a pause."""


class EndSession(_HostCommand, frozen=True, kw_only=True, tag="session.end"):
    """End the session for good."""


class AddProduct(_HostCommand, frozen=True, kw_only=True, tag="product.add"):
    """Move units of a product out of the catalogue's stock and put it on the shelf.

    With `kept` none are moved: its SKUs have those that the session kept when it was removed.
    """

    product_id: Id
    units: UnitsBySku
    limit: Limit = limits.LIMIT_UNITS_DEFAULT
    prices: Prices | None = None
    kept: bool = False


class RemoveProduct(_HostCommand, frozen=True, kw_only=True, tag="product.remove"):
    """Take a product off the shelf; its units stay allocated until the session is settled."""

    product_id: Id


class RepriceProduct(_HostCommand, frozen=True, kw_only=True, tag="product.reprice"):
    """Change shelf prices."""

    product_id: Id
    prices: Prices


class PinProduct(_HostCommand, frozen=True, kw_only=True, tag="product.pin"):
    """Highlight a product."""

    needs = Role.MODERATOR
    product_id: Id


class UnpinProduct(_HostCommand, frozen=True, kw_only=True, tag="product.unpin"):
    """Take the highlight away."""

    needs = Role.MODERATOR
    product_id: Id


class OrderShelf(_HostCommand, frozen=True, kw_only=True, tag="shelf.order"):
    """Put products first on the shelf, in this order; the others follow as they were."""

    product_ids: Annotated[list[Id], Meta(min_length=1, max_length=limits.SHELF_PRODUCTS_MAX)]


class StartSale(_HostCommand, frozen=True, kw_only=True, tag="sale.start"):
    """Start a flash sale, now or in `starts_in_ms`; exactly one of `percent` and `prices`."""

    product_id: Id
    duration_ms: Annotated[int, Meta(ge=limits.SALE_MS_MIN, le=limits.SALE_MS_MAX)]
    percent: Annotated[int, Meta(ge=1, le=99)] | None = None
    prices: Prices | None = None
    units: Annotated[int, Meta(ge=1, le=limits.UNITS_MAX)] | None = None
    limit: Limit | None = None
    starts_in_ms: Annotated[int, Meta(ge=0, le=limits.SALE_STARTS_IN_MS_MAX)] = 0

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.prices is None):
            raise ValueError("give exactly one of `percent` and `prices`")


class EndSale(_HostCommand, frozen=True, kw_only=True, tag="sale.end"):
    """End a flash sale before its time."""

    product_id: Id


class DeleteChat(_HostCommand, frozen=True, kw_only=True, tag="chat.delete"):
    """Take a chat message away for everyone."""

    needs = Role.MODERATOR
    id: Id


class PinChat(_HostCommand, frozen=True, kw_only=True, tag="chat.pin"):
    """Keep a chat message on top."""

    needs = Role.MODERATOR
    id: Id


class UnpinChat(_HostCommand, frozen=True, kw_only=True, tag="chat.unpin"):
    """Let a pinned chat message go."""

    needs = Role.MODERATOR
    id: Id


class SlowChat(_HostCommand, frozen=True, kw_only=True, tag="chat.slow"):
    """Let each viewer say something once in `interval_ms`; 0 ends that."""

    needs = Role.MODERATOR
    interval_ms: Annotated[int, Meta(ge=0, le=limits.CHAT_SLOW_MS_MAX)]


class BlockWords(_HostCommand, frozen=True, kw_only=True, tag="chat.block"):
    """Refuse messages that have one of these words; the list replaces the one before."""

    needs = Role.MODERATOR
    words: Annotated[list[BlockedWord], Meta(max_length=limits.BLOCKED_WORDS_MAX)]


class MuteViewer(_Command, frozen=True, kw_only=True, tag="viewer.mute"):
    """Show a viewer's messages to nobody but the viewer; without `duration_ms`, for the session."""

    needs = Role.MODERATOR
    viewer_id: Id
    duration_ms: Annotated[int, Meta(ge=1, le=limits.MUTE_MS_MAX)] | None = None


class UnmuteViewer(_Command, frozen=True, kw_only=True, tag="viewer.unmute"):
    """Let a muted viewer be heard again."""

    needs = Role.MODERATOR
    viewer_id: Id


HostCommand = (
    StartSession
    | PauseSession
    | ResumeSession
    | EndSession
    | AddProduct
    | RemoveProduct
    | RepriceProduct
    | PinProduct
    | UnpinProduct
    | OrderShelf
    | StartSale
    | EndSale
    | DeleteChat
    | PinChat
    | UnpinChat
    | SlowChat
    | BlockWords
)
Purchase = Buy | Reserve
Command = (
    Hello
    | AskTime
    | Like
    | ViewProduct
    | Say
    | Buy
    | Reserve
    | Checkout
    | Release
    | HostCommand
    | MuteViewer
    | UnmuteViewer
)
