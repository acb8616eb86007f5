"""Units in a cart, for clients without a socket and for the merchant's backend."""

from liveshop.core.errors import (
    Busy,
    Conflict,
    Expired,
    LimitReached,
    NotLive,
    PriceChanged,
    SoldOut,
)
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import ActingFor, Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.reservation_records import NewReservation, Released, Reserved
from liveshop.edge.http.sessions import require_session


async def reserve(services: Services, call: Call[Nothing, NewReservation]) -> Reply:
    """Set units aside until a deadline; the same `rid` again gets the same answer, with 200.

    An API key names in `viewer_id` the buyer it acts for.
    """
    buyer = call.caller.buyer(call.body.viewer_id)
    services.throttle.admit_purchase(call.caller)
    await require_session(services, call.caller, call.path["session_id"])
    message, replayed = await services.engine.reserve(
        call.path["session_id"], buyer, call.body.command()
    )
    if call.body.ref is not None:
        message = {"type": message["type"], "ref": call.body.ref, **message}
    return Reply(message, 200 if replayed else 201)


async def release(services: Services, call: Call[ActingFor, Nothing]) -> Reply:
    """Give a held reservation back; again, it is the same answer."""
    buyer = call.caller.buyer(call.query.viewer_id)
    return Reply(
        await services.engine.release(call.path["session_id"], buyer.viewer_id, call.path["rid"])
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/sessions/{session_id}/reservations",
        handler=reserve,
        scope=Scope.RESERVE,
        needs=Role.VIEWER,
        answers={201: Reserved, 200: Reserved},
        refuses=(NotLive, SoldOut, LimitReached, PriceChanged, Conflict, Busy),
    ),
    Operation(
        method="DELETE",
        path="/api/sessions/{session_id}/reservations/{rid}",
        handler=release,
        scope=Scope.RESERVE,
        needs=Role.VIEWER,
        answers={200: Released},
        refuses=(Conflict, Expired),
    ),
)
