"""The pins of a show: the products that are highlighted."""

from liveshop.core import errors, limits
from liveshop.core.commands import PinProduct, UnpinProduct
from liveshop.core.decision import Decision, Facts
from liveshop.core.events import ProductPinned, ProductUnpinned
from liveshop.core.session import SessionState


def pin(state: SessionState, command: PinProduct, facts: Facts) -> Decision:
    """Decide whether a product is highlighted."""
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


def unpin(state: SessionState, command: UnpinProduct, facts: Facts) -> Decision:
    """Decide whether a highlight goes."""
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
