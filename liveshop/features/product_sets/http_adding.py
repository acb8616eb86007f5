"""Puts a product set on the shelf of a show."""

from liveshop.core.errors import Busy, Conflict, SoldOut
from liveshop.core.limits import COMMAND_ATTEMPTS_MAX
from liveshop.core.roles import Identity
from liveshop.core.shops import may_sell
from liveshop.edge.http.operations import Services
from liveshop.features.product_sets.rules import AddedProduct, AddSet, ProductSet, sort_out
from liveshop.stores.postgres.catalogue import Catalogue


async def add_set(
    services: Services, session_id: str, product_set: ProductSet, by: Identity
) -> list[AddedProduct]:
    """Add what is not on the shelf yet, with the units there are, and return the whole report.

    Somebody else may take units or add a product in between: then it is sorted out again.
    """
    catalogue = services.stores[Catalogue]
    ids = [each.product_id for each in product_set.products]
    skus = [sku for each in product_set.products for sku in each.units or {}]
    for _ in range(COMMAND_ATTEMPTS_MAX):
        room = await services.engine.rooms.get(session_id)
        state = room.session.state
        state.refuse_ended()
        products = {
            name: product
            for name, product in (await catalogue.offered(ids, skus)).items()
            if may_sell(state.info.shop, product.shop)
        }
        wishes, report = sort_out(product_set.products, state, products)
        if not wishes:
            return report
        command = AddSet(set_id=product_set.set_id, wishes=tuple(wishes))
        try:
            await services.engine.execute(session_id, command, by)
        except SoldOut:
            continue
        except Conflict:
            if room.session.state.offset == state.offset:
                raise
        else:
            return report
    raise Busy()
