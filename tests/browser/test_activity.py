"""The activity log in the console."""

import pytest
from playwright.async_api import Browser, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, from_menu, open_page, token

pytestmark = pytest.mark.feature("activity")


async def test_a_host_reads_who_changed_the_show_and_what_was_refused(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.host(), width=1_280)
    await from_menu(page, "Activity")
    table = page.get_by_role("dialog", name="Activity").get_by_role("table")
    started = table.get_by_role("row").filter(has_text="session.start")
    await expect(started).to_contain_text("done")
    await expect(started).to_contain_text("127.0.0.1")
    await page.keyboard.press("Escape")
    assert live.try_command("session.end", by=token("eve", Role.HOST, shop="another")) == 404
    await from_menu(page, "Activity")
    refused = table.get_by_role("row").filter(has_text="command_session")
    await expect(refused).to_contain_text("eve")
    await expect(refused).to_contain_text("not done: not_found")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_the_sheet_fits_its_screen_and_pleases_axe(
    browser: Browser, live: BrowserShow, size: str, theme: str
) -> None:
    page = await open_page(browser, live.host(), width=1_280)
    await from_menu(page, "Activity")
    table = page.get_by_role("dialog", name="Activity").get_by_role("table")
    await expect(table.get_by_role("row").filter(has_text="session.start")).to_be_visible()
    await look(page, size, theme)
    assert await displeasures(page, theme) == []
