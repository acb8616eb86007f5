"""Orders that are void: the answers for them, and how reservations are kept from being ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from liveshop.core.model import OrderStatus, Reservation
from liveshop.core.pricing.price import price
from liveshop.stores.postgres.database import Connection
from liveshop.stores.postgres.locked import Reader, copies_of
from liveshop.stores.postgres.order_records import (
    Decided,
    NewLine,
    Outcome,
    Undecided,
    Verdict,
    VoidReply,
)
from liveshop.stores.postgres.queries import queries

_SQL = queries("batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidOrder:
    """An order that is to be void, with the reservations that nobody may order otherwise."""

    order_id: str
    buyer: str
    verdict: Verdict
    lines: Sequence[NewLine | Undecided]


async def make_void(
    connection: Connection, session_id: str, orders: Sequence[VoidOrder], *, now_ms: int
) -> None:
    """Insert orders as void, or turn their `pending` into it; under the lock.

    Those that are there already, and not overdue, stay what they are.
    """
    if not orders:
        return
    lines = [(order.order_id, line) for order in orders for line in order.lines]
    # Nobody pays for it: the total is what the reservations were told at.
    priced = [price(order.lines) for order in orders]
    await connection.execute(
        _SQL["void_orders"],
        session_id,
        now_ms,
        [order.order_id for order in orders],
        [order.buyer for order in orders],
        [order.verdict.value for order in orders],
        [line.rid for _, line in lines],
        [order_id for order_id, _ in lines],
        [line.sku for _, line in lines],
        [line.sale for _, line in lines],
        [line.quantity for _, line in lines],
        [line.price for _, line in lines],
        [each.goods for each in priced],
        [final for each in priced for final in each.finals],
    )


async def decide(
    connection: Connection,
    session_id: str,
    undecided: Sequence[Undecided],
    verdict: Verdict,
    *,
    now_ms: int,
) -> VoidReply:
    """Return what became of reservations; one that is in no order yet gets the verdict.

    Under the lock. The order that has the reservation's line decides, whichever it was thought
    to be in; one that has no order at all gets a void one of its own.
    """
    rids = [each.rid for each in undecided]
    owners = {
        record["rid"]: record["id"] for record in await connection.fetch(_SQL["taken_rids"], rids)
    }
    order_ids = {each.rid: owners.get(each.rid, each.order_id or each.rid) for each in undecided}
    void = _void_orders(undecided, order_ids, owners, verdict)
    await make_void(connection, session_id, void, now_ms=now_ms)
    known = await connection.fetch(_SQL["known_orders"], [order.order_id for order in void])
    stored = {record["id"]: record for record in known}
    decided = {}
    for each in undecided:
        order_id = order_ids[each.rid]
        has_line = each.rid in owners or not each.is_purchase
        decided[each.rid] = _decided(stored[order_id], session_id, each.buyer, has_line=has_line)
    confirmed = {each.order_id for each in decided.values() if each.verdict is Verdict.CONFIRMED}
    copies = await copies_of(connection, session_id, sorted(confirmed))
    return VoidReply(decided=decided, copies=copies)


def _void_orders(
    undecided: Sequence[Undecided],
    order_ids: Mapping[str, str],
    owners: Mapping[str, str],
    verdict: Verdict,
) -> list[VoidOrder]:
    lines: dict[str, list[Undecided]] = {}
    for each in undecided:
        lines.setdefault(order_ids[each.rid], []).append(each)
    there = set(owners.values())
    return [
        VoidOrder(
            order_id=order_id,
            buyer=of_order[0].buyer,
            # One that is there already was not lost: if it is pending, it may be overdue.
            verdict=Verdict.EXPIRED if order_id in there else verdict,
            lines=[each for each in of_order if each.is_purchase],
        )
        for order_id, of_order in lines.items()
    ]


def _decided(stored: asyncpg.Record, session_id: str, buyer: str, *, has_line: bool) -> Decided:
    found = outcome_of(stored, session_id, buyer, None).verdict
    # An order that only has the reservation's id for its own is not the one that it is in.
    stray = found in (Verdict.CONFIRMED, Verdict.PENDING) and not has_line
    return Decided(order_id=stored["id"], verdict=Verdict.CONFLICT if stray else found)


async def known_decisions(
    reader: Reader, session_id: str, reservations: Sequence[Reservation]
) -> dict[str, Decided]:
    """Return what became of reservations, by rid; those not in Postgres are left out."""
    rids = [each.rid for each in reservations]
    order_ids = sorted({each.order_id for each in reservations if each.order_id})
    taken = {record["rid"]: record for record in await reader.fetch(_SQL["taken_rids"], rids)}
    known = {record["id"]: record for record in await reader.fetch(_SQL["known_orders"], order_ids)}
    decided = {}
    for each in reservations:
        stored = taken.get(each.rid) or known.get(each.order_id or "")
        if stored is not None:
            has_line = each.rid in taken or not each.is_purchase
            decided[each.rid] = _decided(stored, session_id, each.buyer, has_line=has_line)
    return decided


def outcome_of(
    stored: asyncpg.Record, session_id: str, buyer: str, args_hash: bytes | None
) -> Outcome:
    """Return what an order that is there already means to whoever sends it again.

    `args_hash` None asks by session and buyer only.
    """
    if stored["session_id"] != session_id or stored["buyer"] != buyer:
        return Outcome(verdict=Verdict.CONFLICT)
    if None not in (args_hash, stored["args_hash"]) and stored["args_hash"] != args_hash:
        return Outcome(verdict=Verdict.CONFLICT)
    match OrderStatus(stored["status"]):
        case OrderStatus.VOID:
            return Outcome(verdict=Verdict(stored["void_code"] or Verdict.EXPIRED))
        case OrderStatus.PENDING:
            return Outcome(verdict=Verdict.PENDING, at_ms=stored["at_ms"])
        case _:
            return Outcome(verdict=Verdict.CONFIRMED, at_ms=stored["at_ms"])
