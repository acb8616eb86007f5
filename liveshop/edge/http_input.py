"""How much may come with an HTTP request besides its body."""

from collections.abc import Sequence
from typing import Final

from liveshop.core import limits

Headers = Sequence[tuple[bytes, bytes]]

_END_OF_HEAD: Final = b"\r\n\r\n"
# A byte of a body in a chunk of its own has five around it.
_FRAMING_PER_BODY_BYTE: Final = 8


def asks_for_websocket(headers: Headers) -> bool:
    """Whether headers, their names in small letters, ask for an upgrade to WebSocket."""
    last = dict(headers)
    return last.get(b"upgrade", b"").lower() == b"websocket" and b"upgrade" in [
        token.strip() for token in last.get(b"connection", b"").lower().split(b",")
    ]


def tell_of_a_body(headers: Headers) -> bool:
    """Whether headers, their names in small letters, say that a body follows."""
    for name, value in headers:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return True
    return False


class InputSize:
    """Counts the bytes of a head, and those around a body: lengths and extensions, trailers.

    The parser has no limit for either. The application, whose limits are for bodies, hears nothing
    of bytes that are no part of one.
    """

    __slots__ = ("_framing_bytes", "_head_bytes", "_head_end")

    def __init__(self) -> None:
        self._head_bytes = 0
        self._head_end = b""
        self._framing_bytes = 0

    def head_fits(self, data: bytes) -> bool:
        """Count bytes of a head that may end in `data`; False if they are too many."""
        if len(data) + self._head_bytes > limits.HEAD_BYTES_MAX:
            ends = (self._head_end + data).find(_END_OF_HEAD)
            head_bytes = self._head_bytes - len(self._head_end) + ends + len(_END_OF_HEAD)
            return ends >= 0 and head_bytes <= limits.HEAD_BYTES_MAX
        self._head_bytes += len(data)
        self._head_end = data[-len(_END_OF_HEAD) + 1 :]
        return True

    def add(self, data: bytes) -> None:
        """Count bytes that came after a head."""
        self._framing_bytes += len(data)

    def explain(self, body: bytes) -> None:
        """Note that some of what was counted was the body's, with what frames so much."""
        explained_bytes = (1 + _FRAMING_PER_BODY_BYTE) * len(body)
        self._framing_bytes = max(0, self._framing_bytes - explained_bytes)

    @property
    def framing_fits(self) -> bool:
        """Whether the bytes around the body are at most as many as a head may have."""
        return self._framing_bytes <= limits.HEAD_BYTES_MAX

    def next(self) -> None:
        """Begin with the next request."""
        self._head_bytes = self._framing_bytes = 0
        self._head_end = b""
