"""Hosts and viewers at work, each in a browser, found by the words that people read."""

import pytest
from playwright.async_api import Browser, Dialog, Locator, Page, expect

from tests.browser.shop import BrowserNode, BrowserShow, choose, go_live, open_page
from tests.browser.viewer_words import (
    BOUGHT,
    NOTHING_PINNED,
    buy,
    buy_button,
    open_cart,
)
from tests.waiting import wait_until


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _start_sale(host: Page, *, percent: int, units: int) -> None:
    await _button(host, "Flash sale of Ocean Shirt").first.click()
    await host.get_by_label("Percent off").fill(str(percent))
    await host.get_by_label("Seconds", exact=True).fill("120")
    await host.get_by_label("Units (empty: all there are)").fill(str(units))
    await expect(host.get_by_role("row", name="All 2 variants")).to_contain_text("€39.00")
    await _button(host, "Start sale").click()


async def test_a_viewer_buys_at_the_price_of_the_sale_that_the_host_starts(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"), width=390)
    await expect(viewer.get_by_text(NOTHING_PINNED)).to_be_visible()

    await _button(host, "Pin Ocean Shirt").click()
    pinned = viewer.get_by_role("region", name="Now showing")
    card = pinned.get_by_role("article", name="Ocean Shirt")
    await expect(card).to_contain_text("€50.00")
    await _start_sale(host, percent=22, units=3)
    await expect(card).to_contain_text("€39.00")
    await expect(card).to_contain_text("Live price −22%")
    await expect(card).to_contain_text("ends in 0")
    await expect(card).to_contain_text("Only 3 left")

    await card.get_by_role("radio", name="L", exact=True).check()
    await buy(viewer, "Ocean Shirt")
    await expect(card).to_contain_text(BOUGHT)
    await expect(card).to_contain_text("Only 2 left")

    orders = host.get_by_role("region", name="Orders")
    await expect(orders.get_by_role("listitem")).to_contain_text("€39.00Ocean Shirt, L × 1")
    await expect(orders).to_contain_text("1 · €39.00")
    (order,) = live.orders()
    assert order["status"] == "confirmed"
    assert [(line["sku"], line["price"]) for line in order["lines"]] == [("OCEAN-L", 3900)]


async def test_a_host_plans_a_show_fills_its_shelf_and_goes_live(
    browser: Browser, show: BrowserShow
) -> None:
    host = await open_page(browser, f"{show.node.url}/#token={show.host_token}")
    assert "token" not in host.url
    await _button(host, "Plan a show").click()
    await host.get_by_label("Title").fill("Evening drop")
    await _button(host, "Plan it").click()
    await expect(host.get_by_role("heading", name="Evening drop")).to_be_visible()
    await expect(host.get_by_text("Draft")).to_be_visible()

    await _button(host, "Add product…").click()
    await host.get_by_label("Units of M").fill("4")
    await host.get_by_label("Units of L").fill("0")
    await host.get_by_label("At most per person").fill("2")
    await _button(host, "Add to the shelf").click()
    await expect(host.get_by_role("region", name="Run of show")).to_contain_text("M 4")
    await choose(host, "Ocean Shirt")
    await _button(host, "Price of Ocean Shirt").click()
    await host.get_by_label("Price of M in EUR").fill("48.50")
    await _button(host, "Change price").click()
    await _button(host, "Pin next: Ocean Shirt").click()
    card = host.get_by_role("region", name="On air").get_by_role("article")
    await expect(card).to_contain_text("€48.50")
    await go_live(host)
    await expect(_button(host, "Pause")).to_be_visible()

    await host.goto(show.node.url)
    await expect(host.get_by_role("link", name="Evening drop", exact=True)).to_be_visible()


async def test_a_cart_is_ordered_whole_and_what_is_removed_can_be_bought_again(
    browser: Browser, live: BrowserShow
) -> None:
    viewer = await open_page(browser, live.watch("ada"), width=820)
    await open_cart(viewer)
    await expect(viewer.get_by_text("Your cart is empty.")).to_be_visible()
    await viewer.get_by_role("dialog").get_by_role("button", name="Products").click()
    await viewer.get_by_role("dialog").get_by_role("button", name="Ocean Shirt").click()
    card = viewer.get_by_role("article", name="Ocean Shirt")
    for label in ("M", "L"):
        await card.get_by_role("radio", name=label, exact=True).check()
        await _button(viewer, "Add to cart: Ocean Shirt").click()
        await expect(card).to_contain_text("In your cart, reserved until")
    await viewer.keyboard.press("Escape")
    await expect(viewer.get_by_role("dialog")).to_have_count(0)
    await open_cart(viewer, count=2)
    cart = viewer.get_by_role("region", name="Your cart")
    for label in ("M", "L"):
        await expect(cart).to_contain_text(f"Ocean Shirt, {label} × 1")
    await expect(_button(viewer, "Order 2 for €100.00")).to_be_visible()
    other = await open_page(browser, live.watch("ada"))
    await open_cart(other, count=2)
    await expect(_button(other, "Order 2 for €100.00")).to_be_visible()

    await _button(viewer, "Remove Ocean Shirt, M").click()
    await expect(_button(other, "Order 1 for €50.00")).to_be_visible()
    await _button(viewer, "Order 1 for €50.00").click()
    await expect(viewer.get_by_role("region", name="Your orders")).to_contain_text("€50.00")
    await expect(other.get_by_text("Your cart is empty.")).to_be_visible()
    (order,) = live.orders()
    assert [line["sku"] for line in order["lines"]] == ["OCEAN-L"]
    wait_until(lambda: (live.left("OCEAN-M"), live.left("OCEAN-L")) == (10, 9))


async def test_a_show_ends_in_two_steps_for_everyone(browser: Browser, live: BrowserShow) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch())
    await _button(host, "Pause").click()
    await expect(viewer.get_by_text("The show is paused. We are back")).to_be_visible()
    await _button(host, "Resume").click()
    paused = viewer.get_by_text("The show is paused. We are back")
    await expect(paused).to_have_count(0)

    await _button(host, "End…").click()
    await _button(host, "Not now").click()
    await _button(host, "End…").click()
    paused = viewer.get_by_text("The show is paused. We are back")
    await expect(paused).to_have_count(0)
    await _button(host, "End show").click()
    await expect(viewer.get_by_text("The show has ended. Thank you")).to_be_visible()
    await expect(host.get_by_role("heading", name="The show has ended")).to_be_visible()


