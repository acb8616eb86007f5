"""The snapshot: all that a viewer needs to know of a session, and the gauges in it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from liveshop.core.events import (
    Event,
    ProductAdded,
    ProductRemoved,
    ProductRestocked,
    ProductSoldOut,
    SaleEnded,
    SaleStarted,
)
from liveshop.core.model import ChatMessage, Sale, ShelfProduct, sku_row
from liveshop.core.money import currency_digits
from liveshop.core.session import SessionState
from liveshop.core.stream import shown_stream


class Gauges(Struct, frozen=True, kw_only=True):
    """Values of which only the newest matters; never changed in place.

    `left` is by SKU, `sales` by product id, for the sales that have units of their own. `parts` are
    those of features, by their names.
    """

    viewers: int = 0
    likes: int = 0
    left: dict[str, int] = {}
    sales: dict[str, int] = {}
    buying: bool = False
    parts: dict[str, Any] = {}

    @classmethod
    def of(
        cls,
        state: SessionState,
        rows: Mapping[str, int],
        *,
        viewers: int,
        likes: int,
        buying: bool,
        parts: Mapping[str, Any] | None = None,
    ) -> "Gauges":
        """Return a session's gauges; `rows` has the units left of each row that is known."""
        return cls(
            viewers=viewers,
            likes=likes,
            left={
                variant.sku: rows.get(sku_row(variant.sku), variant.left)
                for product in state.shelf.values()
                for variant in product.variants
            },
            sales={
                sale.product_id: rows.get(sale.row, sale.units)
                for sale in state.sales.values()
                if sale.units is not None
            },
            buying=buying,
            parts=dict(parts or {}),
        )

    def after(self, event: Event) -> "Gauges":
        """Return the gauges that a viewer shows once it has applied `event`.

        Compare with these, not with the last ones sent, to find what a pulse must say.
        """
        match event:
            case ProductAdded(product=product):
                added = {variant.sku: variant.left for variant in product.variants}
                return replace(self, left={**self.left, **added})
            case ProductSoldOut(sku=sku):
                return replace(self, left={**self.left, sku: 0})
            case ProductRestocked(sku=sku, left=left):
                return replace(self, left={**self.left, sku: left})
            case SaleStarted(product_id=product_id, left=int(left)):
                return replace(self, sales={**self.sales, product_id: left})
            case SaleEnded(product_id=product_id) | ProductRemoved(product_id=product_id):
                kept = {name: left for name, left in self.sales.items() if name != product_id}
                return replace(self, sales=kept)
            case _:
                return self

    def changed_since(self, shown: "Gauges") -> dict[str, Any]:
        """Return the fields of a pulse for a viewer that shows `shown`: only what changed."""
        changed: dict[str, Any] = {}
        for name in ("viewers", "likes", "left", "sales", "buying"):
            old, new = getattr(shown, name), getattr(self, name)
            if isinstance(new, dict):
                new = {key: value for key, value in new.items() if old.get(key) != value}
                if new:
                    changed[name] = new
            elif new != old:
                changed[name] = new
        if self.parts != shown.parts:
            old = shown.parts
            changed |= {name: new for name, new in self.parts.items() if old.get(name) != new}
        return changed


def snapshot(
    state: SessionState,
    gauges: Gauges,
    chat: Sequence[ChatMessage],
    now_ms: int,
    *,
    for_staff: bool = False,
) -> dict[str, Any]:
    """Return the `session` message; `chat` is the tail, oldest first.

    With `for_staff` it has the address of the video, whether or not the show is live.
    """
    info = state.info
    return {
        "type": "session",
        "offset": state.offset,
        "now_ms": now_ms,
        "id": info.id,
        "title": info.title,
        "status": state.status.value,
        "starts_at_ms": info.starts_at_ms,
        "currency": info.currency,
        "currency_digits": currency_digits(info.currency),
        "stream_url": info.stream_url if for_staff else shown_stream(state),
        "cover_url": info.cover_url,
        "pinned": list(state.pinned),
        "shelf": [
            _shelf_product(product, gauges, state.sold_out) for product in state.shelf.values()
        ],
        "sales": [_sale(sale, gauges) for sale in state.sales.values()],
        "viewers": gauges.viewers,
        "likes": gauges.likes,
        "buying": gauges.buying,
        **_shown_parts(state, gauges),
        "chat": to_builtins(chat),
    }


def _shown_parts(state: SessionState, gauges: Gauges) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, part in state.parts.items():
        shown |= part.shown(gauges.parts.get(name))
    return shown


def _shelf_product(
    product: ShelfProduct, gauges: Gauges, sold_out: Collection[str]
) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(product)
    for variant in shown["variants"]:
        variant["left"] = gauges.left.get(variant["sku"], variant["left"])
        if variant["sku"] in sold_out:
            variant["sold"] = True
    return shown


def _sale(sale: Sale, gauges: Gauges) -> dict[str, Any]:
    return {
        "product_id": sale.product_id,
        "prices": sale.prices,
        "starts_at_ms": sale.starts_at_ms,
        "ends_at_ms": sale.ends_at_ms,
        "left": gauges.sales.get(sale.product_id, sale.units),
        "limit": sale.limit,
    }
