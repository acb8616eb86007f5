"""An order on its way to PostgreSQL, and what becomes of its reservations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from msgspec.structs import replace

from liveshop.core.model import Charge, Order, Reservation, ReservationState, charge_rid
from liveshop.core.pricing.price import Priced
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.tracing import Stage
from liveshop.stores.postgres.order_records import Verdict

STATES = {
    Verdict.CONFIRMED: ReservationState.SOLD,
    Verdict.EXPIRED: ReservationState.EXPIRED,
    Verdict.CONFLICT: ReservationState.REFUSED,
    Verdict.SOLD_OUT: ReservationState.REFUSED,
    Verdict.LIMIT: ReservationState.REFUSED,
    Verdict.UNAVAILABLE: ReservationState.REFUSED,
    Verdict.RELEASED: ReservationState.RELEASED,
    Verdict.PAYMENT_FAILED: ReservationState.REFUSED,
}


@dataclass(slots=True)
class Ordered:
    """An order on its way to Postgres; `askers` sent a `checkout` and are answered with a ref.

    It was asked for at `asked_s`, and is here since `since_s`, by the process' own clock.
    `priced` is what it is written and told at, by the offers as of `priced_at` if there were any,
    and `charge` what it takes besides its lines.
    """

    order_id: str
    reservations: Sequence[Reservation]
    askers: list[Asker] = field(default_factory=list)
    since_s: float = field(default_factory=perf_counter)
    asked_s: float = field(default_factory=perf_counter)
    # The epoch at which Redis was asked for its reservations, or an older one.
    epoch: int = 0
    priced: Priced | None = None
    priced_at: int | None = None
    charge: Reservation | None = None
    # When a `buy` left the queue for its call of Redis.
    taken_s: float = field(default_factory=perf_counter)
    # The reserve call of a `buy`, where purchases are traced.
    call: Stage | None = None

    @property
    def buyer(self) -> str:
        """The buyer whose order it is."""
        return self.reservations[0].buyer

    @property
    def records(self) -> Sequence[Reservation]:
        """All that Redis holds for it."""
        return self.reservations if self.charge is None else (*self.reservations, self.charge)

    @property
    def charges(self) -> list[Charge]:
        """The charges of all its records, of one row one; the highest limit of a row holds."""
        found = [each for record in self.records for each in record.charges]
        by_row: dict[str, Charge] = {}
        for charge in found:
            known = by_row.get(charge.row)
            by_row[charge.row] = charge if known is None else _together(known, charge)
        return list(by_row.values())

    @property
    def pay_until_ms(self) -> int:
        """The earliest deadline."""
        return min(reservation.deadline_ms for reservation in self.reservations)


def _together(first: Charge, second: Charge) -> Charge:
    limits = [each.limit for each in (first, second) if each.limit is not None]
    units = first.units + second.units
    return Charge(row=first.row, units=units, limit=max(limits, default=None))


def resolved(reservation: Reservation, verdict: Verdict) -> Reservation:
    """Return a reservation as Postgres' verdict on its order leaves it."""
    state = STATES[verdict]
    code = verdict.value if state is ReservationState.REFUSED else None
    return replace(reservation, state=state, code=code)


def sold(order: Order) -> list[Reservation]:
    """Return an order's reservations, and its charges, as a confirmed order leaves them."""
    lines = [
        Reservation(
            rid=line.rid,
            buyer=order.viewer_id,
            command="buy" if line.rid == order.order_id else "reserve",
            sku=line.sku,
            quantity=line.quantity,
            price=line.price,
            sale=line.sale,
            memo=line.memo,
            state=ReservationState.SOLD,
            order_id=order.order_id,
            deadline_ms=order.at_ms,
        )
        for line in order.lines
    ]
    return [*lines, *_charge_of(order)]


def _charge_of(order: Order) -> list[Reservation]:
    if not order.charges:
        return []
    charge = Reservation(
        rid=charge_rid(order.order_id),
        buyer=order.viewer_id,
        command="charge",
        sku="",
        quantity=0,
        price=0,
        charges=order.charges,
        state=ReservationState.SOLD,
        order_id=order.order_id,
        deadline_ms=order.at_ms,
    )
    return [charge]
