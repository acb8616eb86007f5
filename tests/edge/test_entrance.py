"""The rights of a connection before it is a viewer's."""

import json

import anyio
import httpx
import pytest

from liveshop.core import limits
from tests.client import joined
from tests.edge.raw_viewer import HEAD
from tests.edge.stub_engine import Running, running

REQUEST = "GET /a HTTP/1.1\r\nHost: x\r\n"


async def answer_to(here: Running, *parts: bytes) -> bytes:
    """Send parts of a request one after the other; return all that is answered."""
    async with await anyio.connect_tcp(*here.address) as stream:
        for part in parts:
            await stream.send(part)
            await anyio.wait_all_tasks_blocked()
        answer = b""
        with anyio.fail_after(10):
            try:
                while True:
                    answer += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return answer


def head_of(size: int) -> bytes:
    """Return the head of a request for a connection that closes, of so many bytes."""
    start = (REQUEST + "Connection: close\r\nX-Long: ").encode()
    return start + b"x" * (size - len(start) - 4) + b"\r\n\r\n"


async def test_a_head_of_16_kib_passes_and_one_byte_more_is_431() -> None:
    async with running() as here:
        assert (await answer_to(here, head_of(16_384))).startswith(b"HTTP/1.1 200 ")
        refused = await answer_to(here, head_of(16_385))
        assert refused.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert refused.endswith(
            b'{"type":"error","code":"bad_request","message":"the head has over 16,384 bytes"}'
        )


@pytest.mark.parametrize("cut", [1, 10_000, 16_380, 16_381, 16_382, 16_383])
async def test_a_head_may_come_in_parts_of_any_size(cut: int) -> None:
    async with running() as here:
        whole = head_of(16_384)
        assert (await answer_to(here, whole[:cut], whole[cut:])).startswith(b"HTTP/1.1 200 ")


async def test_a_head_that_never_ends_is_431_long_before_its_time_is_over() -> None:
    async with running() as here:
        endless = REQUEST.encode() + b"X-Long: " + b"x" * 5_000
        answer = await answer_to(here, endless, b"x" * 5_000, b"x" * 5_000, b"x" * 5_000)
        assert answer.startswith(b"HTTP/1.1 431 ")


async def test_a_body_right_behind_a_head_is_no_part_of_it() -> None:
    async with running() as here:
        body = b"b" * 30_000
        start = f"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}"
        for cut in range(5):  # before, in and after what ends the head
            whole = start.encode() + b"\r\n\r\n" + body
            answer = await answer_to(here, whole[: len(start) + cut], whole[len(start) + cut :])
            assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("", False),
        ("\r\n", False),
        ("G", True),
        (REQUEST, True),
        (HEAD.format(path="/ws/sessions/s1", more="")[:-2], True),
    ],
)
async def test_a_head_that_is_late_is_408_busy_and_none_at_all_is_closed_without_an_answer(
    sent: str, answered: bool
) -> None:
    async with running() as here, await anyio.connect_tcp(*here.address) as slow:
        await slow.send(sent.encode())
        with anyio.fail_after(10):
            # Until the server has accepted it, no time counts.
            while len(here.server.server_state.connections) == 0:  # noqa: ASYNC110
                await anyio.sleep(0.005)
            here.clock.advance(9_900)
            await answer_to(here, head_of(100))
            assert len(here.server.server_state.connections) == 1
            here.clock.advance(100)
            if not answered:
                with pytest.raises(anyio.EndOfStream):
                    await slow.receive()
                return
            answer = await slow.receive()
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {
                "type": "error",
                "code": "busy",
                "message": "the head is late, try again",
                "retry_after_ms": limits.RETRY_AFTER_MS_MIN,
            }


async def test_a_later_head_on_the_same_connection_has_ten_seconds_too() -> None:
    async with running() as here, await anyio.connect_tcp(*here.address) as slow:
        for _ in range(2):
            await slow.send(f"{REQUEST}\r\n".encode())
            assert (await slow.receive()).startswith(b"HTTP/1.1 200 ")
            here.clock.advance(20_000)
        await slow.send(REQUEST.encode())
        await answer_to(here, head_of(100))
        here.clock.advance(10_000)
        with anyio.fail_after(10):
            assert (await slow.receive()).startswith(b"HTTP/1.1 408 ")


async def test_a_viewer_is_no_longer_counted_as_an_http_connection() -> None:
    async with (
        running(http_connections_per_address_max=1) as here,
        joined(here.url, "s1"),
        httpx.AsyncClient() as http,
    ):
        answer = await http.get(here.url.replace("ws:", "http:"))
        assert answer.status_code == 200
