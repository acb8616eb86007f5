"""Product sets over HTTP."""

from collections.abc import Sequence
from typing import Final

from liveshop.core.errors import Busy, Conflict, LimitReached, NotFound, SoldOut
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Call, Made, Named, Operation, Reply, Services
from liveshop.edge.http.shops import owner_of_session
from liveshop.features.product_sets.http_adding import add_set
from liveshop.features.product_sets.http_contents import checked, products_of_show
from liveshop.features.product_sets.http_records import (
    AddedSet,
    ListedSet,
    NewProductSet,
    ProductSetView,
    SetList,
    SetsPage,
    ShopOfSet,
)
from liveshop.features.product_sets.rules import SET_BYTES_MAX, ProductSet
from liveshop.features.product_sets.store import ProductSets

_BETWEEN: Final = "\x1f"  # between an id and its shop in a `next`


async def save_product_set(services: Services, call: Call[Nothing, NewProductSet]) -> Reply:
    """Make a product set, or replace it: a named list of products that a shop shows together.

    With a `session_id` it gets what is on the shelf of that show, with the units that the show was
    given of each SKU.
    """
    call.caller.require_anywhere()
    new, set_id = call.body, call.path["set_id"]
    shop = call.caller.shop_of_new(new.shop)
    if new.session_id is not None:
        if shop is None:
            shop = await _shop_of_session(services, new.session_id)
        products = await products_of_show(services, new.session_id, shop)
    else:
        products = await checked(services, new.products or [], shop)
    saved = ProductSet(
        set_id=set_id,
        shop=shop,
        name=new.name or set_id,
        notes=new.notes,
        products=products,
        updated_at_ms=services.engine.node.now_ms(),
    )
    new_one = await services.stores[ProductSets].save(saved)
    made = Made(about=set_id, shop=shop)
    return Reply(_view(saved), 201 if new_one else 200, made=made)


async def list_product_sets(services: Services, call: Call[SetsPage, Nothing]) -> Reply:
    """List product sets by id, without their products: those of the caller's shop."""
    shop, anywhere = await _reach(services, call.caller, call.query.shop)
    set_id, _, of_shop = (call.query.after or "").partition(_BETWEEN)
    page = await services.stores[ProductSets].page(
        shop, anywhere=anywhere, after=(set_id, of_shop), limit=call.query.limit
    )
    listed = [
        ListedSet(
            set_id=each.set_id,
            name=each.name,
            notes=each.notes,
            products_total=each.products_total,
            updated_at_ms=each.updated_at_ms,
            shop=each.shop,
        )
        for each in page.sets
    ]
    following = None if page.next is None else _BETWEEN.join((page.next[0], page.next[1] or ""))
    return Reply(SetList(product_sets=listed, next=following))


async def read_product_set(services: Services, call: Call[ShopOfSet, Nothing]) -> Reply:
    """Read a product set."""
    shop, anywhere = await _reach(services, call.caller, call.query.shop)
    found = await services.stores[ProductSets].find(call.path["set_id"], shop, anywhere=anywhere)
    return Reply(_view(found))


async def delete_product_set(services: Services, call: Call[ShopOfSet, Nothing]) -> Reply:
    """Take a product set away; the shows that it was added to keep their products."""
    call.caller.require_anywhere()
    shop, anywhere = await _reach(services, call.caller, call.query.shop)
    sets, set_id = services.stores[ProductSets], call.path["set_id"]
    found = await sets.find(set_id, shop, anywhere=anywhere)
    await sets.delete(set_id, found.shop)
    return Reply(_view(found), made=Made(about=set_id, shop=found.shop))


async def add_product_set(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Put the products of a set of the show's shop on its shelf: those that are not there yet.

    They come in the order of the set, in one go. Of a SKU that is short there come as many units as
    the catalogue has. `products` of the answer tells of each; asked for again, it adds what is
    missing.
    """
    session_id, set_id = call.path["session_id"], call.path["set_id"]
    shop = await _shop_of_session(services, session_id)
    found = await services.stores[ProductSets].find(set_id, shop)
    report = await add_set(services, session_id, found, call.caller.identity())
    return Reply(AddedSet(set_id=set_id, products=report))


async def _shop_of_session(services: Services, session_id: str) -> str | None:
    owner = await owner_of_session(services, session_id)
    if owner is None:
        raise NotFound("session", session_id)
    return owner.shop


async def _reach(services: Services, caller: Caller, named: str | None) -> tuple[str | None, bool]:
    """Return the shop whose sets are meant, and whether those of all shops are.

    A token for one session reaches those of its shop: it may be added to.
    """
    if caller.session_id is not None and caller.shop is None:
        return await _shop_of_session(services, caller.session_id), False
    shop = caller.shop_of_new(named)
    return shop, shop is None


def _view(product_set: ProductSet) -> ProductSetView:
    return ProductSetView(
        set_id=product_set.set_id,
        name=product_set.name,
        notes=product_set.notes,
        products_total=len(product_set.products),
        updated_at_ms=product_set.updated_at_ms,
        shop=product_set.shop,
        products=product_set.products,
    )


# Each shop gives its own sets the ids that it likes: one is looked for only there.
_NAMES: Final = {"set_id": Named(Id)}
_SETS = "/api/product-sets"
_OPERATIONS: Final[Sequence[Operation]] = (
    Operation(
        method="GET",
        path=_SETS,
        handler=list_product_sets,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: SetList},
        refuses=(NotFound,),
    ),
    Operation(
        method="PUT",
        path=f"{_SETS}/{{set_id}}",
        names=_NAMES,
        handler=save_product_set,
        scope=Scope.CATALOGUE,
        body_bytes_max=SET_BYTES_MAX,
        needs=Role.HOST,
        answers={200: ProductSetView, 201: ProductSetView},
        refuses=(LimitReached,),
    ),
    Operation(
        method="GET",
        path=f"{_SETS}/{{set_id}}",
        names=_NAMES,
        handler=read_product_set,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: ProductSetView},
        refuses=(Conflict,),
    ),
    Operation(
        method="DELETE",
        path=f"{_SETS}/{{set_id}}",
        names=_NAMES,
        handler=delete_product_set,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: ProductSetView},
        refuses=(Conflict,),
    ),
    Operation(
        method="POST",
        path="/api/sessions/{session_id}/product-sets/{set_id}",
        names=_NAMES,
        handler=add_product_set,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: AddedSet},
        refuses=(Conflict, SoldOut, LimitReached, Busy),
        # It is recorded as the command that it leads to.
        records=False,
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of product sets."""
    return tuple(_OPERATIONS)
