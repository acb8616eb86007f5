"""The things a session is made of: plain frozen records, shared by events, stores and the wire."""

from enum import StrEnum
from typing import Literal, cast

from msgspec import Struct

from liveshop.core.pricing.price import Reason
from liveshop.core.roles import Identity, Role

PaymentMode = Literal["direct", "checkout"]
ProductStatus = Literal["active", "draft", "archived", "unlisted"]
PurchaseWord = Literal["buy", "reserve"]
# The maker of a record in Redis: a buyer's command, or an order that takes charges.
RecordWord = Literal["buy", "reserve", "charge", "take"]


class Status(StrEnum):
    """A session starts as DRAFT or SCHEDULED, is LIVE or PAUSED in turn, and ENDED for good."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"

    @property
    def is_planned(self) -> bool:
        """Whether the session has not begun: DRAFT and SCHEDULED."""
        return self in (Status.DRAFT, Status.SCHEDULED)

    @property
    def is_on(self) -> bool:
        """Whether the session has begun and not ended: LIVE and PAUSED."""
        return self in (Status.LIVE, Status.PAUSED)


class Variant(Struct, frozen=True, kw_only=True):
    """The thing bought: `price` and `was` in minor units, `stock` the catalogue's free units."""

    sku: str
    label: str
    price: int
    was: int | None = None
    stock: int = 0


class Product(Struct, frozen=True, kw_only=True):
    """A product of the catalogue; `shop` is the one that it belongs to, None for none.

    `more_images` are the pictures behind the first, in their order.
    """

    product_id: str
    title: str
    description: str = ""
    image: str | None = None
    variants: list[Variant]
    shop: str | None = None
    status: ProductStatus = "active"
    published: bool = True
    more_images: list[str] = []

    @property
    def is_public(self) -> bool:
        """Whether everyone may read it; in lists only an active one is shown to everyone."""
        return self.published and self.status in ("active", "unlisted")


