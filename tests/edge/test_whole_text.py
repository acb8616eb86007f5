"""A text message that comes as one packet is read without a WebSocket, and as one reads it."""

import pytest

from liveshop.core import limits
from liveshop.edge.websocket import WebSocket, whole_text
from tests.edge.raw_viewer import BINARY, CONT, PING, TEXT, frame

_MAX = limits.MESSAGE_BYTES_MAX
_RESERVED_BITS = bytes([0xB1])


def _read(data: bytes) -> str | None:
    """Return the text that `websockets` and we make of a packet."""
    websocket = WebSocket()
    websocket.receive_data(data)
    (event,) = websocket.events_received()
    return websocket.text.take(event.data, whole=True)  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [0, 1, 3, 124, 125, 126, 127, 255, 256, 257, _MAX])
def test_a_whole_text_is_read_as_the_library_reads_it(size: int) -> None:
    text = "é" * (size // 2) + "z" * (size % 2)
    data = frame(TEXT, text.encode())
    assert whole_text(data) == _read(data) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81",
        b"\x81\x80\x00\x00\x00",
        frame(TEXT, b"cut short")[:-1],
        frame(TEXT, b"one") + frame(TEXT, b"two"),
        frame(TEXT, b"more than one") + b"\x81",
        frame(TEXT, b"not masked", masked=False),
        frame(TEXT, b"a fragment", final=False),
        frame(TEXT, b"as if it were deflated", compressed=True),
        frame(CONT, b"a last fragment"),
        frame(BINARY, b"binary"),
        frame(PING, b"ping"),
        frame(TEXT, b"not \xff UTF-8"),
        frame(TEXT, "é".encode()[:1]),
        frame(TEXT, b"z" * (_MAX + 1)),
        frame(TEXT, b"z" * 65_536),
        # A length that would have fitted into the byte before.
        b"\x81\xfe\x00\x05\x00\x00\x00\x00short",
        _RESERVED_BITS + frame(TEXT, b"reserved bits")[1:],
    ],
)
def test_anything_else_is_left_to_the_library(data: bytes) -> None:
    assert whole_text(data) is None
