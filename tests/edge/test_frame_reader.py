"""What is there of a frame before it is whole."""

import pytest
from websockets.frames import Frame, Opcode

from liveshop.edge.websocket import WebSocket
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
