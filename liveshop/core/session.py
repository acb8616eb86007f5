"""A session's state, and how events change it: nothing else does."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar, assert_never, cast

from msgspec import Struct
from msgspec.structs import replace

from liveshop.core import errors, limits
from liveshop.core.commands import HostCommand
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import (
    Event,
    KernelEvent,
    KnownEvent,
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
    SessionUpdated,
    ShelfOrdered,
    StockAdded,
    UnknownEvent,
)
from liveshop.core.model import PaymentMode, Sale, ShelfProduct, ShelfVariant, Status
from liveshop.core.numbers import Numbers, remembered, with_numbers

_T = TypeVar("_T")
_SILENT: Final = (Status.DRAFT, Status.ENDED)


class SessionInfo(Struct, frozen=True, kw_only=True):
    """The facts of a session that are no part of its show; `checkout_url` contains `{order_id}`.

    Title, start, stream and cover may change, all others are fixed when it is made.
    """

    id: str
    title: str
    currency: str
    payment: PaymentMode
    hold_ms: int
    starts_at_ms: int | None = None
    stream_url: str | None = None
    cover_url: str | None = None
    checkout_url: str | None = None
    shop: str | None = None

    @property
    def first_status(self) -> Status:
        """The status of the session before its show."""
        return Status.DRAFT if self.starts_at_ms is None else Status.SCHEDULED

    def payment_url(self, order_id: str) -> str | None:
        """Return where an order's buyer pays for it; None: the merchant's own page knows where."""
        return self.checkout_url and self.checkout_url.replace("{order_id}", order_id)


class Part(Struct, frozen=True, kw_only=True):
    """A feature's part of a session's state; never changed in place.

    Only the commands and events that the feature lists come here. A method that it does not
    override changes nothing.
    """

    def decide(
        self, state: "SessionState", command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        """Return what follows from a command, or raise the error that refuses it."""
        raise AssertionError(f"{type(command).__name__} is decided by nobody")

    def after(self, event: KnownEvent) -> "Part":
        """Return the part after an event."""
        return self

    def due(self, state: "SessionState", now_ms: int) -> Iterator[SystemCommand]:
        """Yield what any node should attempt now."""
        yield from ()

    def due_ms(self) -> int | None:
        """Return the instant at which something will be due; None if there is none."""
        return None

    def ending(self, offsets: Iterator[int], facts: Facts) -> Iterator[KnownEvent]:
        """Yield what closes with the session, or raise the Conflict that lets it go on."""
        yield from ()

    def shown(self, gauge: Any) -> Mapping[str, Any]:
        """Return the fields of the snapshot; `gauge` is the part's newest, None without one."""
        return {}


class SessionState(Struct, frozen=True, kw_only=True):
    """A session after the event numbered `offset`; never changed in place.

    `shelf` and `sales` are by product id, `shelf` in run-of-show order, `pinned` oldest first.
    `numbers` are those of all products that have been on the shelf. `sold_out` are the SKUs whose
    last event said that they are sold out. `stock_added` are the newest additions of stock that
    have a rid, by that. `parts` are the features' own, by their names.
    """

    info: SessionInfo
    status: Status
    offset: int = 0
    pinned: tuple[str, ...] = ()
    shelf: dict[str, ShelfProduct] = {}
    numbers: Numbers = {}
    sales: dict[str, Sale] = {}
    sold_out: frozenset[str] = frozenset()
    stock_added: dict[str, StockAdded] = {}
    parts: dict[str, Part] = {}

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

    def require_open(self) -> None:
        """Raise Conflict where viewers may say and like nothing: in a draft, and after the end."""
        if self.status in _SILENT:
            raise errors.Conflict(f"the session is {self.status}")

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
    if not event.feature:
        return _changed_by_kernel(state, cast(KernelEvent | UnknownEvent, event))
    changed = state.parts[event.feature].after(cast(KnownEvent, event))
    return replace(state, parts={**state.parts, event.feature: changed})


def _changed_by_kernel(state: SessionState, event: KernelEvent | UnknownEvent) -> SessionState:
    match event:
        case SessionStarted() | SessionPaused() | SessionResumed() | SessionEnded():
            return replace(state, status=Status(event.status))
        case SessionUpdated():
            return replace(state, status=event.status, info=_updated(state.info, event))
        case ProductAdded(product=product):
            return _with_product(state, product)
        case ProductRemoved(product_id=product_id):
            return _without_product(state, product_id)
        case StockAdded():
            return state if event.rid is None else _with_stock_added(state, event.rid, event)
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
        case UnknownEvent():
            return state
        case _:
            assert_never(event)


def _updated(info: SessionInfo, event: SessionUpdated) -> SessionInfo:
    return replace(
        info,
        title=event.title,
        starts_at_ms=event.starts_at_ms,
        stream_url=event.stream_url,
        cover_url=event.cover_url,
    )


def _with_product(state: SessionState, product: ShelfProduct) -> SessionState:
    added = with_numbers(state.numbers, product)
    return replace(
        state,
        shelf={**state.shelf, added.product_id: added},
        numbers={**state.numbers, added.product_id: remembered(state.numbers, added)},
    )


def _without_product(state: SessionState, product_id: str) -> SessionState:
    gone = {variant.sku for variant in state.shelf[product_id].variants}
    shelf = _without(state.shelf, product_id)
    return replace(state, shelf=shelf, sold_out=state.sold_out - gone)


def _with_stock_added(state: SessionState, rid: str, event: StockAdded) -> SessionState:
    newest = list(state.stock_added.items())[1 - limits.STOCK_RIDS_KEPT_MAX :]
    return replace(state, stock_added=dict([*newest, (rid, event)]))


def _repriced(product: ShelfProduct, prices: dict[str, int]) -> ShelfProduct:
    variants = [
        replace(variant, price=prices.get(variant.sku, variant.price))
        for variant in product.variants
    ]
    return replace(product, variants=variants)


def _without(items: dict[str, _T], key: str) -> dict[str, _T]:
    return {name: item for name, item in items.items() if name != key}
