"""Offers as the price pipeline sees them: rules without states, and what may be taken of each.

Amounts are in minor units of the session's currency, percentages from 1 to 100.
"""

from typing import TypeAlias

from msgspec import Struct

from liveshop.core.pricing.cart import Cart


def budget_row(offer: str) -> str:
    """Return the row of an offer's budget, in minor units. Its uses have the row of its name."""
    return f"{offer}$"


class Part(Struct, frozen=True, kw_only=True):
    """So many units of any of these SKUs."""

    any_of: frozenset[str]
    quantity: int


class Step(Struct, frozen=True, kw_only=True):
    """A quantity break: from `at_least` units on `percent` off, or each unit at `price`."""

    at_least: int
    percent: int | None = None
    price: int | None = None


class Offer(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The part that all kinds have; `offer` is "@" and the offset of its event.

    One that is `named` is only for a cart that names it. With one that is `alone` no other offer
    goes. The rest is the most that this buyer may take, None without a limit: `units_left` for
    everyone, `uses_left` of this buyer's own, `budget_left` in money.
    """

    offer: str
    label: str
    rank: int = 0
    alone: bool = False
    named: bool = False
    units_left: int | None = None
    budget_left: int | None = None
    uses_left: int | None = None

    @property
    def offset(self) -> int:
        """The offset of the event that opened it."""
        return int(self.offer[1:])

    def is_for(self, cart: Cart) -> bool:
        """Whether a cart may have it: it was named if it must be, and something is left of it."""
        return (
            (not self.named or self.offer in cart.offers)
            and self.units_left != 0
            and self.uses_left != 0
            and self.budget_left != 0
        )

    def times_at_most(self, times: int) -> int:
        """Return how often it may be used where there is enough in the cart for `times`."""
        if self.units_left is not None and self.units_left < times:
            times = self.units_left
        if self.uses_left is not None and self.uses_left < times:
            times = self.uses_left
        return times


class CodeOffer(Offer, frozen=True, kw_only=True, tag="code"):
    """A percentage or an amount off products, or off the order where `skus` is None."""

    percent: int | None = None
    amount: int | None = None
    max_amount: int | None = None
    skus: frozenset[str] | None = None
    min_goods: int = 0


class BundleOffer(Offer, frozen=True, kw_only=True, tag="bundle"):
    """A set at a price, or at a percentage off; no SKU is in two of its parts."""

    parts: tuple[Part, ...]
    price: int | None = None
    percent: int | None = None


class BuyGetOffer(Offer, frozen=True, kw_only=True, tag="buy_get"):
    """So many bought, so many others at `percent` off, at most `times` in an order."""

    buy: Part
    get: Part
    percent: int = 100
    times: int | None = None


class QuantityOffer(Offer, frozen=True, kw_only=True, tag="quantity"):
    """Quantity breaks over all units of `skus` together; the highest step that is met counts."""

    skus: frozenset[str]
    steps: tuple[Step, ...]


class GiftOffer(Offer, frozen=True, kw_only=True, tag="gift"):
    """A unit of `sku` for nothing: from goods of `min_goods` on, or for each full `buy`."""

    sku: str
    min_goods: int | None = None
    buy: Part | None = None


class DeliveryOffer(Offer, frozen=True, kw_only=True, tag="delivery"):
    """Free delivery from goods of `min_goods` on, by some methods or, with none named, by any."""

    min_goods: int = 0
    methods: tuple[str, ...] = ()


AnyOffer: TypeAlias = (
    CodeOffer | BundleOffer | BuyGetOffer | QuantityOffer | GiftOffer | DeliveryOffer
)


class Terms(Struct, frozen=True, kw_only=True):
    """The offers in force for a buyer, in the order in which they are tried: rank, then offset."""

    offers: tuple[AnyOffer, ...] = ()
