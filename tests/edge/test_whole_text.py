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
    assert whole_text(data) == (_read(data), len(data)) == (text, len(data))


# By name: a mask is another each time, and so would be the names of the tests.
_OTHERS = {
    "nothing": b"",
    "half a head": b"\x81",
    "half a mask": b"\x81\x80\x00\x00\x00",
    "cut short": frame(TEXT, b"cut short")[:-1],
    "not masked": frame(TEXT, b"not masked", masked=False),
    "a fragment": frame(TEXT, b"a fragment", final=False),
    "deflated": frame(TEXT, b"as if it were deflated", compressed=True),
    "a last fragment": frame(CONT, b"a last fragment"),
    "binary": frame(BINARY, b"binary"),
    "a ping": frame(PING, b"ping"),
    "not UTF-8": frame(TEXT, b"not \xff UTF-8"),
    "half a character": frame(TEXT, "é".encode()[:1]),
    "too long": frame(TEXT, b"z" * (_MAX + 1)),
    "a length of eight bytes": frame(TEXT, b"z" * 65_536),
    "a length that would have fitted": b"\x81\xfe\x00\x05\x00\x00\x00\x00short",
    "reserved bits": _RESERVED_BITS + frame(TEXT, b"reserved bits")[1:],
}


@pytest.mark.parametrize("name", _OTHERS)
def test_anything_else_is_left_to_the_library(name: str) -> None:
    assert whole_text(_OTHERS[name]) is None


def test_texts_that_come_together_are_read_one_after_the_other() -> None:
    one, two = frame(TEXT, b"one"), frame(TEXT, "zwö".encode())
    data = one + two + b"\x81"
    assert whole_text(data) == ("one", len(one))
    assert whole_text(data, len(one)) == ("zwö", len(one + two))
    assert whole_text(data, len(one + two)) is None
