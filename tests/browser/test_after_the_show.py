"""After the show: figures that mean something, the packing list, and slips on paper."""

from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from liveshop.core.roles import Role
from tests.browser.axe import displeasures
from tests.browser.buyers import buys, guest
from tests.browser.life import EVERY_SIZE, THEMES, look
from tests.browser.shop import BrowserShow, open_page, token

# A browser without a printer: it keeps what it would print, and says that it is done.
_PRINTER: Final = """
window.printed = JSON.parse(sessionStorage.printed ?? "[]");
window.print = () => {
  const texts = [...document.querySelectorAll(".paper > article")].map((each) => each.innerText);
  window.printed.push(texts);
  sessionStorage.printed = JSON.stringify(window.printed);
  dispatchEvent(new Event("afterprint"));
};
"""


async def _host(browser: Browser, show: BrowserShow) -> Page:
    page = await open_page(browser, "about:blank", width=1_280)
    await page.add_init_script(_PRINTER)
    await page.goto(show.host())
    return page


@pytest.mark.feature("figures")
async def test_the_sums_of_a_show_say_what_they_mean(browser: Browser, live: BrowserShow) -> None:
    ada = token("ada", Role.VIEWER)
    await buys(live, ada, "OCEAN-M", quantity=2)
    await buys(live, ada, "OCEAN-L")
    live.command("session.end")
    host = await open_page(browser, live.host())
    summary = host.get_by_role("region", name="Summary of the show")
    sums = summary.locator(".sums > div")
    for word, value, means in (
        ("Revenue", "€150.00", ""),
        ("Orders", "2", "of 1 buyer"),
        ("Sold", "3", "✓ oversold: 0"),
        ("Average order", "€75.00", ""),
    ):
        tile = sums.filter(has=host.get_by_text(word, exact=True))
        await expect(tile.locator(".sum")).to_have_text(value)
        await expect(tile).to_contain_text(means)
    row = summary.get_by_role("row", name="Ocean Shirt")
    await expect(row).to_contain_text("3 of 20")
    await expect(row).to_contain_text("€150.00")
    orders = host.get_by_role("region", name="Orders")
    await expect(orders).to_contain_text("2 · €150.00")
    await expect(summary).not_to_contain_text("100%")


@pytest.mark.feature("figures")
async def test_the_last_shows_are_compared_and_an_order_that_is_cancelled_leaves_every_sum(
    browser: Browser, live: BrowserShow
) -> None:
    ada = token("ada", Role.VIEWER)
    await buys(live, ada, "OCEAN-M")
    live.command("session.end")
    live.begin_another("Winter drop")
    await buys(live, ada, "OCEAN-M", quantity=2)
    live.command("session.end")
    host = await open_page(browser, live.host())
    trend = host.get_by_role("region", name="The last five shows")
    await expect(trend.get_by_role("row", name="Autumn drop")).to_contain_text("€50.00")
    this = trend.get_by_role("row", name="Winter drop")
    await expect(this).to_contain_text("€100.00")
    await expect(this).to_have_attribute("aria-current", "true")
    summary = host.get_by_role("region", name="Summary of the show")
    await expect(summary).to_contain_text("+100% against 1 earlier show")
    orders = host.get_by_role("region", name="Orders")
    await orders.get_by_role("button", name="Cancel the order of").click()
    await host.get_by_role("button", name="Cancel the order", exact=True).click()
    await expect(orders).to_contain_text("0 · €0.00")
    await expect(summary.locator(".sum").first).to_have_text("€0.00")
    await expect(this).to_contain_text("€0.00")


