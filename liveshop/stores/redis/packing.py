"""How records and copies are written in the arguments and replies of the Lua functions."""

from collections.abc import Iterable, Sequence
from typing import cast

from liveshop.core.limits import MEMO_BYTES_MAX
from liveshop.core.model import (
    Bought,
    Charge,
    RecordWord,
    Reservation,
    ReservationState,
    Row,
    Totals,
)

SEPARATOR = "\x1f"  # ids cannot contain it, nor can JSON
_OF_CHARGE, _BETWEEN_CHARGES = "\x1d", "\x1e"

# The order in which lua/session.lua names them.
_KEY_NAMES = (
    *("cfg", "plan", "stock", "res", "due", "paying", "done", "orders"),
    *("held", "bought", "mine", "totals", "chat", "mute", "nodes", "said", "seen"),
    *("past", "void"),
)

Arg = str | int


def session_keys(session_id: str) -> tuple[str, ...]:
    """Return all keys of a session; they share a hash tag, hence a slot of a cluster."""
    return tuple(session_key(session_id, name) for name in _KEY_NAMES)


def session_key(session_id: str, name: str) -> str:
    """Return the name of one key of a session."""
    return f"{{s:{session_id}}}:{name}"


def unpack(packed: str) -> Reservation:
    """Return the reservation that a function answered with."""
    return _reservation(packed.split(SEPARATOR))


def unpack_all(packed: Iterable[str]) -> tuple[Reservation, ...]:
    """Return the reservations that a function answered with."""
    return tuple(map(unpack, packed))


def _reservation(parts: Sequence[str]) -> Reservation:
    rid, state, buyer, command, sku, quantity, price, sale, order_id, deadline, code, at = parts[
        :12
    ]
    charges, memo = parts[12:] or ("", "")
    return Reservation(
        rid=rid,
        buyer=buyer,
        command=cast(RecordWord, command),
        sku=sku,
        quantity=int(quantity),
        price=int(price),
        sale=sale,
        charges=_unpack_charges(charges) if charges else (),
        memo=memo or None,
        state=ReservationState(state),
        order_id=order_id or None,
        deadline_ms=int(deadline),
        code=code or None,
        resolved_ms=int(at) if at else None,
    )


def outcome_args(outcomes: Sequence[Reservation]) -> list[Arg]:
    """Return how many there are, then rid and record for each."""
    args: list[Arg] = [len(outcomes)]
    for outcome in outcomes:
        args += (outcome.rid, _pack(outcome))
    return args


def _pack(reservation: Reservation) -> str:
    parts = (
        reservation.state.value,
        reservation.buyer,
        reservation.command,
        reservation.sku,
        reservation.quantity,
        reservation.price,
        reservation.sale,
        reservation.order_id or "",
        reservation.deadline_ms,
        reservation.code or "",
        "",  # when it was resolved is for Redis' clock to say
    )
    more = pack_more(reservation.charges, reservation.memo)
    return SEPARATOR.join(map(str, parts)) + (more and SEPARATOR + more)


def pack_more(charges: Sequence[Charge], memo: str | None) -> str:
    """Return the end of a record that has charges or a memo, else nothing."""
    if not charges and memo is None:
        return ""
    assert memo is None or (len(memo.encode()) <= MEMO_BYTES_MAX and SEPARATOR not in memo)
    return pack_charges(charges) + SEPARATOR + (memo or "")


def pack_charges(charges: Sequence[Charge]) -> str:
    """Return charges as one part of a record; of a row there is one."""
    rows = {each.row for each in charges}
    assert len(rows) == len(charges) and all(row.startswith("@") for row in rows)
    return _BETWEEN_CHARGES.join(
        _OF_CHARGE.join((each.row, str(each.units), "" if each.limit is None else str(each.limit)))
        for each in charges
    )


def _unpack_charges(packed: str) -> tuple[Charge, ...]:
    charges = (each.split(_OF_CHARGE) for each in packed.split(_BETWEEN_CHARGES))
    return tuple(
        Charge(row=row, units=int(units), limit=int(limit) if limit else None)
        for row, units, limit in charges
    )


def copy_args(
    rows: Sequence[Row], bought: Sequence[Bought] = (), totals: Totals | None = None
) -> list[Arg]:
    """Return the arguments of copies, as lua/copies.lua reads them."""
    args: list[Arg] = [len(rows)]
    for row in rows:
        args += (row.row, row.units, row.sold, row.version)
    args.append(len(bought))
    for count in bought:
        args += (count.buyer, count.scope, count.quantity, count.version)
    if totals is None:
        args.append(0)
    else:
        args += (1, totals.orders, totals.units, totals.revenue, totals.version)
    return args
