"""The lowest price that buyers could have had: a reduction has to be measured against it."""

from collections.abc import Iterable, Mapping

from liveshop.core.events import (
    Event,
    ProductAdded,
    ProductRemoved,
    ProductRepriced,
    SaleEnded,
    SaleStarted,
    SessionEnded,
    SessionStarted,
)


def lowest_prices(
    sessions: Mapping[str, Iterable[Event]], since_ms: int, now_ms: int
) -> dict[str, int]:
    """Return the lowest price by SKU that held at any instant of `since_ms <= t < now_ms`.

    `sessions` are the logs, in order, of those that went live, as far as they are about prices. A
    price holds while its product is on the shelf of a show that has begun; a SKU that never was is
    left out, since nothing is known of it.
    """
    lowest: dict[str, int] = {}
    for events in sessions.values():
        history = _History(since_ms, now_ms, lowest)
        for event in events:
            history.take(event)
        history.end(now_ms)
    return lowest


class _History:
    """The prices of one session, each noted when it ends to hold."""

    def __init__(self, since_ms: int, now_ms: int, lowest: dict[str, int]) -> None:
        self._since_ms, self._now_ms, self._lowest = since_ms, now_ms, lowest
        self._began_ms: int | None = None
        self._skus: dict[str, list[str]] = {}
        self._prices: dict[str, tuple[int, int]] = {}  # sku -> price, since when
        self._sales: dict[str, SaleStarted] = {}

    def take(self, event: Event) -> None:
        match event:
            case SessionStarted(at_ms=at_ms):
                self._began_ms = at_ms
            case SessionEnded(at_ms=at_ms):
                self.end(at_ms)
            case ProductAdded(product=product, at_ms=at_ms):
                self._skus[product.product_id] = [variant.sku for variant in product.variants]
                for variant in product.variants:
                    self._prices[variant.sku] = (variant.price, at_ms)
            case ProductRepriced(prices=prices, at_ms=at_ms):
                for sku, price in prices.items():
                    self._let_go(sku, at_ms)
                    self._prices[sku] = (price, at_ms)
            case ProductRemoved(product_id=product_id, at_ms=at_ms):
                for sku in self._skus.pop(product_id, ()):
                    self._let_go(sku, at_ms)
            case SaleStarted(product_id=product_id):
                self._sales[product_id] = event
            case SaleEnded(product_id=product_id, at_ms=at_ms):
                self._end_sale(product_id, at_ms)
            case _:
                return

    def end(self, at_ms: int) -> None:
        """Let go of all that holds still."""
        for product_id in tuple(self._sales):
            self._end_sale(product_id, at_ms)
        for sku in tuple(self._prices):
            self._let_go(sku, at_ms)

    def _end_sale(self, product_id: str, at_ms: int) -> None:
        sale = self._sales.pop(product_id, None)
        if sale is not None:
            for sku, price in sale.prices.items():
                self._note(sku, price, sale.starts_at_ms, min(at_ms, sale.ends_at_ms))

    def _let_go(self, sku: str, at_ms: int) -> None:
        if sku in self._prices:
            price, since_ms = self._prices.pop(sku)
            self._note(sku, price, since_ms, at_ms)

    def _note(self, sku: str, price: int, from_ms: int, to_ms: int) -> None:
        if self._began_ms is None:
            return
        from_ms = max(from_ms, self._began_ms, self._since_ms)
        if from_ms < min(to_ms, self._now_ms):
            self._lowest[sku] = min(price, self._lowest.get(sku, price))
