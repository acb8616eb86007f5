"""The shelf: products come, go, change their prices, sell out and come back."""

from collections.abc import Iterator, Mapping
from itertools import count

from liveshop.core import errors, limits
from liveshop.core.commands import (
    AddProduct,
    AddStock,
    OrderShelf,
    RemoveProduct,
    RepriceProduct,
)
from liveshop.core.decision import Decision, Facts, MarkRestocked, MarkSoldOut, Move
from liveshop.core.events import (
    Event,
    ProductAdded,
    ProductRemoved,
    ProductRepriced,
    ProductRestocked,
    ProductSoldOut,
    ProductUnpinned,
    SaleEnded,
    ShelfOrdered,
    StockAdded,
)
from liveshop.core.model import Product, Row, ShelfProduct, ShelfVariant, Variant, sku_row
from liveshop.core.numbers import with_numbers
from liveshop.core.session import SessionState
from liveshop.core.shops import may_sell


def add_product(state: SessionState, command: AddProduct, facts: Facts) -> Decision:
    """Decide to put a product on the shelf, with units out of the catalogue's stock."""
    state.refuse_ended()
    if command.product_id in state.shelf:
        raise errors.Conflict("the product is on the shelf already")
    if len(state.shelf) >= limits.SHELF_PRODUCTS_MAX:
        raise errors.LimitReached("products on a shelf", limit=limits.SHELF_PRODUCTS_MAX, left=0)
    if len(command.units) > limits.SHELF_VARIANTS_PER_PRODUCT_MAX:
        offered_max = limits.SHELF_VARIANTS_PER_PRODUCT_MAX
        raise errors.LimitReached(
            "SKUs of a product on a shelf", limit=offered_max, left=offered_max
        )
    if facts.product is None or not may_sell(state.info.shop, facts.product.shop):
        raise errors.NotFound("product", command.product_id)
    own_currency = state.info.currency == facts.catalogue_currency
    _check_units(facts.product, command, facts.rows)
    moved = {} if command.kept else command.units
    _check_prices(command, catalogue_prices=own_currency)
    product = ShelfProduct(
        product_id=facts.product.product_id,
        title=facts.product.title,
        image=facts.product.image,
        variants=[
            _shelf_variant(variant, command, facts.rows, own_currency=own_currency)
            for variant in facts.product.variants
            if variant.sku in command.units
        ],
    )
    added = ProductAdded(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product=with_numbers(state.numbers, product),
    )
    return Decision(events=(added,), moves=_moves(moved))


def add_stock(state: SessionState, command: AddStock, facts: Facts) -> Decision:
    """Decide to move more units of a product on the shelf out of the catalogue's stock, once."""
    known = state.stock_added.get(command.rid or "")
    if known is not None:
        if (known.product_id, known.units) != (command.product_id, command.units):
            raise errors.Conflict("this rid is of another addition of stock")
        return Decision(events=(known,), done=True)
    state.refuse_ended()
    offered = {variant.sku for variant in state.product(command.product_id).variants}
    if facts.product is None:
        raise errors.NotFound("product", command.product_id)
    stock = {variant.sku: variant.stock for variant in facts.product.variants}
    for sku, units in command.units.items():
        if sku not in stock:
            raise errors.NotFound("SKU", sku)
        if sku not in offered:
            raise errors.BadRequest(
                f"`units`: {sku} is not on the shelf; remove the product and add it with this SKU"
            )
        if units > stock[sku]:
            raise errors.SoldOut(sku, requested=units, left=stock[sku])
    added = StockAdded(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=command.product_id,
        units=command.units,
        rid=command.rid,
    )
    return Decision(events=(added,), moves=_moves(command.units))


def remove_product(state: SessionState, command: RemoveProduct, facts: Facts) -> Decision:
    """Decide to take a product off the shelf, ending its sale and its pin."""
    state.refuse_ended()
    product_id = state.product(command.product_id).product_id
    now_ms = facts.now_ms
    offsets = count(state.offset + 1)
    events: list[Event] = []
    if product_id in state.sales:
        ended = SaleEnded(
            offset=next(offsets), at_ms=now_ms, product_id=product_id, reason="manual"
        )
        events.append(ended)
    if product_id in state.pinned:
        pinned = [pin for pin in state.pinned if pin != product_id]
        unpinned = ProductUnpinned(
            offset=next(offsets), at_ms=now_ms, product_id=product_id, pinned=pinned
        )
        events.append(unpinned)
    events.append(ProductRemoved(offset=next(offsets), at_ms=now_ms, product_id=product_id))
    return Decision(events=tuple(events))


