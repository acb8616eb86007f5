"""API keys for merchants' backends."""

from liveshop.core.errors import BadRequest
from liveshop.core.roles import Role
from liveshop.edge.http.base_records import Nothing, Page
from liveshop.edge.http.key_records import (
    KeyList,
    KeyView,
    MadeKey,
    NewKey,
    RemovedKey,
)
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.stores.postgres.keys import Keys


async def add_key(services: Services, call: Call[Nothing, NewKey]) -> Reply:
    """Make an API key; `key` is shown this once.

    Without `scopes` it has all, without `expires_at_ms` it has no end, and `shop` is the caller's.
    """
    call.caller.require_anywhere()
    new, now_ms = call.body, services.engine.node.now_ms()
    if new.expires_at_ms is not None and new.expires_at_ms <= now_ms:
        raise BadRequest(f"`expires_at_ms` is over: it is {now_ms} now")
    made = await services.stores[Keys].make(
        new.name,
        now_ms=now_ms,
        shop=call.caller.shop_of_new(new.shop),
        scopes=new.scopes,
        expires_ms=new.expires_at_ms,
    )
    view = KeyView.of(made.key)
    return Reply(
        MadeKey(
            id=view.id,
            name=view.name,
            key=made.secret,
            shop=view.shop,
            scopes=view.scopes,
            expires_at_ms=view.expires_at_ms,
        ),
        201,
        made=Made(about=view.id, shop=view.shop),
    )


async def list_keys(services: Services, call: Call[Page, Nothing]) -> Reply:
    """List the API keys, without their secrets; a caller of one shop is shown that shop's."""
    call.caller.require_anywhere()
    page = await services.stores[Keys].page(
        after=call.query.after, limit=call.query.limit, shop=call.caller.shop
    )
    return Reply(KeyList(keys=[KeyView.of(key) for key in page.keys], next=page.next))


async def remove_key(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Take an API key away: from now on nobody gets in with it."""
    call.caller.require_anywhere()
    key_id = call.path["key_id"]
    return Reply(RemovedKey(id=key_id, name=await services.keys.remove(key_id)))


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/keys",
        handler=add_key,
        scope=None,
        needs=Role.ADMIN,
        answers={201: MadeKey},
        secret=True,
    ),
    Operation(
        method="GET",
        path="/api/keys",
        handler=list_keys,
        scope=None,
        needs=Role.ADMIN,
        answers={200: KeyList},
    ),
    Operation(
        method="DELETE",
        path="/api/keys/{key_id}",
        handler=remove_key,
        scope=None,
        needs=Role.ADMIN,
        answers={200: RemovedKey},
    ),
)
