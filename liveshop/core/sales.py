"""Flash sales: when they may start, and when they are over."""

from collections.abc import Iterator, Mapping

from liveshop.core import errors
from liveshop.core.commands import EndSale, StartSale
from liveshop.core.decision import CloseSale, Decision, Facts, NewRow
from liveshop.core.events import SaleEnded, SaleStarted
from liveshop.core.model import Row, Sale, ShelfProduct, sku_row
from liveshop.core.money import percent_off
from liveshop.core.session import SessionState


def start_sale(state: SessionState, command: StartSale, facts: Facts) -> Decision:
    """Decide the start of a sale, now or announced."""
    if not state.status.is_on:
        raise errors.Conflict(f"the session is {state.status}; a sale needs it live or paused")
    product = state.product(command.product_id)
    if product.product_id in state.sales:
        raise errors.Conflict("the product has a sale already")
    prices = _sale_prices(product, command)
    if command.units is not None:
        free = sum(_unsold(facts.rows.get(sku_row(sku))) for sku in prices)
        if command.units > free:
            raise errors.SoldOut(product.product_id, requested=command.units, left=free)
    starts_at_ms = facts.now_ms + command.starts_in_ms
    started = SaleStarted(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=product.product_id,
        prices=prices,
        starts_at_ms=starts_at_ms,
        ends_at_ms=starts_at_ms + command.duration_ms,
        left=command.units,
        limit=command.limit,
    )
    sale = started.sale()
    rows = () if sale.units is None else (NewRow(row=sale.row, units=sale.units),)
    return Decision(events=(started,), rows=rows)


def end_sale(state: SessionState, command: EndSale, facts: Facts) -> Decision:
    """Decide the end of a sale before its time."""
    product = state.product(command.product_id)
    sale = state.sales.get(product.product_id)
    if sale is None:
        raise errors.Conflict("the product has no sale")
    ended = SaleEnded(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=sale.product_id,
        reason="manual",
    )
    return Decision(events=(ended,))


def close_sale(state: SessionState, command: CloseSale, facts: Facts) -> Decision:
    """Decide the end of a sale whose time is over or whose units are sold, exactly once."""
    sale = next((sale for sale in state.sales.values() if sale.offset == command.offset), None)
    if sale is None:
        raise errors.Conflict("the sale is over already")
    if command.reason == "timer" and facts.now_ms < sale.ends_at_ms:
        raise errors.Conflict("the sale's time is not over")
    if command.reason == "sold_out" and not is_sold_out(sale, facts.rows, facts.now_ms):
        raise errors.Conflict("the sale has units left")
    ended = SaleEnded(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=sale.product_id,
        reason=command.reason,
    )
    return Decision(events=(ended,))


def sales_over(state: SessionState, rows: Mapping[str, Row], now_ms: int) -> Iterator[CloseSale]:
    """Yield what ends the sales that are over by now."""
    for sale in state.sales.values():
        if now_ms >= sale.ends_at_ms:
            yield CloseSale(offset=sale.offset, reason="timer")
        elif is_sold_out(sale, rows, now_ms):
            yield CloseSale(offset=sale.offset, reason="sold_out")


def is_sold_out(sale: Sale, rows: Mapping[str, Row], now_ms: int) -> bool:
    """Return True if the sale's own units, or those of all its SKUs, are sold while it runs."""
    if now_ms < sale.starts_at_ms:
        return False
    own = rows.get(sale.row)
    if own is not None and not own.unsold:
        return True
    skus = [rows.get(sku_row(sku)) for sku in sale.prices]
    return all(row is not None and not row.unsold for row in skus)


def _sale_prices(product: ShelfProduct, command: StartSale) -> dict[str, int]:
    shelf = {variant.sku: variant.price for variant in product.variants}
    if command.percent is not None:
        return {sku: percent_off(price, command.percent) for sku, price in shelf.items()}
    assert command.prices is not None, "the codec lets one of percent and prices through"
    for sku, price in command.prices.items():
        if sku not in shelf:
            raise errors.NotFound("SKU", sku)
        if price > shelf[sku]:
            raise errors.BadRequest(f"`prices`: {sku} costs {shelf[sku]} outside the sale")
    return command.prices


def _unsold(row: Row | None) -> int:
    return 0 if row is None else row.unsold
