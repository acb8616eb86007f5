"""API keys for merchants' backends."""

from liveshop.core.roles import Role
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.records import MadeKey, NewKey, Nothing


async def add_key(services: Services, call: Call[Nothing, NewKey]) -> Reply:
    """Make an API key; `key` is shown this once."""
    call.caller.require_anywhere()
    raise NotImplementedError


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/keys",
        handler=add_key,
        needs=Role.ADMIN,
        answers={201: MadeKey},
    ),
)
