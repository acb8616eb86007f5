"""The brand of a shop over HTTP."""

from typing import Final

from liveshop.core.feature import Vocabulary
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.edge.http.sessions import require_session
from liveshop.features.brand.http_records import (
    BrandTarget,
    BrandView,
    NewBrand,
    SolvedColours,
    TriedColour,
    solved,
    view_of,
)
from liveshop.features.brand.rules import checked
from liveshop.features.brand.store import Brands


async def read_brand(services: Services, call: Call[BrandTarget, Nothing]) -> Reply:
    """Read the brand of a shop; of the caller's, or of the one without a name, if none is named."""
    shop = call.query.shop or call.caller.shop
    return Reply(view_of(await services.stores[Brands].of_shop(shop), shop))


async def put_brand(services: Services, call: Call[BrandTarget, NewBrand]) -> Reply:
    """Replace the brand of a shop: what is left out is as in a shop without a brand.

    Pictures are uploads of the shop, by their `url`, or addresses of the origins that pages may be
    of.
    """
    call.caller.require_anywhere()
    shop = call.caller.shop_of_new(call.query.shop)
    brand = checked(call.body.brand(), services.settings.origins)
    await services.stores[Brands].put(shop, brand)
    return Reply(view_of(brand, shop), made=Made(about=shop, shop=shop))


async def try_colour(services: Services, call: Call[TriedColour, Nothing]) -> Reply:
    """Solve a colour for both themes, as in a brand that has it; nothing is stored."""
    return Reply(solved(call.query.colour))


async def read_session_brand(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read the brand of a session's shop."""
    session_id = call.path["session_id"]
    await require_session(services, call.caller, session_id)
    found = await services.stores[Brands].of_session(session_id)
    return Reply(view_of(found.brand, found.shop if call.caller.is_staff else None))


_OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/api/brand",
        handler=read_brand,
        scope=Scope.CATALOGUE,
        answers={200: BrandView},
    ),
    Operation(
        method="PUT",
        path="/api/brand",
        handler=put_brand,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: BrandView},
    ),
    Operation(
        method="GET",
        path="/api/brand/colours",
        handler=try_colour,
        scope=Scope.CATALOGUE,
        answers={200: SolvedColours},
    ),
    Operation(
        method="GET",
        path="/api/sessions/{session_id}/brand",
        handler=read_session_brand,
        scope=Scope.SESSIONS,
        answers={200: BrandView},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of brands."""
    return _OPERATIONS
