"""Frames for many: compressed once, as RFC 7692 says, and read back by another's code."""

import os

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from liveshop.core.frames import SharedFrame, text_frame


def inflate(frame: bytes) -> bytes:
    """Read a compressed frame as a client that negotiated no context takeover does."""
    assert frame[0] == 0xC1, "final, text, RSV1"
    size = frame[1]
    payload = frame[2 if size < 126 else 4 if size == 126 else 10 :]
    deflate = PerMessageDeflate(True, True, 15, 15)
    return bytes(deflate.decode(Frame(Opcode.TEXT, payload, rsv1=True)).data)


@pytest.mark.parametrize("size", [256, 1_000, 100_000, 10_000_000])
def test_a_compressed_frame_reads_back_as_its_payload(size: int) -> None:
    payload = (b'{"sku": "OBS-M"}' * size)[:size]
    shared = SharedFrame(payload)
    assert shared.plain == text_frame(payload)
    assert len(shared.deflated) < size
    assert inflate(shared.deflated) == payload


def test_a_frame_is_compressed_once_for_all_who_ask() -> None:
    shared = SharedFrame(b"a" * 1_000)
    assert shared.deflated is shared.deflated
    assert inflate(shared.deflated) == b"a" * 1_000


@pytest.mark.parametrize("payload", [b"", b"a" * 255, os.urandom(1_000)])
def test_a_frame_stays_plain_where_compression_does_not_pay(payload: bytes) -> None:
    shared = SharedFrame(payload)
    assert shared.deflated is shared.plain
