"""Answers that are sent while they are read: however they end, their source is closed."""

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest
from starlette.requests import Request

from liveshop.core.errors import Unavailable
from liveshop.edge.http.streams import stream


class _Source:
    """Chunks that fail or go on as they are told, and whether they were closed."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self._chunks = chunks
        self.closed = False

    async def read(self) -> AsyncGenerator[bytes, None]:
        try:
            for chunk in self._chunks:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed = True


def _request(method: str = "GET") -> Request:
    return Request({"type": "http", "method": method, "headers": [], "path": "/"})


async def _sent(source: _Source, *, hangs_up_after: int | None = None) -> list[bytes]:
    answer = await stream(_request(), source.read(), "text/csv")
    bodies: list[bytes] = []
    gone = anyio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])
            if len(bodies) == hangs_up_after:
                gone.set()
                await anyio.sleep_forever()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    await answer({"type": "http", "method": "GET"}, receive, send)
    return bodies


async def test_chunks_are_sent_one_by_one() -> None:
    source = _Source(b"a", b"b")
    assert await _sent(source) == [b"a", b"b", b""]
    assert source.closed


async def test_what_fails_before_the_first_chunk_is_raised_and_refuses_the_request() -> None:
    source = _Source(Unavailable())
    with pytest.raises(Unavailable):
        await stream(_request(), source.read(), "text/csv")
    assert source.closed


async def test_an_answer_that_fails_later_has_no_end() -> None:
    source = _Source(b"a", Unavailable())
    with pytest.raises(Unavailable):
        await _sent(source)
    assert source.closed


async def test_a_client_that_hangs_up_closes_the_source() -> None:
    source = _Source(*[b"a"] * 9)
    assert await _sent(source, hangs_up_after=2) == [b"a", b"a"]
    assert source.closed


async def test_an_answer_to_head_has_the_type_and_no_body() -> None:
    source = _Source(b"a")
    answer = await stream(_request("HEAD"), source.read(), "text/csv")
    assert (answer.media_type, bytes(answer.body)) == ("text/csv", b"")
    assert source.closed
