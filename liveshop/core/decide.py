"""Decide a command against a session's state: events, or a refusal that changes nothing."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import assert_never, cast

from liveshop.core import details, errors, pins, sales, shelf
from liveshop.core.commands import (
    AddProduct,
    AddStock,
    EndSale,
    EndSession,
    HostCommand,
    KernelHostCommand,
    OrderShelf,
    PauseSession,
    PinProduct,
    RemoveProduct,
    RepriceProduct,
    ResumeSession,
    StartSale,
    StartSession,
    UnpinProduct,
    UpdateSession,
)
from liveshop.core.decision import (
    CloseSale,
    Decision,
    Facts,
    KernelSystemCommand,
    MarkRestocked,
    MarkSoldOut,
    SystemCommand,
)
from liveshop.core.events import (
    Event,
    SaleEnded,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
)
from liveshop.core.model import Row, Status
from liveshop.core.session import SessionState


def decide(state: SessionState, command: HostCommand | SystemCommand, facts: Facts) -> Decision:
    """Return what follows from `command`, or raise the error that refuses it.

    A system command of which another node was quicker, or which is too early, is a Conflict.
    """
    if command.feature:
        return state.parts[command.feature].decide(state, command, facts)
    return _decide(state, cast(KernelHostCommand | KernelSystemCommand, command), facts)


def _decide(
    state: SessionState, command: KernelHostCommand | KernelSystemCommand, facts: Facts
) -> Decision:
    match command:
        case StartSession() | PauseSession() | ResumeSession() | EndSession():
            return Decision(events=_transition(state, command, facts))
        case UpdateSession():
            return details.update_session(state, command, facts)
        case AddProduct():
            return shelf.add_product(state, command, facts)
        case RemoveProduct():
            return shelf.remove_product(state, command, facts)
        case AddStock():
            return shelf.add_stock(state, command, facts)
        case RepriceProduct():
            return shelf.reprice_product(state, command, facts)
        case PinProduct():
            return pins.pin(state, command, facts)
        case UnpinProduct():
            return pins.unpin(state, command, facts)
        case OrderShelf():
            return shelf.order_shelf(state, command, facts)
        case StartSale():
            return sales.start_sale(state, command, facts)
        case EndSale():
            return sales.end_sale(state, command, facts)
        case CloseSale():
            return sales.close_sale(state, command, facts)
        case MarkSoldOut():
            return shelf.mark_sold_out(state, command, facts)
        case MarkRestocked():
            return shelf.mark_restocked(state, command, facts)
        case _:
            assert_never(command)


def due(state: SessionState, rows: Mapping[str, Row], now_ms: int) -> Iterator[SystemCommand]:
    """Yield what any node should attempt now; each is decided again, against fresh facts."""
    if state.status is Status.ENDED:
        return
    yield from sales.sales_over(state, rows, now_ms)
    yield from shelf.marks_due(state, rows)
    for part in state.parts.values():
        yield from part.due(state, now_ms)


def _transition(
    state: SessionState,
    command: StartSession | PauseSession | ResumeSession | EndSession,
    facts: Facts,
) -> tuple[Event, ...]:
    offset, now_ms, stream_url = state.offset + 1, facts.now_ms, state.info.stream_url
    match command, state.status:
        case StartSession(), Status.DRAFT | Status.SCHEDULED:
            return (SessionStarted(offset=offset, at_ms=now_ms, stream_url=stream_url),)
        case PauseSession(), Status.LIVE:
            return (SessionPaused(offset=offset, at_ms=now_ms),)
        case ResumeSession(), Status.PAUSED:
            return (SessionResumed(offset=offset, at_ms=now_ms, stream_url=stream_url),)
        case EndSession(), Status.LIVE | Status.PAUSED:
            return _ending(state, facts)
        case _:
            raise errors.Conflict(f"the session is {state.status}")


def _ending(state: SessionState, facts: Facts) -> tuple[Event, ...]:
    offsets, now_ms = count(state.offset + 1), facts.now_ms
    closed: list[Event] = [
        SaleEnded(offset=next(offsets), at_ms=now_ms, product_id=product_id, reason="session_end")
        for product_id in state.sales
    ]
    for part in state.parts.values():
        closed += part.ending(offsets, facts)
    return (*closed, SessionEnded(offset=next(offsets), at_ms=now_ms))
