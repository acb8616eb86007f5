"""The demo's video as a broadcast on a port of its own: late, standing still, or gone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

from liveshop.cli.looped_video import PLAYLIST, LoopedVideo

_SHOWN_BEFORE_MS: Final = 8_000
_PIECES_MAX: Final = 1_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class OnAir:
    """A broadcast whose pieces come `late_ms` after they were filmed.

    The video's time 0 was filmed at `began_ms`. Its playlist names every piece from the first.
    An address of anything else than `url` and its pieces is a wrong one.
    """

    def __init__(self, origin: str, late_ms: int, shape: str) -> None:
        self.url = f"{origin}/{PLAYLIST}"
        self.late_ms = late_ms
        self.began_ms = _now_ms() - late_ms - _SHOWN_BEFORE_MS
        self.is_away = False
        self._broadcast = LoopedVideo(
            shape, late_ms=late_ms, began_ms=self.began_ms, listed_max=_PIECES_MAX
        )
        self._stands_at: int | None = None

    def stand_still(self) -> None:
        """Let nothing new come."""
        self._stands_at = self._broadcast.pieces(_now_ms())

    def go_on(self) -> None:
        """Send what has been filmed meanwhile, and go on."""
        self._stands_at = None

    def file(self, name: str) -> bytes | None:
        """Return what is at an address now."""
        if self.is_away:
            return None
        if name != PLAYLIST:
            return self._broadcast.file(name)
        pieces = self._stands_at
        return self._broadcast.playlist(
            self._broadcast.pieces(_now_ms()) if pieces is None else pieces
        )


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, held: list[OnAir], *args: object) -> None:
        self._held = held
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer any site, as hosts of video do."""
        (on_air,) = self._held
        name = self.path.strip("/")
        body = on_air.file(name)
        if body is None:
            self.send_error(404)
            return
        kind = "application/vnd.apple.mpegurl" if name == PLAYLIST else "video/mp4"
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def on_the_air(*, late_ms: int, shape: str = "landscape") -> Iterator[OnAir]:
    """Run a broadcast on a port of its own."""
    held: list[OnAir] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, held)) as server:
        held.append(OnAir(f"http://127.0.0.1:{server.server_port}", late_ms, shape))
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield held[0]
        finally:
            server.shutdown()
            thread.join()