class ShelfVariant(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variant on a session's shelf; `limit` is for one buyer, `left` the units when added.

    `number` is 0, and not written, only in an event of an earlier release.
    """

    sku: str
    label: str
    price: int
    was: int | None
    limit: int
    left: int
    number: int = 0


class ShelfProduct(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product on a session's shelf, with the variants that are offered; `number` as in those."""

    product_id: str
    title: str
    image: str | None
    variants: list[ShelfVariant]
    number: int = 0


class Sale(Struct, frozen=True, kw_only=True):
    """A flash sale: `prices` hold while `starts_at_ms <= now < ends_at_ms`.

    `offset` is that of its `sale.started` and names its row of units, `@offset`.
    `units` is the cap over all its SKUs, None where the SKUs' own units count;
    `limit` is for one buyer over all its SKUs.
    """

    offset: int
    product_id: str
    prices: dict[str, int]
    starts_at_ms: int
    ends_at_ms: int
    units: int | None
    limit: int | None

    @property
    def row(self) -> str:
        """The name of the row of units that this sale is."""
        return f"@{self.offset}"

    def active_at(self, now_ms: int) -> bool:
        """Return True if the sale's prices hold: the start is inclusive, the end exclusive."""
        return self.starts_at_ms <= now_ms < self.ends_at_ms


RoleWord = Literal["viewer", "moderator", "host", "admin"]


class Person(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A viewer as others see it; `role` is there from moderators on."""

    id: str
    name: str
    role: RoleWord | None = None

    @classmethod
    def of(cls, identity: Identity) -> "Person":
        """Return the bearer of a token as others see it."""
        role = cast(RoleWord, identity.role.word) if identity.role >= Role.MODERATOR else None
        return cls(id=identity.viewer_id, name=identity.name, role=role)


class ChatMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of chat; `reply_to` is the id of the message that it answers, if it does."""

    id: str
    at_ms: int
    viewer: Person
    text: str
    reply_to: str | None = None


class Row(Struct, frozen=True, kw_only=True):
    """A row of units as Postgres has it: `s<sku>` or `@<offset>`; the higher version wins."""

    row: str
    units: int
    sold: int
    version: int

    @property
    def unsold(self) -> int:
        """Units that are not sold; Redis may hold some of them."""
        return self.units - self.sold


class Bought(Struct, frozen=True, kw_only=True):
    """The units that one buyer bought in one scope (a row's name); the higher version wins."""

    buyer: str
    scope: str
    quantity: int
    version: int


class Totals(Struct, frozen=True, kw_only=True):
    """A session's orders so far; `version` is its `seq`, the higher wins."""

    orders: int
    units: int
    revenue: int
    version: int


class ProductSums(Struct, frozen=True, kw_only=True):
    """The share that a product has in a session's totals: units that were sold, and their money."""

    sold: int = 0
    revenue: int = 0


class Sums(Struct, frozen=True, kw_only=True):
    """A session's totals and what each product has of them, all as of one instant."""

    totals: Totals
    products: dict[str, ProductSums] = {}


class Charge(Struct, frozen=True, kw_only=True):
    """Units of a row besides those of a SKU and its sale: a code's use, a gift, a bundle's count.

    `row` is `@…`, and is to be among the session's rows of units; `limit` is for one buyer.
    """

    row: str
    units: int
    limit: int | None = None


class ReservationState(StrEnum):
    """A reservation starts HELD or PAYING and ends in one of four states, for good."""

    HELD = "held"
    PAYING = "paying"
    SOLD = "sold"
    RELEASED = "released"
    EXPIRED = "expired"
    REFUSED = "refused"

    @property
    def open(self) -> bool:
        """Whether the units are still set aside: HELD and PAYING."""
        return self in (ReservationState.HELD, ReservationState.PAYING)


class Reservation(Struct, frozen=True, kw_only=True):
    """Units set aside for one buyer while `now < deadline_ms`.

    `price` is for one unit, `sale` the row of the sale whose price it is, empty for the shelf's.
    `order_id` is there once it is PAYING, `code` (of an error) where it was REFUSED. `memo` is
    what a feature notes of it, JSON that nothing in the kernel reads. Under the command `charge`
    it has no SKU: it is what an order takes besides its lines, and no purchase of its own. Under
    `take` it has none either: its buyer took its charge before any order. SOLD, that is spent.
    """

    rid: str
    buyer: str
    command: RecordWord
    sku: str
    quantity: int
    price: int
    sale: str = ""
    charges: tuple[Charge, ...] = ()
    memo: str | None = None
    state: ReservationState
    order_id: str | None = None
    deadline_ms: int
    code: str | None = None
    resolved_ms: int | None = None

    @property
    def is_purchase(self) -> bool:
        """Whether it is of a SKU, and may be ordered."""
        return self.command in ("buy", "reserve")

    @property
    def is_told(self) -> bool:
        """Whether its buyer knows of it."""
        return self.command != "charge"

    @property
    def taken(self) -> str:
        """The row of a take, empty for all else."""
        return self.charges[0].row if self.command == "take" else ""


class OrderStatus(StrEnum):
    """An order is PENDING or CONFIRMED at first; VOID and REFUNDED are final.

    PENDING becomes CONFIRMED or VOID, CONFIRMED may become CANCELLED, and that REFUNDED.
    """

    PENDING = "pending"
    CONFIRMED = "confirmed"
    VOID = "void"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class OrderLine(Struct, frozen=True, kw_only=True):
    """One reservation of an order; `price` is for one unit, `final` the line's share of the total.

    `sale` is the row of the sale whose price it has, or empty; `memo` is the reservation's.
    """

    rid: str
    sku: str
    quantity: int
    price: int
    final: int
    sale: str = ""
    memo: str | None = None


class Order(Struct, frozen=True, kw_only=True):
    """The durable record of one or more reservations; `at_ms` is that of its confirmation.

    `total` is the sum of the lines' finals, `charges` are taken besides them. A PENDING one waits
    for its money while now < `pay_until_ms`. `why` has a reason for all that is not price *
    quantity.
    """

    order_id: str
    session_id: str
    viewer_id: str
    status: OrderStatus
    lines: list[OrderLine]
    total: int
    currency: str
    at_ms: int
    charges: tuple[Charge, ...] = ()
    pay_until_ms: int | None = None
    why: tuple[Reason, ...] = ()

    @property
    def rids(self) -> list[str]:
        """The reservations that the order is made of."""
        return [line.rid for line in self.lines]


def charge_rid(order_id: str) -> str:
    """Return the name under which Redis has what an order takes besides its lines.

    A buyer's rid is a UUID, so that none can be in its way.
    """
    return f"{order_id}:charges"


def sku_row(sku: str) -> str:
    """Return the name of a SKU's row of units."""
    return f"s{sku}"
