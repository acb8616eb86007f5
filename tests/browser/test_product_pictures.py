"""Several pictures of a product that is made in the console: up to eight, in an order."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look, overflow
from tests.browser.shop import BrowserShow, open_page
from tests.features.media.pictures import photo

_UPLOAD = re.compile(r"/media/[0-9a-f]{32}/")


def _button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _form(page: Page) -> Locator:
    await page.get_by_role("button", name="Add").first.click()
    form = page.get_by_role("dialog", name="Add a product")
    await form.get_by_label("A new product").check()
    return form


async def _upload(form: Locator, folder: Path, *orientations: int) -> None:
    """Upload pictures that differ, each when the one before is there."""
    shown = form.get_by_role("list", name="Pictures").get_by_role("img")
    for orientation in orientations:
        path = folder / f"{orientation}.jpg"
        path.write_bytes(photo(orientation))
        before = await shown.count()
        await form.locator("input[type=file]").set_input_files(path)
        await expect(shown).to_have_count(before + 1)


async def _shown(form: Locator) -> list[str]:
    """Return the uploads that are shown, in their order."""
    pictures = form.get_by_role("list", name="Pictures").get_by_role("img")
    sources = await pictures.evaluate_all("(all) => all.map((each) => each.src)")
    return [found[0] for each in sources if (found := _UPLOAD.search(each))]


async def test_a_product_is_made_with_its_pictures_in_the_order_chosen(
    browser: Browser, show: BrowserShow, tmp_path: Path
) -> None:
    page = await open_page(browser, show.host())
    form = await _form(page)
    await _upload(form, tmp_path, 1, 3, 6, 8)
    first, second, third, fourth = await _shown(form)
    await _button(form, "Move picture 3 forward").press("Enter")
    await _button(form, "Move picture 2 forward").press("Enter")
    assert await _shown(form) == [third, first, second, fourth]
    # The picture that was moved keeps the focus, wherever it is by now.
    await expect(_button(form, "Move picture 1 forward")).to_be_focused()
    await expect(_button(form, "Move picture 1 forward")).to_have_attribute("aria-disabled", "true")
    await _button(form, "Move picture 1 back").click()
    await _button(form, "Remove picture 3").press("Enter")
    assert await _shown(form) == [first, third, fourth]
    # The next one has the focus, now that the one that was removed is gone.
    await expect(_button(form, "Move picture 1 forward")).to_be_focused()
    await form.get_by_label("Title of the product").fill("Clay pot")
    await form.get_by_label("Price in EUR", exact=True).fill("12.50")
    await _button(form, "Add to the shelf").click()
    await expect(form).to_have_count(0)
    shelf = show.get(f"/api/sessions/{show.session_id}")["shelf"]
    (made,) = [each for each in shelf if each["title"] == "Clay pot"]
    product = show.get(f"/api/products/{made['product_id']}")
    kept = [product["image"], *product["more_images"]]
    assert [each[: len(first)] for each in kept] == [first, third, fourth]


async def test_eight_pictures_are_all_and_the_same_one_counts_once(
    browser: Browser, show: BrowserShow, tmp_path: Path
) -> None:
    page = await open_page(browser, show.host())
    form = await _form(page)
    await _upload(form, tmp_path, 1)
    async with page.expect_response("**/api/uploads"):
        await form.locator("input[type=file]").set_input_files(tmp_path / "1.jpg")
    await expect(_button(form, "Choose a picture")).to_be_visible()
    await _upload(form, tmp_path, *range(2, 9))
    assert len(await _shown(form)) == 8
    await expect(form.locator("input[type=file]")).to_have_count(0)
    await _button(form, "Remove picture 8").click()
    await expect(form.locator("input[type=file]")).to_have_count(1)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_form_with_pictures_fits_its_screen_and_pleases_axe(
    browser: Browser, show: BrowserShow, tmp_path: Path, size: str, theme: str
) -> None:
    page = await open_page(browser, show.host())
    form = await _form(page)
    await _upload(form, tmp_path, 1, 3, 6)
    await look(page, size, theme)
    assert await overflow(page) == 0
    assert await displeasures(page, theme) == []
