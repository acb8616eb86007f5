"""A real stream in a real browser: it plays, pins wait for it, and the host knows how it fares."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.cli.subprocesses import free_port
from tests.browser.broadcast import OnAir, on_the_air
from tests.browser.shop import BrowserShow, open_page
from tests.cli.programs import demo, info

_LATE_MS = 4_000
_LOOK_MS = 500
_STREAM_PATIENCE_MS = 60_000

# When the card appeared: on the clock that all share here, and in the video.
_APPEARANCE = """async (video) => {
  const cards = document.getElementsByTagName("article");
  const until = performance.now() + 90_000;
  while (cards.length === 0 && performance.now() < until) {
    await new Promise(requestAnimationFrame);
  }
  return [cards.length, Date.now(), video.currentTime];
}"""
_PLAYS = """() => {
  const { currentTime, paused, readyState } = document.querySelector("video");
  return currentTime > 0 && !paused && readyState > 2;
}"""


@pytest.fixture
def broadcast() -> Iterator[OnAir]:
    """A stream as it is on the air: seconds late."""
    with on_the_air(late_ms=_LATE_MS) as broadcast:
        yield broadcast


async def _playing(page: Page) -> Locator:
    """Return the video once it plays."""
    video = page.get_by_label("Live video")
    await expect(video).to_be_visible()
    await page.wait_for_function(_PLAYS, timeout=_STREAM_PATIENCE_MS)
    return video


def _pinned_at_ms(live: BrowserShow) -> int:
    (event,) = [each for each in live.events() if each["type"] == "product.pinned"]
    return int(event["at_ms"])


async def test_a_pin_is_shown_when_the_video_shows_it(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    show.begin_another("On video", stream_url=broadcast.url, pin=False)
    page = await open_page(browser, show.watch("ada"))
    video = await _playing(page)
    assert await video.evaluate("(video) => [video.videoWidth, video.videoHeight]") == [848, 480]
    show.command("product.pin", product_id="ocean")
    cards, shown_at_ms, video_s = await video.evaluate(_APPEARANCE)
    assert cards == 1
    pinned_at_ms = _pinned_at_ms(show)
    assert shown_at_ms - pinned_at_ms >= _LATE_MS - _LOOK_MS
    assert broadcast.began_ms + video_s * 1000 >= pinned_at_ms - _LOOK_MS
    show.command("product.unpin", product_id="ocean")
    card = page.get_by_role("region", name="Now showing").get_by_role("article")
    await expect(card).to_have_count(0)


async def test_the_host_reads_that_the_video_stands_still_or_is_gone(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    show.begin_another("On video", stream_url=broadcast.url)
    host = await open_page(browser, show.host())
    alert = host.get_by_role("alert")
    await expect(host.get_by_role("button", name="Pause")).to_be_visible()
    await expect(alert).to_have_count(0)
    broadcast.stand_still()
    await expect(alert).to_contain_text("The video stands still", timeout=_STREAM_PATIENCE_MS)
    broadcast.go_on()
    await expect(alert).to_have_count(0, timeout=_STREAM_PATIENCE_MS)
    broadcast.is_away = True
    await expect(alert).to_contain_text("cannot be loaded", timeout=_STREAM_PATIENCE_MS)
    broadcast.is_away = False
    await expect(alert).to_have_count(0, timeout=_STREAM_PATIENCE_MS)


async def test_the_host_reads_how_late_the_video_is(browser: Browser, show: BrowserShow) -> None:
    with on_the_air(late_ms=300_000) as broadcast:
        show.begin_another("Late", stream_url=broadcast.url)
        host = await open_page(browser, show.host())
        late = re.compile(r"The video is 3\d\d seconds late")
        await expect(host.get_by_role("alert")).to_have_text(late)
        await host.get_by_role("button", name="Pause").click()
        await expect(host.get_by_role("alert")).to_have_count(0)


_MASTER = """#EXTM3U\r
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.42c00a,mp4a"\r
low/index.m3u8\r
"""
_MEDIA = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:17
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.500Z
#EXTINF:4.000,a
a.ts
#EXTINF:2.5,
b.ts
"""


async def test_a_playlist_tells_how_far_its_stream_has_come(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    read = """async ([master, media]) => {
      const { readPlaylist } = await import("/pages/console/playlist.js");
      const asked = [];
      window.fetch = async (address) => {
        asked.push(String(address));
        const text = String(address).includes("low") ? media : master;
        return { ok: true, url: address, text: async () => text };
      };
      const read = await readPlaylist("https://video.example/show/live.m3u8");
      return [read, asked];
    }"""
    said, asked = await page.evaluate(read, [_MASTER, _MEDIA])
    assert said == {"endMs": 1_767_323_052_000, "mark": 19, "pieceMs": 4_000, "isOver": False}
    assert asked == [
        "https://video.example/show/live.m3u8",
        "https://video.example/show/low/index.m3u8",
    ]


async def test_the_video_is_there_only_while_the_show_is_live(
    browser: Browser, show: BrowserShow, broadcast: OnAir
) -> None:
    show.begin_another("On video", stream_url=broadcast.url)
    page = await open_page(browser, show.watch("ada"))
    video = await _playing(page)
    show.command("session.pause")
    await expect(video).to_have_count(0)
    show.command("session.resume")
    await _playing(page)
    show.command("session.end")
    await expect(video).to_have_count(0)


async def test_the_demo_opens_on_a_show_whose_video_runs(browser: Browser, tmp_path: Path) -> None:
    with demo(tmp_path, free_port(), "--no-crowd"):
        told = info(tmp_path)
        address = f"{told['url']}/watch/{told['session_id']}#token={told['viewer_tokens'][0]}"
        page = await open_page(browser, address, width=390)
        video = await _playing(page)
        assert await video.evaluate("(video) => [video.videoWidth, video.videoHeight]") == [
            480,
            848,
        ]
        frames = "(video) => video.getVideoPlaybackQuality().totalVideoFrames"
        shown = await video.evaluate(frames)
        # More than the eight seconds that it is made of: it comes again without a gap.
        await page.wait_for_function(
            """([video, before]) => video.currentTime > 9
              && video.getVideoPlaybackQuality().totalVideoFrames > before + 120""",
            arg=[await video.element_handle(), shown],
            timeout=_STREAM_PATIENCE_MS,
        )
        await page.context.close()
