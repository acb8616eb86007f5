"""The motion of the viewer's page when something changes, and that nothing else moves."""

from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.shop import BrowserShow, open_page
from tests.browser.viewer_words import buy_button

# Notes the animations of scripts, and by how much things were shifted that were not to move.
_WATCH: Final = """() => {
  window.moved = [];
  window.shifted = 0;
  const { animate } = Element.prototype;
  Element.prototype.animate = function noted(frames, options) {
    const { className, textContent } = this;
    const transforms = frames.map(({ transform = "none" }) => transform);
    moved.push({ className, textContent, transforms, ms: options.duration ?? options });
    return animate.call(this, frames, options);
  };
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) shifted += value;
  }).observe({ type: "layout-shift", buffered: true });
}"""
_FRAMES: Final = """() => new Promise((done) => {
  const next = (left) => (left ? requestAnimationFrame(() => next(left - 1)) : done());
  next(4);
})"""


async def _watching(browser: Browser, live: BrowserShow, *, width: int = 390) -> Page:
    page = await open_page(browser, "about:blank", width=width)
    await page.add_init_script(f"({_WATCH})()")
    await page.goto(live.watch("ada"))
    await expect(page.get_by_role("article")).to_be_visible()
    await page.evaluate(_FRAMES)
    return page


async def _moved(page: Page) -> list[dict[str, Any]]:
    moved: list[dict[str, Any]] = await page.evaluate("moved")
    return moved


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_a_price_that_changes_rolls_the_digits_that_differ_and_shifts_nothing(
    browser: Browser, live: BrowserShow, motion: str
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await _watching(browser, live)
    await page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    before = await page.evaluate("shifted")
    assert await _moved(page) == []
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 5900})
    price = page.locator(".price")
    await expect(price).to_have_text("€59.00")  # and nothing else: what rolled has gone
    old, fresh, hidden = await _moved(page)
    assert (old["textContent"], fresh["textContent"]) == ("0", "9")
    assert {each["ms"] for each in (old, fresh, hidden)} == {200}
    rolls = [] if motion == "reduce" else ["translateY(-100%)", "translateY(100%)"]
    moves = [each for part in (old, fresh) for each in part["transforms"] if each != "none"]
    assert moves == rolls
    assert await page.evaluate("shifted") == before


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_a_pin_lets_the_card_before_slide_out_to_the_left_and_shifts_nothing(
    browser: Browser, live: BrowserShow, motion: str
) -> None:
    live.add_product("pot", [""], "Clay pot")
    live.command("product.pin", product_id="ocean")
    page = await _watching(browser, live)
    await page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    before = await page.evaluate("shifted")
    live.command("product.pin", product_id="pot")
    await expect(page.get_by_role("article", name="Clay pot")).to_be_visible()
    await expect(page.locator(".leaving > *")).to_have_count(0)
    (out,) = await _moved(page)
    assert "Ocean Shirt" in out["textContent"]
    fades = ["none", "none"]
    assert out["transforms"] == (fades if motion == "reduce" else ["none", "translateX(-100%)"])
    assert out["ms"] == 240
    await page.evaluate(_FRAMES)
    assert await page.evaluate("shifted") == before
    await expect(page.get_by_role("article")).to_have_count(1)


async def test_the_focus_of_a_card_that_goes_is_not_lost(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("pot", [""], "Clay pot")
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"))
    await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()
    await buy_button(page, "Ocean Shirt").focus()
    live.command("product.pin", product_id="pot")
    await expect(page.get_by_role("article", name="Clay pot")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_focused()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.closest('.top-bar') !== null")
