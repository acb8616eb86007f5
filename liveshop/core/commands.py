"""The commands of clients: one frozen class each, tagged by `type`, imperative.

These are the kernel's; a feature has commands of its own. A `HostCommand` changes a session and is
decided against its state. Unknown types and fields are refused by msgspec.
"""

from typing import Annotated, ClassVar, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from liveshop.core import limits
from liveshop.core.fields import (
    Amount,
    Codes,
    Id,
    Instant,
    Limit,
    PersonId,
    PictureUrl,
    Price,
    Prices,
    PricesBySku,
    Quantity,
    Ref,
    Rids,
    Title,
    UnitsBySku,
    Url,
    Uuid,
    is_composed,
)
from liveshop.core.model import Status
from liveshop.core.roles import Role

BEFORE = frozenset((Status.DRAFT, Status.SCHEDULED))
ON = frozenset((Status.LIVE, Status.PAUSED))
OPEN = ON | {Status.SCHEDULED}
NOT_ENDED = BEFORE | ON
ALWAYS = frozenset(Status)


class Rate(NamedTuple):
    """How often a connection may send the commands that share this name."""

    name: str
    per_second: int
    burst: int


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """A message of a client; `ref` is given back with its answer."""

    ref: Ref | None = None

    # None: anyone, without a token too.
    needs: ClassVar[Role | None] = None
    # In any other state of the session it is always refused. Pages show no button for it then.
    when: ClassVar[frozenset[Status]] = ALWAYS
    # The feature that lists it; empty: the kernel.
    feature: ClassVar[str] = ""
    # Besides the rate of all commands of a connection.
    rate: ClassVar[Rate | None] = None
    # The field that names what it is about, if that is none of those that many commands share.
    about: ClassVar[str] = ""


PURCHASES = Rate("purchases", *limits.PURCHASE_RATE)


class HostCommand(Command, frozen=True, kw_only=True):
    """A command that changes the session, and is decided against its state."""

    needs = Role.HOST
    when = NOT_ENDED
    # Whether it opens something that a node without its feature would not carry on.
    opens: ClassVar[bool] = False


class ViewerCommand(Command, frozen=True, kw_only=True):
    """A command about one viewer."""

    viewer_id: PersonId

    def __post_init__(self) -> None:
        # No token names such a viewer, so that a ban or a mute would be `ok` and reach nobody.
        if not is_composed(self.viewer_id):
            raise ValueError("`viewer_id` is not in Unicode's form NFC")


class Hello(Command, frozen=True, kw_only=True, tag="hello"):
    """Join the session; the first message of a connection."""

    token: Annotated[str, Meta(max_length=limits.TOKEN_CHARS_MAX)] | None = None
    # A name that the client of an anonymous viewer keeps, so that it is counted once.
    visitor: Id | None = None


class AskTime(Command, frozen=True, kw_only=True, tag="time"):
    """Ask for the server's clock."""

    client_ms: int


class Buy(Command, frozen=True, kw_only=True, tag="buy"):
    """Reserve and order in one go.

    `codes` name offers. An order that would cost more than `total` is refused.
    """

    needs = Role.VIEWER
    when = frozenset((Status.LIVE,))
    rate = PURCHASES
    rid: Uuid
    sku: Id
    quantity: Quantity
    price: Price | None = None
    codes: Codes | None = None
    total: Amount | None = None


class Reserve(Command, frozen=True, kw_only=True, tag="reserve"):
    """Set units aside in the cart until a deadline."""

    needs = Role.VIEWER
    when = frozenset((Status.LIVE,))
    rate = PURCHASES
    rid: Uuid
    sku: Id
    quantity: Quantity
    price: Price | None = None


class Checkout(Command, frozen=True, kw_only=True, tag="checkout"):
    """Order what is in the cart, all or nothing; `codes` and `total` as in a `buy`."""

    needs = Role.VIEWER
    rate = PURCHASES
    order_id: Uuid
    rids: Rids
    codes: Codes | None = None
    total: Amount | None = None


class Release(Command, frozen=True, kw_only=True, tag="release"):
    """Give a held reservation back."""

    needs = Role.VIEWER
    rid: Uuid


class Abandon(Command, frozen=True, kw_only=True, tag="abandon"):
    """Give up an order that waits for its money."""

    needs = Role.VIEWER
    rate = PURCHASES
    order_id: Uuid


class BanViewer(ViewerCommand, frozen=True, kw_only=True, tag="viewer.ban"):
    """Keep a viewer out of the session, or `everywhere` out of all shows of its shop.

    Without `duration_ms` it has no end. `everywhere` needs a host.
    """

    needs = Role.MODERATOR
    duration_ms: Annotated[int, Meta(ge=1, le=limits.BAN_MS_MAX)] | None = None
    everywhere: bool = False


