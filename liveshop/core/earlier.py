"""Events of a node of an earlier release, which runs next to this one during an upgrade."""

from msgspec import UNSET
from msgspec.structs import replace

from liveshop.core.events import Event, ProductAdded, SessionResumed, SessionStarted
from liveshop.core.session import SessionState


def completed(event: Event, state: SessionState) -> Event:
    """Return an event with what that node has left out; `state` is the one after it.

    Otherwise viewers who apply the event would know less than those who join after it.
    """
    match event:
        case SessionStarted() | SessionResumed() if event.stream_url is UNSET:
            return replace(event, stream_url=state.info.stream_url)
        case ProductAdded(product=product) if not product.number:
            return replace(event, product=state.shelf[product.product_id])
        case _:
            return event
