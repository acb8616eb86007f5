"""Decide a command against a session's state: events, or a refusal that changes nothing."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import assert_never

from liveshop.core import errors, limits, moderation, sales, shelf
from liveshop.core.commands import (
    AddProduct,
    BlockWords,
    DeleteChat,
    EndSale,
    EndSession,
    HostCommand,
    OrderShelf,
    PauseSession,
    PinChat,
    PinProduct,
    RemoveProduct,
    RepriceProduct,
    ResumeSession,
    SlowChat,
    StartSale,
    StartSession,
    UnpinChat,
    UnpinProduct,
)
from liveshop.core.decision import (
    CloseSale,
    Decision,
    Facts,
    MarkRestocked,
    MarkSoldOut,
    SystemCommand,
)
from liveshop.core.events import (
    Event,
    ProductPinned,
    ProductUnpinned,
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
    match command:
        case StartSession() | PauseSession() | ResumeSession() | EndSession():
            return Decision(events=_transition(state, command, facts.now_ms))
        case AddProduct():
            return shelf.add_product(state, command, facts)
        case RemoveProduct():
            return shelf.remove_product(state, command, facts)
        case RepriceProduct():
            return shelf.reprice_product(state, command, facts)
        case PinProduct():
            return _pin(state, command, facts)
        case UnpinProduct():
            return _unpin(state, command, facts)
        case OrderShelf():
            return shelf.order_shelf(state, command, facts)
        case StartSale():
            return sales.start_sale(state, command, facts)
        case EndSale():
            return sales.end_sale(state, command, facts)
        case DeleteChat() | PinChat() | UnpinChat():
            return moderation.moderate(state, command, facts)
        case SlowChat():
            return moderation.slow_chat(state, command, facts)
        case BlockWords():
            return moderation.block_words(state, command, facts)
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


def _transition(
    state: SessionState,
    command: StartSession | PauseSession | ResumeSession | EndSession,
    now_ms: int,
) -> tuple[Event, ...]:
    offset = state.offset + 1
    match command, state.status:
        case StartSession(), Status.DRAFT | Status.SCHEDULED:
            return (SessionStarted(offset=offset, at_ms=now_ms),)
        case PauseSession(), Status.LIVE:
            return (SessionPaused(offset=offset, at_ms=now_ms),)
        case ResumeSession(), Status.PAUSED:
            return (SessionResumed(offset=offset, at_ms=now_ms),)
        case EndSession(), Status.LIVE | Status.PAUSED:
            return _ending(state, now_ms)
        case _:
            raise errors.Conflict(f"the session is {state.status}")


def _ending(state: SessionState, now_ms: int) -> tuple[Event, ...]:
    offsets = count(state.offset + 1)
    closed = [
        SaleEnded(offset=next(offsets), at_ms=now_ms, product_id=product_id, reason="session_end")
        for product_id in state.sales
    ]
    return (*closed, SessionEnded(offset=next(offsets), at_ms=now_ms))


def _pin(state: SessionState, command: PinProduct, facts: Facts) -> Decision:
    state.refuse_ended()
    product_id = state.product(command.product_id).product_id
    if product_id in state.pinned:
        raise errors.Conflict("the product is pinned already")
    if len(state.pinned) >= limits.PINS_MAX:
        raise errors.LimitReached("pinned products", limit=limits.PINS_MAX, left=0)
    pinned = ProductPinned(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=product_id,
        pinned=[*state.pinned, product_id],
    )
    return Decision(events=(pinned,))


def _unpin(state: SessionState, command: UnpinProduct, facts: Facts) -> Decision:
    state.refuse_ended()
    product_id = state.product(command.product_id).product_id
    if product_id not in state.pinned:
        raise errors.Conflict("the product is not pinned")
    unpinned = ProductUnpinned(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=product_id,
        pinned=[pin for pin in state.pinned if pin != product_id],
    )
    return Decision(events=(unpinned,))
