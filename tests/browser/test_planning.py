"""A show that is planned again, from the list of shows."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token

pytestmark = pytest.mark.feature("planning")


async def _row(page: Page, show: BrowserShow) -> Locator:
    await page.goto(f"{show.node.url}/#token={show.host_token}")
    rows = page.get_by_role("region", name="Shows").get_by_role("listitem")
    return rows.filter(has=page.get_by_role("button", name="Clone Autumn drop"))


async def test_a_host_clones_a_show_and_is_told_what_was_short(
    browser: Browser, show: BrowserShow
) -> None:
    own, show.session_id = show.session_id, show.plan("Another")
    show.command("product.add", product_id="ocean", units={"OCEAN-M": 26})
    show.session_id = own
    page = await open_page(browser, "about:blank")
    row = await _row(page, show)
    await row.get_by_role("button", name="Clone Autumn drop").click()
    await row.get_by_label("Title").fill("Winter drop")
    await row.get_by_role("button", name="Plan the copy").click()
    await expect(row.get_by_role("listitem")).to_contain_text("OCEAN-M: 4 of 10 units")
    await row.get_by_role("link", name="Winter drop").click()
    await expect(page.get_by_role("heading", name="Winter drop")).to_be_visible()
    await expect(page.get_by_text("Draft")).to_be_visible()
    await expect(page.get_by_role("region", name="Run of show")).to_contain_text("Ocean Shirt")


async def test_a_host_plans_a_show_for_every_week(browser: Browser, show: BrowserShow) -> None:
    context = await browser.new_context(timezone_id="Europe/Athens", locale="en-IE")
    page = await context.new_page()
    row = await _row(page, show)
    await row.get_by_role("button", name="Every week… Autumn drop").click()
    await expect(row).to_contain_text("Every week at the same time in Europe/Athens")
    await row.get_by_label("The first starts at").fill("2035-03-18T19:00")
    await row.get_by_label("How many shows").fill("3")
    await row.get_by_role("button", name="Plan them").click()
    planned = row.get_by_role("listitem")
    await expect(planned).to_have_count(3)
    for number, day in enumerate(("Mar 18, 2035", "Mar 25, 2035", "Apr 1, 2035")):
        await expect(planned.nth(number)).to_contain_text(day)
        await expect(planned.nth(number)).to_contain_text("7:00")
    await planned.last.get_by_role("link").click()
    await expect(page.get_by_text("Scheduled")).to_be_visible()


async def test_a_moderator_and_a_host_of_one_show_are_offered_no_plans(
    browser: Browser, show: BrowserShow
) -> None:
    for bearer in (
        token("mod", Role.MODERATOR),
        token("guest", Role.HOST, session_id=show.session_id),
    ):
        page = await open_page(browser, f"{show.node.url}/#token={bearer}")
        await expect(page.get_by_role("region", name="Shows")).to_be_visible()
        await expect(page.get_by_role("heading", name="For hosts")).to_be_visible()
        await expect(page.get_by_role("button", name="Clone")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_forms_fit_their_screen_and_please_axe(
    browser: Browser, show: BrowserShow, size: str, theme: str
) -> None:
    page = await open_page(browser, "about:blank")
    row = await _row(page, show)
    await look(page, size, theme)
    for name in ("Every week… Autumn drop", "Clone Autumn drop"):
        await row.get_by_role("button", name=name).click()
        assert await displeasures(page, theme) == []
