"""API keys for merchants' backends."""

from liveshop.core.roles import Role
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.records import MadeKey, NewKey, Nothing


async def add_key(services: Services, call: Call[Nothing, NewKey]) -> Reply:
    """Make an API key; `key` is shown this once."""
    call.caller.require_anywhere()
    made = await services.keys.make(call.body.name, now_ms=services.engine.now_ms())
    return Reply(MadeKey(id=made.key_id, name=made.name, key=made.secret), 201)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/keys",
        handler=add_key,
        needs=Role.ADMIN,
        answers={201: MadeKey},
    ),
)
