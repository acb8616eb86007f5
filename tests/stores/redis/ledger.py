"""The work of Postgres for a session's orders, as plainly as can be: for the state machine."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from liveshop.core.model import Bought, Charge, Reservation, ReservationState, Row
from tests.model_units import charge_of, rows_of


@dataclass
class Ledger:
    """Rows, buyer counts and orders; an order is decided once."""

    rows: dict[str, Row]
    bought: dict[tuple[str, str], Bought] = field(default_factory=dict)
    pending: dict[str, list[Reservation]] = field(default_factory=dict)
    confirmed: dict[str, list[Reservation]] = field(default_factory=dict)
    void: dict[str, list[Reservation]] = field(default_factory=dict)

    def decided(self, order_id: str) -> bool:
        """Return True if the order is confirmed or void."""
        return order_id in self.confirmed or order_id in self.void

    def confirm(self, order_id: str, lines: Sequence[Reservation]) -> bool:
        """Sell the lines if there are units; return True if there are."""
        wanted: Counter[str] = Counter()
        for line in lines:
            for name, units in rows_of(line):
                wanted[name] += units
        for name, quantity in wanted.items():
            known = self.rows.get(name)
            if known is not None and known.sold + quantity > known.units:
                return False
        self.pending.pop(order_id, None)
        self.confirmed[order_id] = list(lines)
        self._count(lines, 1)
        return True

    def cancel(self, order_id: str) -> None:
        """Give the units of a confirmed order back; its rids stay sold."""
        self._count(self.confirmed[order_id], -1)

    def _count(self, lines: Iterable[Reservation], sign: int) -> None:
        for line in lines:
            for name, units in rows_of(line):
                quantity = sign * units
                if (known := self.rows.get(name)) is not None:
                    self.rows[name] = replace(
                        known, sold=known.sold + quantity, version=known.version + 1
                    )
                count = self.bought.get(
                    (line.buyer, name), Bought(buyer=line.buyer, scope=name, quantity=0, version=0)
                )
                self.bought[line.buyer, name] = replace(
                    count, quantity=count.quantity + quantity, version=count.version + 1
                )

    def outcomes(self) -> list[Reservation]:
        """Return what has become of all reservations that were decided."""
        sold = [
            replace(line, state=ReservationState.SOLD)
            for lines in self.confirmed.values()
            for line in as_stored(lines)
        ]
        expired = [
            replace(line, state=ReservationState.EXPIRED)
            for lines in self.void.values()
            for line in lines
        ]
        return sold + expired


def as_stored(records: Sequence[Reservation]) -> list[Reservation]:
    """Return an order's records as Postgres gives them back: all charges are the order's own."""
    lines = [replace(record, charges=()) for record in records if record.is_purchase]
    units: Counter[str] = Counter()
    for charge in (each for record in records for each in record.charges):
        units[charge.row] += charge.units
    if not units or not lines:
        return lines
    charges = [Charge(row=row, units=n) for row, n in units.items()]
    deadline_ms = max(line.deadline_ms for line in lines) + 1
    order_id = lines[0].order_id or ""
    return [*lines, charge_of(lines[0].buyer, order_id, charges, deadline_ms)]
