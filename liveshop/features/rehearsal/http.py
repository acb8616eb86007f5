"""Rehearsals over HTTP: a state and a command come in, what follows goes out, nothing is stored."""

from functools import partial
from typing import Any

from anyio import to_process, to_thread

from liveshop.core import messages, wire
from liveshop.core.errors import (
    BadRequest,
    Busy,
    Conflict,
    LimitReached,
    NotLive,
    PriceChanged,
    SoldOut,
)
from liveshop.core.feature import Vocabulary
from liveshop.core.limits import BODY_BYTES_MAX
from liveshop.core.roles import Identity, Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.bodies import read_body
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.features.rehearsal import http_records, limits
from liveshop.features.rehearsal.http_turns import RehearsalTurns
from liveshop.features.rehearsal.rules import rehearse
from liveshop.features.rehearsal.state import rehearsal_state
from liveshop.stores.postgres.sessions import Sessions


async def rehearse_session(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Decide a command in a show that its caller keeps: nothing is stored, and nobody is told.

    A body has 2 MiB at most. A caller has two under way at a time, else it is `busy`.
    """
    session_id = call.path["session_id"]
    services.throttle.take(f"rehearsal of {call.caller.name}", limits.REHEARSAL_RATE)
    turns = services[_turns]
    with turns.turn(call.caller):
        await services.stores[Sessions].get(session_id)
        data = await read_body(call.request, bytes_max=limits.REHEARSAL_BYTES_MAX)
        step = partial(
            _step,
            data,
            vocabulary=services.engine.node.vocabulary,
            session_id=session_id,
            caller=call.caller.identity(),
            now_ms=services.engine.node.now_ms(),
            catalogue_currency=services.settings.currency,
        )
        # If a thread decoded all, 2 MiB would hold the interpreter's lock for 27 ms, in which no
        # viewer is written to; 64 KiB hold it for one. A process takes half a second to start.
        small = len(data) <= BODY_BYTES_MAX
        run = to_thread.run_sync if small else to_process.run_sync
        return Reply(await run(step, limiter=turns.workers))


def _turns(services: Services) -> RehearsalTurns:
    return RehearsalTurns()


def _step(
    data: bytes,
    *,
    vocabulary: Vocabulary,
    session_id: str,
    caller: Identity,
    now_ms: int,
    catalogue_currency: str,
) -> bytes:
    """Return the answer to a body, from decoding to encoding; runs outside the event loop."""
    body: Any = wire.decode_body(data, http_records.rehearse(vocabulary))
    if body.state.session.id != session_id:
        raise BadRequest("`state.session.id` is of another session")
    by = caller
    if body.viewer is not None:
        by = Identity(body.viewer.id, body.viewer.name, Role.VIEWER)
    step = rehearse(
        body.state,
        body.command,
        by,
        vocabulary=vocabulary,
        now_ms=now_ms,
        catalogue_currency=catalogue_currency,
    )
    order = None if step.order is None else messages.order_fields(step.order)
    return wire.encode_one({"events": step.events, "order": order, "state": step.state})


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the rehearsals' operation."""
    event, state = vocabulary.any_event, rehearsal_state(vocabulary)
    step = Operation(
        method="POST",
        path="/api/sessions/{session_id}/rehearse",
        handler=rehearse_session,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        records=False,
        reads=http_records.rehearse(vocabulary),
        answers={200: http_records.rehearsed_step(event, state)},
        refuses=(Conflict, SoldOut, LimitReached, NotLive, PriceChanged, Busy),
    )
    return (step,)
