"""Every error as the protocol writes it, whoever raised it."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from liveshop.core import wire
from liveshop.core.errors import (
    BadRequest,
    Busy,
    InternalError,
    LiveshopError,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)

_PATH_CHARS_SHOWN: Final = 100


class RequestTimeout(Busy):
    """The request has not come whole in time; nothing was done, and it may be sent again.

    Any code but `busy` would be final: a merchant would take it for the answer to its payment.
    """

    status = 408


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a record or a message as JSON."""
    return Response(wire.encode_one(content), status, headers, media_type="application/json")


def refusal(
    error: LiveshopError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error in the protocol's shape."""
    headers = {**_hints(error), **(headers or {})}
    return json_response(error.as_message(), status or error.status, headers)


def written(status: str, error: LiveshopError) -> bytes:
    """Return an error as bytes, for what never becomes a request; the connection ends with it."""
    body = wire.encode_one(error.as_message())
    head = (
        f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _hints(error: LiveshopError) -> dict[str, str]:
    match error:
        case Unauthorized():
            return {"WWW-Authenticate": "Bearer"}
        case RateLimited() | Busy():
            return {"Retry-After": str(-(-error.fields["retry_after_ms"] // 1000))}
        case Unavailable():
            return {"Retry-After": "1"}
        case _:
            return {}


async def _refuse(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, LiveshopError)
    return refusal(exc)


async def _refuse_by_status(request: Request, exc: Exception) -> Response:
    """Translate what the router and the static files raise: 404 and 405."""
    assert isinstance(exc, HTTPException)
    path = request.url.path[:_PATH_CHARS_SHOWN]
    if exc.status_code == 404:
        return refusal(NotFound("page", path))
    headers = dict(exc.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    error = BadRequest(f"{path} does not take {request.method}")
    return refusal(error, status=exc.status_code, headers=headers)


async def _hang_up(request: Request, exc: Exception) -> Response:
    """Answer a client that left before its body was complete; nobody reads it."""
    return refusal(BadRequest("the body is not complete"))


async def confess(request: Request, exc: Exception) -> Response:
    """Answer for a bug of ours; Starlette raises it again, so that the server logs it."""
    return refusal(InternalError())


HANDLERS: Final[Mapping[Any, Any]] = {
    LiveshopError: _refuse,
    HTTPException: _refuse_by_status,
    ClientDisconnect: _hang_up,
}
