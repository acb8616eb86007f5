"""The orders of a show that is over, saved from the console."""

import csv

import pytest
from playwright.async_api import Browser, expect

from tests.browser.axe import displeasures
from tests.browser.shop import BrowserShow, open_page
from tests.browser.viewer_words import BOUGHT, buy

pytestmark = pytest.mark.feature("fulfilment")


async def test_a_host_saves_the_orders_of_a_show_as_a_file(
    browser: Browser, live: BrowserShow
) -> None:
    viewer = await open_page(browser, live.watch("ada"))
    live.command("product.pin", product_id="ocean")
    await buy(viewer, "Ocean Shirt")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    live.command("session.end")
    page = await open_page(browser, live.host(), width=1_280)
    section = page.get_by_role("region", name="After the show")
    async with page.expect_download() as download:
        await section.get_by_role("button", name="Orders as CSV").click()
    saved = await download.value
    assert saved.suggested_filename == f"{live.session_id}-orders.csv"
    with (await saved.path()).open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["viewer_id"], row["title"], row["sku"]) == ("u_ada", "Ocean Shirt", "OCEAN-M")
    assert (row["quantity"], row["line_total"], row["currency"]) == ("1", "50.00", "EUR")
    assert await displeasures(page, "light") == []
