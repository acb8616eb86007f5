"""A real stream on the viewer's page: fitted by its shape, and never black when it is gone."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.broadcast import OnAir, on_the_air
from tests.browser.shop import BrowserShow, open_page

_STREAM_PATIENCE_MS = 60_000
_PLAYS = """() => {
  const { currentTime, paused, readyState } = document.querySelector("video");
  return currentTime > 0 && !paused && readyState > 2;
}"""
# Whether a fifth of the video's picture is cut at most: else it is whole, and its fill not black.
_FITS = """(video) => {
  const shape = video.videoWidth / video.videoHeight;
  const room = video.clientWidth / video.clientHeight;
  const seen = Math.min(shape, room) / Math.max(shape, room);
  const fill = document.querySelector("canvas.fill");
  if (getComputedStyle(video).objectFit === "cover") return seen >= 0.8 && fill.hidden;
  const { data } = fill.getContext("2d").getImageData(0, 0, fill.width, fill.height);
  return seen < 0.8 && !fill.hidden && data.some((value, at) => at % 4 < 3 && value > 32);
}"""


@pytest.fixture(params=["portrait", "landscape"])
def broadcast(request: pytest.FixtureRequest) -> Iterator[OnAir]:
    """A stream of either shape."""
    with on_the_air(late_ms=1_000, shape=request.param) as broadcast:
        yield broadcast


async def _playing(page: Page) -> Locator:
    video = page.get_by_label("Live video")
    await expect(video).to_be_visible()
    await page.wait_for_function(_PLAYS, timeout=_STREAM_PATIENCE_MS)
    return video


def _begin(show: BrowserShow, stream_url: str) -> None:
    show.begin_another("On video", stream_url=stream_url)


async def test_a_video_is_never_cut_by_more_than_a_fifth_and_has_no_black_bars(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    _begin(show, broadcast.url)
    page = await open_page(browser, show.watch("ada"))
    handle = await (await _playing(page)).element_handle()
    for width, height in ((390, 844), (844, 390), (820, 1180), (1280, 720), (1440, 900)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_function(_FITS, arg=handle)


async def test_a_stream_that_stands_still_leaves_the_product_on_screen_until_it_goes_on(
    browser: Browser, show: BrowserShow
) -> None:
    with on_the_air(late_ms=1_000) as broadcast:
        _begin(show, broadcast.url)
        page = await open_page(browser, show.watch("ada"), width=390)
        await _playing(page)
        said = page.get_by_text("The picture will be back in a moment. Buying goes on.")
        await expect(said).to_have_count(0)
        broadcast.stand_still()
        await expect(said).to_be_visible(timeout=_STREAM_PATIENCE_MS)
        await expect(page.locator(".picture")).to_have_count(1)
        broadcast.go_on()
        await expect(said).to_have_count(0, timeout=_STREAM_PATIENCE_MS)
        await expect(page.locator(".picture")).to_have_count(0)


async def test_a_wrong_address_is_not_black_and_the_right_one_plays_without_a_reload(
    browser: Browser, show: BrowserShow
) -> None:
    with on_the_air(late_ms=1_000) as broadcast:
        _begin(show, f"{broadcast.url}.wrong.m3u8")
        page = await open_page(browser, show.watch("ada"), width=390)
        said = page.get_by_text("The picture will be back in a moment. Buying goes on.")
        await expect(said).to_be_visible(timeout=_STREAM_PATIENCE_MS)
        show.command("session.update", stream_url=broadcast.url)
        await _playing(page)
        await expect(said).to_have_count(0)


async def test_a_stream_that_begins_late_is_waited_for(browser: Browser, show: BrowserShow) -> None:
    with on_the_air(late_ms=1_000) as broadcast:
        broadcast.is_away = True
        _begin(show, broadcast.url)
        page = await open_page(browser, show.watch("ada"), width=390)
        said = page.get_by_text("The picture will be back in a moment. Buying goes on.")
        await expect(said).to_be_visible(timeout=_STREAM_PATIENCE_MS)
        broadcast.is_away = False
        await _playing(page)
        await expect(said).to_have_count(0)


async def test_a_player_that_could_not_be_loaded_is_asked_for_again(
    browser: Browser, show: BrowserShow
) -> None:
    with on_the_air(late_ms=1_000) as broadcast:
        _begin(show, broadcast.url)
        page = await open_page(browser, "about:blank", width=390)
        asked: list[str] = []

        async def lose_the_first(route: Route) -> None:
            asked.append(route.request.url)
            await (route.abort() if len(asked) == 1 else route.continue_())

        await page.route("**/vendor/hls/hls.js", lose_the_first)
        await page.goto(show.watch("ada"))
        await _playing(page)
        assert len(asked) == 2


async def test_the_sound_is_an_icon_at_the_top_and_covers_no_word(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    _begin(show, broadcast.url)
    page = await open_page(browser, show.watch("ada"), width=390)
    video = await _playing(page)
    sound = page.locator(".top-bar").get_by_role("button", name="Sound on")
    title = await page.get_by_role("heading", name="On video").bounding_box()
    box = await sound.bounding_box()
    assert title is not None
    assert box is not None
    assert title["x"] + title["width"] <= box["x"]
    assert await video.evaluate("(video) => video.muted")
    await sound.click()
    await expect(sound).to_have_attribute("aria-pressed", "true")
    assert not await video.evaluate("(video) => video.muted")
