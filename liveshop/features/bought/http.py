"""How a shop wants its buyers named, over HTTP."""

from typing import Final

from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Input, Nothing
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.features.bought.rules import Naming
from liveshop.features.bought.store import Namings


class ShopOfNaming(Input, frozen=True, kw_only=True):
    """The shop that chooses: the caller's, or the one that a caller of all names."""

    shop: Id | None = None


class BoughtNaming(Input, frozen=True, kw_only=True):
    """How everyone is told of buyers: `first` name and initial, as `somebody`, or not, `off`."""

    names: Naming


async def read_bought_naming(services: Services, call: Call[ShopOfNaming, Nothing]) -> Reply:
    """Read how buyers are named when everyone is told what was just bought."""
    shop = call.caller.shop_of_new(call.query.shop)
    return Reply(BoughtNaming(names=await services.stores[Namings].of_shop(shop)))


async def choose_bought_naming(services: Services, call: Call[ShopOfNaming, BoughtNaming]) -> Reply:
    """Choose how buyers are named when everyone is told what was just bought.

    All nodes know it within a second.
    """
    call.caller.require_anywhere()
    shop = call.caller.shop_of_new(call.query.shop)
    await services.stores[Namings].choose(shop, call.body.names)
    return Reply(call.body, made=Made(about=call.body.names, shop=shop))


_PATH: Final = "/api/bought"
_OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_PATH,
        handler=read_bought_naming,
        scope=Scope.SESSIONS,
        needs=Role.MODERATOR,
        answers={200: BoughtNaming},
    ),
    Operation(
        method="PUT",
        path=_PATH,
        handler=choose_bought_naming,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: BoughtNaming},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations about naming."""
    return _OPERATIONS
