"""The catalogue over HTTP."""

from collections.abc import Mapping
from typing import Final

from liveshop.core.errors import BadRequest, Conflict, NotFound
from liveshop.core.limits import PRODUCT_BYTES_MAX
from liveshop.core.model import Product
from liveshop.core.roles import Role, Scope
from liveshop.core.shops import may_touch
from liveshop.core.wire import Message, as_message
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.edge.http.product_records import NewProduct, NewUnits, ProductList, ProductsPage
from liveshop.stores.postgres.catalogue import Catalogue

# Left out where they are as in most products; some are only for hosts.
_USUAL: Final[Message] = {"shop": None, "status": "active", "published": True, "more_images": []}
_FOR_HOSTS = ("status", "published")


async def add_product(services: Services, call: Call[Nothing, NewProduct]) -> Reply:
    """Put a product into the catalogue."""
    call.caller.require_anywhere()
    product = call.body.product(call.caller.shop_of_new(call.body.shop))
    await services.stores[Catalogue].create(product)
    made = Made(about=product.product_id, shop=product.shop)
    return Reply(_view(product, hidden=True), 201, made=made)


async def list_products(services: Services, call: Call[ProductsPage, Nothing]) -> Reply:
    """List the catalogue, in the order in which products were added, or search it with `q`.

    A product is found if its title or id has words that begin with each word of `q`, or if one of
    its SKUs begins with `q`. A caller of one shop is shown those of that shop. Drafts, archived,
    unlisted and unpublished products are shown to hosts. Of more than 200 variants the first are
    listed, and `variants_total` counts all.
    """
    hidden = call.caller.sees_hidden_products()
    page = await services.stores[Catalogue].page(
        after=call.query.after,
        limit=call.query.limit,
        search=call.query.q.strip(),
        shop=call.caller.shop,
        hidden=hidden,
    )
    products = [_listed(product, page.totals, hidden=hidden) for product in page.products]
    return Reply({"products": products, "next": page.next})


async def read_product(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read one product; what is not public is there for hosts of its shop."""
    product = await services.stores[Catalogue].get(call.path["product_id"])
    hidden = call.caller.sees_hidden_products() and may_touch(call.caller.shop, product.shop)
    if not (hidden or product.is_public):
        raise NotFound("product", product.product_id)
    return Reply(_view(product, hidden=hidden))


async def add_units(services: Services, call: Call[Nothing, NewUnits]) -> Reply:
    """Add units that have come in to the stock of a product, to all variants named or to none."""
    call.caller.require_anywhere()
    catalogue = services.stores[Catalogue]
    product_id = call.body.product_id
    product = await catalogue.get(product_id)
    if not may_touch(call.caller.shop, product.shop):
        raise NotFound("product", product_id)
    await catalogue.add_units(product_id, call.body.units)
    return Reply(_view(await catalogue.get(product_id), hidden=True))


def _listed(product: Product, totals: Mapping[str, int], *, hidden: bool) -> Message:
    view = _view(product, hidden=hidden)
    if product.product_id in totals:
        view["variants_total"] = totals[product.product_id]
    return view


def _view(product: Product, *, hidden: bool) -> Message:
    """Return a product as it is shown, without what is as in most.

    Hosts see a status that is not active, and that a product is not published.
    """
    view = as_message(product)
    for name, usual in _USUAL.items():
        if view[name] == usual or (name in _FOR_HOSTS and not hidden):
            del view[name]
    return view


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/products",
        handler=add_product,
        scope=Scope.CATALOGUE,
        body_bytes_max=PRODUCT_BYTES_MAX,
        needs=Role.HOST,
        answers={201: Product},
        refuses=(Conflict,),
    ),
    Operation(
        method="POST",
        path="/api/products/stock",
        handler=add_units,
        scope=Scope.CATALOGUE,
        body_bytes_max=PRODUCT_BYTES_MAX,
        needs=Role.HOST,
        answers={200: Product},
        refuses=(BadRequest, NotFound),
    ),
    Operation(
        method="GET",
        path="/api/products",
        handler=list_products,
        scope=Scope.CATALOGUE,
        answers={200: ProductList},
        refuses=(NotFound,),
    ),
    Operation(
        method="GET",
        path="/api/products/{product_id:path}",
        handler=read_product,
        scope=Scope.CATALOGUE,
        answers={200: Product},
    ),
)
