"""The pages, the client module and their files."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from liveshop.edge.http.headers import CONTENT_SECURITY_POLICY, STREAM_POLICY
from liveshop.edge.http.page_files import PageFile, read_pages

_PACKAGE: Final = Path(__file__).parents[2]
_PAGES: Final = {
    "/": ("pages/index.html", CONTENT_SECURITY_POLICY),
    "/watch/{session_id}": ("pages/watch.html", STREAM_POLICY),
    "/host/{session_id}": ("pages/host.html", CONTENT_SECURITY_POLICY),
    "/liveshop.js": ("pages/liveshop.js", CONTENT_SECURITY_POLICY),
    "/liveshop.d.ts": ("pages/liveshop.d.ts", CONTENT_SECURITY_POLICY),
}
# A worker has a policy of its own: this one reads the stream, and the host's page need not.
_READS_STREAM: Final = "pages/console/stream_worker.js"
# A browser asks each time whether the file has changed, and gets 304 if not.
_REVALIDATED: Final = "no-cache"
# The address of a file holds the version of them all, so what is kept is never out of date.
_KEPT: Final = "public, max-age=31536000, immutable"

_Endpoint = Callable[[Request], Awaitable[Response]]


def page_routes() -> list[BaseRoute]:
    """Return the pages, the client module, and the files that they load."""
    pages = read_pages(_PACKAGE)

    def page(name: str, policy: str) -> _Endpoint:
        async def answer(request: Request) -> Response:
            response = _sent(pages.files[name], request, _REVALIDATED)
            response.headers["Content-Security-Policy"] = policy
            return response

        return answer

    def file(name: str, request: Request, caching: str) -> Response:
        found = pages.files.get(name)
        if found is None:
            raise HTTPException(404)
        response = _sent(found, request, caching)
        if name == _READS_STREAM:
            response.headers["Content-Security-Policy"] = STREAM_POLICY
        return response

    async def newest(request: Request) -> Response:
        return file(request.scope["path"].removeprefix("/"), request, _REVALIDATED)

    async def versioned(request: Request) -> Response:
        # A page of a node with other files may ask here; it gets ours, but not to keep.
        current = request.path_params["version"] == pages.version
        return file(request.path_params["path"], request, _KEPT if current else _REVALIDATED)

    return [
        *(Route(path, page(name, policy)) for path, (name, policy) in _PAGES.items()),
        Route("/pages/{path:path}", newest),
        Route("/features/{path:path}", newest),
        Route("/@{version}/{path:path}", versioned),
    ]


def _sent(file: PageFile, request: Request, caching: str) -> Response:
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    etag = f'"{file.etag}{"-gzip" if zipped else ""}"'
    headers = {"Cache-Control": caching, "ETag": etag, "Vary": "Accept-Encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if not zipped:
        return Response(file.plain, media_type=file.media_type, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(file.gzipped, media_type=file.media_type, headers=headers)
