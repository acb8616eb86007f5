"""Orders on their way into PostgreSQL, and what became of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from liveshop.core.model import Bought, Charge, Order, Reservation, Row, Totals, sku_row
from liveshop.core.pricing.price import Reason, total_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Counters as they are after a transaction, to be copied to Redis; higher versions win.

    `epoch` is the session's as the transaction saw it, behind the session's lock. Of one that was
    `settled` then nothing is copied: it sells nothing, and Redis forgets it.
    """

    rows: list[Row]
    bought: list[Bought]
    totals: Totals
    epoch: int
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A reservation to be ordered, priced, with the per-buyer limits of its two scopes.

    `sale_limit` is None outside a sale and in a sale without a limit.
    """

    rid: str
    sku: str
    quantity: int
    price: int
    final: int
    sale: str = ""
    memo: str | None = None
    sku_limit: int
    sale_limit: int | None = None

    def limits(self) -> list[tuple[str, int]]:
        """Return the scopes that the line charges, each with its limit."""
        scopes = [(sku_row(self.sku), self.sku_limit)]
        if self.sale_limit is not None:
            scopes.append((self.sale, self.sale_limit))
        return scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order to be committed; `pay_until_ms` only where it waits for money first.

    `why` says why finals are not price * quantity, by the offers of the session's state as of the
    offset `priced_at`. `charges` are of all its lines and of the order itself: of one row one.
    """

    order_id: str
    buyer: str
    lines: Sequence[NewLine]
    pay_until_ms: int | None = None
    why: tuple[Reason, ...] = ()
    charges: Sequence[Charge] = ()
    priced_at: int | None = None

    @property
    def total(self) -> int:
        """The sum of the lines' finals."""
        return total_of(self.lines)

    def units_by_row(self) -> Counter[str]:
        """Return the units that the order takes of each row."""
        units: Counter[str] = Counter()
        for line in self.lines:
            units[sku_row(line.sku)] += line.quantity
            if line.sale:
                units[line.sale] += line.quantity
        for charge in self.charges:
            units[charge.row] += charge.units
        return units

    def limits(self) -> list[tuple[str, int, int]]:
        """Return the scopes with a limit that the order counts in: scope, units, limit."""
        of_lines = [
            (scope, line.quantity, limit) for line in self.lines for scope, limit in line.limits()
        ]
        return of_lines + [
            (charge.row, charge.units, charge.limit)
            for charge in self.charges
            if charge.limit is not None
        ]

    def args_hash(self, session_id: str) -> bytes:
        """Return what tells a replay from another order with this id; prices do not count."""
        lines = sorted(f"{line.rid}\x1f{line.sku}\x1f{line.quantity}" for line in self.lines)
        return sha256("\x1e".join((session_id, self.buyer, *lines)).encode()).digest()[:16]


class Verdict(StrEnum):
    """An order that is sent to Postgres gets one of nine answers.

    CONFIRMED (or cancelled since) and PENDING are orders, and stay so however often they are
    sent. The others are refusals for good: but for a CONFLICT they are recorded as void, and
    told again if the order is sent again. UNAVAILABLE was lost with Redis before it was ordered.
    RELEASED was abandoned by its buyer, of PAYMENT_FAILED the merchant's backend said so; both
    were pending before.
    """

    CONFIRMED = "confirmed"
    PENDING = "pending"
    EXPIRED = "expired"
    CONFLICT = "conflict"
    SOLD_OUT = "sold_out"
    LIMIT = "limit"
    UNAVAILABLE = "unavailable"
    RELEASED = "released"
    PAYMENT_FAILED = "payment_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to one order; `at_ms` is the order's instant, None for a refusal.

    `new` is True where this very call made the order.
    """

    verdict: Verdict
    at_ms: int | None = None
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReply:
    """The reply to a batch: an outcome by order id, and every counter that these orders touch.

    Where `epoch` is not the one that was sent, Redis is being rebuilt, and orders that are missing
    from `outcomes` were not written.
    """

    epoch: int
    head_offset: int
    outcomes: dict[str, Outcome]
    copies: Copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A reservation of which Redis does not say what became: still `paying`, or lost with it.

    Without an `order_id` the order that it may be in is unknown. One that is no purchase, but an
    order's charges, is no line of its order, and goes with it.
    """

    rid: str
    buyer: str
    sku: str
    quantity: int
    price: int
    sale: str = ""
    order_id: str | None = None
    is_purchase: bool = True

    @classmethod
    def of(cls, reservation: Reservation) -> "Undecided":
        """Return a reservation as something to be decided."""
        return cls(
            rid=reservation.rid,
            buyer=reservation.buyer,
            sku=reservation.sku,
            quantity=reservation.quantity,
            price=reservation.price,
            sale=reservation.sale,
            order_id=reservation.order_id,
            is_purchase=reservation.is_purchase,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The order that a reservation is in for good, and what became of it."""

    order_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidReply:
    """The outcome of reservations, by rid: void now or before, CONFIRMED, PENDING or CONFLICT.

    PENDING means that there is time left to pay, CONFLICT that the id is another buyer's or
    another session's.
    """

    decided: dict[str, Decided]
    copies: Copies


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReply:
    """A cancelled order and the counters that went down."""

    order: Order
    copies: Copies


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUpReply:
    """An order that nobody pays for, and why; `new` is True where this very call made it void."""

    order: Order
    verdict: Verdict
    copies: Copies
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """Orders in the order of their last change; ask again with `next`, and none is missed."""

    orders: list[Order]
    next: int
