"""What a buyer pays now."""

from liveshop.core.errors import NotFound
from liveshop.core.model import Sale
from liveshop.core.session import SessionState


def price_at(state: SessionState, sku: str, now_ms: int) -> tuple[int, Sale | None]:
    """Return a SKU's price and the sale that makes it, None for the shelf's; NotFound if gone."""
    offered = state.offered(sku)
    if offered is None:
        raise NotFound("SKU", sku)
    product, variant = offered
    sale = state.sales.get(product.product_id)
    if sale is not None and sku in sale.prices and sale.active_at(now_ms):
        return sale.prices[sku], sale
    return variant.price, None
