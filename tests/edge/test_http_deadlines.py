"""Every state of an HTTP connection has a deadline, which mere bytes do not move."""

import asyncio
import fcntl
import select
import struct
import termios
from collections.abc import Callable
from typing import Any

import pytest

from tests.edge.http_client import GET, HttpClient, http_client
from tests.edge.raw_viewer import HEAD
from tests.edge.stub_engine import Running, running
from tests.waiting import until

# In how many ms each state ends, by which a test knows that a connection is in it.
HEAD_MS = 10_000
ANSWER_MS = 1_800_000
READER_MS = 30_000
KEEP_ALIVE_MS = 75_000
END_MS = 5_000
UPGRADE = HEAD.format(path="/ws/sessions/s1", more="").encode()
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


def connections(here: Running) -> list[Any]:
    return list(here.server.server_state.connections)


async def due_in(here: Running, ms: int) -> Any:
    """Wait until the only connection has so many ms left; return it."""
    await until(lambda: [each.due_ms for each in connections(here)] == [here.clock.now_ms + ms])
    (connection,) = connections(here)
    return connection


async def over_or_ending(here: Running) -> None:
    """Wait until no connection is left but one that ends."""
    end_ms = here.clock.now_ms + END_MS
    await until(lambda: all(each.due_ms == end_ms for each in connections(here)))


async def is_read(connection: Any, client: HttpClient) -> None:
    """Wait until all that the client has sent has come, and the server has read it."""
    descriptor = connection.transport.get_extra_info("socket").fileno()

    def read() -> bool:
        unsent = struct.unpack("i", fcntl.ioctl(client.bare, termios.TIOCOUTQ, bytes(4)))
        return unsent == (0,) and not select.select([descriptor], [], [], 0)[0]

    await until(read)


async def ends_at(here: Running, after_ms: int) -> None:
    """Let time pass, and see that the only connection is there until the end of it."""
    here.clock.advance(after_ms - 100)
    for _ in range(3):
        await asyncio.sleep(0.11)
    assert len(connections(here)) == 1
    here.clock.advance(200)
    await until(lambda: not connections(here))


@pytest.mark.parametrize("more", [b"", b"\r\n", b"\n", b"\r\n\r\n\r\n"])
async def test_an_answered_request_then_silence_is_closed_after_the_keep_alive(more: bytes) -> None:
    async with running() as here, http_client(here.address) as client:
        assert await client.ask() == 200
        if more:
            client.send(more)
        await due_in(here, KEEP_ALIVE_MS)
        await ends_at(here, KEEP_ALIVE_MS)
        assert await client.rest() == b""


async def test_line_ends_do_not_move_the_deadline_of_an_idle_connection() -> None:
    async with running() as here, http_client(here.address) as client:
        assert await client.ask() == 200
        connection = await due_in(here, KEEP_ALIVE_MS)
        due_ms = connection.due_ms
        assert due_ms == here.clock.now_ms + KEEP_ALIVE_MS
        for _ in range(7):
            here.clock.advance(10_000)
            client.send(b"\r\n")
            await is_read(connection, client)
            assert connection.due_ms == due_ms
        await ends_at(here, 5_000)


async def test_an_idle_connection_may_be_used_again_until_its_last_moment() -> None:
    async with running(keep_alive_ms=5_000) as here, http_client(here.address) as client:
        for _ in range(3):
            assert await client.ask() == 200
            await due_in(here, 5_000)
            here.clock.advance(4_900)
        assert await client.ask() == 200
        await due_in(here, 5_000)
        await ends_at(here, 5_000)