@pytest.mark.feature("chat")
async def test_the_chat_is_text_and_is_moderated_by_the_host(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    viewer = await open_page(browser, live.watch("ada"))
    other = await open_page(browser, live.watch())
    said = "<img src=x onerror=alert(1)> is it <b>blue</b>?"
    await viewer.get_by_label("Say something").fill(said)
    await _button(viewer, "Send").click()
    for page in (host, viewer, other):
        await expect(page.get_by_text(said)).to_be_visible()
    await expect(viewer.get_by_label("Say something")).to_have_value("")

    await _button(host, "Actions on the message of ada").click()
    await _button(host, "Pin message of ada").click()
    pinned = other.get_by_role("list", name="Pinned messages")
    await expect(pinned).to_contain_text(said)
    await _button(host, "Delete message of ada").first.click()
    await expect(other.get_by_text(said)).to_have_count(0)

    await viewer.get_by_label("Say something").fill("hello again")
    await _button(viewer, "Send").click()
    await _button(host, "Actions on the message of ada").click()
    await _button(host, "Mute 5 min: ada").click()
    await expect(_button(host, "Unmute ada")).to_be_visible()


async def test_a_link_of_somebody_else_asks_before_it_makes_one_buy_in_their_name(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"))
    asked: list[str] = []
    answers = iter([False, True])

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if next(answers) else dialog.dismiss())

    page.on("dialog", answer)
    sub = "JSON.parse(atob(sessionStorage['liveshop:token'].split('.')[1])).sub"
    for bearer in ("ada", "ada"):  # one's own, with a new token, asks for nothing
        await page.goto("about:blank")
        await page.goto(live.watch(bearer))
        assert await page.evaluate(sub) == "u_ada"
    assert asked == []
    for bearer in ("ada", "mallory"):
        await page.goto("about:blank")
        await page.goto(live.watch("mallory"))
        await expect(page.get_by_role("heading", name="Autumn drop")).to_be_visible()
        assert await page.evaluate(sub) == f"u_{bearer}"
        assert "token" not in page.url
    assert asked == ["In this tab you are ada. Go on as mallory?"] * 2


async def test_a_page_says_who_may_not_come_in_and_what_they_can_do(
    browser: Browser, live: BrowserShow, node: BrowserNode
) -> None:
    lost = await open_page(browser, f"{node.url}/watch/nothing")
    await expect(lost.get_by_text("There is no such show.")).to_be_visible()

    live.command("product.pin", product_id="ocean")
    expired = await open_page(browser, f"{live.watch()}#token=expired")
    await expect(expired.get_by_text("Your link has expired")).to_be_visible()
    await _button(expired, "Watch without an account").click()
    await expect(expired.get_by_role("heading", name="Autumn drop")).to_be_visible()
    await expect(buy_button(expired, "Ocean Shirt")).to_be_enabled()

    guest = await open_page(browser, live.watch("ada").replace("/watch/", "/host/"))
    await expect(guest.get_by_text("your link is a viewer's")).to_be_visible()
    await expect(_button(guest, "Pause")).to_have_count(0)
