"""The target of the gateway's connections: frames, silence and slowness, in any order.

An input is a script. Its first byte says whether compression is agreed on and how the bytes of
the second run are cut; then come steps, each a byte of what to do, one of how much, and what
that takes. A script runs twice, whole and cut to pieces, and must be answered the same; but of
two faults in one packet either may be the reason for the close.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from liveshop.core import limits
from liveshop.core.close_codes import CloseCode
from liveshop.core.commands import Command
from liveshop.edge.gateway import Gateway
from liveshop.edge.tokens import Tokens
from liveshop.edge.viewer_socket import ViewerSocket
from liveshop.engine.fanout.viewer import Viewer
from liveshop.features.likes.rules import Like
from tests.edge.raw_viewer import TEXT, deflated, parsed_head
from tests.edge.stub_engine import SECRET, SETTINGS, Clock, StubEngine
from tests.fuzz.target import Target
from tests.fuzz.wire_end import FarEnd


class _Engine(StubEngine):
    """Rooms without the bug that the others have for tests of bugs."""

    def submit(self, viewer: Viewer, command: Command) -> None:
        if isinstance(command, Like):
            self.submitted.append(command)
        else:
            super().submit(viewer, command)


_MASK: Final = b"\0\0\0\0"
# The codes that the server may say in its last frame; a client's own code is echoed.
_OURS: Final = {*CloseCode, 1000}
_ENGINE: Final = _Engine()
_TOKENS: Final = Tokens(secret=SECRET)


@dataclass
class Visit:
    """One connection from the handshake to its end, the only one of its gateway."""

    gateway: Gateway
    clock: Clock
    far_end: FarEnd
    socket: ViewerSocket
    behind: bool = False
    echo: int | None = None

    def step(self, kind: int, amount: int, argument: bytes, chunk: int) -> None:
        """Do one step of a script."""
        match kind & 0x07:
            case 0:
                self._say(argument, chunk)
            case 1 | 2:
                self._say(_frame(0x80 | TEXT, argument), chunk)
            case 3:
                self._say(_frame(amount, argument), chunk)
            case 4:
                self._say(_frame(0xC0 | TEXT, deflated(argument)), chunk)
            case 5:
                self._wait(amount * 100)
            case 6:
                self._fall_behind(not self.behind)
            case 7:
                self.socket.close(CloseCode.DRAINED, "connect again")

    def end(self) -> None:
        """Hang up, and see that nobody remembers the visit."""
        self.far_end.hang_up()
        assert len(self.gateway) == 0
        assert _ENGINE.viewers == {}

    def _say(self, data: bytes, chunk: int) -> None:
        if self.behind:
            chunk = 1 << 30  # it may be listened to no longer between two of them
        for at in range(0, len(data), chunk):
            if self.far_end.reading:
                self.far_end.feed(data[at : at + chunk])
                assert self.far_end.written, "there is the handshake at least"
        held = self.socket._websocket
        if held is not None:
            # A message, the frame that is under way with its head, and nothing else.
            assert len(held.text) <= limits.MESSAGE_BYTES_MAX
            assert len(held.reader.buffer) <= limits.MESSAGE_BYTES_MAX + 14

    def _wait(self, ms: int) -> None:
        self.clock.advance(ms)
        for guest in self.gateway.wheel.advance(self.clock.now_ms):
            guest.tick(self.clock.now_ms)

    def _fall_behind(self, behind: bool) -> None:
        if self.far_end.closed:
            return
        self.behind = behind
        self.far_end.backlog_bytes = limits.OUTBOX_BYTES_MAX + 1 if behind else 0
        (self.socket.pause_writing if behind else self.socket.resume_writing)()


def check_visit(data: bytes) -> None:
    """No script breaks a connection, and how its bytes are cut changes no answer."""
    if len(data) < 2:
        return
    script = _steps(data[1:])
    whole = _run(script, data[0], chunk=1 << 30)
    cut = _run(script, data[0], chunk=1 + (data[0] >> 1) % 16)
    assert cut == whole, "how the bytes are cut changes the answer"


def _steps(data: bytes) -> list[tuple[int, int, bytes]]:
    steps, at = [], 0
    while at + 1 < len(data):
        kind, amount = data[at], data[at + 1]
        # Steps that say something take so many bytes, in a frame of up to 8 KiB.
        size = amount if kind & 0x08 == 0 else amount * 32
        argument = data[at + 2 : at + 2 + size] if kind & 0x07 in (0, 1, 2, 3, 4) else b""
        if kind & 0x10 and argument:
            argument = (argument * (size // len(argument) + 1))[:size]
        at += 2 + min(size, len(data)) if argument else 2
        steps.append((kind, amount, argument))
    return steps


def _run(script: list[tuple[int, int, bytes]], first: int, chunk: int) -> tuple[Any, ...]:
    _ENGINE.submitted.clear()
    clock = Clock()
    gateway = Gateway(SETTINGS, _ENGINE, _TOKENS, clock)
    socket = ViewerSocket(gateway)
    visit = Visit(gateway, clock, FarEnd(socket), socket)
    socket.shake_hands(parsed_head(deflates=bool(first & 1)))
    for kind, amount, argument in script:
        visit.step(kind, amount, argument, chunk)
    written = visit.far_end.written
    said, closes = _check_written(written)
    assert all(isinstance(command, Command) for command in _ENGINE.submitted)
    submitted = list(_ENGINE.submitted)
    # Once for its own close and once for the far end's hanging up.
    assert closes <= 1
    visit.end()
    return said, closes, submitted, visit.far_end.half_closed, visit.far_end.closed


def _check_written(written: bytes) -> tuple[list[bytes], int]:
    """Read what the server wrote as any client would; return that, and how often it closed."""
    head, _, rest = written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    said, closes = [head], 0
    while rest:
        assert not closes, "nothing comes after a close"
        first, size = rest[0], rest[1]
        assert size < 0x80, "servers do not mask"
        skip = 2
        if size >= 126:
            skip = 4 if size == 126 else 10
            size = int.from_bytes(rest[2:skip], "big")
        payload, rest = rest[skip : skip + size], rest[skip + size :]
        assert len(payload) == size, "every frame is whole"
        if first != 0x88:
            said.append(payload)
        if first == 0x81:
            assert isinstance(json.loads(payload), list)
        elif first == 0x88:
            closes += 1
            code = int.from_bytes(payload[:2], "big")
            assert not payload or code in _OURS or 1000 <= code <= 4999
            payload[2:].decode()
        else:
            assert first in (0x89, 0x8A, 0xC1), hex(first)
    return said, closes


def _said(data: bytes) -> int:
    return sum(60 + len(argument) for _, _, argument in _steps(data[1:]))


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    else:
        head = bytes([first, 0x80 | 126]) + size.to_bytes(2, "big")
    return head + _MASK + payload


def _text_step(text: bytes) -> bytes:
    return bytes([1, len(text)]) + text


_HELLO: Final = b'{"type":"hello","ref":1}'
_TIME: Final = b'{"type":"time","ref":7,"client_ms":1}'
_SAY: Final = b'{"type":"like","ref":3,"count":13}'

VISIT: Final = Target(
    check_visit,
    [
        b"\x00" + _text_step(_HELLO) + _text_step(_TIME) + _text_step(_SAY),
        b"\x07" + _text_step(_HELLO) + bytes([4, len(_TIME)]) + _TIME,
        b"\x04" + _text_step(_HELLO) + bytes([3, 0x09]) + b"pingpingp" + bytes([5, 0xFF]),
        b"\x02" + bytes([0, 13]) + b"\x81\x87\0\0\0\0" + b'{"a":1}' + bytes([6, 0, 5, 30, 6, 0]),
        b"\x01" + _text_step(_HELLO) + bytes([0x1C, 0xFF]) + b"[" + bytes([7, 0]),
        b"\x09" + _text_step(_HELLO) + bytes([0, 6]) + b"\x8a\x80\0\0\0\0" + bytes([5, 251]),
        b"\x03" + bytes([0x1A, 0x80]) + b"\xce\xba" + bytes([0, 8]) + b"\x88\x82\0\0\0\0\x03\xe8",
    ],
    [
        *(
            b"\x81\x80\0\0\0\0",
            b"\x01\x82\0\0\0\0",
            b"\x80\x81\0\0\0\0",
            b"\x88\x82\0\0\0\0\x03\xe8",
        ),
        *(b"\x8a\x80\0\0\0\0", b"\x89\x80\0\0\0\0", b"\xc1\x84\0\0\0\0", b"\x82\x80\0\0\0\0"),
        *(b'"type":', b'"hello"', b'"time"', b'"client_ms":', b'"like"', b'"count":', b'"ref":'),
        *(b"\xf4\x90\x80\x80", b"\xed\xa0\x80", b"\x00\x00\xff\xff", b"\xfe\x10\x01", b"\xff\xff"),
    ],
    size=_said,
    calls_at_once=10_000,
    calls_per_byte=100,
    peak_bytes=2_097_152,
    peak_per_byte=1_000,
)