async def test_bytes_of_a_head_do_not_move_its_deadline() -> None:
    async with running() as here, http_client(here.address) as client:
        assert await client.ask() == 200
        await due_in(here, KEEP_ALIVE_MS)
        here.clock.advance(70_000)
        client.send(b"G")
        connection = await due_in(here, HEAD_MS)
        due_ms = here.clock.now_ms + 10_000
        assert connection.due_ms == due_ms
        for byte in b"ET /":  # by the next one it might be left in the kernel for over a second
            here.clock.advance(1_000)
            client.send(bytes([byte]))
            await is_read(connection, client)
            assert connection.due_ms == due_ms
        here.clock.advance(6_000)
        assert await client.status() == 408
        assert await client.rest() == b""


@pytest.mark.parametrize("more", ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"])
async def test_an_upgrade_that_announces_a_body_is_400(more: str) -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(HEAD.format(path="/ws/sessions/s1", more=more).encode())
        status, _, body = await client.answer()
        assert (status, b"an upgrade may not have a body" in body) == (400, True)
        assert await client.rest() == b""
        assert len(here.server.gateway) == 0


async def test_an_answer_that_comes_before_the_body_ends_the_connection() -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(POST + b"x")
        status, head, _ = await client.answer()
        assert (status, b"connection: close" in head) == (200, True)
        await due_in(here, END_MS)
        assert await client.rest() == b""
        # More of the body is read and dropped, so that no reset takes the answer away.
        client.send(b"x" * 99 + GET)
        await ends_at(here, 5_000)


async def test_what_comes_after_the_last_answer_is_discarded_up_to_16_mebibytes() -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(POST.replace(b"100", b"90000000") + b"x")
        assert await client.status() == 200
        await due_in(here, END_MS)
        loop = asyncio.get_running_loop()
        sent = 0
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < 90_000_000:
                await loop.sock_sendall(client.bare, b"x" * 65_536)
                sent += 65_536
        await until(lambda: not connections(here))
        assert sent >= 16_777_216


async def test_a_whole_body_keeps_the_connection() -> None:
    async with running() as here, http_client(here.address) as client:
        for _ in range(3):
            status, head, _ = await ask_whole(client, POST + b"x" * 100)
            assert (status, b"connection: close" in head) == (200, False)


async def ask_whole(client: HttpClient, request: bytes) -> tuple[int, bytes, bytes]:
    client.send(request)
    return await client.answer()


async def test_an_answer_that_is_not_read_is_cut_off_after_30_seconds() -> None:
    async with running() as here, http_client(here.address, receive_buffer=4_096) as client:
        client.send(b"GET /bytes/3000000 HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
        connection = await due_in(here, READER_MS)
        assert connection.due_ms == here.clock.now_ms + 30_000
        await ends_at(here, 30_000)
        with pytest.raises(ConnectionResetError):
            await client.rest()


async def test_a_client_that_reads_slowly_is_given_more_time() -> None:
    size = 3_000_000
    async with running() as here, http_client(here.address, receive_buffer=4_096) as client:
        client.send(b"GET /bytes/%d HTTP/1.1\r\nHost: x\r\n\r\n" % size)
        connection = await due_in(here, READER_MS)
        loop = asyncio.get_running_loop()
        for _ in range(3):
            unread = connection.transport.get_write_buffer_size()
            while connection.transport.get_write_buffer_size() > unread - 20_000:
                assert await loop.sock_recv(client.bare, 4_096)
            due_ms = connection.due_ms
            here.clock.advance(30_100)
            await until(lambda: connection.due_ms > due_ms)  # noqa: B023
            assert connection.due_ms == here.clock.now_ms + 30_000
        await ends_at(here, 30_000)


async def test_an_answer_is_cut_off_after_half_an_hour() -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        await due_in(here, ANSWER_MS)
        await ends_at(here, 1_800_000)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /bytes/30000 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /bytes/30000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /bytes/30000 HTTP/1.0\r\n\r\n",
    ],
)
async def test_a_connection_that_closes_and_is_not_read_is_cut_off(request_: bytes) -> None:
    async with running() as here, http_client(here.address, receive_buffer=2_048) as client:
        for _ in range(40):
            client.send(b"GET /bytes/30000 HTTP/1.1\r\nHost: x\r\n\r\n")
        client.send(request_)
        await due_in(here, READER_MS)
        await ends_at(here, 30_000)