@pytest.mark.feature("fulfilment", "guests")
async def test_the_packing_list_has_a_parcel_a_buyer_in_the_order_of_the_shelf(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("pot", ["18 cm"], "Clay pot")
    kaya = guest(live, "Kaya Demir")
    await buys(live, kaya, "pot-0")
    first = await buys(live, kaya, "OCEAN-M", quantity=2)
    await buys(live, guest(live, "Edo Sato"), "OCEAN-M")
    live.command("session.end")
    host = await _host(browser, live)
    await host.get_by_role("button", name="Packing list").click()
    packing = host.get_by_role("article", name="Packing list")
    await expect(packing).to_contain_text("2 parcels · 3 orders · 4 units · €200.00")
    fetched, *parcels = await packing.locator(".parcel").all()
    await expect(fetched.get_by_role("listitem")).to_contain_text(["3 ×", "1 ×"])
    (parcel,) = [each for each in parcels if "Kaya Demir" in await each.inner_text()]
    await expect(parcel).to_contain_text(first[:8])
    await expect(parcel.get_by_role("listitem")).to_contain_text(
        ["2 × 1 · Ocean Shirt, M", "1 × 2 · Clay pot, 18 cm"]
    )
    for each in (fetched, *parcels):
        assert await each.evaluate("(e) => getComputedStyle(e).breakInside") == "avoid"


@pytest.mark.feature("fulfilment", "figures")
async def test_paper_has_the_packing_list_and_nothing_else_dark_on_light(
    browser: Browser, live: BrowserShow
) -> None:
    for name in ("ada", "bo", "eve"):
        await buys(live, token(name, Role.VIEWER), "OCEAN-M")
    live.command("session.end")
    host = await _host(browser, live)
    await host.get_by_role("button", name="Packing list").click()
    packing = host.get_by_role("article", name="Packing list")
    await expect(packing.locator(".parcel")).to_have_count(4)
    await host.emulate_media(media="print")
    await expect(packing).to_be_visible()
    for gone in ("Orders", "Summary of the show"):
        await expect(host.get_by_role("region", name=gone)).to_have_count(0)
    await expect(host.get_by_role("banner")).to_have_count(0)
    await expect(host.get_by_role("button")).to_have_count(0)
    ink = await packing.evaluate("(e) => getComputedStyle(e).color")
    assert ink == "rgb(0, 0, 0)"
    # Nothing is cut at the end of the first page: all of it is in the flow.
    tall = "() => document.querySelector('#console > main').scrollHeight"
    box = await packing.bounding_box()
    assert box is not None
    assert await host.evaluate(tall) >= box["height"]
    assert "hidden" not in await host.evaluate(
        "() => ['#console', '#console > main'].map((s) =>"
        " getComputedStyle(document.querySelector(s)).overflowY)"
    )


@pytest.mark.feature("fulfilment", "guests")
async def test_slips_are_printed_as_orders_come_each_once_also_after_a_reload(
    browser: Browser, live: BrowserShow
) -> None:
    kaya = guest(live, "Kaya Demir")
    await buys(live, kaya, "OCEAN-M")
    host = await _host(browser, live)
    await host.get_by_role("button", name="Orders").first.click()
    orders = host.get_by_role("region", name="Orders")
    await expect(orders.get_by_role("article")).to_have_count(1)
    switch = host.get_by_role("button", name="Print slips as orders come")
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "true")
    order_id = await buys(live, kaya, "OCEAN-L", quantity=2)
    await host.wait_for_function("() => window.printed.flat().length === 1")
    ((slip,),) = await host.evaluate("() => window.printed")
    for text in ("Kaya Demir", order_id[:8], "2 ×", "Ocean Shirt, L", "€100.00"):
        assert text in slip
    await host.goto(f"{live.node.url}/healthz")
    meanwhile = await buys(live, kaya, "OCEAN-M")
    await host.goto(live.host())
    await host.wait_for_function("() => window.printed.flat().length === 2")
    assert meanwhile[:8] in (await host.evaluate("() => window.printed.flat()"))[-1]
    await host.get_by_role("button", name="Orders").first.click()
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "false")
    last = await buys(live, kaya, "OCEAN-M")
    await expect(orders).to_contain_text(last[:8])
    await host.get_by_role("button", name="Print the newest slip").click()
    await host.wait_for_function("() => window.printed.flat().length === 3")
    assert last[:8] in (await host.evaluate("() => window.printed.flat()"))[-1]
    await expect(host.locator(".paper")).to_have_count(0)


@pytest.mark.feature("fulfilment")
async def test_a_slip_that_could_not_be_read_is_printed_with_the_next(
    browser: Browser, live: BrowserShow
) -> None:
    ada = token("ada", Role.VIEWER)
    host = await _host(browser, live)
    await host.get_by_role("button", name="Orders").first.click()
    await host.get_by_role("button", name="Print slips as orders come").click()
    await host.route("**/slip", lambda route: route.abort())
    first = await buys(live, ada, "OCEAN-M")
    await expect(host.get_by_text("The line is down: that was not done.")).to_be_visible()
    await host.unroute("**/slip")
    second = await buys(live, ada, "OCEAN-L")
    await host.wait_for_function("() => window.printed.flat().length === 2")
    texts = await host.evaluate("() => window.printed.flat()")
    assert [first[:8] in texts[0], second[:8] in texts[1]] == [True, True]


@pytest.mark.feature("figures", "fulfilment")
@pytest.mark.parametrize("theme", THEMES)
async def test_what_comes_after_a_show_pleases_axe_and_fits(
    browser: Browser, live: BrowserShow, theme: str
) -> None:
    await buys(live, token("Donaudampfschifffahrt" * 2, Role.VIEWER), "OCEAN-M")
    live.command("session.end")
    live.begin_another("A very long title of a show of hand-woven coats and clay pots")
    await buys(live, token("ada", Role.VIEWER), "OCEAN-M")
    live.command("session.end")
    host = await _host(browser, live)
    await host.get_by_role("button", name="Packing list").click()
    await expect(host.get_by_role("article", name="Packing list")).to_be_visible()
    await expect(host.get_by_role("region", name="The last five shows")).to_be_visible()
    for size in EVERY_SIZE:
        await look(host, size, theme)
        assert await displeasures(host, theme) == [], size
