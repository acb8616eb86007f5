"""The pictures of a product in its sheet: swiped, stepped through, and only asked for there."""

from typing import Final

from playwright.async_api import Browser, Page, expect

from tests.browser.shop import BrowserShow, open_page
from tests.browser.viewer_words import open_card

_FIRST: Final = "/pages/demo/pot.svg"
_MORE: Final = ("/pages/demo/mug.svg", "/pages/demo/lamp.svg")
_SIGHT: Final = """(list) => [...list.querySelectorAll("img")].findIndex((image) => {
  const { left, width } = image.getBoundingClientRect();
  return Math.abs(left - list.getBoundingClientRect().left) < width / 4;
})"""
_IN_SIGHT: Final = f"([list, place]) => ({_SIGHT})(list) === place"


def _sell(live: BrowserShow, *more: str) -> None:
    live.stock_product("pot", [""], title="Clay pot", image=_FIRST, more_images=list(more))
    live.command("product.add", product_id="pot", units={"pot-0": 3})
    live.command("product.pin", product_id="pot")


async def _in_sight(page: Page, place: int) -> None:
    """Wait until the picture at this place is the one that is seen."""
    handle = await page.locator(".gallery ul").element_handle()
    await page.wait_for_function(_IN_SIGHT, arg=[handle, place])


async def _open_sheet(page: Page) -> None:
    await open_card(page, "Clay pot")
    await page.get_by_role("button", name="Details: Clay pot").click()
    await expect(page.get_by_role("dialog", name="Clay pot")).to_be_visible()


async def test_all_pictures_of_a_product_are_seen_by_buttons_by_keys_and_by_swiping(
    browser: Browser, live: BrowserShow
) -> None:
    _sell(live, *_MORE)
    page = await open_page(browser, live.watch("ada"), width=390)
    await _open_sheet(page)
    gallery = page.get_by_role("group", name="Pictures of Clay pot")
    pictures = gallery.get_by_role("img")
    await expect(pictures).to_have_count(3)
    for number, address in enumerate((_FIRST, *_MORE), start=1):
        picture = gallery.get_by_role("img", name=f"Picture {number} of 3")
        await expect(picture).to_have_attribute("src", address)
    back = gallery.get_by_role("button", name="Picture before")
    following = gallery.get_by_role("button", name="Next picture")
    await expect(back).to_be_disabled()
    await following.click()
    await _in_sight(page, 1)
    await following.click()
    await _in_sight(page, 2)
    await expect(following).to_be_disabled()
    await expect(following).to_be_focused()
    await back.click()
    await _in_sight(page, 1)
    await gallery.get_by_role("list").focus()
    await page.keyboard.press("ArrowLeft")
    await _in_sight(page, 0)
    # A finger scrolls the list, as this does.
    await gallery.get_by_role("list").evaluate("(list) => { list.scrollLeft = list.scrollWidth; }")
    await expect(gallery).to_contain_text("3 / 3")
    await expect(following).to_be_disabled()


async def test_a_gallery_has_one_place_of_4_to_5_whatever_comes_into_it(
    browser: Browser, live: BrowserShow
) -> None:
    _sell(live, *_MORE)
    page = await open_page(browser, live.watch("ada"), width=1440)
    await page.set_viewport_size({"width": 1440, "height": 1400})
    await page.get_by_role("button", name="Details: Clay pot").click()
    await expect(page.locator(".gallery")).to_contain_text("1 / 3")
    box = await page.locator(".gallery ul").bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 4 / 5) < 0.01
    await page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    await page.get_by_role("button", name="Next picture").click()
    await _in_sight(page, 1)


async def test_a_single_picture_has_nothing_to_step_through_and_a_card_has_only_the_first(
    browser: Browser, live: BrowserShow
) -> None:
    _sell(live)
    page = await open_page(browser, live.watch("ada"), width=390)
    await expect(page.locator(".thumb").first).to_have_attribute("src", _FIRST)
    await _open_sheet(page)
    gallery = page.get_by_role("group", name="Pictures of Clay pot")
    await expect(gallery.locator("img")).to_have_count(1)
    await expect(gallery.get_by_role("button")).to_have_count(0)
    (pot,) = [p for p in live.get(f"/api/sessions/{live.session_id}")["shelf"] if p["image"]]
    assert "more_images" not in pot
