"""The state of a rehearsal as its page keeps it: whole in each request, checked like any input.

It is the `session` message with what the message leaves out, and the fields of the features that
can be rehearsed. A row of units has what is left of it and nothing sold, which is all that a
decision asks of a row.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from liveshop.core import limits
from liveshop.core.feature import Feature, Vocabulary
from liveshop.core.fields import (
    Amount,
    Currency,
    Id,
    Instant,
    Label,
    Limit,
    PictureUrl,
    Price,
    Prices,
    ProductTitle,
    Quantity,
    Title,
    Units,
    Url,
    Uuid,
)
from liveshop.core.model import ChatMessage, Product, Row, Sale, ShelfProduct, Status, sku_row
from liveshop.core.money import CURRENCY_DIGITS_MAX
from liveshop.core.numbers import Numbered, Numbers, remembered, with_numbers
from liveshop.core.records import RecordField, extended
from liveshop.core.rehearsal import RehearsalRecord, RehearsedChat, Shown
from liveshop.core.session import Part, SessionInfo, SessionState
from liveshop.features.rehearsal.limits import REHEARSED_ORDERS_MAX

_T = TypeVar("_T")
Offset = Annotated[int, Meta(ge=0, le=limits.OFFSET_MAX)]


class RehearsedVariant(RehearsalRecord, frozen=True, kw_only=True):
    """A variant on the shelf; `left` is what can be bought now, `number` as in `numbers`.

    `sold` is as the last answer has it; it follows from `left`.
    """

    sku: Id
    label: Label
    price: Price
    was: Price | None
    limit: Limit
    left: Amount
    number: Amount = 0
    sold: bool = False


class RehearsedProduct(RehearsalRecord, frozen=True, kw_only=True):
    """A product on the shelf; `number` as in `numbers`."""

    product_id: Id
    title: ProductTitle
    image: Url | None
    variants: Annotated[
        list[RehearsedVariant], Meta(min_length=1, max_length=limits.SHELF_VARIANTS_PER_PRODUCT_MAX)
    ]
    number: Amount = 0


class RehearsedSale(RehearsalRecord, frozen=True, kw_only=True):
    """A flash sale with the `offset` of the event that started it; `left` is of its own units."""

    offset: Offset
    product_id: Id
    prices: Prices
    starts_at_ms: Instant
    ends_at_ms: Instant
    left: Amount | None
    limit: Limit | None


class RehearsedSession(RehearsalRecord, frozen=True, kw_only=True, tag_field="type", tag="session"):
    """The `session` message; its sales have an `offset`, too."""

    # A node's features add fields: see `rehearsal_state`.

    offset: Offset
    now_ms: Instant
    id: Id
    title: Title
    status: Status
    starts_at_ms: Instant | None
    currency: Currency
    currency_digits: Annotated[int, Meta(ge=0, le=CURRENCY_DIGITS_MAX)] = 2
    stream_url: Url | None
    cover_url: PictureUrl | None = None
    pinned: Annotated[list[Id], Meta(max_length=limits.PINS_MAX)]
    shelf: Annotated[list[RehearsedProduct], Meta(max_length=limits.SHELF_PRODUCTS_MAX)]
    sales: Annotated[list[RehearsedSale], Meta(max_length=limits.SHELF_PRODUCTS_MAX)]
    viewers: Amount
    likes: Amount
    buying: bool
    chat: Annotated[list[RehearsedChat], Meta(max_length=limits.CHAT_TAIL_MESSAGES)]
    # A session over HTTP may have it. A rehearsal's products are its own, so it decides nothing.
    shop: Id | None = None

    def __post_init__(self) -> None:
        product_ids = {product.product_id for product in self.shelf}
        skus = [variant.sku for product in self.shelf for variant in product.variants]
        if len(product_ids) < len(self.shelf) or len(set(skus)) < len(skus):
            raise ValueError("`shelf` has a product or a SKU twice")
        _refuse_strangers("pinned", self.pinned, product_ids)
        _refuse_strangers("sales", [sale.product_id for sale in self.sales], product_ids)
        if len({sale.offset for sale in self.sales}) < len(self.sales):
            raise ValueError("`sales` has an `offset` twice")


class RehearsedStock(RehearsalRecord, frozen=True, kw_only=True):
    """A variant in the catalogue of a rehearsal; `stock` is for this rehearsal only."""

    sku: Id
    label: Label
    price: Price
    was: Price | None = None
    stock: Units


class CatalogueProduct(RehearsalRecord, frozen=True, kw_only=True):
    """A product that can be put on the shelf of a rehearsal."""

    product_id: Id
    title: ProductTitle
    image: Url | None = None
    variants: Annotated[
        list[RehearsedStock], Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX)
    ]


class RehearsedNumbers(RehearsalRecord, frozen=True, kw_only=True):
    """The number of a product in a rehearsal, and of its variants in it, by SKU."""

    number: Amount
    variants: dict[Id, Amount]


class RehearsedOrder(RehearsalRecord, frozen=True, kw_only=True):
    """An order that can be cancelled; `sale` is the offset of the sale whose price it has."""

    order_id: Uuid
    viewer_id: Shown
    sku: Id
    quantity: Quantity
    price: Price
    sale: Offset | None
    at_ms: Instant


class RehearsalState(RehearsalRecord, frozen=True, kw_only=True):
    """A rehearsed show between two commands.

    `products` is its catalogue, `kept` the units of SKUs that left the shelf, `numbers` those of
    products that have been on it, `orders` the newest that were not cancelled.
    """

    # A node's features add fields: see `rehearsal_state`.
    session: RehearsedSession
    products: list[CatalogueProduct] = field(default_factory=list)
    kept: dict[Id, Amount] = field(default_factory=dict)
    numbers: dict[Id, RehearsedNumbers] = field(default_factory=dict)
    orders: Annotated[list[RehearsedOrder], Meta(max_length=REHEARSED_ORDERS_MAX)] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        if len({product.product_id for product in self.products}) < len(self.products):
            raise ValueError("`products` has a product twice")
        owners = {v.sku: each.product_id for each in self.session.shelf for v in each.variants}
        for product in self.products:
            skus = {variant.sku for variant in product.variants}
            owned = {sku: owners.setdefault(sku, product.product_id) for sku in skus}
            if len(skus) < len(product.variants) or {*owned.values()} != {product.product_id}:
                raise ValueError("`products` has a SKU that is another's")

    def core_state(self, parts: dict[str, Part]) -> SessionState:
        """Return the session's state as the core decides by it, with these parts of features.

        A SKU with nothing left has been told of: the step that sold its last unit said so at once.
        """
        shown = self.session
        variants = (variant for product in shown.shelf for variant in product.variants)
        shelf, numbers = self._numbered_shelf()
        return SessionState(
            info=SessionInfo(
                id=shown.id,
                title=shown.title,
                currency=shown.currency,
                payment="direct",
                hold_ms=limits.HOLD_MS_DEFAULT,
                starts_at_ms=shown.starts_at_ms,
                stream_url=shown.stream_url,
                cover_url=shown.cover_url,
            ),
            status=shown.status,
            offset=shown.offset,
            pinned=tuple(shown.pinned),
            shelf=shelf,
            numbers=numbers,
            sales={sale.product_id: _sale(sale) for sale in shown.sales},
            sold_out=frozenset(variant.sku for variant in variants if variant.left == 0),
            parts=parts,
        )

    def _numbered_shelf(self) -> tuple[dict[str, ShelfProduct], Numbers]:
        """Return the shelf with the numbers that it says, and others for what has none."""
        came = _as(ShelfProduct, self.session.shelf)
        said = {each.product_id: remembered({}, each) for each in came if each.number}
        said |= dict(zip(self.numbers, _as(Numbered, self.numbers.values()), strict=True))
        numbers = dict(sorted(said.items(), key=lambda each: each[1].number))
        shelf: dict[str, ShelfProduct] = {}
        for product in came:
            shelved = with_numbers(numbers, product)
            numbers[shelved.product_id] = remembered(numbers, shelved)
            shelf[shelved.product_id] = shelved
        return shelf, numbers

    def rows(self) -> Iterator[Row]:
        """Yield the rows of units: of what is on the shelf, of what left it, of sales."""
        for sku, left in self.kept.items():
            yield _row(sku_row(sku), left)
        for product in self.session.shelf:
            for variant in product.variants:
                yield _row(sku_row(variant.sku), variant.left)
        for sale in self.session.sales:
            if sale.left is not None:
                yield _row(_sale(sale).row, sale.left)

    def chat(self) -> list[ChatMessage]:
        """Return the tail of the chat, oldest first."""
        return [line.message() for line in self.session.chat]

    def catalogue(self) -> list[Product]:
        """Return the products that can be put on the shelf."""
        return _as(Product, self.products)


@cache
def rehearsal_state(vocabulary: Vocabulary) -> type[RehearsalState]:
    """Return the record of a state with the fields of a vocabulary's features."""
    features = vocabulary.features
    session = extended(RehearsedSession, (each for f in features for each in _shown(f)))
    kept = (each for f in features if f.rehearsal for each in f.rehearsal.keeps)
    return extended(RehearsalState, [("session", session), *kept])


