"""The orders in the console: by their buyers, under the names that those gave."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.buyers import buys, guest
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token

# Less than the time between two readings of all orders: a name is asked for when it is missed.
_SOON_MS = 9_000


async def _orders(browser: Browser, show: BrowserShow) -> tuple[Page, Locator]:
    host = await open_page(browser, show.host())
    await host.get_by_role("button", name="Orders").first.click()
    return host, host.get_by_role("region", name="Orders")


async def _top(row: Locator) -> float:
    top: float = await row.evaluate("(row) => row.getBoundingClientRect().top")
    return top


@pytest.mark.feature("guests")
async def test_orders_stand_by_buyer_under_the_name_in_the_order_the_latest_first(
    browser: Browser, live: BrowserShow
) -> None:
    _, orders = await _orders(browser, live)
    kaya, edo = guest(live, "Kaya Demir"), guest(live, "Edo Sato")
    await buys(live, kaya, "OCEAN-M")
    buyers = orders.get_by_role("article")
    await expect(buyers.first).to_contain_text("Kaya Demir", timeout=_SOON_MS)
    await buys(live, edo, "OCEAN-L", quantity=2)
    await expect(buyers.first).to_contain_text("Edo Sato", timeout=_SOON_MS)
    await expect(buyers.first).to_contain_text("2 units")
    await expect(buyers.first).to_contain_text("€100.00")
    await buys(live, kaya, "OCEAN-L")
    await expect(buyers.first).to_contain_text("Kaya Demir")
    await expect(buyers.first).to_contain_text("2 units · 2 orders")
    await expect(buyers.first).to_contain_text("€100.00")
    await expect(buyers.first).to_contain_text("Ocean Shirt, L × 1")
    await expect(buyers).to_have_count(2)
    await expect(orders).to_contain_text("3 · €200.00")
    await expect(orders).not_to_contain_text("guest-")


async def test_a_cancelled_order_leaves_every_sum_and_stays_in_the_list(
    browser: Browser, live: BrowserShow
) -> None:
    host, orders = await _orders(browser, live)
    ada = token("ada", Role.VIEWER)
    kept = await buys(live, ada, "OCEAN-M")
    gone = await buys(live, ada, "OCEAN-L", quantity=2)
    buyer = orders.get_by_role("article")
    await expect(orders).to_contain_text("2 · €150.00")
    await expect(buyer).to_contain_text("3 units · 2 orders")
    row = buyer.locator(".order").filter(has_text=gone[:8])
    await row.get_by_role("button", name="Cancel the order of").click()
    dialog = host.get_by_role("dialog")
    await expect(dialog).to_contain_text("Ocean Shirt, L × 2, €100.00")
    await expect(row).to_contain_text("confirmed")
    await dialog.get_by_role("button", name="Cancel the order", exact=True).click()
    await expect(row).to_contain_text("cancelled")
    await expect(row.get_by_role("button", name="Cancel the order of")).to_have_count(0)
    await expect(buyer).to_contain_text("1 unit · 2 orders")
    await expect(buyer.locator(".buyer-head")).to_contain_text("€50.00")
    await expect(orders).to_contain_text("1 · €50.00")
    await expect(buyer.locator(".order").filter(has_text=kept[:8])).to_contain_text("confirmed")


@pytest.mark.feature("guests")
async def test_a_buyer_is_found_by_name_by_an_order_s_number_and_by_what_it_is_of(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("pot", ["18 cm"], "Clay pot")
    host, orders = await _orders(browser, live)
    await buys(live, guest(live, "Νίκος Παππάς"), "OCEAN-M")
    pot = await buys(live, guest(live, "Kaya Demir"), "pot-0")
    buyers = orders.get_by_role("article")
    await expect(buyers).to_have_count(2)
    search = host.get_by_label("Search buyers and orders")
    for sought, found in (
        ("νίκος", "Νίκος Παππάς"),
        ("demir", "Kaya Demir"),
        (pot[:8], "Kaya Demir"),
        ("clay", "Kaya Demir"),
        ("ocean", "Νίκος Παππάς"),
    ):
        await search.fill(sought)
        await expect(buyers).to_have_count(1)
        await expect(buyers).to_contain_text(found)
    await search.fill("nothing like it")
    await expect(orders).to_contain_text("No buyer and no order fits these words.")
    await search.fill("")
    await expect(buyers).to_have_count(2)


async def test_rows_stand_still_while_the_list_is_scrolled_and_the_new_ones_are_counted(
    browser: Browser, live: BrowserShow
) -> None:
    host, orders = await _orders(browser, live)
    await host.set_viewport_size({"width": 1440, "height": 420})
    for name in ("ada", "bo", "eve", "sam"):
        await buys(live, token(name, Role.VIEWER), "OCEAN-M")
    rows = orders.get_by_role("article")
    await expect(rows).to_have_count(4)
    listed = orders.get_by_role("list", name="Newest orders")
    await listed.evaluate("(list) => { list.scrollTop = 40; }")
    last = rows.filter(has_text="u_ada")
    before = await _top(last)
    await buys(live, token("bo", Role.VIEWER), "OCEAN-L")  # its rows would be one more
    await buys(live, token("zoe", Role.VIEWER), "OCEAN-L")
    await expect(host.get_by_role("button", name="2 new")).to_be_visible()
    assert abs(await _top(last) - before) < 1
    await host.get_by_role("button", name="2 new").click()
    await expect(rows.first).to_contain_text("u_zoe")
    await expect(rows.nth(1)).to_contain_text("2 orders")


@pytest.mark.parametrize("theme", THEMES)
async def test_the_orders_please_axe_and_fit(
    browser: Browser, live: BrowserShow, theme: str
) -> None:
    host, orders = await _orders(browser, live)
    for sku in ("OCEAN-M", "OCEAN-L", "OCEAN-M", "OCEAN-L"):
        order_id = await buys(live, token("Donaudampfschifffahrt" * 2, Role.VIEWER), sku)
    live.cancel(order_id)
    await expect(orders.get_by_role("button", name="All 4 orders of")).to_be_visible()
    for size in EVERY_SIZE:
        await look(host, size, theme)
        await host.get_by_role("button", name="Orders").locator("visible=true").first.click()
        assert await displeasures(host, theme) == [], size
