"""A session's state, and how events change it: nothing else does."""

from collections.abc import Iterable
from typing import TypeVar, assert_never

from msgspec import Struct
from msgspec.structs import replace

from liveshop.core import errors
from liveshop.core.events import (
    ChatBlocked,
    ChatDeleted,
    ChatPinned,
    ChatSlowed,
    ChatUnpinned,
    Event,
    ProductAdded,
    ProductPinned,
    ProductRemoved,
    ProductRepriced,
    ProductRestocked,
    ProductSoldOut,
    ProductUnpinned,
    SaleEnded,
    SaleStarted,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    ShelfOrdered,
    UnknownEvent,
)
from liveshop.core.model import ChatMessage, PaymentMode, Sale, ShelfProduct, ShelfVariant, Status

_T = TypeVar("_T")


class SessionInfo(Struct, frozen=True, kw_only=True):
    """The facts that are fixed when a session is made; `checkout_url` contains `{order_id}`."""

    id: str
    title: str
    currency: str
    payment: PaymentMode
    hold_ms: int
    starts_at_ms: int | None = None
    stream_url: str | None = None
    checkout_url: str | None = None

    def payment_url(self, order_id: str) -> str | None:
        """Return where an order's buyer pays for it; None: the merchant's own page knows where."""
        return self.checkout_url and self.checkout_url.replace("{order_id}", order_id)


class SessionState(Struct, frozen=True, kw_only=True):
    """A session after the event numbered `offset`; never changed in place.

    `shelf` and `sales` are by product id, `shelf` in run-of-show order, `pinned` oldest first.
    `sold_out` are the SKUs whose last event said that they are sold out. `words_offset` is that
    of the event which last replaced the chat's blocked words.
    """

    info: SessionInfo
    status: Status
    offset: int = 0
    pinned: tuple[str, ...] = ()
    shelf: dict[str, ShelfProduct] = {}
    sales: dict[str, Sale] = {}
    sold_out: frozenset[str] = frozenset()
    chat_pinned: tuple[ChatMessage, ...] = ()
    chat_slow_ms: int = 0
    words_offset: int = 0

    @classmethod
    def new(cls, info: SessionInfo, status: Status) -> "SessionState":
        """Return the state of a session in which nothing has happened yet."""
        return cls(info=info, status=status)

    def product(self, product_id: str) -> ShelfProduct:
        """Return a product of the shelf, or raise NotFound."""
        product = self.shelf.get(product_id)
        if product is None:
            raise errors.NotFound("product", product_id)
        return product

    def refuse_ended(self) -> None:
        """Raise Conflict once the session has ended."""
        if self.status is Status.ENDED:
            raise errors.Conflict("the session has ended")

    def offered(self, sku: str) -> tuple[ShelfProduct, ShelfVariant] | None:
        """Return the product and variant that offer `sku`, None where it is not on the shelf."""
        for product in self.shelf.values():
            for variant in product.variants:
                if variant.sku == sku:
                    return product, variant
        return None


def replay(state: SessionState, events: Iterable[Event]) -> SessionState:
    """Return the state after all of `events`, which follow it without a gap."""
    for event in events:
        state = apply(state, event)
    return state


def apply(state: SessionState, event: Event) -> SessionState:
    """Return the state after `event`, the next in the order of offsets."""
    assert event.offset == state.offset + 1, f"{event.offset} after {state.offset}"
    return replace(_changed(state, event), offset=event.offset)


def _changed(state: SessionState, event: Event) -> SessionState:
    match event:
        case SessionStarted() | SessionPaused() | SessionResumed() | SessionEnded():
            return replace(state, status=Status(event.status))
        case ProductAdded(product=product):
            return replace(state, shelf={**state.shelf, product.product_id: product})
        case ProductRemoved(product_id=product_id):
            return _without_product(state, product_id)
        case ProductRepriced(product_id=product_id, prices=prices):
            product = _repriced(state.shelf[product_id], prices)
            return replace(state, shelf={**state.shelf, product_id: product})
        case ProductPinned(pinned=pinned) | ProductUnpinned(pinned=pinned):
            return replace(state, pinned=tuple(pinned))
        case ShelfOrdered(product_ids=product_ids):
            return replace(state, shelf={name: state.shelf[name] for name in product_ids})
        case SaleStarted(product_id=product_id):
            return replace(state, sales={**state.sales, product_id: event.sale()})
        case SaleEnded(product_id=product_id):
            return replace(state, sales=_without(state.sales, product_id))
        case ProductSoldOut(sku=sku):
            return replace(state, sold_out=state.sold_out | {sku})
        case ProductRestocked(sku=sku):
            return replace(state, sold_out=state.sold_out - {sku})
        case ChatPinned(message=message):
            return replace(state, chat_pinned=(*state.chat_pinned, message))
        case ChatUnpinned(id=chat_id) | ChatDeleted(id=chat_id):
            kept = tuple(message for message in state.chat_pinned if message.id != chat_id)
            return replace(state, chat_pinned=kept)
        case ChatSlowed(interval_ms=interval_ms):
            return replace(state, chat_slow_ms=interval_ms)
        case ChatBlocked(offset=offset):
            return replace(state, words_offset=offset)
        case UnknownEvent():
            return state
        case _:
            assert_never(event)


def _without_product(state: SessionState, product_id: str) -> SessionState:
    gone = {variant.sku for variant in state.shelf[product_id].variants}
    shelf = _without(state.shelf, product_id)
    return replace(state, shelf=shelf, sold_out=state.sold_out - gone)


def _repriced(product: ShelfProduct, prices: dict[str, int]) -> ShelfProduct:
    variants = [
        replace(variant, price=prices.get(variant.sku, variant.price))
        for variant in product.variants
    ]
    return replace(product, variants=variants)


def _without(items: dict[str, _T], key: str) -> dict[str, _T]:
    return {name: item for name, item in items.items() if name != key}
