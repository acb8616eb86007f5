"""Times and money of the console and the front page: as the host's own device writes them."""

import re

import pytest
from playwright.async_api import Browser, expect

from liveshop.core.roles import Role
from tests.browser.buyers import buys
from tests.browser.shop import BrowserShow, open_page, token

_LOCALES = [
    ("en-GB", r"€50\.00", r"\b\d\d:\d\d(?!\s[AP]M)"),
    ("en-US", r"€50\.00", r"\b\d?\d:\d\d\s[AP]M"),
    ("de-AT", r"€\s50,00", r"\b\d\d:\d\d(?!\s[AP]M)"),
]


@pytest.mark.parametrize(("locale", "price", "time"), _LOCALES)
async def test_the_console_writes_prices_and_times_of_orders_as_the_hosts_device_does(
    browser: Browser, live: BrowserShow, locale: str, price: str, time: str
) -> None:
    await buys(live, token("ada", Role.VIEWER), "OCEAN-M")
    host = await open_page(browser, live.host(), locale=locale)
    order = host.get_by_role("region", name="Orders").get_by_role("article")
    await expect(order).to_contain_text(re.compile(price))
    await expect(order.locator("time")).to_have_text(re.compile(f"^{time}$"))


@pytest.mark.parametrize(("locale", "price", "time"), _LOCALES)
async def test_the_front_page_writes_when_a_show_begins_as_the_visitors_device_does(
    browser: Browser, show: BrowserShow, locale: str, price: str, time: str
) -> None:
    show.plan("Winter drop")
    page = await open_page(browser, show.node.url, locale=locale)
    begins = page.get_by_role("article", name="Winter drop").locator(".when")
    await expect(begins).to_have_text(re.compile(time))
