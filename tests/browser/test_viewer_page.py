"""The viewer's page: sheets, languages, countdowns, what it says when things go wrong."""

import json
import re
from contextlib import closing
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocket, expect

from tests.browser.shop import BrowserNode, BrowserShow, open_page
from tests.browser.viewer_words import (
    BOUGHT,
    NOTHING_PINNED,
    buy,
    buy_button,
    open_card,
    open_cart,
    open_orders,
    open_shelf,
)


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _swipe_down(page: Page, head: Locator) -> None:
    box = await head.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 60, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 60, box["y"] + 160, steps=4)
    await page.mouse.up()


async def test_a_sheet_closes_by_escape_back_swipe_and_its_button(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    sheet = page.get_by_role("dialog", name="All products")
    opener = page.get_by_role("button", name="See all products").first
    for way in ("escape", "back", "swipe", "button"):
        await opener.click()
        await expect(sheet).to_be_visible()
        if way == "escape":
            await page.keyboard.press("Escape")
        elif way == "back":
            await page.evaluate("() => { history.back(); }")
        elif way == "swipe":
            await _swipe_down(page, sheet.get_by_role("heading"))
        else:
            await _button(page, "Close").click()
        await expect(sheet).to_have_count(0)
        await expect(opener).to_be_focused()
    await expect(page.get_by_role("heading", name="Autumn drop")).to_be_visible()


async def test_a_sheet_that_was_open_is_open_again_after_a_reload(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    await open_cart(page)
    await page.reload()
    await expect(page.get_by_role("dialog", name="Your cart")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "buy", "left"),
    [
        ("el", "Αγορά : Ocean Shirt", "20 ακόμη"),
        ("zh", "购买 : Ocean Shirt", "还有 20 件"),
        ("ru", "Купить : Ocean Shirt", "Ещё 20"),
    ],
)
async def test_a_language_is_chosen_on_the_page_and_remembered(
    browser: Browser, live: BrowserShow, language: str, buy: str, left: str
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    await _button(page, "About the show").click()
    await page.get_by_label("Language").select_option(language)
    await page.keyboard.press("Escape")
    await expect(_button(page, buy)).to_be_enabled()
    await page.reload()
    await expect(_button(page, buy)).to_be_enabled()
    await expect(page.get_by_role("article")).to_contain_text(left)
    assert await page.locator("html").get_attribute("lang") == language


async def test_the_browsers_language_is_the_first_choice(
    browser: Browser, live: BrowserShow
) -> None:
    context = await browser.new_context(locale="ru-RU")
    page = await context.new_page()
    await page.goto(live.watch("ada"))
    await expect(page.get_by_text("Скоро в эфире")).to_be_visible()


async def test_a_planned_show_counts_down_and_goes_into_a_calendar(
    browser: Browser, show: BrowserShow
) -> None:
    planned = show.plan("Evening; drop")
    page = await open_page(browser, f"{show.node.url}/watch/{planned}", width=390)
    timer = page.get_by_role("timer", name="Time until the show")
    await expect(timer).to_have_text(re.compile(r"^\d+:\d\d:\d\d$"))
    async with page.expect_download() as started:
        await _button(page, "Remind me").click()
    download = await started.value
    assert download.suggested_filename == "show.ics"
    lines = (await download.path()).read_bytes().decode().split("\r\n")
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert "DTSTART:20961002T070640Z" in lines
    assert "SUMMARY:Evening\\; drop" in lines
    assert f"UID:{planned}@liveshop" in lines
    assert f"URL:{show.node.url}/watch/{planned}" in lines
    assert lines[-2:] == ["END:VCALENDAR", ""]


async def test_a_buyer_reads_what_a_refusal_means(browser: Browser, live: BrowserShow) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    card = page.get_by_role("article", name="Ocean Shirt")
    await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()
    # The line is slow: this page still shows the old price when Buy is tapped.
    await page.evaluate(
        """() => {
          const { send } = WebSocket.prototype;
          WebSocket.prototype.send = function slow(text) {
            const command = JSON.parse(text);
            if (command.type === "buy" && command.price === 5000) command.price = 4000;
            send.call(this, JSON.stringify(command));
          };
        }"""
    )
    await buy(page, "Ocean Shirt")
    await expect(card).to_contain_text("The price has changed: it is €50.00 now.")
    await page.reload()
    live.command("sale.start", product_id="ocean", percent=10, duration_ms=600_000, limit=1)
    await expect(card).to_contain_text("−10%")
    await buy(page, "Ocean Shirt")
    await expect(card).to_contain_text(BOUGHT)
    await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()
    await buy(page, "Ocean Shirt")
    await expect(card).to_contain_text("1 per person; you have 1.")
    live.command("session.pause")
    await expect(buy_button(page, "Ocean Shirt")).to_be_disabled()


async def test_a_product_with_many_variants_is_chosen_in_its_sheet(
    browser: Browser, node: BrowserNode, live: BrowserShow
) -> None:
    live.add_product("kimono", [f"Size {number}" for number in range(12)])
    live.command("product.pin", product_id="kimono")
    page = await open_page(browser, live.watch("ada"), width=390)
    card = page.get_by_role("region", name="Now showing").get_by_role("article")
    await expect(card.get_by_role("radio")).to_have_count(0)
    await open_card(page, "kimono")
    await card.get_by_role("button", name="Choose").click()
    sheet = page.get_by_role("dialog", name="kimono")
    await sheet.get_by_role("radio", name="Size 7", exact=True).check()
    await page.keyboard.press("Escape")
    await open_card(page, "kimono")
    await expect(card.get_by_role("button", name="Choose")).to_contain_text("Size 7")
    await buy(page, "kimono")
    await expect(card).to_contain_text(BOUGHT)
    (order,) = live.orders()
    assert [line["sku"] for line in order["lines"]] == ["kimono-7"]


@pytest.mark.feature("chat")
async def test_the_page_announces_pins_and_sales_but_no_chat(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    await expect(page.get_by_text(NOTHING_PINNED)).to_be_visible()
    spoken = page.locator("[aria-live=polite]")
    live.command("product.pin", product_id="ocean")
    await expect(spoken).to_have_text("Now showing: Ocean Shirt, €50.00.")
    live.command("sale.start", product_id="ocean", percent=20, duration_ms=600_000)
    await expect(spoken).to_have_text("Flash sale: Ocean Shirt for €40.00.")
    live.command("product.unpin", product_id="ocean")
    await expect(page.get_by_text(NOTHING_PINNED)).to_be_visible()
    live.command("product.pin", product_id="ocean")
    await expect(spoken).to_have_text("Now showing: Ocean Shirt, €40.00.")
    await page.get_by_label("Say something").fill("hello")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("hello")).to_be_attached()
    live.command("sale.end", product_id="ocean")
    await expect(spoken).to_have_text("The flash sale of Ocean Shirt is over.")
    live.command("product.reprice", product_id="ocean", prices={"OCEAN-L": 4500})
    await expect(spoken).to_have_text("New price: Ocean Shirt, €45.00.")
    roles = "els => els.filter(e => e.closest('[role=log],[role=status],[aria-live]')).length"
    assert await page.get_by_text("hello").evaluate_all(roles) == 0


async def test_an_expired_reservation_can_be_made_again(
    browser: Browser, node: BrowserNode
) -> None:
    with closing(BrowserShow(node, hold_ms=2_000)) as live:
        live.command("session.start")
        live.command("product.pin", product_id="ocean")
        page = await open_page(browser, live.watch("ada"), width=390)
        await open_card(page, "Ocean Shirt")
        await _button(page, "Add to cart: Ocean Shirt").click()
        await open_cart(page, count=1)
        cart = page.get_by_role("region", name="Your cart")
        await expect(cart).to_contain_text("Yours until")
        await expect(cart).to_contain_text("Your reservation ran out at")
        again = _button(page, "Reserve again")
        box = await again.bounding_box()
        assert box is not None and box["width"] > box["height"]  # its words are in one line
        await again.click()
        await expect(cart).to_contain_text("Yours until")


async def test_without_javascript_the_page_says_what_it_needs(
    browser: Browser, live: BrowserShow
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(live.watch())
    words = page.locator("noscript p")
    await expect(words).to_be_visible()
    await expect(words).to_contain_text("Please allow JavaScript")


@pytest.mark.parametrize("size", [(390, 844), (820, 1180), (1440, 900)], ids=str)
async def test_long_words_and_dear_things_overflow_nowhere(
    browser: Browser, live: BrowserShow, size: tuple[int, int]
) -> None:
    title = "Αφθονία " * 8 + "羊毛圍巾" * 6 + " وشاح" * 6 + "Donaudampfschifffahrt" * 4
    live.add_product(
        "long", ["Extraordinarily long label of a variant", "M"], title[:190], price=12_345_678
    )
    live.command("product.pin", product_id="long")
    live.command("sale.start", product_id="long", percent=10, duration_ms=60_000, units=2)
    page = await open_page(browser, live.watch("ada"), width=size[0])
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.emulate_media(reduced_motion="reduce")  # a card comes in from the side
    await expect(page.get_by_role("article")).to_contain_text("€111,111.10")
    overflowing = """() => [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const hidden = element.closest(".backdrop, .picture, .hearts, .unseen, svg, select");
      return width > 0 && !hidden && (left < -1 || right > innerWidth + 1);
    }).map((element) => element.outerHTML.slice(0, 120))"""
    assert await page.evaluate(overflowing) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_who_bought_finds_the_order_when_the_show_has_ended(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    await buy(page, "Ocean Shirt")
    await expect(page.get_by_role("article")).to_contain_text(BOUGHT)
    live.command("session.end")
    await expect(page.get_by_text("The show has ended. Thank you")).to_be_visible()
    await open_orders(page, count=1)
    orders = page.get_by_role("region", name="Your orders")
    await expect(orders.get_by_role("listitem")).to_contain_text("Ocean Shirt, M × 1")


@pytest.mark.feature("figures")
async def test_who_has_no_token_is_counted_once_and_looks_at_products_are_counted(
    browser: Browser, live: BrowserShow
) -> None:
    sent: list[dict[str, Any]] = []

    def listen(line: WebSocket) -> None:
        line.on("framesent", lambda frame: sent.append(json.loads(frame)))

    page = await open_page(browser, live.watch(), width=390)
    page.on("websocket", listen)
    for _ in range(2):
        await page.reload()
        await open_shelf(page)
        shelf = page.get_by_role("dialog", name="All products")
        await shelf.get_by_role("button", name="Ocean Shirt").click()
        await expect(page.get_by_role("dialog", name="Ocean Shirt")).to_be_visible()
        await page.keyboard.press("Escape")
        # Closed once the browser has gone back by an entry, which would undo a later `goto`.
        await expect(page.get_by_role("dialog")).to_have_count(0)
    (name,) = {each["visitor"] for each in sent if each["type"] == "hello"}
    assert re.fullmatch("[0-9a-f-]{36}", name)
    looks = [each for each in sent if each["type"] == "look"]
    assert looks == [{"type": "look", "product_id": "ocean"}] * 2
    sent.clear()
    await page.goto(live.watch("ada"))
    await page.reload()
    await expect(page.get_by_role("button", name="See all products").first).to_be_visible()
    assert {each["visitor"] for each in sent if each["type"] == "hello"} == {None}
