"""Per-buyer limits as a session's log puts them: those of now, and those of earlier."""

from liveshop.core.events import Event, ProductAdded, SaleStarted
from liveshop.core.limits import LIMIT_LAG_MS
from liveshop.core.model import sku_row


class PurchaseLimits:
    """The limit of each row, SKU's or sale's, and since when it holds.

    A limit is for new reservations: units reserved under an earlier limit may be ordered.
    Limits are kept beyond the end of a sale and the removal of a product, for their holds.
    """

    def __init__(self) -> None:
        self._put: dict[str, list[tuple[int, int]]] = {}

    def note(self, event: Event) -> None:
        """Take in what an event puts."""
        if isinstance(event, ProductAdded):
            for variant in event.product.variants:
                self._note(sku_row(variant.sku), event.at_ms, variant.limit)
        elif isinstance(event, SaleStarted) and event.limit is not None:
            self._note(event.sale().row, event.at_ms, event.limit)

    def __contains__(self, row: str) -> bool:
        return row in self._put

    def now(self, row: str) -> int | None:
        """Return a row's limit, None for one that has none."""
        return self._put[row][-1][1] if row in self._put else None

    def since(self, row: str, reserved_ms: int) -> int | None:
        """Return the highest limit that a row has had since something was reserved.

        Redis may have sold by the limit before for a moment after the event of the next.
        """
        highest = None
        for put_ms, limit in reversed(self._put.get(row, ())):
            highest = limit if highest is None else max(highest, limit)
            if put_ms <= reserved_ms - LIMIT_LAG_MS:
                break
        return highest

    def _note(self, row: str, at_ms: int, limit: int) -> None:
        self._put.setdefault(row, []).append((at_ms, limit))
