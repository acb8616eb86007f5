"""The pages, the client module and their files."""

import posixpath
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from liveshop.edge.http.headers import CONTENT_SECURITY_POLICY, STREAM_POLICY
from liveshop.edge.http.page_file import PageFile
from liveshop.edge.http.page_files import read_pages
from liveshop.edge.http.page_head import Heads

_PACKAGE: Final = Path(__file__).parents[2]
_PAGES: Final = {
    "/": ("pages/index.html", CONTENT_SECURITY_POLICY),
    "/watch/{session_id}": ("pages/watch.html", STREAM_POLICY),
    "/host/{session_id}": ("pages/host.html", STREAM_POLICY),
    "/liveshop.js": ("pages/liveshop.js", CONTENT_SECURITY_POLICY),
    "/liveshop.d.ts": ("pages/liveshop.d.ts", CONTENT_SECURITY_POLICY),
}
# The pages that links are sent of.
_SHARED: Final = frozenset(("pages/index.html", "pages/watch.html"))
# `/watch/s1?modules=apart` loads the modules one by one, as they are, for developers and tests.
_APART: Final = "apart"
# A browser asks each time whether the file has changed, and gets 304 if not.
_REVALIDATED: Final = "no-cache"
# The address of a file holds the version of them all, so what is kept is never out of date.
_KEPT: Final = "public, max-age=31536000, immutable"

_LANGUAGES_MAX: Final = 20

_Endpoint = Callable[[Request], Awaitable[Response]]


def page_routes(heads: Heads) -> list[BaseRoute]:
    """Return the pages, the client module, and the files that they load."""
    pages = read_pages(_PACKAGE)
    languages = frozenset(
        posixpath.basename(name).removesuffix(".json")
        for name in pages.files
        if name.startswith("pages/messages/")
    )

    def page(name: str, policy: str) -> _Endpoint:
        async def answer(request: Request) -> Response:
            language = wanted_language(request.headers.get("accept-language", ""), languages)
            whole = pages.bundles.get(f"{name}?language={language}")
            if whole is None or request.query_params.get("modules") == _APART:
                whole = pages.files[name]
            if name in _SHARED:
                whole = await heads.of(whole, request.path_params.get("session_id"), request)
            response = _sent(whole, request, _REVALIDATED)
            response.headers["Content-Security-Policy"] = policy
            response.headers["Vary"] = "Accept-Encoding, Accept-Language"
            return response

        return answer

    def file(found: PageFile | None, request: Request, caching: str) -> Response:
        if found is None:
            raise HTTPException(404)
        return _sent(found, request, caching)

    async def newest(request: Request) -> Response:
        name = request.scope["path"].removeprefix("/")
        return file(pages.files.get(name), request, _REVALIDATED)

    async def versioned(request: Request) -> Response:
        # A page of a node with other files may ask here; it gets ours, but not to keep.
        current = request.path_params["version"] == pages.version
        name = request.path_params["path"]
        asked = f"{name}?{request.scope['query_string'].decode('latin-1')}"
        found = pages.bundles.get(asked) or pages.bundles.get(name) or pages.files.get(name)
        return file(found, request, _KEPT if current else _REVALIDATED)

    return [
        *(Route(path, page(name, policy)) for path, (name, policy) in _PAGES.items()),
        Route("/pages/{path:path}", newest),
        Route("/features/{path:path}", newest),
        Route("/@{version}/{path:path}", versioned),
    ]


def wanted_language(accepted: str, known: Collection[str]) -> str:
    """Return the first language of an Accept-Language that there is, else English.

    Browsers list theirs in the order in which the pages' scripts are told them.
    """
    for each in accepted.split(",", _LANGUAGES_MAX)[:_LANGUAGES_MAX]:
        code = each.partition(";")[0].strip().lower().split("-")[0]
        if code in known:
            return code
    return "en"


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
