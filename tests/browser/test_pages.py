"""The pages take care of double-clicks, long lists, missing pictures and cancelled orders."""

import pytest
from playwright.async_api import Browser, Locator, Route, expect

from tests.browser.shop import BrowserShow, open_page
from tests.browser.viewer_words import BOUGHT, buy, buy_button, open_orders

# Two clicks before the page is drawn again, and one more as soon as the order is confirmed.
_CLICK_AND_CLICK = """async (button) => {
  const drawn = () => new Promise(requestAnimationFrame);
  button.click();
  button.click();
  while (!button.closest("article").innerText.includes("Yours. Order")) await drawn();
  button.click();
}"""
_TWO_FRAMES = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
_WORDS_FROM = """(card) => card.querySelector(".card-body").getBoundingClientRect().left
  - card.querySelector(".card").getBoundingClientRect().left"""

# The card's words for a purchase whose order has come to this status.
_WORDS = """async (status) => {
  const { loadLanguage } = await import("/pages/shared/i18n.js");
  const { outcome } = await import("/pages/viewer/outcome.js");
  await loadLanguage();
  const purchase = { rid: "r", sku: "OCEAN-M", state: "sold", order_id: "0123456789" };
  const mine = { orders: [{ order_id: "0123456789", status }] };
  return outcome({ state: { session: null, mine }, purchase });
}"""


async def test_a_double_click_buys_one_and_a_later_tap_buys_another(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    buy = buy_button(viewer, "Ocean Shirt")
    await expect(buy).to_be_enabled()
    await buy.evaluate(_CLICK_AND_CLICK)
    await viewer.evaluate(_TWO_FRAMES)
    await expect(buy).to_be_enabled()
    assert len(live.orders()) == 1
    await buy.click()
    await open_orders(viewer, count=2)
    orders = viewer.get_by_role("region", name="Your orders").get_by_role("listitem")
    await expect(orders).to_have_count(2)
    assert len(live.orders()) == 2


async def test_a_key_that_is_held_down_buys_one(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    buy = buy_button(viewer, "Ocean Shirt")
    await expect(buy).to_be_enabled()
    await buy.focus()
    await viewer.keyboard.down("Enter")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    await expect(buy).to_be_enabled()
    await buy.focus()
    await viewer.keyboard.down("Enter")  # not let go of: the keyboard repeats it
    await viewer.evaluate(_TWO_FRAMES)
    assert await buy.is_enabled()
    assert len(live.orders()) == 1


async def test_the_card_says_that_its_order_was_cancelled(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    card = viewer.get_by_role("article", name="Ocean Shirt")
    buy = buy_button(card, "Ocean Shirt")
    await buy.click()
    await expect(card).to_contain_text(BOUGHT)
    (order,) = live.orders()
    live.cancel(order["order_id"])
    await expect(card).to_contain_text(f"Order {order['order_id'][:8]} was cancelled.")
    await expect(card).not_to_contain_text(BOUGHT)
    await expect(buy).to_be_enabled()


@pytest.mark.parametrize("asked", ["**/api/products?*", "**/api/orders?*"])
async def test_what_an_order_is_of_is_asked_again_when_it_was_not_told(
    browser: Browser, live: BrowserShow, asked: str
) -> None:
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"))
    await buy(viewer, "Ocean Shirt")
    await expect(viewer.get_by_text(BOUGHT)).to_be_visible()
    live.command("product.remove", product_id="ocean")
    refused = 0

    async def refuse_twice(route: Route) -> None:
        nonlocal refused
        refused += 1
        await (route.continue_() if refused > 2 else route.abort())

    await viewer.route(asked, refuse_twice)
    await viewer.reload()
    await open_orders(viewer, count=1)
    order = viewer.get_by_role("region", name="Your orders").get_by_role("listitem")
    await expect(order).to_contain_text("Ocean Shirt, M × 1")
    assert refused > 2


async def test_an_order_that_was_refunded_is_no_longer_called_ordered(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    words = [await page.evaluate(_WORDS, status) for status in ("confirmed", "refunded")]
    assert words == ["✓ Yours. Order 01234567", "Order 01234567 was refunded."]


async def test_what_is_on_air_comes_first_however_many_shows_are_planned_after_it(
    browser: Browser, live: BrowserShow
) -> None:
    for number in range(55):
        live.plan(f"Planned {number}")
    page = await open_page(browser, live.node.url)
    shows = page.get_by_role("region", name="Shows")
    rows = shows.get_by_role("listitem")
    large = shows.get_by_role("article")
    more = shows.get_by_role("button", name="Show more")
    await expect(rows).to_have_count(55)
    await expect(large).to_contain_text("Live")
    await expect(large).to_contain_text("Autumn drop")
    await expect(rows.first).to_contain_text("Planned 54")
    await expect(more).to_have_count(0)

    live.command("session.pause")
    for number in range(55, 210):
        live.plan(f"Planned {number}")
    await page.reload()
    await expect(rows).to_have_count(199)
    await expect(large).to_contain_text("Planned 209")
    await more.click()
    await expect(rows).to_have_count(210)
    await expect(large).to_contain_text("Paused")
    await expect(large).to_contain_text("Autumn drop")
    await expect(more).to_have_count(0)


@pytest.mark.parametrize("width", [390, 820, 1440])
async def test_a_card_without_a_picture_has_its_whole_width_for_words(
    browser: Browser, live: BrowserShow, width: int
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=width)
    card: Locator = page.get_by_role("article", name="Ocean Shirt")
    await expect(card).to_be_visible()
    assert round(await card.evaluate(_WORDS_FROM)) <= 12
