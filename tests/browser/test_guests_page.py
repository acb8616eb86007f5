"""Somebody with nothing but the shared link buys and chats as a guest, and can be forgotten."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.shop import BrowserShow, open_page
from tests.browser.viewer_words import BOUGHT, buy, buy_button, open_orders
from tests.waiting import wait_until

pytestmark = pytest.mark.feature("guests")


async def _name_oneself(page: Page, name: str = "Kaya Demir", mail: str = "") -> None:
    sheet = page.get_by_role("dialog", name="Your name, once")
    await sheet.get_by_label("Your name").fill(name)
    await sheet.get_by_label("E-mail").fill(mail)
    await sheet.get_by_role("button", name="Go on").click()


async def test_the_shared_link_buys_after_one_question_and_is_not_asked_again(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch(), width=390)
    await buy(page, "Ocean Shirt")
    await _name_oneself(page, mail="kaya@example.com")
    card = page.get_by_role("article", name="Ocean Shirt")
    await expect(card).to_contain_text(BOUGHT)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    (order,) = live.orders()
    assert (order["name"], order["lines"][0]["sku"]) == ("Kaya Demir", "OCEAN-M")
    await page.reload()
    await expect(buy_button(page, "Ocean Shirt")).to_be_visible()
    await buy(page, "Ocean Shirt")
    await expect(card).to_contain_text(BOUGHT)
    wait_until(lambda: len(live.orders()) == 2)
    await open_orders(page, count=2)


async def test_a_guest_finds_the_order_again_in_another_tab_of_the_browser(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch())
    await buy(page, "Ocean Shirt")
    await _name_oneself(page)
    await expect(page.get_by_role("article")).to_contain_text(BOUGHT)
    tab = await page.context.new_page()
    await tab.goto(live.watch())
    await open_orders(tab, count=1)
    orders = tab.get_by_role("region", name="Your orders")
    await expect(orders).to_contain_text("Ocean Shirt, M × 1")


async def test_a_guest_whose_answer_got_lost_is_one_guest_and_buys_once(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch(), width=390)
    told: list[dict[str, Any]] = []

    async def lose_the_first(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        told.append(json.loads(route.request.post_data or "{}"))
        answer = await route.fetch()
        await (route.abort() if len(told) == 1 else route.fulfill(response=answer))

    await page.route("**/api/guests", lose_the_first)
    await buy(page, "Ocean Shirt")
    await _name_oneself(page)
    await expect(page.get_by_role("alert")).to_contain_text("That did not work.")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("article")).to_contain_text(BOUGHT)
    assert len({each["rid"] for each in told}) == 1
    assert len(live.orders()) == 1


@pytest.mark.feature("chat")
async def test_the_chat_of_the_shared_link_asks_for_a_name_and_shows_it(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch(), width=390)
    await page.get_by_role("button", name="Ask or say something…").click()
    await _name_oneself(page)
    box = page.get_by_label("Say something")
    await box.fill("does it run small?")
    await box.press("Enter")
    line = page.get_by_role("listitem").filter(has_text="does it run small?")
    await expect(line).to_contain_text("Kaya Demir")


async def test_a_guest_is_forgotten_in_two_steps_and_the_order_stays_without_a_name(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch(), width=390)
    await buy(page, "Ocean Shirt")
    await _name_oneself(page)
    await expect(page.get_by_role("article")).to_contain_text(BOUGHT)
    await page.get_by_role("button", name="About the show").click()
    me = page.get_by_role("region", name="You in this show")
    await expect(me).to_contain_text("You are Kaya Demir")
    await me.get_by_role("button", name="Forget me").click()
    await expect(me).to_contain_text("Your name, your e-mail and your messages are deleted.")
    async with page.expect_navigation():
        await me.get_by_role("button", name="Forget me now").click()
    await expect(buy_button(page, "Ocean Shirt")).to_be_visible()
    assert [order["name"] for order in live.orders()] == [None]
    assert await page.evaluate("Object.keys(localStorage).join()") == "liveshop:visitor"
    await buy(page, "Ocean Shirt")
    await expect(page.get_by_role("dialog", name="Your name, once")).to_be_visible()


async def test_a_shop_with_a_page_to_sign_in_gets_its_buyer_back_and_the_purchase_goes_on(
    browser: Browser, live: BrowserShow
) -> None:
    live.wear(name="Kiln & Linen", sign_in_url="http://localhost:9/login?shop=1")
    live.begin_another("With a login")
    asked: list[str] = []
    page = await open_page(browser, "about:blank", width=390)

    async def sign_in(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=302, headers={"Location": live.watch("ada")})

    await page.route("http://localhost:9/**", sign_in)
    await page.goto(live.watch())
    await buy(page, "Ocean Shirt")
    await expect(page.get_by_role("article")).to_contain_text(BOUGHT)
    address = re.escape(live.watch().replace(":", "%3A").replace("/", "%2F"))
    assert len(asked) == 1
    assert re.search(f"login\\?shop=1&return={address}$", asked[0])
    assert [order["viewer_id"] for order in live.orders()] == ["u_ada"]
    await page.reload()
    await expect(buy_button(page, "Ocean Shirt")).to_be_visible()
    assert len(live.orders()) == 1
