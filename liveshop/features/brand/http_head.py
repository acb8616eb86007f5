"""The head of a session's page and of the front page: what a link to them is shown with."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Final, NamedTuple

import anyio

from liveshop.core.errors import LiveshopError, NotFound
from liveshop.core.model import Status
from liveshop.core.wire import encode_one
from liveshop.edge.http.operations import Services
from liveshop.edge.http.page_head import AskedPage, Head
from liveshop.features.brand.http_records import view_of
from liveshop.features.brand.rules import Brand
from liveshop.features.brand.store import BrandedSession, Brands
from liveshop.features.media import icon_of, shared_of

# The meta tag that has the brand, as `GET /api/sessions/{session_id}/brand` answers it.
BRAND_META: Final = "liveshop:brand"
LINK_KNOWN_S: Final = 2.0
LINKS_KNOWN_MAX: Final = 2_000
LINK_S_MAX: Final = 1.0

_Seeking = Callable[[], AbstractContextManager[None]]


class _Known(NamedTuple):
    session: BrandedSession | None
    until_s: float


class Links:
    """The sessions that pages were asked for lately, each looked up once every two seconds.

    A page never waits for long, and never fails for what is only decoration: while PostgreSQL is
    away it is as before, or has no brand.
    """

    def __init__(self, brands: Brands, now_s: Callable[[], float] = anyio.current_time) -> None:
        self._brands = brands
        self._now_s = now_s
        self._known: OrderedDict[str | None, _Known] = OrderedDict()
        self._looking: dict[str | None, anyio.Event] = {}

    async def find(self, session_id: str | None, seeking: _Seeking) -> BrandedSession | None:
        """Return a session that anyone may see, None if there is none, or nothing can be told.

        The front page has no id.
        """
        known = self._known.get(session_id)
        if known is not None and self._now_s() < known.until_s:
            return known.session
        with anyio.move_on_after(LINK_S_MAX):
            under_way = self._looking.get(session_id)
            if under_way is None:
                await self._look(session_id, seeking)
            else:
                await under_way.wait()
        known = self._known.get(session_id)
        return None if known is None else known.session

    async def _look(self, session_id: str | None, seeking: _Seeking) -> None:
        done = self._looking[session_id] = anyio.Event()
        try:
            with seeking():
                if session_id is None:
                    found = await self._brands.of_front()
                else:
                    found = await self._brands.of_session(session_id)
            self._keep(session_id, None if found.status == Status.DRAFT else found)
        except NotFound:
            self._keep(session_id, None)
        except LiveshopError:
            # Rate limited, or PostgreSQL is away: what was known is shown on.
            pass
        finally:
            del self._looking[session_id]
            done.set()

    def _keep(self, session_id: str | None, session: BrandedSession | None) -> None:
        self._known.pop(session_id, None)
        self._known[session_id] = _Known(session, self._now_s() + LINK_KNOWN_S)
        if len(self._known) > LINKS_KNOWN_MAX:
            self._known.popitem(last=False)


def links_of(services: Services) -> Links:
    """Make the links of a node."""
    return Links(services.stores[Brands])


async def find_head(services: Services, asked: AskedPage) -> Head | None:
    """Return the head of a page, None if there is no session that anyone may see."""
    session = await services[links_of].find(asked.session_id, asked.seeking)
    return None if session is None else head_of(session, asked.origin)


@lru_cache(maxsize=500)
def head_of(session: BrandedSession, origin: str) -> Head:
    """Return the head of a page: titles, pictures by their whole address, and the brand."""
    brand = session.brand
    titles = [title for title in (session.title, brand.name) if title]
    metas = [("property", "og:type", "website")]
    if titles:
        metas += [("property", "og:title", titles[0]), ("name", "twitter:title", titles[0])]
    if brand.name is not None:
        metas.append(("property", "og:site_name", brand.name))
    picture = _shared(brand, origin)
    if picture is not None:
        metas += [("property", "og:image", picture), ("name", "twitter:image", picture)]
    metas.append(("name", "twitter:card", "summary_large_image" if picture else "summary"))
    if session.title:
        metas.append(("name", BRAND_META, encode_one(view_of(brand, None)).decode()))
    icon = None if brand.favicon is None else icon_of(brand.favicon)
    return Head(title=" · ".join(titles) or None, icon=icon, metas=tuple(metas))


def _shared(brand: Brand, origin: str) -> str | None:
    """Return the picture that a link is shown with, as the sites that show it can ask for it."""
    picture = brand.share_picture or brand.cover
    if picture is None:
        return None
    address = shared_of(picture)
    return f"{origin}{address}" if address.startswith("/") else address
