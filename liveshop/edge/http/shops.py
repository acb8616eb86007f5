"""Shops over HTTP: a path that names another shop's thing is not found, whatever the operation."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from liveshop.core.shops import require_shop
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Operation, Services
from liveshop.stores.postgres.shops import Owner, Shops

Find: TypeAlias = Callable[[Services, str, str | None], Awaitable[Owner | None]]


async def owner_of_session(services: Services, session_id: str) -> Owner | None:
    """Return the owner of a session, None where there is none; a loaded one costs no query."""
    room = services.engine.rooms.loaded(session_id)
    if room is not None:
        return Owner(room.session.state.info.shop)
    return await services.stores[Shops].of_session(session_id)


# How to find the owner of what a part of a path names, to somebody who is bound to a shop or none.
OWNERS: Final[Mapping[str, Find]] = {
    "session_id": lambda services, which, _: owner_of_session(services, which),
    "product_id": lambda services, which, _: services.stores[Shops].of_product(which),
    "order_id": lambda services, which, _: services.stores[Shops].of_order(which),
    "payment_id": lambda services, which, shop: services.stores[Shops].of_payment(which, shop),
    "key_id": lambda services, which, _: services.stores[Shops].of_key(which),
}
# A rid is looked for only in the session that stands before it.
WITHOUT_OWNER: Final = frozenset({"rid"})


async def require_own(
    services: Services,
    caller: Caller,
    operation: Operation,
    path: Mapping[str, str],
    *,
    asks: bool = False,
) -> str | None:
    """Raise OtherShop if a path names what belongs to another shop than the caller's.

    Returns the shop of what it names. Of a caller who is bound to none that is known only if it
    `asks`.

    A thing that is not there at all is left to the operation. A caller who is bound to no shop
    costs nothing here.
    """
    shop = caller.shop
    if shop is None and not asks:
        return None
    for name, which in path.items():
        find = operation.names[name].owner if name in operation.names else OWNERS.get(name)
        if find is not None:
            owner = await find(services, which, caller.shop)
            if owner is not None:
                require_shop(caller.shop, owner.shop, name.removesuffix("_id"), which)
                shop = owner.shop
    return shop
