"""Offers in a session, as the purchase path sees them: what a feature has orders priced by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from liveshop.core.commands import Buy, Checkout
from liveshop.core.model import Charge, Reservation
from liveshop.core.pricing.price import Priced
from liveshop.stores.redis.unit_records import CartReply


class Offering(Protocol):
    """The offers of a session. A price follows from the session's state and what is looked up."""

    async def named(self, buyer: str, codes: Sequence[str], address: str) -> frozenset[str]:
        """Return the offers that codes name; raises NotFound for one that its buyer may not have.

        `address` is where they come from: guesses are counted.
        """

    def rows(self, named: Collection[str]) -> Sequence[str]:
        """Return the rows that must be looked up for a cart that names these offers."""

    async def quote(
        self, buyer: str, lines: Sequence[Reservation], named: frozenset[str], look: CartReply
    ) -> "Quote":
        """Return what a cart comes to; raises SoldOut or LimitReached for a name without units."""

    def again(self, lines: Sequence[Reservation], charges: Sequence[Charge]) -> Priced:
        """Return what an order comes to that has taken its charges already, or needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price of a cart, the units of rows that an order at it takes, and as of which offset."""

    priced: Priced
    charges: tuple[Charge, ...]
    offset: int


@dataclass(slots=True)
class Pricing:
    """How the orders of a session are priced; its feature keeps it up to date.

    `in_force`: there are offers that no buyer has to name. `looks`: one of those is limited or not
    for everyone, so that what is left must be looked up before a price is known.
    """

    offering: Offering | None = None
    in_force: bool = False
    looks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The wishes of a buyer for a price: codes, and no more than the `total` that it saw."""

    codes: tuple[str, ...] = ()
    total: int | None = None
    address: str = ""


NOTHING_WANTED: Final = Wanted()


def wanted_of(address: str, command: Buy | Checkout) -> Wanted:
    """Return what a command from an address wants of its price."""
    if not command.codes and command.total is None:
        return NOTHING_WANTED
    codes = tuple(command.codes or ())
    return Wanted(codes=codes, total=command.total, address=address)
