"""From a request to its answer: the caller, its rights, its input, and then the handler."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from liveshop.core import wire
from liveshop.core.errors import BadRequest, NotFound, RateLimited
from liveshop.core.limits import QUERY_FIELDS_MAX
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.bodies import read_body
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.gate import Gate
from liveshop.edge.http.once import carry_out_once, key_of
from liveshop.edge.http.operations import (
    ANY_TYPE,
    JSON,
    Call,
    Operation,
    Reply,
    Services,
)
from liveshop.edge.http.recording import Record, recording
from liveshop.edge.http.refusals import json_response, refusal
from liveshop.edge.http.shops import require_own
from liveshop.edge.http.streams import stream


def routes(services: Services, gate: Gate, operations: Iterable[Operation]) -> Iterator[Route]:
    """Return one route a path, which so knows all methods that go with it."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    # The first path that fits says which methods there are, so those that fit almost all come last.
    for path in sorted(by_path, key=lambda path: ":path}" in path):
        yield _route(services, gate, path, by_path[path])


def _route(services: Services, gate: Gate, path: str, by_method: Mapping[str, Operation]) -> Route:
    async def endpoint(request: Request) -> Response:
        operation = by_method["GET" if request.method == "HEAD" else request.method]
        try:
            caller = await gate.admit(request)
        except RateLimited as too_often:
            # Answered here: through the handlers of errors it would cost nearly an answer.
            return refusal(too_often)
        log = services.engine.node.activity
        with recording(log, operation, caller, request.path_params) as record:
            if _seeks(services, caller, request):
                with gate.seeking(request):
                    reply = await _carry_out(services, operation, caller, request, record)
            else:
                reply = await _carry_out(services, operation, caller, request, record)
        response = await _response(operation, request, reply)
        response.headers.update(services.throttle.headers(caller))
        return response

    return Route(path, endpoint, methods=list(by_method))


async def _response(operation: Operation, request: Request, reply: Reply) -> Response:
    if isinstance(reply.content, AsyncGenerator):
        return await stream(request, reply.content, operation.returns)
    if operation.answers[reply.status] is None:
        return Response(status_code=reply.status)
    if operation.returns == JSON and not isinstance(reply.content, bytes):
        return json_response(reply.content, reply.status)
    return Response(reply.content, reply.status, media_type=operation.returns)


def _seeks(services: Services, caller: Caller, request: Request) -> bool:
    """Return True if a stranger names a session that may not be there, which takes a query."""
    named = request.path_params.get("session_id")
    return named is not None and not caller.is_staff and not services.engine.rooms.loaded(named)


async def _carry_out(
    services: Services,
    operation: Operation,
    caller: Caller,
    request: Request,
    record: Record | None,
) -> Reply:
    _authorize(operation, caller)
    path = _path(operation, caller, request)
    records = record is not None and bool(operation.records)
    shop = await require_own(services, caller, operation, path, asks=records)
    call: Call[Any, Any] = Call(
        caller=caller,
        path=path,
        query=_query(operation, request),
        body=await _body(operation, request),
        request=request,
    )
    if record is not None:
        record.shop, record.begun = shop, True
    key = key_of(operation, caller, request)
    work = partial(operation.handler, services, call)
    if key is None:
        reply = await work()
    else:
        reply = await carry_out_once(services, caller, key, (request, call.body), work)
    if record is not None:
        record.take(reply)
    return reply


def _authorize(operation: Operation, caller: Caller) -> None:
    caller.require_scope(operation.scope)
    if operation.api_key:
        caller.require_key()
    elif operation.needs is not None:
        caller.require(operation.needs)


def _path(operation: Operation, caller: Caller, request: Request) -> Mapping[str, str]:
    """Return the ids in the path; one that cannot be an id is not found."""
    path: dict[str, str] = request.path_params
    for name, text in path.items():
        try:
            wire.decode_as(text, operation.shape_of(name))
        except BadRequest:
            raise NotFound(name.removesuffix("_id"), text[:100]) from None
    if "session_id" in path:
        caller.within(path["session_id"])
    return path


def _query(operation: Operation, request: Request) -> Any:
    # Counted before they are parsed, which takes microseconds for each.
    if request.scope["query_string"].count(b"&") >= QUERY_FIELDS_MAX:
        raise BadRequest(f"the query has over {QUERY_FIELDS_MAX} fields")
    fields = request.query_params.multi_items()
    by_name = dict(fields)
    if len(by_name) < len(fields):
        raise BadRequest("a query field is given twice")
    return wire.decode_query(by_name, operation.query)


async def _body(operation: Operation, request: Request) -> Any:
    if operation.streams is not None:
        if operation.streams != ANY_TYPE:
            _expect_type(operation.streams, request)
        return Nothing()
    if request.method == "GET" or operation.reads is not None:
        return Nothing()
    data = await read_body(request, bytes_max=operation.body_bytes_max)
    if operation.body is Nothing and not data:
        return Nothing()
    return wire.decode_body(data, operation.body)


def _expect_type(media_type: str, request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != media_type:
        raise BadRequest(f"the body must be {media_type}, `Content-Type` says {given or 'nothing'}")
