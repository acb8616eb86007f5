"""The records of HTTP about carts that are priced, and what came of offers."""

from typing import Annotated

from msgspec import Meta

from liveshop.core import limits
from liveshop.core.fields import Codes, Id, PersonId, Price, Quantity
from liveshop.core.pricing.price import Hint, Reason
from liveshop.edge.http.base_records import Input, Output
from liveshop.features.offers.vocabulary import CloseReason, Kind, Who


class CartedLine(Input, frozen=True, kw_only=True):
    """Units of a SKU; without a `price` at the one that a buyer would be given now."""

    sku: Id
    quantity: Quantity
    price: Price | None = None


class PriceCart(Input, frozen=True, kw_only=True):
    """A cart to be priced, of nobody or of a viewer, who may have used offers before."""

    lines: Annotated[list[CartedLine], Meta(min_length=1, max_length=limits.CHECKOUT_RIDS_MAX)]
    codes: Codes | None = None
    viewer_id: PersonId | None = None


class PricedLineView(Output, frozen=True, kw_only=True):
    """A line of a priced cart; `rid` is its number, from 1 on, and `final` the whole line's."""

    rid: str
    sku: str
    quantity: int
    price: int
    final: int


class PricedCartView(Output, frozen=True, kw_only=True):
    """The price of a cart: `goods` are the sum of all finals, `hints` say what is missing."""

    lines: list[PricedLineView]
    why: list[Reason]
    goods: int
    total: int
    hints: list[Hint]


class OfferFigures(Output, frozen=True, kw_only=True):
    """An offer and what came of it: it took `discount` off orders that come to `goods`.

    `code` is its word, a secret one too: only hosts read this. `left` are uses that no order has,
    if they are limited.
    """

    offer: str
    kind: Kind
    label: str
    who: Who
    state: str
    reason: CloseReason | None
    opened_at_ms: int
    closed_at_ms: int | None
    code: str | None
    units: int | None
    left: int | None
    orders: int
    discount: int
    goods: int


class OfferList(Output, frozen=True, kw_only=True):
    """The offers of a session in the order of their opening."""

    offers: list[OfferFigures]
