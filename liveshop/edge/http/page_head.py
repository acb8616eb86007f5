"""The head of a page: what a link to it is shown with, before any script runs."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import Final

from starlette.requests import Request

from liveshop.core.settings import Settings
from liveshop.edge.addresses import own_host, speaks_tls
from liveshop.edge.http.gate import Gate
from liveshop.edge.http.operations import Services
from liveshop.edge.http.page_file import PageFile, made

_TITLE: Final = re.compile(rb"<title>[^<]*</title>")
_ICON: Final = b'<link rel="icon" href="data:,">'
_END: Final = b"</head>"
# Anything else in `Host` becomes part of no page.
_HOST: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_PAGES_KEPT_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Head:
    """The part of a head that is of a session or a shop; texts as they are, to be escaped here.

    `metas` are tags: the name of the attribute that names one, its value, and the content.
    """

    title: str | None = None
    icon: str | None = None
    metas: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page that is asked for: that of a session, or the front page, which has None.

    `origin` is the server's as the client knows it, empty if it cannot be told. `seeking` counts
    for the client, if a block in it finds that there is no such session.
    """

    session_id: str | None
    origin: str
    seeking: Callable[[], AbstractContextManager[None]]


FindHead = Callable[[Services, AskedPage], Awaitable[Head | None]]


class Heads:
    """The front page and those of sessions, with the heads that features find for them."""

    def __init__(self, services: Services, gate: Gate, finders: Iterable[FindHead]) -> None:
        self._services = services
        self._gate = gate
        self._finders: Final = tuple(finders)
        self._made: OrderedDict[tuple[PageFile, Head], PageFile] = OrderedDict()

    async def of(self, page: PageFile, session_id: str | None, request: Request) -> PageFile:
        """Return a page with its head: the page itself if there is nothing to say."""
        asked = AskedPage(
            session_id,
            origin_of(request, self._services.settings),
            lambda: self._gate.seeking(request),
        )
        for find in self._finders:
            if (head := await find(self._services, asked)) is not None:
                page = self._with(page, head)
        return page

    def _with(self, page: PageFile, head: Head) -> PageFile:
        key = page, head
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = made("page.html", with_head(page.plain, head))
            if len(self._made) > _PAGES_KEPT_MAX:
                self._made.popitem(last=False)
        return found


def with_head(page: bytes, head: Head) -> bytes:
    """Return a page with what its head says."""
    if head.title is not None:
        title = f"<title>{escape(head.title)}</title>".encode()
        page = _TITLE.sub(lambda _: title, page, count=1)
    if head.icon is not None:
        page = page.replace(_ICON, f'<link rel="icon" href="{escape(head.icon)}">'.encode(), 1)
    lines = (
        f'  <meta {kind}="{escape(name)}" content="{escape(content)}">\n  '
        for kind, name, content in head.metas
    )
    return page.replace(_END, "".join(lines).encode() + _END, 1)


def origin_of(request: Request, settings: Settings) -> str:
    """Return the server's origin as the client knows it; empty if the client says no host."""
    peer = request.client.host if request.client is not None else ""
    trusted, fields = settings.trusted_proxies, request.headers
    host = own_host(peer, fields.get("host", ""), fields.get("x-forwarded-host"), trusted)
    if not _HOST.fullmatch(host):
        return ""
    tls = speaks_tls(peer, fields.getlist("x-forwarded-proto"), trusted)
    return f"{'https' if tls else 'http'}://{host}"
