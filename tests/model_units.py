"""A plain model of a session's units: the work of the Redis functions, without counters.

It keeps only reservations and copies; everything held is counted again whenever it is asked.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import replace

from liveshop.core.limits import RESOLVED_KEPT_MS, SWEEP_LINES_MAX
from liveshop.core.model import (
    Bought,
    Charge,
    Reservation,
    ReservationState,
    Row,
    Status,
    charge_rid,
    sku_row,
)
from liveshop.stores.redis.library import BuyerLimits
from liveshop.stores.redis.projection import Offer, Projection
from liveshop.stores.redis.unit_records import ReserveLine

_K = TypeVar("_K")

State = ReservationState
Refusal = tuple[str, dict[str, object]]  # code and numbers, as a client sees them


@dataclass
class UnitsModel:
    """One session in Redis; `now_ms` is moved by the test."""

    now_ms: int
    projection: Projection
    rows: dict[str, Row] = field(default_factory=dict)
    bought: dict[tuple[str, str], Bought] = field(default_factory=dict)
    reservations: dict[str, Reservation] = field(default_factory=dict)
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    buyer: BuyerLimits = field(default_factory=BuyerLimits)
    # Each buyer's reservations that ended and were never ordered, the oldest first.
    past: dict[str, list[str]] = field(default_factory=dict)

    def open(self, state: State) -> list[Reservation]:
        """The reservations in an open state, by deadline."""
        found = (r for r in self.reservations.values() if r.state is state)
        return sorted(found, key=lambda r: (r.deadline_ms, r.rid))

    def held(self) -> Counter[str]:
        """Units held by row."""
        return Counter(
            {row: 0 for row in self.rows}
            | _sum(each for r in self._holding() for each in rows_of(r))
        )

    def charged(self) -> Counter[tuple[str, str]]:
        """Units held by buyer and scope."""
        return _sum(((r.buyer, row), n) for r in self._holding() for row, n in rows_of(r))

    def _holding(self) -> list[Reservation]:
        return [r for r in self.reservations.values() if r.state.open]

    def void(self) -> Counter[str]:
        """Ordered reservations that ended unsold, by buyer."""
        return Counter(
            r.buyer
            for r in self.reservations.values()
            if r.is_purchase and r.order_id and not r.state.open and r.state is not State.SOLD
        )

    def left(self, row: str) -> int:
        """Units that can be reserved; below 0 where an order was sold and not yet settled."""
        copied = self.rows.get(row)
        return (copied.units - copied.sold if copied else 0) - self.held()[row]

    # Requests of callers

    def reserve(self, line: ReserveLine) -> Reservation | Refusal:
        """One line of `reserve`; sweep first."""
        known = self.reservations.get(line.rid)
        if known is not None:
            same = (known.buyer, known.command, known.sku, known.quantity)
            asked = (line.buyer, line.command, line.sku, line.quantity)
            return known if same == asked else ("conflict", {})
        if self.projection.status is not Status.LIVE:
            return ("not_live", {})
        offer = next((o for o in self.projection.offers if o.sku == line.sku), None)
        if offer is None:
            return ("not_found", {})
        refusal = self._refusal(line, offer)
        if refusal is not None:
            return refusal
        price, sale = self.price(offer)
        buys = line.command == "buy"
        reservation = Reservation(
            rid=line.rid,
            buyer=line.buyer,
            command=line.command,
            sku=line.sku,
            quantity=line.quantity,
            price=price,
            sale=sale,
            charges=line.charges,
            memo=line.memo,
            state=State.PAYING if buys else State.HELD,
            order_id=line.rid if buys else None,
            deadline_ms=self.now_ms + self.projection.hold_ms,
        )
        self.reservations[line.rid] = reservation
        return reservation

    def _refusal(self, line: ReserveLine, offer: Offer) -> Refusal | None:
        price, sale = self.price(offer)
        if line.price is not None and price > line.price:
            return ("price_changed", {"price": price})
        if self.void()[line.buyer] >= self.buyer.void_max:
            return ("limit", {"limit": self.buyer.void_max, "left": 0})
        limits = [(sku_row(line.sku), offer.limit)]
        if sale and offer.sale is not None and offer.sale.limit is not None:
            limits.append((sale, offer.sale.limit))
        exceeded = []
        for scope, limit in limits:
            left = max(limit - self._taken(line.buyer, scope), 0)
            if line.quantity > left:
                exceeded.append((left, limit))
        if exceeded:
            left, limit = min(exceeded, key=lambda pair: pair[0])
            return ("limit", {"limit": limit, "left": left})
        left = self.left(sku_row(line.sku))
        if sale and offer.sale is not None and offer.sale.units is not None:
            left = min(left, self.left(sale))
        if line.quantity > left:
            return ("sold_out", {"left": max(left, 0)})
        units = {sku_row(line.sku): line.quantity} | ({sale: line.quantity} if sale else {})
        return self._charge_refusal(line.buyer, line.charges, Counter(units))

    def _charge_refusal(
        self, buyer: str, charges: Sequence[Charge], beside: Counter[str]
    ) -> Refusal | None:
        wanted = beside + _sum((charge.row, charge.units) for charge in charges)
        for charge in charges:
            if charge.limit is not None:
                left = max(charge.limit - self._taken(buyer, charge.row), 0)
                if charge.units > left:
                    return ("limit", {"limit": charge.limit, "left": left})
            if wanted[charge.row] > self.left(charge.row):
                return ("sold_out", {"left": max(self.left(charge.row), 0)})
        return None

    def price(self, offer: Offer) -> tuple[int, str]:
        """The unit price now and the row of the sale that makes it."""
        if offer.sale is not None and offer.sale.active_at(self.now_ms):
            return offer.sale.prices[offer.sku], offer.sale.row
        return offer.price, ""

    def _taken(self, buyer: str, scope: str) -> int:
        bought = self.bought.get((buyer, scope))
        return (bought.quantity if bought else 0) + self.charged()[buyer, scope]

    def sweep(self, lines_max: int = SWEEP_LINES_MAX) -> tuple[list[Reservation], set[str]]:
        """Expire what is held and overdue; return it, and the rids of overdue paying ones."""
        overdue = [r for r in self.open(State.HELD) if r.deadline_ms <= self.now_ms]
        expired = [self._resolve(r, State.EXPIRED) for r in overdue[:lines_max]]
        paying = {r.rid for r in self.open(State.PAYING) if r.deadline_ms <= self.now_ms}
        return expired, paying

    def trim(self) -> None:
        """Forget what was resolved a day ago."""
        for reservation in list(self.reservations.values()):
            if (reservation.resolved_ms or self.now_ms) <= self.now_ms - RESOLVED_KEPT_MS:
                del self.reservations[reservation.rid]
                self.orders.pop(reservation.order_id or "", None)
                self._remember(reservation, past=False)

    def forget(self) -> None:
        """Forget each buyer's oldest that were never ordered; comes at the end of each call."""
        for buyer, rids in self.past.items():
            for rid in rids[: -self.buyer.past_max]:
                del self.reservations[rid]
            self.past[buyer] = rids[-self.buyer.past_max :]

    def _remember(self, reservation: Reservation, *, past: bool) -> None:
        rids = [rid for rid in self.past.get(reservation.buyer, []) if rid != reservation.rid]
        rids += [reservation.rid] if past else []
        self.past[reservation.buyer] = rids
        if not rids:
            del self.past[reservation.buyer]

    def release(self, buyer: str, rid: str) -> Reservation | Refusal:
        """Give a held reservation back."""
        reservation = self.reservations.get(rid)
        if reservation is None or reservation.buyer != buyer:
            return ("not_found", {})
        if reservation.state is State.RELEASED:
            return reservation
        if reservation.state in (State.PAYING, State.SOLD):
            return ("conflict", {})
        if reservation.state is not State.HELD or reservation.deadline_ms <= self.now_ms:
            return ("expired", {})
        released = self._resolve(reservation, State.RELEASED)
        self.forget()
        return released

    def pay(
        self, buyer: str, order_id: str, rids: Sequence[str], charges: Sequence[Charge] = ()
    ) -> list[Reservation] | Refusal:
        """Bring reservations into one order, all or none, and take its charges."""
        wanted = tuple(sorted(set(rids)))
        found = [r for rid in wanted if (r := self.reservations.get(rid)) and r.buyer == buyer]
        if len(found) < len(wanted):
            return ("not_found", {})
        made_from = self.orders.get(order_id)
        if all(r.order_id == order_id for r in found) and made_from in (None, wanted):
            return found
        bought = self.reservations.get(order_id)
        if made_from is not None or (bought is not None and bought.command == "buy"):
            return ("conflict", {})
        given_back = (State.RELEASED, State.EXPIRED)
        if any(r.order_id and r.state not in given_back for r in found):
            return ("conflict", {})
        if any(r.state is not State.HELD or r.deadline_ms <= self.now_ms for r in found):
            return ("expired", {})
        if charges:
            if charge_rid(order_id) in self.reservations:
                return ("conflict", {})
            refusal = self._charge_refusal(buyer, charges, Counter())
            if refusal is not None:
                return refusal
            last_ms = max(r.deadline_ms for r in found)
            self._charge(buyer, order_id, charges, last_ms + 1)
        paid = [replace(r, state=State.PAYING, order_id=order_id) for r in found]
        self.reservations |= {r.rid: r for r in paid}
        self.orders[order_id] = wanted
        return paid

    def _charge(
        self, buyer: str, order_id: str, charges: Sequence[Charge], deadline_ms: int
    ) -> None:
        charge = charge_of(buyer, order_id, charges, deadline_ms)
        self.reservations[charge.rid] = charge

    def settle(self, outcomes: Iterable[Reservation]) -> None:
        """Record what Postgres decided."""
        for outcome in outcomes:
            known = self.reservations.get(outcome.rid)
            if known is None:
                self._resolve(outcome, outcome.state)
            elif known.buyer == outcome.buyer and (known.state.open or _outdoes(outcome, known)):
                order_id = outcome.order_id or known.order_id
                decided = replace(known, order_id=order_id, code=outcome.code)
                if outcome.state is State.SOLD:
                    decided = replace(
                        decided, price=outcome.price, sale=outcome.sale, memo=outcome.memo
                    )
                self._resolve(decided, outcome.state)
            else:
                continue
            if outcome.state is State.SOLD and not (known and known.order_id):
                self._learn_order(outcome)
        self.forget()

    def _learn_order(self, outcome: Reservation) -> None:
        if outcome.order_id and outcome.command == "reserve":
            rids = {*self.orders.get(outcome.order_id, ()), outcome.rid}
            self.orders[outcome.order_id] = tuple(sorted(rids))

    def copy(self, rows: Iterable[Row] = (), bought: Iterable[Bought] = ()) -> None:
        """Copy from Postgres; the higher version wins."""
        for row in rows:
            if row.row not in self.rows or row.version > self.rows[row.row].version:
                self.rows[row.row] = row
        for count in bought:
            known = self.bought.get((count.buyer, count.scope))
            if known is None or count.version > known.version:
                self.bought[count.buyer, count.scope] = count

    def push(self, projection: Projection, rows: Iterable[Row] = ()) -> None:
        """Replace the projection by a newer one."""
        if projection.offset > self.projection.offset:
            self.projection = projection
        self.copy(rows)

    def load(
        self,
        rows: Iterable[Row],
        pending: Sequence[Reservation],
        resolved: Sequence[Reservation],
    ) -> set[str]:
        """Begin again from Postgres; return the rids that could not stay."""
        self.rows = {row.row: row for row in rows}
        self.bought = {}
        survivors = self.open(State.HELD)
        self.settle(resolved)
        for line in pending:
            self.reservations[line.rid] = line
            self._remember(line, past=False)
            if line.command == "reserve":
                of_order = sorted(
                    p.rid for p in pending if p.order_id == line.order_id and p.is_purchase
                )
                self.orders[line.order_id or ""] = tuple(of_order)
        held = [r for s in survivors if (r := self.reservations[s.rid]).state is State.HELD]
        for reservation in held:
            del self.reservations[reservation.rid]
        left_out = {r.rid for r in held if not self._stays(r)}
        self.forget()
        return left_out

    def _stays(self, reservation: Reservation) -> bool:
        if reservation.deadline_ms <= self.now_ms:
            self._resolve(reservation, State.EXPIRED)
            return False
        uncapped = {reservation.sale} - self.rows.keys()
        if any(self.left(row) < n for row, n in rows_of(reservation) if row not in uncapped):
            self._resolve(replace(reservation, code="sold_out"), State.REFUSED)
            return False
        self.reservations[reservation.rid] = reservation
        return True

    def _resolve(self, reservation: Reservation, state: State) -> Reservation:
        resolved = replace(reservation, state=state, resolved_ms=self.now_ms)
        self.reservations[reservation.rid] = resolved
        self._remember(resolved, past=not resolved.order_id and state is not State.SOLD)
        return resolved


