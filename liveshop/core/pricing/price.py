"""From the price at which a unit was reserved to what its buyer owes for it.

    list → unit → lines → codes → gifts → goods

Redis' clock fixes the first two when the units are reserved: a line comes here with its unit price.
No offer changes it further yet, so that a final is price * quantity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct


class UnitPriced(Protocol):
    """A line before any offer: so many units, each at a price that is fixed."""

    @property
    def price(self) -> int:
        """The price of one unit."""

    @property
    def quantity(self) -> int:
        """How many units."""


class Final(Protocol):
    """A line that has its share of the total."""

    @property
    def final(self) -> int:
        """The price of the whole line after all discounts."""


class Reason(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An offer's share in a total: `amount` is what it adds to each line in `lines`, summed.

    A discount is negative. `offer` names the row of the offer, `lines` goes by rid.
    """

    stage: str
    label: str
    amount: int
    lines: dict[str, int]
    offer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """An outcome of the pipeline: what each line comes to, in their order, and all of them.

    `why` has a reason for all that is not price * quantity.
    """

    finals: tuple[int, ...]
    goods: int
    why: tuple[Reason, ...] = ()


def price(lines: Sequence[UnitPriced]) -> Priced:
    """Return what lines come to when they are ordered together."""
    finals = tuple([line.price * line.quantity for line in lines])
    return Priced(finals=finals, goods=sum(finals))


def total_of(lines: Iterable[Final]) -> int:
    """Return the total of an order whose lines have been priced."""
    return sum([line.final for line in lines])