class UnbanViewer(ViewerCommand, frozen=True, kw_only=True, tag="viewer.unban"):
    """Let a banned viewer in again."""

    needs = Role.MODERATOR
    everywhere: bool = False


class ReleaseHold(ViewerCommand, frozen=True, kw_only=True, tag="hold.release"):
    """Give back what a buyer holds in its cart."""

    needs = Role.HOST
    rid: Uuid


class StartSession(HostCommand, frozen=True, kw_only=True, tag="session.start"):
    """Go live."""

    when = BEFORE


class PauseSession(HostCommand, frozen=True, kw_only=True, tag="session.pause"):
    """Stop selling for a while; sales' clocks run on."""

    when = frozenset((Status.LIVE,))


class ResumeSession(HostCommand, frozen=True, kw_only=True, tag="session.resume"):
    """Go on after a pause."""

    when = frozenset((Status.PAUSED,))


class EndSession(HostCommand, frozen=True, kw_only=True, tag="session.end"):
    """End the session for good."""

    when = ON


class UpdateSession(HostCommand, frozen=True, kw_only=True, tag="session.update"):
    """Change what a session says of itself; what is left out stays, null takes it away.

    `starts_at_ms` only before the show, and without one it is a draft.
    """

    title: Title | UnsetType = UNSET
    starts_at_ms: Instant | UnsetType | None = UNSET
    stream_url: Url | UnsetType | None = UNSET
    cover_url: PictureUrl | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if all(getattr(self, name) is UNSET for name in SESSION_DETAILS):
            named = ", ".join(f"`{name}`" for name in SESSION_DETAILS)
            raise ValueError(f"give at least one of {named}")


# The fields of a session that its host may change.
SESSION_DETAILS = ("title", "starts_at_ms", "stream_url", "cover_url")


class AddProduct(HostCommand, frozen=True, kw_only=True, tag="product.add"):
    """Move units of a product out of the catalogue's stock and put it on the shelf.

    With `kept` none are moved: its SKUs have those that the session kept when it was removed.
    """

    product_id: Id
    units: UnitsBySku
    limit: Limit = limits.LIMIT_UNITS_DEFAULT
    prices: PricesBySku | None = None
    kept: bool = False


class RemoveProduct(HostCommand, frozen=True, kw_only=True, tag="product.remove"):
    """Take a product off the shelf; its units stay allocated until the session is settled."""

    product_id: Id


class AddStock(HostCommand, frozen=True, kw_only=True, tag="stock.add"):
    """Move more units of a product on the shelf out of the catalogue's stock.

    A `rid` names the addition: sent again with it, after a lost answer, it moves nothing more.
    """

    product_id: Id
    units: UnitsBySku
    rid: Uuid | None = None


class RepriceProduct(HostCommand, frozen=True, kw_only=True, tag="product.reprice"):
    """Change shelf prices."""

    product_id: Id
    prices: Prices


class PinProduct(HostCommand, frozen=True, kw_only=True, tag="product.pin"):
    """Highlight a product."""

    needs = Role.MODERATOR
    product_id: Id


class UnpinProduct(HostCommand, frozen=True, kw_only=True, tag="product.unpin"):
    """Take the highlight away."""

    needs = Role.MODERATOR
    product_id: Id


class OrderShelf(HostCommand, frozen=True, kw_only=True, tag="shelf.order"):
    """Put products first on the shelf, in this order; the others follow as they were."""

    product_ids: Annotated[list[Id], Meta(min_length=1, max_length=limits.SHELF_PRODUCTS_MAX)]


class StartSale(HostCommand, frozen=True, kw_only=True, tag="sale.start"):
    """Start a flash sale, now or in `starts_in_ms`; exactly one of `percent` and `prices`."""

    when = ON
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


class EndSale(HostCommand, frozen=True, kw_only=True, tag="sale.end"):
    """End a flash sale before its time."""

    when = ON
    product_id: Id


# Those that `decide` decides itself.
KernelHostCommand = (
    StartSession
    | PauseSession
    | ResumeSession
    | EndSession
    | UpdateSession
    | AddProduct
    | RemoveProduct
    | AddStock
    | RepriceProduct
    | PinProduct
    | UnpinProduct
    | OrderShelf
    | StartSale
    | EndSale
)
Purchase = Buy | Reserve
Admittance = BanViewer | UnbanViewer | ReleaseHold
KernelCommand = (
    Hello | AskTime | Buy | Reserve | Checkout | Release | Abandon | Admittance | KernelHostCommand
)
