"""A viewer made of a bare socket, which may break any rule of RFC 6455."""

import json
import os
import socket
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import ByteStream
from anyio.streams.buffered import BufferedByteReceiveStream

from liveshop.edge.handshake import Head, read_head

HEAD = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
_HEADERS = (
    (b"host", b"127.0.0.1"),
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    (b"sec-websocket-version", b"13"),
)
_OFFER = (b"sec-websocket-extensions", b"permessage-deflate")
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def parsed_head(*, deflates: bool = False) -> Head:
    """Return the head of a request for a session, as a viewer's socket is given it."""
    offer = (_OFFER,) if deflates else ()
    return read_head("GET", b"/ws/sessions/s1", (*_HEADERS, *offer))


class RawViewer:
    """Sends frames as they are told, and reads those of the server."""

    def __init__(self, stream: ByteStream) -> None:
        self.stream = stream
        self._input = BufferedByteReceiveStream(stream)

    async def shake_hands(self, path: str = "/ws/sessions/s1", more: str = "") -> str:
        """Send the request and return the head of the response."""
        await self.stream.send(HEAD.format(path=path, more=more).encode())
        with anyio.fail_after(10):
            return (await self._input.receive_until(b"\r\n\r\n", 4096)).decode()

    async def read_answer(self) -> tuple[int, bytes]:
        """Read an answer to a request, or to an upgrade: status and body."""
        with anyio.fail_after(10):
            head = await self._input.receive_until(b"\r\n\r\n", 4096)
            sizes = [
                int(field.partition(b":")[2])
                for field in head.lower().split(b"\r\n")
                if field.startswith(b"content-length:")
            ]
            return int(head[9:12]), await self._input.receive_exactly(sum(sizes))

    async def join(self, more: str = "") -> None:
        """Shake hands, say hello, and read the welcome and the snapshot."""
        await self.shake_hands(more=more)
        await self.say({"type": "hello"})
        assert [await self.kind(), await self.kind()] == ["welcome", "session"]

    async def say(self, message: Any) -> None:
        """Send a message in one frame."""
        await self.send(TEXT, json.dumps(message).encode())

    async def send(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        """Send a frame, masked as a client's must be."""
        await self.stream.send(frame(opcode, payload, final=final))

    async def read(self) -> tuple[int, bytes]:
        """Read a frame: opcode and payload."""
        with anyio.fail_after(10):
            first, size = await self._input.receive_exactly(2)
            if size == 126:
                (size,) = struct.unpack(">H", await self._input.receive_exactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self._input.receive_exactly(8))
            assert first & 0xF0 == 0x80, "whole frames, no extensions"
            return first & 0x0F, await self._input.receive_exactly(size)

    async def receive_exactly(self, size: int) -> bytes:
        """Read bytes as they come."""
        return await self._input.receive_exactly(size)

    async def message(self) -> dict[str, Any]:
        """Read a frame with one message in it."""
        opcode, payload = await self.read()
        assert opcode == TEXT, (opcode, payload)
        (message,) = json.loads(payload)
        assert isinstance(message, dict)
        return message

    async def kind(self) -> str:
        """Read a frame with one message, and return its type."""
        return str((await self.message())["type"])

    async def close_code(self) -> int:
        """Read frames up to a close, answer it, and return its code once the server hung up."""
        while True:
            opcode, payload = await self.read()
            if opcode == CLOSE:
                break
        with anyio.fail_after(10):
            try:
                await self.send(CLOSE, payload[:2])
                await self._input.receive_exactly(1)
            except (anyio.IncompleteRead, anyio.BrokenResourceError, anyio.EndOfStream):
                return int.from_bytes(payload[:2], "big")
        raise AssertionError("the server said something after its close")


def deflated(payload: bytes) -> bytes:
    """Compress a message as RFC 7692 says."""
    deflater = zlib.compressobj(wbits=-15)
    return (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    final: bool = True,
    masked: bool = True,
    compressed: bool = False,
) -> bytes:
    """Return a frame as a client sends it; `compressed` says that the message is."""
    size = len(payload)
    head = bytes([(0x80 if final else 0) | (0x40 if compressed else 0) | opcode])
    flag = 0x80 if masked else 0
    if size < 126:
        head += bytes([flag | size])
    elif size < 65_536:
        head += bytes([flag | 126]) + struct.pack(">H", size)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


@asynccontextmanager
async def raw_viewer(
    address: tuple[str, int], *, receive_buffer: int | None = None
) -> AsyncIterator[RawViewer]:
    """Connect a bare socket."""
    bare = socket.socket()
    if receive_buffer is not None:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    bare.connect(address)
    bare.setblocking(False)
    async with await anyio.abc.SocketStream.from_socket(bare) as stream:
        yield RawViewer(stream)
