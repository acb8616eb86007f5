"""An answer that is sent while it is being read, so that it is nowhere whole."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

Chunks = AsyncGenerator[bytes, None]


async def stream(request: Request, chunks: Chunks, media_type: str) -> Response:
    """Return an answer of chunks; what refuses the first of them is raised here.

    A failure later on cuts the connection: the client sees that the answer is not whole. However
    it ends, the generator is closed.
    """
    try:
        first = await anext(chunks, b"")
    except BaseException:
        await chunks.aclose()
        raise
    if request.method == "HEAD":
        await chunks.aclose()
        return Response(media_type=media_type)
    return _Stream(first, chunks, media_type)


class _Stream(StreamingResponse):
    def __init__(self, first: bytes, rest: Chunks, media_type: str) -> None:
        super().__init__(_all(first, rest), media_type=media_type)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._rest):
            await super().__call__(scope, receive, send)


async def _all(first: bytes, rest: Chunks) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
