"""A live HLS stream made of eight seconds that come again and again, as an encoder would send it.

`tools/demo_video.py` drew the pieces in `video/`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

SHAPES: Final = ("portrait", "landscape")
PIECE_MS: Final = 2_000
PLAYLIST: Final = "live.m3u8"
_FOLDER: Final = Path(__file__).with_name("video")
_PIECES: Final = 4
_LISTED_MAX: Final = 6
_LOOP_S: Final = _PIECES * PIECE_MS // 1_000
# The numbers of pieces go on after a restart: players give up on a playlist that goes back.
_BEGAN_MS: Final = 1_767_225_600_000


@dataclass(frozen=True, slots=True)
class LoopedVideo:
    """A video that began at an instant; each piece is listed `late_ms` after its end.

    The last `listed_max` pieces are in the playlist.
    """

    shape: str
    late_ms: int = 0
    began_ms: int = _BEGAN_MS
    listed_max: int = _LISTED_MAX

    def pieces(self, now_ms: int) -> int:
        """Return how many pieces there are."""
        return max(0, (now_ms - self.began_ms - self.late_ms) // PIECE_MS)

    def playlist(self, pieces: int) -> bytes:
        """Return the playlist with the last of so many pieces, and the instant of the first."""
        first = max(0, pieces - self.listed_max)
        at = datetime.fromtimestamp((self.began_ms + first * PIECE_MS) / 1_000, UTC)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{PIECE_MS // 1_000}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            '#EXT-X-MAP:URI="init.mp4"',
            f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat('T', 'milliseconds')}",
        ]
        for number in range(first, pieces):
            lines += [f"#EXTINF:{PIECE_MS / 1_000:.3f},", f"{number}.m4s"]
        return "\n".join([*lines, ""]).encode()

    def file(self, name: str) -> bytes | None:
        """Return `init.mp4`, or a piece told the time at which it is to be shown."""
        start = _read(self.shape, "init.mp4")
        number = name.removesuffix(".m4s")
        if name == "init.mp4":
            return start
        if number == name or not (number.isascii() and number.isdigit() and len(number) < 12):
            return None
        loops, piece = divmod(int(number), _PIECES)
        data = bytearray(_read(self.shape, f"{piece}.m4s"))
        # The tracks come in the same order in both: the video, then the sound.
        for place, ticks_per_s in zip(_places(data, b"tfdt"), _timescales(start), strict=True):
            (begins,) = struct.unpack_from(">Q", data, place + 8)
            struct.pack_into(">Q", data, place + 8, begins + loops * _LOOP_S * ticks_per_s)
        return bytes(data)


def _read(shape: str, name: str) -> bytes:
    return (_FOLDER / shape / name).read_bytes()


def _timescales(start: bytes) -> list[int]:
    return [struct.unpack_from(">I", start, place + 16)[0] for place in _places(start, b"mdhd")]


def _places(data: bytes | bytearray, kind: bytes) -> Iterator[int]:
    """Yield where boxes of a kind begin, before the media itself."""
    end = data.find(b"mdat")
    place = data.find(kind)
    while 0 <= place < (end if end >= 0 else len(data)):
        yield place
        place = data.find(kind, place + 4)
