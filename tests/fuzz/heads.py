"""The target of the one port: requests from their first byte on, upgrades among them."""

import asyncio
import logging
import re
from typing import Any, Final

from uvicorn.server import ServerState

from liveshop.core import limits
from liveshop.edge.server import build_server
from liveshop.engine.fanout.viewer import Viewer
from tests.edge.raw_viewer import HEAD
from tests.edge.stub_engine import SETTINGS, Clock, StubEngine
from tests.fuzz.target import Target
from tests.fuzz.wire_end import FarEnd

_STATUSES: Final = {b"100", b"200", b"101", b"400", b"404", b"405", b"408", b"426", b"431", b"503"}
_STATUS: Final = re.compile(rb"\AHTTP/1\.1 (\d{3}) ")
_HOUR_MS: Final = 3_600_000


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body and answer with its size."""
    assert scope["type"] == "http"
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


class _AnyEngine(StubEngine):
    """Rooms for every session, all loaded: nothing has to be looked up."""

    def loaded(self, session_id: str) -> object | None:
        return session_id

    def connect(
        self, viewer: Viewer, session_id: str, ref: int | None, visitor: str | None = None
    ) -> None:
        super().connect(viewer, "s1", ref)


# Nobody reads what it says of millions of broken requests.
_LOGGER: Final = logging.getLogger("uvicorn.error")


class _Port:
    """A server on no port at all: connections are objects, and the loop turns when it is told."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.faults: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _loop, fault: self.faults.append(fault))
        self.clock = Clock()
        self.engine = _AnyEngine()
        self.server = build_server(SETTINGS, self.engine, _answer, [], now_ms=self.clock)
        self.server.config.load()
        self.state = ServerState()
        _LOGGER.setLevel(logging.CRITICAL)

    def connect(self) -> FarEnd:
        """Let a client connect."""
        self.clock.advance(_HOUR_MS)
        self.server.gateway.wheel.advance(self.clock.now_ms)
        make: Any = self.server.config.http_protocol_class
        return FarEnd(
            make(config=self.server.config, server_state=self.state, app_state={}, _loop=self.loop)
        )

    def turn(self) -> None:
        """Let everything run that can."""
        for _ in range(5):
            self.loop.run_until_complete(asyncio.sleep(0))

    def settle(self) -> None:
        """Let what is left end, and see that it does."""
        while self.state.tasks:
            self.turn()
        assert self.faults == [], self.faults
        assert not self.state.connections
        assert len(self.server.gateway) == 0
        assert self.engine.viewers == {}


_PORT: list[_Port] = []


def check_head(data: bytes) -> None:
    """Any first bytes are answered by a status that fits, or waited for, and then forgotten.

    The first byte is the size of the packets.
    """
    if not data:
        return
    if not _PORT:
        _PORT.append(_Port())
    (port,) = _PORT
    size, text = 1 + data[0], data[1:]
    client = port.connect()
    for at in range(0, len(text), size):
        client.feed(text[at : at + size])
        port.turn()
    written = client.written
    if written:
        status = _STATUS.match(written)
        assert status is not None, written[:80]
        assert status[1] in _STATUSES, written[:80]
    if len(text) > limits.HEAD_BYTES_MAX and b"\n" not in text:
        assert written, "a head that is too big is refused before its end"
    client.hang_up()
    port.settle()


def close_port() -> None:
    """Let go of the server and its loop; the next input makes others."""
    while _PORT:
        _PORT.pop().loop.close()
    _LOGGER.setLevel(logging.NOTSET)


_UPGRADE: Final = HEAD.format(path="/ws/sessions/s1", more="")
_JOIN: Final = b'\x81\x90\0\0\0\0{"type":"hello"}'

HEADS: Final = Target(
    check_head,
    [
        b"\xffGET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x08POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
        b"\x10POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n",
        b"\xff" + _UPGRADE.encode() + _JOIN,
        b"\x40" + HEAD.format(path="/ws/sessions/%00", more="Origin: null\r\n").encode(),
        b"\xff"
        + HEAD.format(
            path="/ws/sessions/s1?a=b",
            more="Sec-WebSocket-Protocol: liveshop.v1, a\r\nOrigin: https://shop.example\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            "X-Forwarded-For: 1.2.3.4, ::1\r\nX-Forwarded-Host: a:1\r\n",
        ).encode(),
    ],
    [
        *(b"\r\n", b"\r\n\r\n", b": ", b"Connection: Upgrade\r\n", b"Upgrade: websocket\r\n"),
        *(b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
        *(b"/ws/sessions/", b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Version: ", b"HTTP/1.1"),
        *(b"permessage-deflate", b"server_max_window_bits=9", b"OPTIONS", b"CONNECT", b"HEAD"),
    ],
    calls_at_once=30_000,
    calls_per_byte=2_000,
    peak_bytes=2_097_152,
    peak_per_byte=1_000,
)
