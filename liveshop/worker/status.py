"""The port of a worker: whether it lives and can work, and what it counts."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import anyio
from anyio.abc import SocketStream
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

_HEAD_BYTES_MAX: Final = 8_192
_REQUEST_S_MAX: Final = 5.0
_AT_ONCE_MAX: Final = 16
_TEXT: Final = "text/plain; charset=utf-8"

_logger: Final = logging.getLogger(__name__)


class StatusPort:
    """Answers GET /healthz, /readyz and /metrics, one request a connection, and nothing else.

    It is for an orchestrator and for Prometheus: it does not belong on the internet.
    """

    def __init__(self, ready: Callable[[], bool], registry: CollectorRegistry) -> None:
        self._ready = ready
        self._registry = registry
        self._limit = anyio.CapacityLimiter(_AT_ONCE_MAX)

    async def serve(self, host: str, port: int) -> None:
        """Serve until cancelled; raises OSError if the port is taken."""
        listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
        async with listener:
            await listener.serve(self._answer)

    async def _answer(self, stream: SocketStream) -> None:
        async with stream, self._limit:
            try:
                with anyio.move_on_after(_REQUEST_S_MAX):
                    head = await _head(stream)
                    await stream.send(self._response(head))
            except (OSError, anyio.EndOfStream, anyio.BrokenResourceError) as failure:
                _logger.debug("a request for the status broke off: %r", failure)

    def _response(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        if method != b"GET":
            return _written(HTTPStatus.METHOD_NOT_ALLOWED, b"")
        match rest.partition(b" ")[0]:
            case b"/healthz":
                return _written(HTTPStatus.OK, b"alive\n")
            case b"/readyz":
                if self._ready():
                    return _written(HTTPStatus.OK, b"ready\n")
                return _written(HTTPStatus.SERVICE_UNAVAILABLE, b"PostgreSQL is away\n")
            case b"/metrics":
                text = generate_latest(self._registry)
                return _written(HTTPStatus.OK, text, CONTENT_TYPE_LATEST)
            case _:
                return _written(HTTPStatus.NOT_FOUND, b"")


async def _head(stream: SocketStream) -> bytes:
    """Return a request's head; what is longer than any of ours is cut."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD_BYTES_MAX:
        head += await stream.receive()
    return head


def _written(status: HTTPStatus, content: bytes, media_type: str = _TEXT) -> bytes:
    head = (
        f"HTTP/1.1 {status} {status.phrase}\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(content)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
