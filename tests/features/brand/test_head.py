"""The head of a session's page: what a link to it is shown with, escaped, and never in the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Final, cast

import anyio
import pytest

from liveshop.core.errors import NotFound, RateLimited, Unavailable
from liveshop.core.model import Status
from liveshop.core.roles import Role
from liveshop.core.wire import decode_object
from liveshop.edge.http.page_head import Head, with_head
from liveshop.features.brand.http_head import BRAND_META, LINK_KNOWN_S, Links, head_of
from liveshop.features.brand.rules import Brand
from liveshop.features.brand.store import BrandedSession, Brands
from tests.edge.http.api import SHOP_ORIGIN, Api
from tests.features.media.pictures import photo
from tests.waiting import wait_until

_EVIL: Final = """"><script>alert('x')</script>&amp;</title><b a='"""
_META: Final = re.compile(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">')


def metas(page: str) -> dict[str, str]:
    return {name: unescape(content) for name, content in _META.findall(page)}


def plan(api: Api, title: str = "Autumn drop", shop: str = "ours") -> str:
    host = api.as_role(Role.HOST, shop=shop)
    made = host.post("/api/sessions", json={"title": title, "starts_at_ms": 1})
    return str(made.json()["id"])


def brand(api: Api, shop: str = "ours", **fields: str) -> None:
    host = api.as_role(Role.HOST, shop=shop)
    done = host.send("PUT", "/api/brand", json=fields)
    assert done.status_code == 200, done.text


def test_a_link_to_a_show_has_its_title_its_brand_and_a_picture(api: Api) -> None:
    host = api.as_role(Role.HOST, shop="ours")
    upload = host.post("/api/uploads", content=photo(), timeout=60).json()
    brand(api, name="Kiln & Linen", share_picture=upload["url"], favicon=upload["url"])
    session_id = plan(api)
    page = api.anyone.get(f"/watch/{session_id}")
    said = metas(page.text)
    assert said["og:title"] == "Autumn drop"
    assert said["og:site_name"] == "Kiln & Linen"
    assert said["og:image"] == f"{api.url}/media/{upload['id']}/1280.jpg"
    assert said["twitter:card"] == "summary_large_image"
    assert "<title>Autumn drop · Kiln &amp; Linen</title>" in page.text
    assert f'<link rel="icon" href="/media/{upload["id"]}/icon.png">' in page.text
    assert api.anyone.get(said["og:image"]).headers["content-type"] == "image/jpeg"
    told = decode_object(said[BRAND_META])
    assert told == api.anyone.get(f"/api/sessions/{session_id}/brand").json()


def test_a_link_to_the_front_page_has_the_name_and_the_picture_of_the_shop_without_a_name(
    api: Api,
) -> None:
    plain = api.anyone.get("/")
    assert "og:image" not in metas(plain.text)
    assert "<title>Live shopping</title>" in plain.text
    upload = api.host.post("/api/uploads", content=photo(), timeout=60).json()
    fields = {"name": "Kiln & Linen", "share_picture": upload["url"]}
    assert api.host.send("PUT", "/api/brand", json=fields).status_code == 200
    brand(api, shop="theirs", name="Another shop")
    # A brand is known for two seconds.
    wait_until(lambda: "og:image" in metas(api.anyone.get("/").text))
    page = api.anyone.get("/")
    said = metas(page.text)
    assert (said["og:title"], said["og:site_name"]) == ("Kiln & Linen", "Kiln & Linen")
    assert said["og:image"] == f"{api.url}/media/{upload['id']}/1280.jpg"
    assert said["twitter:card"] == "summary_large_image"
    assert "<title>Kiln &amp; Linen</title>" in page.text
    assert page.headers["content-security-policy"] == plain.headers["content-security-policy"]


def test_a_page_with_a_brand_is_as_strict_and_as_well_cached_as_any(api: Api) -> None:
    brand(api, name="Kiln")
    session_id = plan(api)
    plain, page = api.anyone.get("/watch/none"), api.anyone.get(f"/watch/{session_id}")
    name = "content-security-policy"
    assert page.headers[name] == plain.headers[name]
    assert page.headers["etag"] != plain.headers["etag"]
    again = api.anyone.get(f"/watch/{session_id}", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    identity = api.anyone.get(f"/watch/{session_id}", headers={"Accept-Encoding": "identity"})
    assert identity.text == page.text
    assert "<script>" not in page.text
    assert "<style" not in page.text


def test_whatever_a_host_writes_is_text(api: Api) -> None:
    brand(api, name=_EVIL[:64])
    session_id = plan(api, title=_EVIL)
    page = api.anyone.get(f"/watch/{session_id}").text
    assert page.count("<script") == api.anyone.get("/watch/none").text.count("<script")
    assert "alert('x')" not in page
    assert metas(page)["og:title"] == _EVIL
    assert decode_object(metas(page)[BRAND_META])["name"] == _EVIL[:64]


def test_nothing_is_told_of_a_draft_or_of_a_session_that_is_not_there(api: Api) -> None:
    brand(api, name="Kiln")
    host = api.as_role(Role.HOST, shop="ours")
    draft = host.post("/api/sessions", json={"title": "Secret"}).json()["id"]
    plain = api.anyone.get("/watch/none").text
    assert api.anyone.get(f"/watch/{draft}").text == plain
    assert "og:" not in plain


@pytest.mark.parametrize("host", ['evil"><script>', "a b", "", "x" * 300, "evil.example/path"])
def test_a_host_that_is_none_becomes_part_of_no_page(api: Api, host: str) -> None:
    brand(api, cover=f"{SHOP_ORIGIN}/cover.jpg", logo=f"{SHOP_ORIGIN}/logo.png")
    page = api.anyone.get(f"/watch/{plan(api)}", headers={"Host": host})
    assert page.status_code in (200, 400)
    assert "evil" not in page.text
    if page.status_code == 200:
        assert metas(page.text)["og:image"] == f"{SHOP_ORIGIN}/cover.jpg"


_SESSION: Final = BrandedSession(
    shop=None, title="T", status=Status.LIVE, brand=Brand(cover=f"/media/{'a' * 32}/640.webp")
)


class FakeBrands:
    """Brands that answer as they are told, and count how often they are asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None
        self.status = Status.LIVE
        self.go_on = anyio.Event()
        self.go_on.set()

    async def of_session(self, session_id: str) -> BrandedSession:
        self.asked += 1
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        return BrandedSession(shop=None, title="T", status=self.status, brand=Brand())


@contextmanager
def _seeking() -> Iterator[None]:
    yield


def _links(brands: FakeBrands, now: list[float]) -> Links:
    return Links(cast(Brands, brands), now_s=lambda: now[0])


async def test_a_crowd_that_comes_at_once_is_one_query_every_two_seconds() -> None:
    brands, now = FakeBrands(), [0.0]
    brands.go_on, links = anyio.Event(), _links(brands, now)
    found: list[BrandedSession | None] = []

    async def ask() -> None:
        found.append(await links.find("s1", _seeking))

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        brands.go_on.set()
    assert (brands.asked, len(found), {each is None for each in found}) == (1, 100, {False})
    now[0] = LINK_KNOWN_S - 0.1
    await ask()
    assert brands.asked == 1
    now[0] = LINK_KNOWN_S
    await ask()
    assert brands.asked == 2


@pytest.mark.parametrize("failure", [Unavailable(), RateLimited(retry_after_ms=1)])
async def test_what_was_known_is_shown_on_while_nothing_can_be_asked(failure: Exception) -> None:
    brands, now = FakeBrands(), [0.0]
    links = _links(brands, now)
    brands.failure = failure
    assert await links.find("s1", _seeking) is None
    brands.failure = None
    assert await links.find("s1", _seeking) is not None
    now[0], brands.failure = 10.0, failure
    assert await links.find("s1", _seeking) is not None


async def test_a_session_that_is_not_there_is_known_too_and_drafts_are_none() -> None:
    brands, now = FakeBrands(), [0.0]
    links = _links(brands, now)
    brands.failure = NotFound("session", "s1")
    for _ in range(3):
        assert await links.find("s1", _seeking) is None
    assert brands.asked == 1
    brands.failure, brands.status = None, Status.DRAFT
    assert await links.find("s2", _seeking) is None


async def test_a_page_does_not_wait_for_a_database_that_is_silent() -> None:
    brands = FakeBrands()
    brands.go_on = anyio.Event()
    with anyio.fail_after(10):
        assert await _links(brands, [0.0]).find("s1", _seeking) is None


def test_a_picture_has_a_whole_address_where_the_server_s_is_known() -> None:
    for origin, begins in (("https://live.example", "https://live.example/"), ("", "/")):
        head = head_of(_SESSION, origin)
        pictures = [content for _, name, content in head.metas if name == "og:image"]
        assert pictures == [f"{begins}media/{'a' * 32}/1280.jpg"]


def test_a_head_is_put_into_a_page_as_text() -> None:
    page = b'<title>Live</title>\n    <link rel="icon" href="data:,">\n  </head>'
    head = Head(title="<b>\\1", icon='"x', metas=(("name", '"n', "<c>"),))
    assert with_head(page, head).decode() == (
        "<title>&lt;b&gt;\\1</title>\n"
        '    <link rel="icon" href="&quot;x">\n'
        '    <meta name="&quot;n" content="&lt;c&gt;">\n  </head>'
    )
