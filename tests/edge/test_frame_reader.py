"""The part of a frame that is there before it is whole."""

import pytest
from websockets.frames import Frame, Opcode

from liveshop.edge.websocket import TextInParts, WebSocket
from tests.edge.raw_viewer import CONT, TEXT, frame


@pytest.mark.parametrize(("size", "head_bytes"), [(1, 6), (125, 6), (126, 8), (4096, 8)])
def test_the_payload_of_a_frame_is_known_as_far_as_it_has_come(size: int, head_bytes: int) -> None:
    payload = bytes(at % 251 for at in range(size))
    whole = frame(TEXT, payload)
    assert len(whole) == head_bytes + size
    for come in {0, 1, 2, head_bytes - 1, head_bytes, head_bytes + size // 2, len(whole) - 1}:
        websocket = WebSocket()
        websocket.receive_data(whole[:come])
        if come < head_bytes:
            assert websocket.frame_begun() is None
        else:
            begun = Frame(Opcode.TEXT, payload[: come - head_bytes], fin=False)
            assert websocket.frame_begun() == begun
        websocket.receive_data(whole[come:])
        assert websocket.events_received() == [Frame(Opcode.TEXT, payload)]
        assert websocket.frame_begun() is None


def test_a_frame_begun_is_told_from_the_whole_ones_before_it() -> None:
    websocket = WebSocket()
    websocket.receive_data(frame(TEXT, b"first", final=False) + frame(CONT, b"second")[:-2])
    assert len(websocket.events_received()) == 1
    assert websocket.frame_begun() == Frame(Opcode.CONT, b"seco", fin=False)


def test_nothing_has_begun_after_a_frame_that_breaks_the_rules() -> None:
    websocket = WebSocket()
    websocket.receive_data(frame(0x3, b"a reserved opcode")[:-2])
    assert websocket.frame_begun() is None


_TEXT = "a é 中 \N{GRINNING FACE} z"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_text_in_fragments_is_read_whatever_their_size(size: int) -> None:
    data, text = _TEXT.encode(), TextInParts()
    for _ in range(2):
        *parts, last = (data[at : at + size] for at in range(0, len(data), size))
        for part in parts:
            text.foresee(part[:1])
            text.foresee(part[1:])
            assert text.take(part, whole=False) is None
        assert text.take(last, whole=True) == _TEXT


def test_of_a_frame_that_comes_byte_by_byte_each_byte_is_unmasked_once() -> None:
    payload = _TEXT.encode() * 20
    websocket = WebSocket()
    seen = b""
    for byte in frame(TEXT, payload)[:-1]:
        websocket.receive_data(bytes([byte]))
        if (begun := websocket.frame_begun()) is not None:
            assert len(begun.data) <= 1
            websocket.text.foresee(begun.data)
            seen += begun.data
    assert seen == payload[:-1]


@pytest.mark.parametrize("bad", [b"\x80", b"\xff", b"\xe4\xb8x", b"\xf0\x9fx"])
def test_what_can_no_longer_become_text_is_seen_at_its_first_bad_byte(bad: bytes) -> None:
    text = TextInParts()
    text.take(b"ab", whole=False)
    text.foresee(b"c")
    for at in range(len(bad) - 1):
        text.foresee(bad[at : at + 1])
    with pytest.raises(UnicodeDecodeError):
        text.foresee(bad[-1:])


def test_a_character_that_ends_amid_a_message_is_not_text() -> None:
    text = TextInParts()
    assert text.take(b"a\xe4\xb8", whole=False) is None
    with pytest.raises(UnicodeDecodeError):
        text.take(b"", whole=True)
