"""The facts of a session that Redis needs to sell; only a higher offset replaces them, whole."""

from dataclasses import dataclass

from liveshop.core.model import Sale, Status, sku_row
from liveshop.core.session import SessionState
from liveshop.stores.redis.packing import SEPARATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The price of one SKU, how many of it one buyer may have, and the sale it is in, if any."""

    sku: str
    price: int
    limit: int
    sale: Sale | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The offers of a session, and how they are sold, as of one of its offsets."""

    offset: int
    status: Status
    hold_ms: int
    offers: tuple[Offer, ...]

    def fields(self) -> list[str | int]:
        """Return the fields and values of the plan's hash, flat."""
        flat: list[str | int] = [
            "offset", self.offset, "status", self.status.value, "hold_ms", self.hold_ms
        ]  # fmt: skip
        for offer in self.offers:
            flat += (sku_row(offer.sku), _offer_value(offer))
        return flat


def project(state: SessionState) -> Projection:
    """Return the projection of a session's state."""
    offers = tuple(
        Offer(
            sku=variant.sku,
            price=variant.price,
            limit=variant.limit,
            sale=_sale_of(state, product.product_id, variant.sku),
        )
        for product in state.shelf.values()
        for variant in product.variants
    )
    return Projection(
        offset=state.offset, status=state.status, hold_ms=state.info.hold_ms, offers=offers
    )


def _sale_of(state: SessionState, product_id: str, sku: str) -> Sale | None:
    sale = state.sales.get(product_id)
    return sale if sale is not None and sku in sale.prices else None


def _offer_value(offer: Offer) -> str:
    parts: list[object] = [offer.price, offer.limit]
    if (sale := offer.sale) is not None:
        parts += [
            sale.row,
            sale.prices[offer.sku],
            sale.starts_at_ms,
            sale.ends_at_ms,
            "" if sale.limit is None else sale.limit,
            0 if sale.units is None else 1,
        ]
    return SEPARATOR.join(map(str, parts))
