"""Which orders of a batch fit into what is free; first come, first served."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from liveshop.stores.postgres.order_records import NewOrder, Outcome, Verdict

Scope = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """The state under the lock: free units by row, what each (scope, buyer) has, whose a rid is.

    A SKU or a charge without a row has no units; a sale without one has no cap of its own. `void`
    says why reservations whose orders are void can never be ordered.
    """

    units: Mapping[str, int]
    bought: Mapping[Scope, int]
    owners: Mapping[str, str]
    void: Mapping[str, Verdict]


def select_fitting(
    orders: Iterable[NewOrder], free: Free, *, charge: bool
) -> tuple[list[NewOrder], dict[str, Outcome]]:
    """Return the orders that fit together, and the refusals of the others.

    Without `charge` (orders that wait for money) only the reservations have to be free.
    """
    fitting: list[NewOrder] = []
    refused: dict[str, Outcome] = {}
    owners = dict(free.owners)
    taken: Counter[str] = Counter()
    bought = Counter(dict(free.bought))
    for order in orders:
        verdict = _refusal(order, free, owners, taken, bought, charge)
        if verdict is not None:
            refused[order.order_id] = Outcome(verdict=verdict)
            continue
        fitting.append(order)
        owners |= {line.rid: order.order_id for line in order.lines}
        taken.update(order.units_by_row())
        bought.update(_units_by_scope(order))
    return fitting, refused


def _refusal(
    order: NewOrder,
    free: Free,
    owners: Mapping[str, str],
    taken: Mapping[str, int],
    bought: Mapping[Scope, int],
    charge: bool,
) -> Verdict | None:
    for line in order.lines:
        if owners.get(line.rid, order.order_id) != order.order_id:
            return free.void.get(line.rid, Verdict.CONFLICT)
    if not charge:
        return None
    caps: dict[Scope, int] = {}
    for scope, _, cap in order.limits():
        # Lines that were reserved under different limits: the highest holds, as in the statement.
        caps[scope, order.buyer] = max(cap, caps.get((scope, order.buyer), 0))
    wanted = _units_by_scope(order)
    if any(bought.get(scope, 0) + wanted[scope] > cap for scope, cap in caps.items()):
        return Verdict.LIMIT
    # A sale without a row caps nothing; all else that has none has no units.
    uncapped = {line.sale for line in order.lines} - free.units.keys()
    uncapped -= {charge.row for charge in order.charges}
    for row, units in order.units_by_row().items():
        if row not in uncapped and free.units.get(row, 0) - taken.get(row, 0) < units:
            return Verdict.SOLD_OUT
    return None


def _units_by_scope(order: NewOrder) -> Counter[Scope]:
    units: Counter[Scope] = Counter()
    for scope, quantity, _ in order.limits():
        units[scope, order.buyer] += quantity
    return units
