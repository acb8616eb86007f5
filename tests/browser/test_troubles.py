"""Two pages of one show: their agreement, and the troubles between them."""

import asyncio
import sys
from contextlib import closing

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.shop import BrowserNode, BrowserShow, go_live, open_page
from tests.browser.viewer_words import BOUGHT, buy, buy_button, open_card
from tests.waiting import WAIT_S, wait_until

_TICKS = 4
# The instant at which each second appeared: both pages run on this machine, and share its clock.
_NOTE_SECONDS = """(timer) => {
  window.seconds = {};
  new MutationObserver(() => {
    window.seconds[timer.textContent.trim()] ??= Date.now();
  }).observe(timer, { characterData: true, childList: true, subtree: true });
}"""
_NOTED_SECONDS = "() => window.seconds"
_TWO_HOURS_FAST = """(() => {
  const now = Date.now.bind(Date);
  Date.now = () => now() + 7_200_000;
})()"""


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _apart_ms(host: Locator, viewer: Locator) -> int:
    """Return by how much the two clocks change at different instants, at the worst."""
    for clock in (host, viewer):
        await clock.evaluate(_NOTE_SECONDS)
    async with asyncio.timeout(WAIT_S):
        while True:
            # On a busy machine a page may miss a second that the other shows.
            one: dict[str, int] = await host.evaluate(_NOTED_SECONDS)
            other: dict[str, int] = await viewer.evaluate(_NOTED_SECONDS)
            both = one.keys() & other.keys()
            if len(both) >= _TICKS:
                return max(abs(one[second] - other[second]) for second in both)
            await asyncio.sleep(0.1)


async def test_host_and_viewer_see_the_same_countdown(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"), width=390)
    live.command("sale.start", product_id="ocean", percent=22, duration_ms=120_000)
    clocks = host.get_by_role("timer", name="Sale ends"), viewer.get_by_role("timer")
    for clock in clocks:
        await expect(clock).to_be_visible()
    apart_ms = await _apart_ms(*clocks)
    # No more than 250 is wanted; how busy the machine is has a say in it, so it is only told.
    sys.stdout.write(f"the countdowns changed {apart_ms} ms apart at the worst\n")


async def test_the_last_unit_goes_to_one_of_two_and_the_other_reads_what_is_left(
    browser: Browser, node: BrowserNode
) -> None:
    with closing(BrowserShow(node, units=1)) as live:
        live.command("session.start")
        live.command("product.pin", product_id="ocean")
        pages = [await open_page(browser, live.watch(name), width=390) for name in ("ada", "bo")]
        for page in pages:
            await open_card(page, "Ocean Shirt")
            await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()
        # Not `click`, which would wait for a button that the other's purchase has disabled.
        taps = [buy_button(page, "Ocean Shirt").dispatch_event("click") for page in pages]
        await asyncio.gather(*taps)
        for page in pages:
            await expect(page.get_by_text("Sold out").first).to_be_visible()
        wait_until(lambda: len(live.orders()) == 1)
        (order,) = live.orders()
        winner, loser = pages if order["viewer_id"] == "u_ada" else reversed(pages)
        await expect(winner.get_by_text(BOUGHT)).to_be_visible()
        await expect(loser.get_by_text(BOUGHT)).to_have_count(0)
        await open_card(loser, "Ocean Shirt")
        # The one size that is left is not put in the place of the one that was looked at.
        await expect(loser.locator("input[value=OCEAN-M]")).to_be_checked()
        await expect(buy_button(loser, "Ocean Shirt")).to_be_disabled()


async def test_a_page_without_a_network_says_so_and_catches_up(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"), width=390)
    await open_card(viewer, "Ocean Shirt")
    await _button(viewer, "Add to cart: Ocean Shirt").click()
    await expect(_button(viewer, "Cart, 1 item")).to_be_visible()
    await viewer.context.set_offline(True)
    await expect(viewer.get_by_text("Your 1 item stays reserved until")).to_be_visible()
    await open_card(viewer, "Ocean Shirt")
    await expect(buy_button(viewer, "Ocean Shirt")).to_be_disabled()
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 4800})
    await viewer.context.set_offline(False)
    await expect(viewer.get_by_role("article")).to_contain_text("€48.00")
    await expect(_button(viewer, "Cart, 1 item")).to_be_visible()
    await buy(viewer, "Ocean Shirt")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    assert [order["total"] for order in live.orders()] == [4800]


async def test_a_browser_whose_clock_is_two_hours_wrong_counts_down_as_all_others_do(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"), width=390)
    await viewer.add_init_script(_TWO_HOURS_FAST)
    await viewer.reload()
    live.command("sale.start", product_id="ocean", percent=22, duration_ms=120_000)
    clocks = host.get_by_role("timer", name="Sale ends"), viewer.get_by_role("timer")
    for clock in clocks:
        await expect(clock).to_contain_text("01:5")
    await buy(viewer, "Ocean Shirt")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    assert [order["total"] for order in live.orders()] == [3900]


@pytest.mark.feature("chat")
async def test_nobody_else_reads_what_a_muted_viewer_says(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    ada = await open_page(browser, live.watch("ada"))
    bo = await open_page(browser, live.watch("bo"))
    for page, text in ((ada, "before"), (ada, "after"), (bo, "and me")):
        await page.get_by_label("Say something").fill(text)
        await _button(page, "Send").click()
        await expect(page.get_by_role("listitem").get_by_text(text)).to_be_visible()
        if text == "before":
            await _button(host, "Actions on the message of ada").click()
            await _button(host, "Mute 5 min: ada").click()
            await expect(_button(host, "Unmute ada")).to_be_visible()
    for page in (host, bo, ada):
        await expect(page.get_by_role("listitem").get_by_text("and me")).to_be_visible()
    for page in (host, bo):
        await expect(page.get_by_text("after", exact=True)).to_have_count(0)


async def test_a_whole_show_is_run_and_bought_from_by_what_people_read(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    await host.get_by_role("link", name="Open the console").click()
    await go_live(host)
    await expect(_button(host, "Pause")).to_be_visible()
    viewer = await open_page(browser, show.watch("ada"), width=390)
    await _button(host, "Pin next: Ocean Shirt").click()
    card = viewer.get_by_role("article", name="Ocean Shirt")
    await expect(card).to_contain_text("€50.00")
    await _button(host, "Flash sale of Ocean Shirt").first.click()
    await host.get_by_label("Percent off").fill("22")
    await _button(host, "Start sale").click()
    await expect(card).to_contain_text("€39.00")
    await buy(viewer, "Ocean Shirt")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    await expect(card).to_contain_text("9 left")
    await expect(host.get_by_role("region", name="Orders")).to_contain_text("1 · €39.00")
    await _button(host, "End…").click()
    await _button(host, "End show").click()
    await expect(viewer.get_by_text("The show has ended. Thank you")).to_be_visible()
    summary = host.get_by_role("region", name="Summary of the show")
    await expect(summary.get_by_role("row", name="Ocean Shirt")).to_contain_text("€39.00")
