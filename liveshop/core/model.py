"""The things a session is made of: plain frozen records, shared by events, stores and the wire."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

Payment = Literal["direct", "checkout"]


class Status(StrEnum):
    """A session starts as DRAFT or SCHEDULED, is LIVE or PAUSED in turn, and ENDED for good."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class Variant(Struct, frozen=True, kw_only=True):
    """What is bought: `price` and `was` in minor units, `stock` the catalogue's free units."""

    sku: str
    label: str
    price: int
    was: int | None = None
    stock: int = 0


class Product(Struct, frozen=True, kw_only=True):
    """A product of the catalogue."""

    product_id: str
    title: str
    description: str = ""
    image: str | None = None
    variants: list[Variant]


class ShelfVariant(Struct, frozen=True, kw_only=True):
    """A variant on a session's shelf; `limit` is for one buyer, `left` the units when added."""

    sku: str
    label: str
    price: int
    was: int | None
    limit: int
    left: int


class ShelfProduct(Struct, frozen=True, kw_only=True):
    """A product on a session's shelf, with the variants that are offered."""

    product_id: str
    title: str
    image: str | None
    variants: list[ShelfVariant]


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
        """Tell whether the sale's prices hold: the start is inclusive, the end exclusive."""
        return self.starts_at_ms <= now_ms < self.ends_at_ms


class Person(Struct, frozen=True, kw_only=True):
    """A viewer as others see it."""

    id: str
    name: str


class ChatMessage(Struct, frozen=True, kw_only=True):
    """One line of chat."""

    id: str
    at_ms: int
    viewer: Person
    text: str


class Row(Struct, frozen=True, kw_only=True):
    """A row of units as Postgres has it: `s<sku>` or `@<offset>`; the higher version wins."""

    row: str
    units: int
    sold: int
    version: int


class Bought(Struct, frozen=True, kw_only=True):
    """What one buyer has bought in one scope (a row's name); the higher version wins."""

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


def sku_row(sku: str) -> str:
    """Return the name of a SKU's row of units."""
    return f"s{sku}"
