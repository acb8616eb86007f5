"""Parts of the console as docks of a program that streams: 300 px wide, without a header."""

import pytest
from playwright.async_api import Browser, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.buyers import buys, says
from tests.browser.life import overflow
from tests.browser.shop import BrowserShow, from_menu, open_page, token

_REGIONS = {"chat": "Chat", "run": "Run of show", "orders": "Orders"}


async def _dock(browser: Browser, show: BrowserShow, dock: str, role: Role = Role.HOST) -> Page:
    address = f"{show.node.url}/host/{show.session_id}?dock={dock}#token={token('ada', role)}"
    page = await open_page(browser, address, width=300)
    await page.set_viewport_size({"width": 300, "height": 600})
    return page


@pytest.mark.feature("chat")
@pytest.mark.parametrize("dock", _REGIONS)
async def test_a_dock_is_one_part_300_px_wide_without_a_header(
    browser: Browser, live: BrowserShow, dock: str
) -> None:
    await says(live, token("bo", Role.VIEWER), "does it run small, and if so, by how much?")
    await buys(live, token("bo", Role.VIEWER), "OCEAN-M")
    page = await _dock(browser, live, dock)
    await expect(page.get_by_role("region", name=_REGIONS[dock])).to_be_visible()
    for other in _REGIONS.keys() - {dock}:
        await expect(page.get_by_role("region", name=_REGIONS[other])).to_have_count(0)
    await expect(page.get_by_role("banner")).to_have_count(0)
    await expect(page.get_by_role("navigation")).to_have_count(0)
    assert "token" not in page.url
    assert await overflow(page) == 0
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        assert await displeasures(page, theme) == []


@pytest.mark.feature("chat")
async def test_docks_do_what_the_console_does(browser: Browser, live: BrowserShow) -> None:
    run = await _dock(browser, live, "run")
    await run.get_by_role("button", name="Pin Ocean Shirt").first.click()
    await expect(run.get_by_role("button", name="Unpin Ocean Shirt").first).to_be_visible()
    assert live.events()[-1]["type"] == "product.pinned"
    chat = await _dock(browser, live, "chat")
    await chat.get_by_label("Say something as ada").fill("hello from the dock")
    await chat.keyboard.press("Enter")
    await expect(chat.get_by_text("hello from the dock")).to_be_visible()
    orders = await _dock(browser, live, "orders")
    await buys(live, token("bo", Role.VIEWER), "OCEAN-M")
    await orders.get_by_role("button", name="Cancel the order of").click()
    await orders.get_by_role("button", name="Cancel the order", exact=True).click()
    await expect(orders.get_by_role("article")).to_contain_text("cancelled")


@pytest.mark.feature("chat")
async def test_the_dock_of_all_has_every_part_on_tabs(browser: Browser, live: BrowserShow) -> None:
    page = await _dock(browser, live, "all")
    tabs = page.get_by_role("navigation").locator("visible=true")
    for tab, region in (("Products", "Run of show"), ("Chat", "Chat"), ("Orders", "Orders")):
        await tabs.get_by_role("button", name=tab).click()
        await expect(page.get_by_role("region", name=region)).to_be_visible()
        assert await overflow(page) == 0
    await expect(page.get_by_role("banner")).to_have_count(0)
    await expect(page.get_by_role("region", name="Viewers see")).to_have_count(0)


async def test_a_moderator_s_dock_of_orders_has_none(browser: Browser, live: BrowserShow) -> None:
    page = await _dock(browser, live, "orders", Role.MODERATOR)
    await expect(page.locator("main.dock")).to_be_attached()
    await expect(page.get_by_role("region", name="Orders")).to_have_count(0)


@pytest.mark.feature("chat")
async def test_the_links_of_the_docks_are_copied_where_the_show_is_shared(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await from_menu(host, "Share")
    await host.get_by_text("Docks for OBS").click()
    await expect(host.get_by_role("dialog")).to_contain_text("show them to nobody")
    link = await host.get_by_role("textbox", name="Chat", exact=True).input_value()
    assert link == f"{live.node.url}/host/{live.session_id}?dock=chat#token={live.host_token}"
    dock = await open_page(browser, link, width=300)
    await expect(dock.get_by_role("region", name="Chat")).to_be_visible()
