"""The steps that messages tell of: those of orders by their status, those of sessions by the log.

A body has ids and no names: messages are kept and sent again, whoever is forgotten meanwhile.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from msgspec import Struct

from liveshop.core.events import told_facts
from liveshop.core.model import Order, OrderStatus
from liveshop.core.wire import Message, encode_one

NAME: Final = "change_feed"
RESTORED: Final = "system.restored"

MESSAGES_KEPT_DAYS: Final = 30
STEPS_PER_TURN_MAX: Final = 100
CHANGES_PER_PAGE_MAX: Final = 1_000
CHANGES_PER_PAGE_DEFAULT: Final = 100
# Of messages of which few are for a caller, this many are looked at for one request.
LOOKED_AT_MAX: Final = 10_000
# A message is at most 20 kB, as receivers of webhooks expect: what is longer is read where it is.
LINES_TOLD_MAX: Final = 100
DATA_BYTES_MAX: Final = 19_000
TYPE_CHARS_MAX: Final = 64

TypePattern = Annotated[
    str, msgspec.Meta(max_length=TYPE_CHARS_MAX, pattern=r"^(\*|[a-z_]+\.(\*|[a-z_]+)|ping)\Z")
]

_ID_CHARS: Final = 26
_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"


class Step(Struct, frozen=True, kw_only=True):
    """One step of a subject, the one numbered `sequence` from 1 on."""

    type: str
    subject: str
    sequence: int
    at_ms: int
    session_id: str | None
    shop: str | None
    data: Message


def wants(patterns: Iterable[str], kind: str) -> bool:
    """Return True if one of some patterns, `order.confirmed`, `order.*` or `*`, is of a type."""
    whole = f"{kind.partition('.')[0]}.*"
    return any(each in ("*", kind, whole) for each in patterns)


def line_of_life(status: OrderStatus, *, waited: bool) -> tuple[OrderStatus, ...]:
    """Return all that an order has been, up to what it is: a reader who comes late missed some.

    One that `waited` was pending first, for its money.
    """
    begin = (OrderStatus.PENDING,) if waited else ()
    match status:
        case OrderStatus.PENDING | OrderStatus.VOID:
            rest = () if status is OrderStatus.PENDING else (status,)
            return (*begin, *rest)
        case OrderStatus.CONFIRMED:
            return (*begin, status)
        case OrderStatus.CANCELLED:
            return (*begin, OrderStatus.CONFIRMED, status)
        case OrderStatus.REFUNDED:
            return (*begin, OrderStatus.CONFIRMED, OrderStatus.CANCELLED, status)


def steps_of_order(
    order: Order, *, told: int, shop: str | None, reason: str | None, now_ms: int
) -> Iterator[Step]:
    """Yield the steps that an order has taken since so many of them were told.

    `reason` says why it is void. When it was cancelled is not stored: that is told as of now.
    """
    life = line_of_life(order.status, waited=order.pay_until_ms is not None)
    for sequence, status in enumerate(life, 1):
        if sequence > told:
            late = status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
            yield Step(
                type=f"order.{status}",
                subject=f"order/{order.order_id}",
                sequence=sequence,
                at_ms=now_ms if late else order.at_ms,
                session_id=order.session_id,
                shop=shop,
                data=_order_data(order, status, reason),
            )


def _order_data(order: Order, status: OrderStatus, reason: str | None) -> Message:
    data: Message = {
        "order_id": order.order_id,
        "session_id": order.session_id,
        "viewer_id": order.viewer_id,
        "status": status,
        "total": order.total,
        "currency": order.currency,
    }
    if status is OrderStatus.VOID and reason is not None:
        data["reason"] = reason
    lines = [
        {"sku": each.sku, "quantity": each.quantity, "price": each.price, "total": each.final}
        for each in order.lines[: LINES_TOLD_MAX + 1]
    ]
    if len(lines) <= LINES_TOLD_MAX and fits(whole := {**data, "lines": lines}):
        return whole
    return {**data, "lines_at": f"/api/orders/{order.order_id}"}


def step_of_event(session_id: str, shop: str | None, body: Message) -> Step:
    """Return the step that an event of a session's log is, whether or not its type is known."""
    kind, offset = str(body["type"]), int(body["offset"])
    data: Message = {"session_id": session_id, **told_facts(body)}
    if not fits(data):
        events = f"/api/sessions/{session_id}/events"
        data = {"session_id": session_id, "event_at": f"{events}?after={offset - 1}&limit=1"}
    return Step(
        type=kind,
        subject=f"session/{session_id}",
        sequence=offset,
        at_ms=int(body["at_ms"]),
        session_id=session_id,
        shop=shop,
        data=data,
    )


def step_of_restore(sequence: int, *, newest: int, known: int, now_ms: int) -> Step:
    """Return the step that tells that PostgreSQL became an older copy.

    `newest` is the number of the last message that is still there, `known` of the last one that
    there had been: what comes under the numbers between them is not what it was.
    """
    return Step(
        type=RESTORED,
        subject="system",
        sequence=sequence,
        at_ms=now_ms,
        session_id=None,
        shop=None,
        data={"newest": newest, "known": known},
    )


def fits(data: Message) -> bool:
    """Return True if data is short enough for a message."""
    return len(encode_one(data)) <= DATA_BYTES_MAX


def message_id(step: Step) -> str:
    """Return the id of a step's message: the same for the same facts, whoever makes it.

    The data is part of it. If PostgreSQL went back to an older copy, another fact may come to be
    the same step of the same subject, and a receiver that knows the id would leave it out.
    """
    facts = encode_one([step.type, step.subject, step.sequence, step.data])
    number = int.from_bytes(sha256(facts).digest(), "big")
    return "evt_" + "".join(_BASE32[number >> 5 * place & 31] for place in range(_ID_CHARS))


def body_of(step: Step, timestamp: str) -> bytes:
    """Return the bytes of a step's message, which are signed, sent, and listed."""
    whole: dict[str, Any] = {
        "id": message_id(step),
        "type": step.type,
        "timestamp": timestamp,
        "subject": step.subject,
        "sequence": step.sequence,
        "data": step.data,
    }
    return encode_one(whole)
