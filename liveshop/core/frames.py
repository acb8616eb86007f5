"""Frames from server to client: RFC 6455, and RFC 7692 for those who negotiated compression.

A frame for one viewer goes uncompressed: it is short, and a secret is never compressed together
with what a stranger wrote. A frame for all is compressed once, with no context of the frames
before it, so that the same bytes suit everyone.
"""

import zlib
from typing import Final

from liveshop.core.limits import DEFLATED_BYTES_MIN

_FINAL_TEXT: Final = 0x81
_COMPRESSED: Final = 0x40  # the bit RSV1
_SYNC_FLUSH_TAIL: Final = b"\x00\x00\xff\xff"  # RFC 7692, 7.2.1: left out on the wire


class SharedFrame:
    """A text frame for any number of viewers; it is compressed when the first asks for that."""

    __slots__ = ("_deflated", "payload", "plain")

    def __init__(self, payload: bytes) -> None:
        self.plain: Final = text_frame(payload)
        self.payload: Final = payload
        self._deflated = None if len(payload) >= DEFLATED_BYTES_MIN else self.plain

    @property
    def deflated(self) -> bytes:
        """The frame for viewers who negotiated compression; the plain one if it is not longer."""
        if self._deflated is None:
            compressed = _frame(_deflate(self.payload), _FINAL_TEXT | _COMPRESSED)
            self._deflated = min(compressed, self.plain, key=len)
        return self._deflated


def text_frame(payload: bytes) -> bytes:
    """Wrap `payload` as a server's frame: final, text, unmasked, uncompressed (RFC 6455, 5.2)."""
    return _frame(payload, _FINAL_TEXT)


def _frame(payload: bytes, first: int) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((first, size))
    elif size < 65_536:
        head = bytes((first, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 127)) + size.to_bytes(8, "big")
    return head + payload


def _deflate(payload: bytes) -> bytes:
    # The full window, which the handshake insists on, and the memory that makes it fast: both
    # are given back at once.
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS, memLevel=9)
    compressed = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return compressed.removesuffix(_SYNC_FLUSH_TAIL)
