"""Nothing on the viewer's page outlives what it says, and nothing that was given up comes back."""

import json
import re
from contextlib import closing
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from liveshop.core.roles import Role
from tests.browser.buyers import buys
from tests.browser.shop import BrowserNode, BrowserShow, open_page, token
from tests.browser.viewer_words import BOUGHT, buy, buy_button, open_cart
from tests.waiting import wait_until

# The price of a tap is another one than the page shows: somebody changes it at that moment.
_LATE: Final = """() => {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function late(text) {
    const command = JSON.parse(text);
    if (command.type === "buy") command.price = 4000;
    send.call(this, JSON.stringify(command));
  };
}"""
_NO_STORAGE: Final = """() => {
  for (const name of ["sessionStorage", "localStorage"]) {
    const get = () => { throw new DOMException("no", "SecurityError"); };
    Object.defineProperty(window, name, { get });
  }
}"""
_HEAR: Final = """() => {
  window.heard = 0;
  window.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", () => { heard += 1; });
    }
  };
}"""


async def _name_oneself(page: Page) -> None:
    sheet = page.get_by_role("dialog", name="Your name, once")
    await sheet.get_by_label("Your name").fill("Kaya Demir")
    await sheet.get_by_role("button", name="Go on").click()


async def test_a_refusal_is_read_only_while_it_is_so(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    card = page.get_by_role("article", name="Ocean Shirt")
    await expect(card).to_be_visible()
    await page.evaluate(_LATE)
    await buy(page, "Ocean Shirt")
    said = "The price has changed: it is €50.00 now."
    await expect(card).to_contain_text(said)
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-M": 4500})
    await expect(card).to_contain_text("€45.00")
    await expect(card).not_to_contain_text(said)
    await buy(page, "Ocean Shirt")
    await expect(card).to_contain_text("it is €45.00 now.")


async def test_what_was_sold_before_one_came_is_called_sold_out_and_what_is_in_carts_is_not(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("cup", ["Sand", "Sea"], "Cup")
    live.command("product.pin", product_id="cup")
    await buys(live, token("bo", Role.VIEWER), "cup-0", quantity=3)
    other = await open_page(browser, live.watch("cy"))
    await other.get_by_role("radio", name="Sea", exact=True).check()
    for _ in range(3):
        await other.get_by_role("button", name="Add to cart: Cup").click()
    await expect(other.get_by_role("button", name="Cart, 3 items")).to_be_visible()
    wait_until(lambda: "product.sold_out" in {event["type"] for event in live.events()})
    page = await open_page(browser, live.watch("ada"))
    card = page.get_by_role("article", name="Cup")
    sand, sea = card.get_by_role("radio", name="Sand"), card.get_by_role("radio", name="Sea")
    await expect(sand).to_have_accessible_name(re.compile("Sold out$"))
    await expect(sea).to_have_accessible_name(re.compile("None left just now$"))
    await sand.check()
    await expect(buy_button(card, "Cup")).to_contain_text("Sold out")
    await sea.check()
    await expect(buy_button(card, "Cup")).to_contain_text("None left just now")


@pytest.mark.feature("guests", "chat")
@pytest.mark.parametrize("way", ["for the chat", "by a link"])
async def test_a_name_that_comes_later_buys_nothing_that_was_given_up(
    browser: Browser, live: BrowserShow, way: str
) -> None:
    live.command("product.pin", product_id="ocean")
    sent: list[dict[str, Any]] = []
    page = await open_page(browser, "about:blank", width=390)
    page.on(
        "websocket", lambda line: line.on("framesent", lambda text: sent.append(json.loads(text)))
    )
    await page.goto(live.watch())
    await buy(page, "Ocean Shirt")
    await expect(page.get_by_role("dialog", name="Your name, once")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    if way == "for the chat":
        await page.get_by_role("button", name="Ask or say something…").click()
        await _name_oneself(page)
    else:
        await page.goto("about:blank")
        await page.goto(live.watch("ada"))
    box = page.get_by_label("Say something")
    await box.fill("does it run small?")
    await box.press("Enter")
    await expect(page.get_by_role("listitem").filter(has_text="does it run small?")).to_be_visible()
    assert [each["type"] for each in sent if each["type"] in ("buy", "say")] == ["say"]
    assert live.orders() == []


@pytest.mark.feature("guests")
async def test_a_browser_that_keeps_nothing_still_asks_for_a_name_and_buys(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, "about:blank", width=390)
    await page.add_init_script(f"({_NO_STORAGE})()")
    await page.goto(live.watch())
    await buy(page, "Ocean Shirt")
    await _name_oneself(page)
    await expect(page.get_by_role("article")).to_contain_text(BOUGHT)
    assert len(live.orders()) == 1


async def test_a_turn_that_is_told_before_anything_is_drawn_is_shown(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank", width=390)

    def connect(line: WebSocketRoute) -> None:
        line.send(json.dumps([{"type": "moved", "retry_after_ms": 600_000, "turn": "t"}]))

    async def wait_for_the_turn(route: Route) -> None:
        await page.wait_for_function("heard > 0")
        await route.continue_()

    await page.route_web_socket("**/ws/sessions/*", connect)
    await page.add_init_script(f"({_HEAR})(); localStorage['liveshop:language'] = 'el';")
    await page.route("**/messages/el.json", wait_for_the_turn)
    await page.goto(live.watch("ada"))
    await expect(page.locator(".banner")).to_contain_text("0")


async def test_a_sheet_that_the_browser_closes_unasked_opens_again(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    for _ in range(2):
        await open_cart(page)
        await expect(page.get_by_role("dialog", name="Your cart")).to_be_visible()
        # As a browser does for Escape if nobody has touched the page since the sheet opened.
        await page.get_by_role("dialog").evaluate("(dialog) => dialog.close()")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator("dialog")).to_have_count(0)


async def test_that_a_link_was_copied_is_said_for_a_moment(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"))
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Share the show").click()
    said = page.locator(".share-said")
    await expect(said).not_to_be_empty()
    assert await page.evaluate("navigator.clipboard.readText()") == live.watch()
    await expect(said).to_be_empty()


async def test_the_focus_is_not_lost_if_what_opened_a_sheet_has_gone(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    await page.get_by_role("region", name="Coming up").get_by_role("button").click()
    sheet = page.get_by_role("dialog", name="Ocean Shirt")
    await expect(sheet).to_be_visible()
    live.command("product.pin", product_id="ocean")
    await expect(page.get_by_role("region", name="Coming up")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize(("units", "look"), [(3, "left few"), (4, "left")])
async def test_the_last_three_are_few_for_viewers_however_many_there_were(
    browser: Browser, node: BrowserNode, units: int, look: str
) -> None:
    with closing(BrowserShow(node, units=units)) as show:
        show.command("session.start")
        show.command("product.pin", product_id="ocean")
        page = await open_page(browser, show.watch("ada"))
        left = page.get_by_role("article").locator(".left")
        await expect(left).to_contain_text(f"{units} left")
        await expect(left).to_have_class(look)
