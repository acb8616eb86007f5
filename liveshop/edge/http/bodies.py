"""Bodies of requests, read to a limit: a client that sends more, or too slowly, is refused."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import anyio
from starlette.requests import Request

from liveshop.core.errors import BadRequest
from liveshop.core.limits import (
    BODY_BYTES_MAX,
    BODY_BYTES_PER_S_MIN,
    BODY_MS_MAX,
    BODY_SILENCE_MS_MAX,
)
from liveshop.edge.http.refusals import RequestTimeout

_DIGITS_MAX: Final = 15


class BodyTooLarge(BadRequest):
    """The body has more bytes than this path takes."""

    status = 413

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"the body may have {bytes_max} bytes at most")


async def read_body(
    request: Request, *, bytes_max: int = BODY_BYTES_MAX, within_ms: int = BODY_MS_MAX
) -> bytes:
    """Return the whole body, of `bytes_max` bytes at most."""
    with _patience(within_ms):
        return b"".join([chunk async for chunk in stream_body(request, bytes_max)])


async def stream_body(
    request: Request, bytes_max: int, now_s: Callable[[], float] = anyio.current_time
) -> AsyncIterator[bytes]:
    """Yield the body as it comes in; raise once it is, or says it is, too large, or too slow.

    Only the time counts in which the body is waited for: the work on it may take longer.
    """
    declared = request.headers.get("content-length", "")
    # Python refuses to read thousands of digits as a number.
    if declared.isdecimal() and (len(declared) > _DIGITS_MAX or int(declared) > bytes_max):
        raise BodyTooLarge(bytes_max)
    received = 0
    waited_s = 0.0
    chunks = request.stream()
    while True:
        begun_at = now_s()
        chunk = await _next(chunks)
        if not chunk:
            return
        received += len(chunk)
        if received > bytes_max:
            raise BodyTooLarge(bytes_max)
        waited_s += now_s() - begun_at
        if waited_s > BODY_MS_MAX / 1000 + received / BODY_BYTES_PER_S_MIN:
            raise RequestTimeout("the body comes too slowly, try again")
        yield chunk


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the next chunk, empty at the end."""
    with _patience(BODY_SILENCE_MS_MAX):
        return await anext(chunks)


@contextmanager
def _patience(within_ms: int) -> Iterator[None]:
    try:
        with anyio.fail_after(within_ms / 1000):
            yield
    except TimeoutError:
        raise RequestTimeout("the body is late, try again") from None
