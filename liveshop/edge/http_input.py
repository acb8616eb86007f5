"""How much may come with an HTTP request besides its body."""

from collections.abc import Sequence
from typing import Final

from liveshop.core import limits
from liveshop.core.errors import BadRequest, LiveshopError

Headers = Sequence[tuple[bytes, bytes]]

_END_OF_HEAD: Final = b"\r\n\r\n"
# A byte of a body in a chunk of its own has five around it.
_FRAMING_PER_BODY_BYTE: Final = 8


class UnfitHead(Exception):
    """A head is refused for its size, or that of a part of it."""

    def __init__(self, message: str, status: str = "431 Request Header Fields Too Large") -> None:
        super().__init__(message)
        self.status = status
        self.refusal: LiveshopError = BadRequest(message)


def require_fit(headers: Headers, url: bytes) -> None:
    """Raise UnfitHead for a head of too many fields, or with too long a path.

    Each field is looked at several times, and each letter of a path may be three to be decoded.
    """
    if len(headers) > limits.HEAD_FIELDS_MAX:
        raise UnfitHead(f"the head has over {limits.HEAD_FIELDS_MAX} fields")
    if len(url.partition(b"?")[0]) > limits.PATH_BYTES_MAX:
        raise UnfitHead(f"the path has over {limits.PATH_BYTES_MAX:,} bytes", "414 URI Too Long")


def asks_for_websocket(headers: Headers) -> bool:
    """Whether headers, their names in small letters, ask for an upgrade to WebSocket."""
    last = dict(headers)
    if last.get(b"upgrade", b"").lower() != b"websocket":
        return False
    connection = last.get(b"connection", b"").lower()
    # Most ask for nothing else; more than so many options are not looked at.
    return connection == b"upgrade" or b"upgrade" in [
        option.strip() for option in connection.split(b",", limits.LIST_FIELD_ITEMS_MAX - 1)
    ]


def tell_of_a_body(headers: Headers) -> bool:
    """Whether headers, their names in small letters, say that a body follows."""
    last = dict(headers)  # the parser refuses a second length
    return b"transfer-encoding" in last or last.get(b"content-length", b"0") != b"0"


class InputSize:
    """Counts the bytes of a head, and those around a body: lengths and extensions, trailers.

    The parser has no limit for either. The application, whose limits are for bodies, hears nothing
    of bytes that are no part of one. A head that comes in one piece is not counted.
    """

    __slots__ = ("_framing_bytes", "_head_end", "head_bytes")

    def __init__(self) -> None:
        self.head_bytes = 0
        self._head_end = b""
        self._framing_bytes = 0

    def begin_head(self, data: bytes) -> None:
        """Count the first piece of a head that goes on, or of what is none; any other was."""
        if not self.head_bytes:
            self.head_fits(data)

    def head_fits(self, data: bytes) -> bool:
        """Count bytes of a head that may end in `data`; False if they are too many."""
        if len(data) + self.head_bytes > limits.HEAD_BYTES_MAX:
            ends = (self._head_end + data).find(_END_OF_HEAD)
            head_bytes = self.head_bytes - len(self._head_end) + ends + len(_END_OF_HEAD)
            return ends >= 0 and head_bytes <= limits.HEAD_BYTES_MAX
        self.head_bytes += len(data)
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
        self.head_bytes = self._framing_bytes = 0
        self._head_end = b""
