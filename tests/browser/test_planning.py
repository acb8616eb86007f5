"""A show that is planned again, from the list of shows."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token

pytestmark = pytest.mark.feature("planning")


async def _form(page: Page, show: BrowserShow, name: str) -> Locator:
    """Open a form about the draft, from the list of shows."""
    await page.goto(f"{show.node.url}/#token={show.host_token}")
    await page.get_by_role("button", name=name, exact=True).click()
    return page.get_by_role("dialog", name=name)


async def test_a_host_clones_a_show_and_is_told_what_was_short(
    browser: Browser, show: BrowserShow
) -> None:
    own, show.session_id = show.session_id, show.plan("Another")
    show.command("product.add", product_id="ocean", units={"OCEAN-M": 26})
    show.session_id = own
    page = await open_page(browser, "about:blank")
    form = await _form(page, show, "Clone Autumn drop")
    await expect(form.get_by_label("Title")).to_be_focused()
    await form.get_by_label("Title").fill("Winter drop")
    await form.get_by_role("button", name="Plan the copy").click()
    await expect(form.get_by_role("status")).to_contain_text("1 show is planned.")
    await expect(form.get_by_role("listitem")).to_contain_text("OCEAN-M: 4 of 10 units")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Clone Autumn drop")).to_be_visible()
    await page.get_by_role("link", name="Open the console of Winter drop").click()
    await expect(page.get_by_role("heading", name="Winter drop")).to_be_visible()
    await expect(page.get_by_text("Draft")).to_be_visible()
    await expect(page.get_by_role("region", name="Run of show")).to_contain_text("Ocean Shirt")


async def test_a_host_plans_a_show_for_every_week(browser: Browser, show: BrowserShow) -> None:
    context = await browser.new_context(timezone_id="Europe/Athens", locale="en-US")
    page = await context.new_page()
    form = await _form(page, show, "Every week… Autumn drop")
    await expect(form).to_contain_text("Every week at the same time in Europe/Athens")
    await form.get_by_label("The first starts at").fill("2035-03-18T19:00")
    await form.get_by_label("How many shows").fill("3")
    await form.get_by_role("button", name="Plan them").click()
    planned = form.get_by_role("listitem")
    await expect(planned).to_have_count(3)
    for number, day in enumerate(("Mar 18, 2035", "Mar 25, 2035", "Apr 1, 2035")):
        await expect(planned.nth(number)).to_contain_text(day)
        await expect(planned.nth(number)).to_contain_text("7:00")
    await planned.last.get_by_role("link").click()
    await expect(page.get_by_text("Scheduled")).to_be_visible()


async def test_a_new_show_comes_every_week_if_its_form_says_so(
    browser: Browser, show: BrowserShow
) -> None:
    context = await browser.new_context(timezone_id="Europe/Athens", locale="en-US")
    page = await context.new_page()
    form = await _form(page, show, "Plan a show")
    await form.get_by_label("Title").fill("Friday drop")
    await form.get_by_label("Every week at this time").check()
    await form.get_by_label("How many shows").fill("3")
    await form.get_by_role("button", name="Plan it").click()
    # Without a start there is no week after it.
    await expect(page.locator("input[name=starts]:invalid")).to_be_focused()
    await form.get_by_label("Starts at").fill("2035-03-18T19:00")
    await form.get_by_role("button", name="Plan it").click()
    await expect(page.get_by_role("heading", name="Friday drop")).to_be_visible()
    sessions = show.get("/api/sessions")["sessions"]
    starts = {each["starts_at_ms"] for each in sessions if each["title"] == "Friday drop"}
    # Athens has summer time from March 25, 2035.
    assert starts == {2_057_850_000_000, 2_058_451_200_000, 2_059_056_000_000}


async def test_weeks_that_are_refused_leave_the_show_planned_once(
    browser: Browser, show: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank")
    form = await _form(page, show, "Plan a show")
    await page.route("**/repeat", lambda route: route.abort())
    await form.get_by_label("Title").fill("Friday drop")
    await form.get_by_label("Every week at this time").check()
    await form.get_by_label("Starts at").fill("2035-03-18T19:00")
    await form.get_by_role("button", name="Plan it").click()
    await expect(form.get_by_role("alert").last).to_contain_text("The show is planned, but not all")
    await page.unroute("**/repeat")
    await form.get_by_role("button", name="Plan it").click()
    await page.wait_for_url("**/host/*")
    titles = [each["title"] for each in show.get("/api/sessions")["sessions"]]
    assert titles.count("Friday drop") == 4


async def test_a_moderator_and_a_host_of_one_show_are_offered_no_plans(
    browser: Browser, show: BrowserShow
) -> None:
    for bearer in (
        token("mod", Role.MODERATOR),
        token("guest", Role.HOST, session_id=show.session_id),
    ):
        page = await open_page(browser, f"{show.node.url}/#token={bearer}")
        await expect(page.get_by_role("region", name="Shows")).to_be_visible()
        await expect(page.get_by_role("button", name="Clone")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_forms_fit_their_screen_and_please_axe(
    browser: Browser, show: BrowserShow, size: str, theme: str
) -> None:
    page = await open_page(browser, "about:blank")
    for name in ("Every week… Autumn drop", "Clone Autumn drop"):
        await _form(page, show, name)
        await look(page, size, theme)
        assert await displeasures(page, theme) == []
        await page.keyboard.press("Escape")
