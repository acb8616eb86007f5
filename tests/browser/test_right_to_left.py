"""The console and the front page in a language that is written from right to left."""

from typing import Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.life import overflow
from tests.browser.shop import BrowserShow, open_page

_SIZES: Final = ((390, 844), (844, 390), (820, 1180), (1280, 720), (1440, 900))
_MIRRORED: Final = "() => { document.documentElement.dir = 'rtl'; }"
_WIDER: Final = "({ scrollWidth, clientWidth }) => scrollWidth - clientWidth"
# The elements that stand out of their panel to either side, by their classes.
_SPILLED: Final = """() => [...document.querySelectorAll(".panel, .middle, .top")]
  .filter((panel) => panel.checkVisibility()).flatMap((panel) => {
    const { left, right } = panel.getBoundingClientRect();
    const isOut = (box) => box.width > 1 && (box.left < left - 1 || box.right > right + 1);
    return [...panel.querySelectorAll("button, p, h1, h2, h3, input, dl, figure")]
      .filter((each) => each.checkVisibility() && isOut(each.getBoundingClientRect()))
      .map((each) => `${panel.className}: ${each.className || each.tagName}`);
  })"""


async def _left(part: Locator) -> float:
    box = await part.bounding_box()
    assert box is not None
    return box["x"]


async def _each_size(page: Page) -> list[str]:
    """Return what is wider than the page or its panel, at every size."""
    found = []
    for width, height in _SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        if await overflow(page) > 0:
            found.append(f"{width} × {height}")
        found += [f"{width}: {each}" for each in await page.evaluate(_SPILLED)]
    return found


async def test_the_console_is_mirrored_and_nothing_overflows(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("cap", ["أحمر", "أزرق"], "قبعة صيفية من القطن المصري المصبوغ يدويًا")
    live.command("product.pin", product_id="cap")
    live.command("sale.start", product_id="cap", percent=20, duration_ms=600_000)
    page = await open_page(browser, live.host())
    await expect(page.get_by_role("timer", name="Sale ends")).to_be_visible()
    await page.evaluate(_MIRRORED)
    parts = [
        page.get_by_role("region", name=name)
        for name in ("Run of show", "On air", "Viewers see", "Chat")
    ]
    places = [await _left(part) for part in parts]
    assert places == sorted(places, reverse=True)
    title = page.get_by_role("banner").get_by_role("heading")
    assert await _left(title) > await _left(page.get_by_role("button", name="Menu"))
    assert await _each_size(page) == []


@pytest.mark.feature("figures")
async def test_time_runs_from_left_to_right_in_the_picture_of_the_show(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.host())
    plot = page.get_by_role("img", name="Viewers and orders")
    await expect(plot).to_be_visible()
    await page.evaluate(_MIRRORED)
    # The lines of the picture and the times below it run the same way.
    assert await plot.evaluate("(each) => getComputedStyle(each).direction") == "ltr"


async def test_the_forms_of_the_console_are_mirrored_and_fit(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.host())
    await expect(page.get_by_role("article", name="Ocean Shirt")).to_be_visible()
    await page.evaluate(_MIRRORED)
    for key in ("s", "+", "p", "n", "?", "Control+k"):
        await page.keyboard.press(key)
        form = page.get_by_role("dialog")
        await expect(form).to_be_visible()
        for width, height in _SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            wider = await form.evaluate(_WIDER)
            assert (wider, await overflow(page)) == (0, 0), (key, width)
        await page.keyboard.press("Escape")
        # It is closed a moment before the desk hears of it.
        await expect(page.locator("dialog")).to_have_count(0)


async def test_the_front_page_is_mirrored_and_nothing_overflows(
    browser: Browser, show: BrowserShow
) -> None:
    show.plan("قبعة صيفية من القطن المصري")
    show.plan("Another one", starts_at_ms=4_000_000_000_001)
    page = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    await expect(page.get_by_role("article")).to_be_visible()
    await page.evaluate(_MIRRORED)
    main, rail = page.get_by_role("main"), page.get_by_role("navigation")
    assert await _left(rail) > await _left(main)
    assert await _each_size(page) == []
    await page.get_by_role("button", name="Plan a show").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await _each_size(page) == []
