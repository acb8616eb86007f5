"""Product sets in the console: one is made of a show, and added to the next."""

import pytest
from playwright.async_api import Browser, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token

# Whether the corners of a thing are its own, and inside the window.
_ON_TOP = """(button) => {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  return [[left + 4, top + 4], [right - 4, top + 4], [left + 4, bottom - 4],
    [right - 4, bottom - 4]].every(([x, y]) => button.contains(document.elementFromPoint(x, y)));
}"""

pytestmark = pytest.mark.feature("product_sets")


async def test_a_host_makes_a_set_of_a_show_and_adds_it_to_the_next(
    browser: Browser, show: BrowserShow
) -> None:
    show.add_product("mug", ["Red"], "Mug")
    page = await open_page(browser, show.host(), width=1_280)
    await page.get_by_role("button", name="Sets…").click()
    sets = page.get_by_role("dialog", name="Product sets")
    await expect(sets).to_contain_text("There are no sets yet.")
    await sets.get_by_role("button", name="Make a set of this show").click()
    await page.get_by_label("Name of the set").fill("Basics")
    await page.get_by_role("button", name="Save the set").click()
    await expect(page.get_by_text("The set Basics is saved.")).to_be_visible()
    show.session_id = show.plan("Winter drop")
    show.command("product.add", product_id="ocean", units={"OCEAN-M": 1})
    await page.goto(show.host())
    await page.get_by_role("button", name="Sets…").click()
    await expect(sets).to_contain_text("2 products")
    await sets.get_by_role("button", name="Add all of Basics").click()
    report = sets.get_by_role("status")
    await expect(report).to_contain_text("Ocean Shirt: was there already")
    await expect(report).to_contain_text("Mug: added")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Run of show")).to_contain_text("Mug")
    await expect(page.get_by_role("button", name="Sets…")).to_be_focused()


@pytest.mark.parametrize("width", [390, 820, 1_280, 1_440])
async def test_the_way_to_the_sets_is_covered_by_nothing(
    browser: Browser, show: BrowserShow, width: int
) -> None:
    for language in ("en-IE", "el", "ru", "zh"):
        page = await open_page(browser, show.host(), width=width, locale=language)
        run = page.locator('section[data-part="products"]')
        await expect(run).to_be_attached()
        if not await run.is_visible():
            await page.locator('nav button[data-part="products"]:visible').click()
        button = run.locator(".buttons button").first
        assert await button.evaluate(_ON_TOP), language
        await page.context.close()


async def test_a_moderator_is_offered_no_sets(browser: Browser, show: BrowserShow) -> None:
    address = f"{show.node.url}/host/{show.session_id}#token={token('mod', Role.MODERATOR)}"
    page = await open_page(browser, address, width=1_280)
    await expect(page.get_by_role("region", name="Run of show")).to_contain_text("Ocean Shirt")
    await expect(page.get_by_role("button", name="Sets…")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_sheet_fits_its_screen_and_pleases_axe(
    browser: Browser, show: BrowserShow, size: str, theme: str
) -> None:
    page = await open_page(browser, show.host(), width=1_280)
    await page.get_by_role("button", name="Sets…").click()
    sets = page.get_by_role("dialog", name="Product sets")
    await sets.get_by_role("button", name="Make a set of this show").click()
    await page.get_by_label("Name of the set").fill("Basics")
    await page.get_by_role("button", name="Save the set").click()
    await page.get_by_role("button", name="Sets…").click()
    await sets.get_by_role("button", name="Add all of Basics").click()
    await expect(sets.get_by_role("status")).to_contain_text("Ocean Shirt: was there already")
    await look(page, size, theme)
    assert await displeasures(page, theme) == []