def reprice_product(state: SessionState, command: RepriceProduct, facts: Facts) -> Decision:
    """Decide new shelf prices, none below a sale that runs or is announced."""
    state.refuse_ended()
    product = state.product(command.product_id)
    old = {variant.sku: variant.price for variant in product.variants}
    sale = state.sales.get(product.product_id)
    for sku, price in command.prices.items():
        if sku not in old:
            raise errors.NotFound("SKU", sku)
        if sale is not None and price < sale.prices.get(sku, 0):
            raise errors.Conflict(f"{sku} costs {sale.prices[sku]} in the product's sale")
    changed = {sku: price for sku, price in command.prices.items() if price != old[sku]}
    if not changed:
        raise errors.Conflict("these are the prices already")
    repriced = ProductRepriced(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=product.product_id,
        prices=changed,
    )
    return Decision(events=(repriced,))


def order_shelf(state: SessionState, command: OrderShelf, facts: Facts) -> Decision:
    """Decide another order of the shelf: the products named come first, once each."""
    state.refuse_ended()
    first = [state.product(product_id).product_id for product_id in command.product_ids]
    product_ids = list(dict.fromkeys([*first, *state.shelf]))
    if product_ids == list(state.shelf):
        raise errors.Conflict("the shelf has this order already")
    ordered = ShelfOrdered(offset=state.offset + 1, at_ms=facts.now_ms, product_ids=product_ids)
    return Decision(events=(ordered,))


def mark_sold_out(state: SessionState, command: MarkSoldOut, facts: Facts) -> Decision:
    """Decide to tell that a SKU is sold out, once."""
    state.refuse_ended()  # settling makes units equal to sold, which is no news to buyers
    product_id = _offering(state, command.sku)
    row = facts.rows.get(sku_row(command.sku))
    if command.sku in state.sold_out or row is None or row.unsold:
        raise errors.Conflict("the SKU has not just sold out")
    sold_out = ProductSoldOut(
        offset=state.offset + 1, at_ms=facts.now_ms, product_id=product_id, sku=command.sku
    )
    return Decision(events=(sold_out,))


def mark_restocked(state: SessionState, command: MarkRestocked, facts: Facts) -> Decision:
    """Decide to tell that a sold-out SKU has units again, once."""
    state.refuse_ended()
    product_id = _offering(state, command.sku)
    row = facts.rows.get(sku_row(command.sku))
    if command.sku not in state.sold_out or row is None or not row.unsold:
        raise errors.Conflict("the SKU has not just been restocked")
    restocked = ProductRestocked(
        offset=state.offset + 1,
        at_ms=facts.now_ms,
        product_id=product_id,
        sku=command.sku,
        left=row.unsold,
    )
    return Decision(events=(restocked,))


def marks_due(
    state: SessionState, rows: Mapping[str, Row]
) -> Iterator[MarkSoldOut | MarkRestocked]:
    """Yield what tells that SKUs sold out or came back."""
    for product in state.shelf.values():
        for variant in product.variants:
            row = rows.get(sku_row(variant.sku))
            if row is None or bool(row.unsold) != (variant.sku in state.sold_out):
                continue
            if not row.unsold:
                yield MarkSoldOut(sku=variant.sku)
            else:
                yield MarkRestocked(sku=variant.sku)


def _offering(state: SessionState, sku: str) -> str:
    offered = state.offered(sku)
    if offered is None:
        raise errors.Conflict("the SKU is not on the shelf")
    return offered[0].product_id


def _moves(units: Mapping[str, int]) -> tuple[Move, ...]:
    return tuple(Move(sku=sku, units=moved) for sku, moved in units.items())


def _check_units(product: Product, command: AddProduct, rows: Mapping[str, Row]) -> None:
    variants = {variant.sku: variant for variant in product.variants}
    for sku, units in command.units.items():
        if sku not in variants:
            raise errors.NotFound("SKU", sku)
        if command.kept and sku_row(sku) not in rows:
            raise errors.NotFound("SKU of this session", sku)
        if not command.kept and units > variants[sku].stock:
            raise errors.SoldOut(sku, requested=units, left=variants[sku].stock)


def _check_prices(command: AddProduct, *, catalogue_prices: bool) -> None:
    prices = command.prices or {}
    for sku in prices:
        if sku not in command.units:
            raise errors.NotFound("SKU", sku)
    if not catalogue_prices and prices.keys() != command.units.keys():
        raise errors.BadRequest(
            "`prices`: the session's currency is not the catalogue's, every SKU needs a price"
        )


def _shelf_variant(
    variant: Variant, command: AddProduct, rows: Mapping[str, Row], *, own_currency: bool
) -> ShelfVariant:
    row = rows.get(sku_row(variant.sku))
    unsold = 0 if row is None else row.unsold
    return ShelfVariant(
        sku=variant.sku,
        label=variant.label,
        price=(command.prices or {}).get(variant.sku, variant.price),
        was=variant.was if own_currency else None,
        limit=command.limit,
        left=unsold + (0 if command.kept else command.units[variant.sku]),
    )
