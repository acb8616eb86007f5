"""The catalogue over HTTP."""

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.model import Product
from liveshop.core.roles import Role, Scope
from liveshop.core.wire import Message, as_message
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.product_records import NewProduct, ProductList, ProductsPage
from liveshop.stores.postgres.catalogue import Catalogue


async def add_product(services: Services, call: Call[Nothing, NewProduct]) -> Reply:
    """Put a product into the catalogue."""
    call.caller.require_anywhere()
    product = call.body.product(call.caller.shop_of_new(call.body.shop))
    await services.stores[Catalogue].create(product)
    return Reply(_view(product), 201)


async def list_products(services: Services, call: Call[ProductsPage, Nothing]) -> Reply:
    """List the catalogue, in the order in which products were added, or search it with `q`.

    A product is found if its title or id has words that begin with each word of `q`, or if one of
    its SKUs begins with `q`. A caller of one shop is shown those of that shop.
    """
    page = await services.stores[Catalogue].page(
        after=call.query.after,
        limit=call.query.limit,
        search=call.query.q.strip(),
        shop=call.caller.shop,
    )
    return Reply({"products": [_view(product) for product in page.products], "next": page.next})


async def read_product(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read one product."""
    return Reply(_view(await services.stores[Catalogue].get(call.path["product_id"])))


def _view(product: Product) -> Message:
    """Return a product as it is shown: `shop` is left out where there is none."""
    view = as_message(product)
    if product.shop is None:
        del view["shop"]
    return view


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/products",
        handler=add_product,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={201: Product},
        refuses=(Conflict,),
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
