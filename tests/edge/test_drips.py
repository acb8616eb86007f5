"""Requests and frames that come in small parts do not cost a read for each."""

import asyncio
from collections import Counter

import pytest
from uvicorn.server import ServerState

from liveshop.edge.gateway import Gateway
from liveshop.edge.server import build_server
from liveshop.edge.tokens import Tokens
from liveshop.edge.viewer_socket import ViewerSocket
from tests.edge.http_client import GET
from tests.edge.raw_viewer import CLOSE, TEXT, frame, parsed_head
from tests.edge.stub_engine import APP, SECRET, SETTINGS, Clock, StubEngine
from tests.fuzz.wire_end import FarEnd
from tests.waiting import until

_HEAD = b"GET /a HTTP/1.1\r\nX-A: "
_POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"
_CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x="
_TICK_MS = 100


class Port:
    """A server on no port, whose wheel turns when it is told."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._server = build_server(SETTINGS, StubEngine(), APP, [], now_ms=self._clock)
        self._server.config.load()
        self._state = ServerState()

    def connect(self) -> FarEnd:
        """Let a client connect."""
        return FarEnd(
            self._server.config.http_protocol_class(  # type: ignore[call-arg]
                config=self._server.config,
                server_state=self._state,
                app_state={},
                _loop=asyncio.get_running_loop(),
            )
        )

    def tick(self) -> None:
        """Let a tenth of a second pass."""
        self._clock.advance(_TICK_MS)
        for each in self._server.gateway.wheel.advance(self._clock.now_ms):
            each.tick(self._clock.now_ms)

    def ticks_until_read(self, client: FarEnd) -> int:
        """Let time pass until a client is read; return how many tenths of a second it took."""
        assert not client.reading
        count = 0
        while not client.reading:
            count += 1
            self.tick()
        return count

    async def answered(self) -> None:
        """Let all requests be answered."""
        await until(lambda: not self._state.tasks)


@pytest.mark.parametrize("begun", [_HEAD, _POST, _CHUNKED])
async def test_each_small_part_from_the_third_on_waits_twice_as_long_up_to_two_seconds(
    begun: bytes,
) -> None:
    port = Port()
    client = port.connect()
    for part in (begun, b"0"):
        client.feed(part)
        assert client.reading
    for least, most in ((3, 5), (5, 10), (10, 20), (10, 20)):
        client.feed(b"0")
        assert least <= port.ticks_until_read(client) <= most
    client.hang_up()
    await port.answered()


async def test_a_body_that_its_handler_does_not_read_yet_is_read_no_further_after_a_wait() -> None:
    port = Port()
    client = port.connect()
    client.feed(b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.feed(b"ff14\r\n" + bytes(65_300) + b"\r\n")
    for _ in range(3):
        assert client.reading
        client.feed(b"64\r\n" + bytes(100) + b"\r\n")
    for _ in range(50):
        assert not client.reading
        port.tick()
    # Now the handler begins.
    await until(lambda: client.reading)
    client.feed(b"0\r\n\r\n")
    await port.answered()
    assert client.written.endswith(b"\r\n\r\n65600")
    client.hang_up()


async def test_line_ends_behind_an_answer_wait_too() -> None:
    port = Port()
    client = port.connect()
    client.feed(GET)
    await port.answered()
    for _ in range(2):
        client.feed(b"\r\n")
        assert client.reading
    client.feed(b"\r\n")
    assert 3 <= port.ticks_until_read(client) <= 5
    client.feed(GET)
    await port.answered()
    assert client.written.count(b"HTTP/1.1 200 ") == 2
    assert client.reading
    client.hang_up()


async def test_a_head_that_waits_is_408_at_its_deadline() -> None:
    port = Port()
    client = port.connect()
    client.feed(_HEAD)
    for _ in range(99):
        port.tick()
        if client.reading:
            client.feed(b"a")
    assert client.written == b""
    port.tick()
    assert client.written.startswith(b"HTTP/1.1 408 ")
    client.hang_up()


async def test_parts_of_half_a_kilobyte_never_wait() -> None:
    port = Port()
    client = port.connect()
    client.feed(_HEAD)
    for _ in range(30):
        client.feed(b"a" * 512)
        assert client.reading
    client.feed(b"\r\n\r\n")
    await port.answered()
    assert client.written.startswith(b"HTTP/1.1 200 ")
    client.hang_up()


async def test_a_large_part_makes_up_for_small_ones() -> None:
    port = Port()
    client = port.connect()
    for size in (1, 1, 1_024, 1, 1, 1_024, 1):
        client.feed(b"GET /" + b"a" * (size - 1) if client.written else b"a" * size)
        assert client.reading
    client.hang_up()


async def test_whole_requests_and_bodies_apart_from_their_heads_never_wait() -> None:
    port = Port()
    client = port.connect()
    for _ in range(20):
        client.feed(GET)
        await port.answered()
        client.feed(_POST.replace(b"4000", b"3"))
        assert client.reading
        client.feed(b"abc")
        await port.answered()
        assert client.reading
    assert client.written.count(b"HTTP/1.1 200 ") == 40
    client.hang_up()


async def test_many_that_drip_in_step_are_read_at_different_times() -> None:
    port = Port()
    clients = [port.connect() for _ in range(300)]
    for each in clients:
        for part in (_HEAD, b"a", b"a"):
            each.feed(part)
    at: Counter[int] = Counter()
    for tick in range(70):
        port.tick()
        read = [each for each in clients if each.reading]
        if tick > 20:  # by then their waits are between one and two seconds
            at[tick] = len(read)
        for each in read:
            each.feed(b"a")
    assert max(at.values()) < 60
    for each in clients:
        each.hang_up()


def test_parts_of_a_frame_are_counted_like_frames() -> None:
    clock, engine = Clock(), StubEngine()
    gateway = Gateway(SETTINGS, engine, Tokens(secret=SECRET), clock)
    client = FarEnd(socket := ViewerSocket(gateway))
    socket.shake_hands(parsed_head())
    client.feed(frame(TEXT, b'{"type":"hello"}'))
    told = client.written
    parts = iter(frame(TEXT, b"x" * 4_000))
    for left in (999, 200):  # `hello` was one of the first thousand
        for _ in range(left):
            client.feed(bytes((next(parts),)))
        assert client.written == told
        clock.advance(1_000)
    for _ in range(201):
        client.feed(bytes((next(parts),)))
    opcode, size, *code = client.written[len(told) :][:4]
    assert (opcode, size, int.from_bytes(bytes(code))) == (0x80 | CLOSE, 17, 4507)
    client.hang_up()


def test_a_message_that_comes_in_hundreds_of_parts_is_read() -> None:
    clock, engine = Clock(), StubEngine()
    client = FarEnd(socket := ViewerSocket(Gateway(SETTINGS, engine, Tokens(secret=SECRET), clock)))
    socket.shake_hands(parsed_head())
    client.feed(frame(TEXT, b'{"type":"hello"}'))
    text = b'{"type":"time","client_ms":1' + b" " * 900 + b"}"
    for byte in frame(TEXT, text):
        client.feed(bytes((byte,)))
    assert [type(command).__name__ for command in engine.submitted] == ["AskTime"]
    client.hang_up()
