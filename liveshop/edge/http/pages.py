"""The pages and their files, as they lie in the package."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER: Final = Path(__file__).parent.parent / "pages"
# A browser asks each time whether a file has changed, and gets 304 if not: no build step, and
# no old script with a new page.
_REVALIDATE: Final = {"Cache-Control": "no-cache"}
_PAGES: Final = {
    "/": "index.html",
    "/watch/{session_id}": "watch.html",
    "/host/{session_id}": "host.html",
    "/liveshop.js": "liveshop.js",
}


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_REVALIDATE)
        return response


def page_routes() -> list[BaseRoute]:
    """Return the pages, the client module, and the folder that they load from."""
    pages = [_page(path, _FOLDER / name) for path, name in _PAGES.items()]
    return [*pages, Mount("/pages", _Files(directory=_FOLDER))]


def _page(path: str, file: Path) -> Route:
    async def page(request: Request) -> Response:
        return FileResponse(file, headers=_REVALIDATE)

    return Route(path, page)