def _shown(feature: Feature) -> Iterable[RecordField]:
    """Return a feature's fields of the `session` message.

    A rehearsal begins with what a real session shows. The fields of a feature that cannot be
    rehearsed may therefore come, too; they are forgotten.
    """
    if feature.rehearsal is not None:
        return feature.rehearsal.shown
    return [(name, kind | UnsetType, UNSET) for name, kind, *_ in feature.shown]


def _as(kind: type[_T], parts: Iterable[Struct]) -> list[_T]:
    return [msgspec.convert(part, kind, from_attributes=True) for part in parts]


def _sale(sale: RehearsedSale) -> Sale:
    return Sale(
        offset=sale.offset,
        product_id=sale.product_id,
        prices=sale.prices,
        starts_at_ms=sale.starts_at_ms,
        ends_at_ms=sale.ends_at_ms,
        units=sale.left,
        limit=sale.limit,
    )


def _row(name: str, left: int) -> Row:
    return Row(row=name, units=left, sold=0, version=0)


def _refuse_strangers(name: str, named: list[str], product_ids: set[str]) -> None:
    if len(set(named)) < len(named):
        raise ValueError(f"`{name}` has a product twice")
    if not product_ids.issuperset(named):
        raise ValueError(f"`{name}` has a product that is not on the shelf")
