"""The products of a set, compared with the catalogue before they are stored."""

from collections.abc import Sequence

from msgspec.structs import replace

from liveshop.core.errors import BadRequest, LimitReached, NotFound
from liveshop.core.limits import SHELF_VARIANTS_PER_PRODUCT_MAX, UNITS_MAX
from liveshop.core.model import Product
from liveshop.core.session import replay
from liveshop.core.shops import may_sell
from liveshop.edge.http.operations import Services
from liveshop.engine.rooms.logged import read_session
from liveshop.features.product_sets.rules import SET_SKUS_MAX, SetProduct
from liveshop.stores.postgres.beginnings import Beginnings
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.sessions import Sessions


async def checked(
    services: Services, products: Sequence[SetProduct], shop: str | None
) -> list[SetProduct]:
    """Return the products of a set with the SKUs that they offer.

    Raises NotFound for a product or SKU that the shop has not, BadRequest for one that comes twice,
    and LimitReached beyond the most SKUs.
    """
    catalogue, units = services.stores[Catalogue], [each.units or {} for each in products]
    ids = [each.product_id for each in products]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise BadRequest(f"`products`: {twice} is there twice")
    known = await catalogue.offered(ids, [sku for of_one in units for sku in of_one])
    complete = []
    for each in products:
        product = known.get(each.product_id)
        if each.units is None or product is None:
            # One whose SKUs are all unknown is named by the first of them.
            product = await catalogue.get(each.product_id)
        complete.append(_checked(each, product, shop))
    _require_few(complete)
    return complete


async def products_of_show(
    services: Services, session_id: str, shop: str | None
) -> list[SetProduct]:
    """Return what is on the shelf of a show of the shop; NotFound for another shop's."""
    logged = await read_session(services.stores[Sessions], session_id)
    state = replay(logged.first_state, logged.events)
    if state.info.shop != shop:
        raise NotFound("session", session_id)
    units = await services.stores[Beginnings].allocated(session_id)
    products = [
        SetProduct(
            product_id=product.product_id,
            units={each.sku: min(units.get(each.sku, 0), UNITS_MAX) for each in product.variants},
            limit=product.variants[0].limit,
        )
        for product in state.shelf.values()
    ]
    _require_few(products)
    return products


def _checked(wanted: SetProduct, product: Product, shop: str | None) -> SetProduct:
    if not may_sell(shop, product.shop):
        raise NotFound("product", wanted.product_id)
    skus = [variant.sku for variant in product.variants]
    if wanted.units is None:
        units = dict.fromkeys(skus[:SHELF_VARIANTS_PER_PRODUCT_MAX], 0)
        return replace(wanted, units=units)
    for sku in wanted.units:
        if sku not in skus:
            raise NotFound("SKU", sku)
    return wanted


def _require_few(products: Sequence[SetProduct]) -> None:
    if sum(len(each.units or {}) for each in products) > SET_SKUS_MAX:
        raise LimitReached("SKUs of a product set", limit=SET_SKUS_MAX, left=0)
