"""The console's ways back: undoing, the means of a rehearsal, and the names of things."""

import pytest
from playwright.async_api import Browser, Locator, Page, Request, expect

from tests.browser.shop import BrowserShow, choose, open_page
from tests.browser.viewer_words import BOUGHT, buy
from tests.waiting import wait_until

_COUNT_FRAMES = """() => {
  window.framesSent = 0;
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function counted(text) {
    if (!["time", "ping"].includes(JSON.parse(text).type)) window.framesSent += 1;
    send.call(this, text);
  };
}"""


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _run(page: Page) -> Locator:
    return page.get_by_role("region", name="Run of show")


async def test_a_product_taken_off_the_shelf_comes_back_as_it_was(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 4800})
    live.command("product.pin", product_id="ocean")
    live.add_product("pot", [""], "Clay pot")
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    rows = _run(host).get_by_role("listitem")
    card = viewer.get_by_role("region", name="Now showing").get_by_role("article")
    await expect(card).to_contain_text("€48.00")
    await choose(host, "Ocean Shirt")
    await _button(host, "Remove Ocean Shirt").click()
    await expect(rows).to_have_count(1)
    await expect(card).to_have_count(0)
    await _button(host, "Undo").click()
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Ocean Shirt")
    await expect(rows.first).to_contain_text("M 10 · L 10")
    await expect(rows.first).to_contain_text("pinned")
    await expect(card).to_contain_text("€48.00")
    await buy(viewer, "Ocean Shirt")
    await expect(card).to_contain_text(BOUGHT)
    await expect(rows.first).to_contain_text("M 9 · L 10")
    assert [order["total"] for order in live.orders()] == [4800]


async def test_only_a_variant_with_a_name_is_named(browser: Browser, live: BrowserShow) -> None:
    live.add_product("pot", [""], "Clay pot")
    live.command("product.pin", product_id="pot")
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    await buy(viewer, "Clay pot")
    orders = host.get_by_role("region", name="Orders")
    await expect(orders).to_contain_text("Clay pot × 1")
    await expect(_run(host).get_by_role("listitem").filter(has_text="pot")).to_contain_text(
        "2 left"
    )
    for opener in ("Price of Clay pot", "Flash sale of Clay pot"):
        await _button(host, opener).first.click()
        await expect(host.get_by_role("dialog")).to_contain_text("Clay pot")
        await expect(host.get_by_text("pot-0")).to_have_count(0)
        await host.keyboard.press("Escape")
    live.command("product.remove", product_id="pot")
    await host.reload()
    await expect(orders).to_contain_text("Clay pot × 1")
    await expect(host.get_by_text("pot-0")).to_have_count(0)


async def _add_and_sell(host: Page) -> None:
    """List a new product in a rehearsal, show it, and wait until somebody has bought it."""
    await _button(host, "Add product…").click()
    await host.get_by_label("A new product").check()
    await host.get_by_label("Title of the product").fill("Clay pot")
    await host.get_by_label("Price in EUR").fill("12.50")
    await host.get_by_label("Units of each").fill("900")
    await _button(host, "Add to the shelf").click()
    await expect(_run(host).get_by_role("listitem")).to_have_count(2)
    await _button(host, "Go live").click()
    await _button(host, "Pin Clay pot").click()
    orders = host.get_by_role("region", name="Orders")
    await expect(orders.get_by_text("Clay pot × 1").first).to_be_visible()


@pytest.mark.feature("rehearsal", "chat")
async def test_a_rehearsal_adds_cancels_and_blocks_and_leaves_no_trace(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, show.host())
    await expect(_button(host, "Go live")).to_be_visible()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    host.on("request", note)
    await host.evaluate(_COUNT_FRAMES)
    await _button(host, "Rehearse").click()
    await _add_and_sell(host)
    orders = host.get_by_role("region", name="Orders")
    await orders.get_by_role("button", name="Cancel the order of").last.click()
    await _button(host, "Cancel the order").click()
    await expect(orders.get_by_role("listitem").last).to_contain_text("cancelled")
    await _button(host, "Words…").click()
    await host.get_by_label("Blocked words, one a line").fill("scam")
    await _button(host, "Save the words").click()
    await expect(host.get_by_role("dialog")).to_have_count(0)
    await host.get_by_label("Say something").fill("no scam here")
    await host.get_by_label("Say something").press("Enter")
    chat = host.get_by_role("region", name="Chat")
    await expect(chat.get_by_text("no scam here")).to_be_visible()  # hosts may say it in a show too
    await _button(host, "Words…").click()
    await expect(host.get_by_label("Blocked words, one a line")).to_have_value("scam")
    await _button(host, "Not now").click()
    await choose(host, "Ocean Shirt")
    await _button(host, "Remove Ocean Shirt").click()
    await _button(host, "Undo").click()
    await expect(_run(host).get_by_role("listitem").first).to_contain_text("Ocean Shirt")

    await _button(host, "Back to the show").click()
    await expect(_run(host).get_by_role("listitem")).to_have_count(1)
    await expect(orders).to_contain_text("No orders yet.")
    paths = {url.partition("?")[0].rpartition("/")[2] for url in asked if "/api/" in url}
    assert paths == {"products", "rehearse"}
    assert show.events()[-1]["type"] == "product.added"
    assert await host.evaluate("window.framesSent") == 0
    await _button(host, "Words…").click()
    await expect(host.get_by_label("Blocked words, one a line")).to_have_value("")
    wait_until(lambda: show.left("OCEAN-M") == 10)
    assert show.orders() == []
