"""The client's side of RFC 6455, as little of it as the load needs and as cheap as it can be."""

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Final

TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_COMPRESSED: Final = 0x40
# A mask of zeros is a mask, and leaves the payload as it is.
_MASK: Final = bytes(4)

_HEAD: Final = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)
# Browsers send these besides the handshake's own headers; the cookie makes up the rest.
_BROWSER: Final = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n"
)
_DEFLATE: Final = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


@dataclass(frozen=True)
class Target:
    """The address that a viewer connects to, and what the viewer says of itself."""

    port: int
    path: str
    deflate: bool = False
    head_bytes: int = 900

    def request(self) -> bytes:
        """Return the handshake's request, `head_bytes` long if it need not be longer."""
        head = _HEAD.format(path=self.path, port=self.port)
        if self.deflate:
            head += _DEFLATE
        if self.head_bytes > len(head) + len(_BROWSER):
            head += _BROWSER
            missing = self.head_bytes - len(head) - len("Cookie: s=\r\n\r\n")
            head += f"Cookie: s={'x' * max(0, missing)}\r\n"
        return head.encode() + b"\r\n"


@dataclass(slots=True)
class Heard:
    """The content of whole frames at the start of some bytes, and how many `octets` they take."""

    octets: int = 0
    frames: int = 0
    offsets: tuple[int, ...] = ()
    snapshot_bytes: int = 0
    pings: tuple[bytes, ...] = ()
    moved: bool = False
    close_code: int | None = None

    @property
    def shared(self) -> bool:
        """Whether all viewers may get the same, with nothing to answer or to remember."""
        return not (self.pings or self.moved or self.snapshot_bytes or self.close_code is not None)


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Return a frame as clients send it; at most 64 KiB."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, 0x80 | size) + _MASK + payload
    return struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size) + _MASK + payload


def server_frame(payload: bytes) -> bytes:
    """Return a text frame as servers send it; at most 64 KiB."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | TEXT, size) + payload
    return struct.pack("!BBH", 0x80 | TEXT, 126, size) + payload


def hear(data: bytes) -> Heard:
    """Read the whole frames at the start of `data`."""
    heard = Heard()
    while (found := span(data, heard.octets)) is not None:
        first, (start, end) = data[heard.octets], found
        _note(heard, first, data[start:end], end - heard.octets)
        heard.octets = end
        heard.frames += 1
    return heard


def span(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at `at` starts and ends; None unless it is whole."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size == 126:
        size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
    elif size == 127:
        size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
    return (start, start + size) if len(data) >= start + size else None


def _note(heard: Heard, first: int, payload: bytes, octets: int) -> None:
    opcode = first & 0x0F
    if opcode == PING:
        heard.pings += (payload,)
    elif opcode == CLOSE:
        heard.close_code = int.from_bytes(payload[:2], "big") if payload else 1005
    elif opcode == TEXT:
        text = _inflate(payload) if first & _COMPRESSED else payload
        # Neither is read: they are long, and there is one for each who joins.
        if text.startswith(b'[{"type":"session"'):
            heard.snapshot_bytes += octets
        elif not text.startswith(b'[{"type":"welcome"'):
            for message in json.loads(text):
                heard.moved |= message["type"] == "moved"
                if "offset" in message:
                    heard.offsets += (message["offset"],)


def _inflate(payload: bytes) -> bytes:
    # No context is taken over, so that each frame stands for itself (RFC 7692, 7.2.2).
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(payload + b"\x00\x00\xff\xff")