async def test_a_client_that_half_closes_and_does_not_read_is_cut_off_in_five_seconds() -> None:
    async with running() as here, http_client(here.address, receive_buffer=4_096) as client:
        client.send(b"GET /bytes/3000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        await due_in(here, READER_MS)
        client.bare.shutdown(1)
        await due_in(here, END_MS)
        await ends_at(here, 5_000)


async def test_a_declined_upgrade_that_is_not_read_is_cut_off_in_five_seconds() -> None:
    async with running() as here, http_client(here.address, receive_buffer=4_096) as client:
        client.send(b"GET /bytes/60000 HTTP/1.1\r\nHost: x\r\n\r\n")
        connection = await due_in(here, KEEP_ALIVE_MS)
        assert connection.transport.get_write_buffer_size() > 0
        client.send(HEAD.format(path="/elsewhere", more="").encode())
        await until(lambda: not connections(here))
        assert len(here.server.gateway.wheel) == 1
        here.clock.advance(5_000)
        await until(lambda: len(here.server.gateway.wheel) == 0)
        with pytest.raises(ConnectionResetError):
            await client.rest()


def _chunked(body: bytes) -> bytes:
    return b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body


@pytest.mark.parametrize(
    "endless",
    [
        _chunked(b"1;" + b"x" * 40_000),
        _chunked(b"1;a=" + b"x" * 40_000),
        _chunked(b"0\r\nT: " + b"x" * 40_000),
        _chunked(b"0\r\n" + b"T: x\r\n" * 6_000),
        _chunked(b"1\r\nx\r\n" * 100 + b"1;" + b"x" * 40_000),
    ],
)
async def test_too_much_around_a_body_is_400(endless: bytes) -> None:
    async with running() as here, http_client(here.address) as client:
        await asyncio.get_running_loop().sock_sendall(client.bare, endless)
        status, _, body = await client.answer()
        assert (status, b"the framing of the body is too long" in body) == (400, True)
        assert await client.rest() == b""


async def test_a_body_in_chunks_of_one_byte_is_read() -> None:
    async with running() as here, http_client(here.address) as client:
        client.send(_chunked(b"1\r\nx\r\n" * 9_000 + b"0\r\n\r\n"))
        assert (await client.answer())[2] == b"9000"


async def test_trailers_are_no_headers() -> None:
    async with running() as here, http_client(here.address) as client:
        for more in (b"", b"X-Forwarded-For: 6.6.6.6\r\n"):
            client.send(
                b"POST /headers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"0\r\n" + more + b"\r\n"
            )
            assert (await client.answer())[2] == b"host,transfer-encoding"


@pytest.mark.parametrize("start", [b"", b"G", GET, GET + b"\r\n", GET + b"G", POST, GET * 30])
async def test_a_connection_waits_on_the_wheel_in_whatever_state_it_is(start: bytes) -> None:
    async with running() as here, http_client(here.address) as client:
        if start:
            client.send(start)
        await until(lambda: connections(here))
        for _ in range(3):
            assert len(here.server.gateway.wheel) == len(connections(here))
            for each in connections(here):
                assert each.due_ms > here.clock.now_ms
            await asyncio.sleep(0.01)


async def test_a_connection_that_is_over_is_off_the_wheel() -> None:
    ends: list[Callable[[HttpClient], None]] = [
        lambda client: client.bare.close(),
        lambda client: client.send(UPGRADE),
        lambda client: client.send(b"\0"),
    ]
    for end in ends:
        async with running() as here:
            async with http_client(here.address) as client:
                assert await client.ask() == 200
                await due_in(here, KEEP_ALIVE_MS)
                end(client)
                await over_or_ending(here)
            await until(lambda: not connections(here))
            await until(lambda: len(here.server.gateway) == 0)
            assert len(here.server.gateway.wheel) == 0
