"""The demo's video, served next to its pages."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from liveshop.cli.looped_video import PLAYLIST, SHAPES, LoopedVideo

_LATE_MS: Final = 2_000
_PATH: Final = "/demo/video/"
_TYPES: Final = {"m3u8": b"application/vnd.apple.mpegurl", "mp4": b"video/mp4", "m4s": b"video/mp4"}

App = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]


def stream_address(shape: str) -> str:
    """Return the address of a video's playlist, on the server itself."""
    return f"{_PATH}{shape}/{PLAYLIST}"


def with_video(app: App, now_ms: Callable[[], int]) -> App:
    """Return an application that also answers for the demo's videos."""
    broadcasts = {shape: LoopedVideo(shape, late_ms=_LATE_MS) for shape in SHAPES}

    def found(path: str) -> bytes | None:
        shape, _, name = path.removeprefix(_PATH).partition("/")
        broadcast = broadcasts.get(shape)
        if broadcast is None:
            return None
        if name == PLAYLIST:
            return broadcast.playlist(broadcast.pieces(now_ms()))
        return broadcast.file(name)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        body = found(path) if path.startswith(_PATH) else None
        if body is None:
            return await app(scope, receive, send)
        headers = [
            (b"content-type", _TYPES[path.rpartition(".")[2]]),
            (b"content-length", str(len(body)).encode()),
            # Players ask for the playlist again and again; a piece is the same for good.
            (b"cache-control", b"no-store" if path.endswith(PLAYLIST) else b"max-age=60"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer
