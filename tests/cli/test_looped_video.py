"""The demo's video as a live stream: which pieces there are, and when each is shown."""

import struct
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from liveshop.cli import looped_video
from liveshop.cli.looped_video import PIECE_MS, SHAPES, LoopedVideo

_VIDEO = Path(looped_video.__file__).with_name("video")
_BEGAN_MS = 1_800_000_000_000


def _begins(piece: bytes) -> list[int]:
    """Return when each track of a piece begins, in its own ticks."""
    found, place = [], piece.find(b"tfdt")
    while 0 <= place < piece.index(b"mdat"):
        found.append(struct.unpack_from(">Q", piece, place + 8)[0])
        place = piece.find(b"tfdt", place + 4)
    return found


def test_the_videos_take_less_than_1_5_mb() -> None:
    files = [path for path in _VIDEO.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == set(SHAPES)
    assert sum(path.stat().st_size for path in files) < 1_500_000


@pytest.mark.parametrize("shape", SHAPES)
def test_each_piece_goes_on_where_the_one_before_ended(shape: str) -> None:
    stream = LoopedVideo(shape)
    begins = []
    for number in range(9):
        piece = stream.file(f"{number}.m4s")
        assert piece is not None
        begins.append(_begins(piece))
    for earlier, later in zip(begins, begins[4:], strict=False):
        ticks = [after - before for before, after in zip(earlier, later, strict=True)]
        assert ticks == [8 * 15_360, 8 * 48_000]
    for before, after in pairwise(begins):
        assert after[0] - before[0] == PIECE_MS * 15_360 // 1_000
        assert abs(after[1] - before[1] - PIECE_MS * 48) < 2_048


def test_the_playlist_has_the_last_pieces_and_the_instant_of_the_first() -> None:
    stream = LoopedVideo("portrait", late_ms=3_000, began_ms=_BEGAN_MS)
    assert [stream.pieces(_BEGAN_MS + at) for at in (-1, 0, 4_999, 5_000, 23_000)] == [
        *(0, 0, 0, 1, 10)
    ]
    at = datetime.fromtimestamp(_BEGAN_MS / 1_000 + 8, UTC).isoformat("T", "milliseconds")
    lines = stream.playlist(10).decode().splitlines()
    assert lines[:6] == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:4",
        '#EXT-X-MAP:URI="init.mp4"',
        f"#EXT-X-PROGRAM-DATE-TIME:{at}",
    ]
    assert lines[6:] == [
        line for number in range(4, 10) for line in ("#EXTINF:2.000,", f"{number}.m4s")
    ]
    assert "EXTINF" not in stream.playlist(0).decode()


@pytest.mark.parametrize(
    "name", ["", "1", ".m4s", "-1.m4s", "a.m4s", "².m4s", "../init.mp4", "9" * 12 + ".m4s"]
)
def test_a_wrong_name_is_no_file(name: str) -> None:
    assert LoopedVideo("portrait").file(name) is None
