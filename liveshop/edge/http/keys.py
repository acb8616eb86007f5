"""API keys for merchants' backends."""

from liveshop.core.roles import Role
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.key_records import MadeKey, NewKey, RemovedKey
from liveshop.edge.http.operations import Call, Operation, Reply, Services


async def add_key(services: Services, call: Call[Nothing, NewKey]) -> Reply:
    """Make an API key; `key` is shown this once."""
    call.caller.require_anywhere()
    made = await services.keys.make(call.body.name, now_ms=services.engine.node.now_ms())
    return Reply(MadeKey(id=made.key_id, name=made.name, key=made.secret), 201)


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
        needs=Role.ADMIN,
        answers={201: MadeKey},
    ),
    Operation(
        method="DELETE",
        path="/api/keys/{key_id}",
        handler=remove_key,
        needs=Role.ADMIN,
        answers={200: RemovedKey},
    ),
)
