"""The outcome of the price pipeline, and the price of lines that no offer is for.

`pipeline.price` takes a cart with offers through all stages.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct, json


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


class Gift(Struct, frozen=True, kw_only=True):
    """Units of a SKU that go with the order for nothing."""

    offer: str
    sku: str
    quantity: int


class Use(Struct, frozen=True, kw_only=True):
    """Units of a limited row that the order takes.

    "@63" are the times that an offer is used, "@63$" the minor units that its budget pays.
    """

    row: str
    units: int


class Hint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The next thing that an offer gives: `missing` minor units of goods, or units to add."""

    offer: str
    missing: int | None = None
    add: str | None = None
    quantity: int | None = None


class Priced(Struct, frozen=True, kw_only=True):
    """An outcome of the pipeline: what each line comes to, in their order, and all of them.

    `why` has a reason for all that is not price * quantity, and one over 0 for what an offer gives
    without changing a line. An order takes `gifts` and `uses`; `hints` are for a cart.
    """

    finals: tuple[int, ...]
    goods: int
    why: tuple[Reason, ...] = ()
    gifts: tuple[Gift, ...] = ()
    uses: tuple[Use, ...] = ()
    hints: tuple[Hint, ...] = ()


def price(lines: Sequence[UnitPriced]) -> Priced:
    """Return what lines come to when they are ordered together."""
    finals = tuple([line.price * line.quantity for line in lines])
    return Priced(finals=finals, goods=sum(finals))


def total_of(lines: Iterable[Final]) -> int:
    """Return the total of an order whose lines have been priced."""
    return sum([line.final for line in lines])


def read_reasons(text: str | None) -> tuple[Reason, ...]:
    """Return the reasons that are stored with an order as JSON; None: there are none."""
    return () if text is None else _REASONS.decode(text)


_REASONS = json.Decoder(tuple[Reason, ...])
