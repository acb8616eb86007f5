"""A live HLS stream with programme date-time, made of four seconds that come again and again.

The pieces in `stream/` are a test picture:

    ffmpeg -f lavfi -i testsrc=size=160x90:rate=10:duration=4 -c:v libx264 -profile:v baseline \
        -pix_fmt yuv420p -preset veryslow -crf 34 -g 10 -bf 0 -f hls -hls_time 1 \
        -hls_segment_type fmp4 -hls_segment_filename '%d.m4s' out.m3u8
"""

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

_FOLDER: Final = Path(__file__).parent / "stream"
_PIECES: Final = 4
_PIECE_MS: Final = 1_000
_TICKS_PER_PIECE: Final = 10_240
_SHOWN_BEFORE_MS: Final = 8_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Broadcast:
    """The broadcast that an encoder would send: a piece each second, `late_ms` after it was filmed.

    The video's time 0 was filmed at `began_ms`.
    """

    def __init__(self, url: str, late_ms: int) -> None:
        self.url = f"{url}/live.m3u8"
        self.late_ms = late_ms
        self.began_ms = _now_ms() - late_ms - _SHOWN_BEFORE_MS
        self.is_away = False
        self._stands_at: int | None = None

    def stand_still(self) -> None:
        """Let nothing new come."""
        self._stands_at = self._pieces()

    def go_on(self) -> None:
        """Send what has been filmed meanwhile, and go on."""
        self._stands_at = None

    def playlist(self) -> bytes:
        """Return the playlist as it is now; it names every piece from the first."""
        began = datetime.fromtimestamp(self.began_ms / 1000, UTC).isoformat("T", "milliseconds")
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            "#EXT-X-TARGETDURATION:1",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:EVENT",
            '#EXT-X-MAP:URI="init.mp4"',
            f"#EXT-X-PROGRAM-DATE-TIME:{began}",
        ]
        for number in range(self._pieces()):
            lines += ["#EXTINF:1.000,", f"{number}.m4s"]
        return "\n".join([*lines, ""]).encode()

    def _pieces(self) -> int:
        if self._stands_at is not None:
            return self._stands_at
        return (_now_ms() - self.began_ms - self.late_ms) // _PIECE_MS


def _piece(number: int) -> bytes:
    """Return a piece, told the time at which it is to be shown."""
    data = bytearray((_FOLDER / f"{number % _PIECES}.m4s").read_bytes())
    place = data.index(b"tfdt") + 8
    data[place : place + 8] = struct.pack(">Q", number * _TICKS_PER_PIECE)
    return bytes(data)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, held: list[Broadcast], *args: object) -> None:
        self._held = held
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer any site, as hosts of video do."""
        (broadcast,) = self._held
        name = self.path.strip("/")
        if name == "live.m3u8" and not broadcast.is_away:
            self._answer(broadcast.playlist(), "application/vnd.apple.mpegurl")
        elif name == "init.mp4":
            self._answer((_FOLDER / name).read_bytes(), "video/mp4")
        elif name.endswith(".m4s"):
            self._answer(_piece(int(name.removesuffix(".m4s"))), "video/mp4")
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def on_the_air(*, late_ms: int) -> Iterator[Broadcast]:
    """Run a broadcast on a port of its own."""
    held: list[Broadcast] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, held)) as server:
        held.append(Broadcast(f"http://127.0.0.1:{server.server_port}", late_ms))
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield held[0]
        finally:
            server.shutdown()
            thread.join()
