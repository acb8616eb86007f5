"""Bodies of requests: how much comes, how fast, and what they say of themselves."""

from collections.abc import Iterable

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from liveshop.core import limits
from liveshop.edge.http.bodies import BodyTooLarge, read_body, stream_body
from liveshop.edge.http.refusals import RequestTimeout


class Sender:
    """A client that sends chunks, each after so many seconds."""

    def __init__(self, chunks: Iterable[tuple[float, bytes]], length: str | None = None) -> None:
        self.now_s = 0.0
        self._chunks = iter(chunks)
        headers = [] if length is None else [(b"content-length", length.encode("latin-1"))]
        self.request = Request({"type": "http", "headers": headers}, self._receive)

    async def read(self, bytes_max: int = 10**9) -> int:
        """Return how many bytes are read of the body."""
        chunks = stream_body(self.request, bytes_max, lambda: self.now_s)
        return sum([len(chunk) async for chunk in chunks])

    async def _receive(self) -> Message:
        pause_s, chunk = next(self._chunks, (0.0, b""))
        self.now_s += pause_s
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}


async def test_a_body_that_trickles_is_refused_after_the_time_that_any_body_has() -> None:
    # A byte every nine seconds is never silent for long, and would take a month to be a page.
    sender = Sender([(9.0, b"x")] * 1_000)
    with pytest.raises(RequestTimeout, match="the body comes too slowly"):
        await sender.read()
    assert sender.now_s == 27.0


async def test_a_body_that_does_not_come_is_408_busy_so_that_its_client_asks_again() -> None:
    async def nothing() -> Message:
        await anyio.sleep_forever()
        raise AssertionError("for ever is over")

    request = Request({"type": "http", "headers": []}, nothing)
    with pytest.raises(RequestTimeout) as refused:
        await read_body(request, within_ms=1)
    assert (refused.value.status, refused.value.code) == (408, "busy")
    assert refused.value.fields == {"retry_after_ms": limits.RETRY_AFTER_MS_MIN}


async def test_a_large_body_over_a_slow_line_comes_whole() -> None:
    chunk = b"x" * limits.BODY_BYTES_PER_S_MIN
    assert await Sender([(1.0, chunk)] * 1_000).read() == 1_000 * len(chunk)


async def test_what_is_done_with_a_body_meanwhile_does_not_count() -> None:
    sender = Sender([(1.0, b"x")] * 15)
    chunks = stream_body(sender.request, 100, lambda: sender.now_s)
    read = b""
    async for chunk in chunks:
        read += chunk
        sender.now_s += 3_600.0
    assert read == b"x" * 15


@pytest.mark.parametrize("length", ["101", "9" * 16, "9" * 16_000, "0" * 15_990 + "101"])
async def test_a_length_that_is_too_large_is_refused_however_many_digits_it_has(
    length: str,
) -> None:
    with pytest.raises(BodyTooLarge):
        await Sender([], length).read(100)