def _outdoes(outcome: Reservation, known: Reservation) -> bool:
    """Whether an outcome says more of a reservation than what is recorded as its end."""
    if outcome.state is not State.SOLD:
        return False
    return known.state is not State.SOLD or bool(outcome.order_id and not known.order_id)


def rows_of(reservation: Reservation) -> list[tuple[str, int]]:
    """The rows that a reservation holds units of, each once; they are also its scopes."""
    units: Counter[str] = Counter()
    if reservation.sku:
        units[sku_row(reservation.sku)] += reservation.quantity
    if reservation.sale:
        units[reservation.sale] += reservation.quantity
    for charge in reservation.charges:
        units[charge.row] += charge.units
    return list(units.items())


def charge_of(
    buyer: str, order_id: str, charges: Sequence[Charge], deadline_ms: int
) -> Reservation:
    """The record of what an order takes besides its lines."""
    return Reservation(
        rid=charge_rid(order_id),
        buyer=buyer,
        command="charge",
        sku="",
        quantity=0,
        price=0,
        charges=tuple(charges),
        state=State.PAYING,
        order_id=order_id,
        deadline_ms=deadline_ms,
    )


def _sum(pairs: Iterable[tuple[_K, int]]) -> Counter[_K]:
    total: Counter[_K] = Counter()
    for key, quantity in pairs:
        total[key] += quantity
    return total
