"""An order on its way to PostgreSQL, and what becomes of its reservations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from msgspec.structs import replace

from liveshop.core.model import Order, Reservation, ReservationState
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
}


@dataclass(slots=True)
class Ordered:
    """An order on its way to Postgres; `askers` sent a `checkout` and are answered with a ref.

    It was asked for at `asked_s`, and is here since `since_s`, by the process' own clock.
    """

    order_id: str
    reservations: Sequence[Reservation]
    askers: list[Asker] = field(default_factory=list)
    since_s: float = field(default_factory=perf_counter)
    asked_s: float = field(default_factory=perf_counter)
    # The epoch at which Redis was asked for its reservations, or an older one.
    epoch: int = 0
    # When a `buy` left the queue for its call of Redis.
    taken_s: float = field(default_factory=perf_counter)
    # The reserve call of a `buy`, where purchases are traced.
    call: Stage | None = None

    @property
    def buyer(self) -> str:
        """The buyer whose order it is."""
        return self.reservations[0].buyer

    @property
    def pay_until_ms(self) -> int:
        """The earliest deadline."""
        return min(reservation.deadline_ms for reservation in self.reservations)


def resolved(reservation: Reservation, verdict: Verdict) -> Reservation:
    """Return a reservation as Postgres' verdict on its order leaves it."""
    state = STATES[verdict]
    code = verdict.value if state is ReservationState.REFUSED else None
    return replace(reservation, state=state, code=code)


def sold(order: Order) -> list[Reservation]:
    """Return an order's reservations as a confirmed order leaves them."""
    return [
        Reservation(
            rid=line.rid,
            buyer=order.viewer_id,
            command="buy" if line.rid == order.order_id else "reserve",
            sku=line.sku,
            quantity=line.quantity,
            price=line.price,
            sale=line.sale,
            state=ReservationState.SOLD,
            order_id=order.order_id,
            deadline_ms=order.at_ms,
        )
        for line in order.lines
    ]
