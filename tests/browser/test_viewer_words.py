"""The words of the viewer's page: of the chat's pace, of orders, of payment, and of refusals."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, open_page, token
from tests.browser.viewer_words import (
    BOUGHT,
    buy,
    buy_button,
    open_card,
    open_cart,
    open_orders,
)

_SOCKETS = "**/ws/sessions/*"

Json = dict[str, Any]


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _say(page: Page, text: str) -> None:
    await page.get_by_label("Say something").fill(text)
    await page.get_by_label("Say something").press("Enter")


async def _between(page: Page, answer: Callable[[Json], Json | None]) -> list[WebSocketRoute]:
    """Stand between a page and its server, which gets no message that `answer` answers."""
    lines: list[WebSocketRoute] = []

    def connect(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        lines.append(line)

        def pass_on(text: str | bytes) -> None:
            command = json.loads(text)
            answered = answer(command)
            if answered is None:
                server.send(text)
            else:
                line.send(json.dumps([{**answered, "ref": command["ref"]}]))

        line.on_message(pass_on)

    await page.route_web_socket(_SOCKETS, connect)
    return lines


@pytest.mark.feature("chat")
async def test_slow_mode_is_told_before_and_after_one_writes(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"), width=390)
    box = page.get_by_label("Say something")
    await expect(box).to_be_enabled()
    hint = page.get_by_placeholder("Slow mode: 60 s", exact=True)
    await expect(hint).to_have_count(0)
    live.command("chat.slow", interval_ms=60_000)
    await expect(hint).to_be_visible()
    await expect(box).to_have_accessible_description("Slow mode: a message every 60 seconds.")
    await _say(page, "first")
    await expect(page.get_by_text("first", exact=True)).to_be_visible()
    await _say(page, "second")
    await expect(page.get_by_text("Your message is still here; you can send it in")).to_be_visible()
    await expect(box).to_have_value("second")
    live.command("chat.slow", interval_ms=0)
    await box.press("Enter")
    await expect(page.get_by_text("second", exact=True)).to_be_visible()
    await expect(hint).to_have_count(0)


@pytest.mark.feature("chat")
async def test_slow_mode_is_not_told_to_those_whom_it_does_not_bind(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("chat.slow", interval_ms=60_000)
    address = f"{live.node.url}/watch/{live.session_id}#token={token('mo', Role.MODERATOR)}"
    page = await open_page(browser, address, width=390)
    await expect(page.get_by_label("Say something")).to_be_enabled()
    await expect(page.get_by_placeholder("Slow mode")).to_have_count(0)


@pytest.mark.feature("chat")
async def test_a_message_with_a_blocked_word_stays_with_its_writer(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("chat.block", words=["scam"])
    page = await open_page(browser, live.watch("ada"), width=390)
    await _say(page, "what a scam")
    await expect(page.get_by_text("A word in your message is not allowed here.")).to_be_visible()
    await expect(page.get_by_label("Say something")).to_have_value("what a scam")


async def test_orders_are_named_after_a_reload_and_when_the_shelf_is_empty(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("pot", [""], "Clay pot")
    page = await open_page(browser, live.watch("ada"), width=390)
    for product_id, title in (("ocean", "Ocean Shirt"), ("pot", "Clay pot")):
        live.command("product.pin", product_id=product_id)
        await buy(page, title)
        await expect(page.get_by_role("article", name=title)).to_contain_text(BOUGHT)
        live.command("product.remove", product_id=product_id)
        await expect(page.get_by_role("article")).to_have_count(0)
    for here in (page, await open_page(browser, live.watch("ada"), width=390)):
        await here.reload()
        await open_orders(here, count=2)
        lines = here.get_by_role("region", name="Your orders").get_by_role("listitem")
        await expect(lines.filter(has_text="Ocean Shirt, M × 1")).to_have_count(1)
        await expect(lines.filter(has_text="Clay pot × 1")).to_have_count(1)


async def test_cart_and_orders_have_pictures_a_total_and_the_next_step(
    browser: Browser, live: BrowserShow
) -> None:
    live.stock_product("pot", [""], title="Clay pot", image="/pages/demo/pot.svg")
    live.command("product.add", product_id="pot", units={"pot-0": 5})
    live.command("product.pin", product_id="pot")
    page = await open_page(browser, live.watch("ada"), width=390)
    await open_card(page, "Clay pot")
    for _ in range(2):
        await _button(page, "Add to cart: Clay pot").click()
    await open_cart(page, count=2)
    cart = page.get_by_role("region", name="Your cart")
    await expect(cart.locator("img")).to_have_count(2)
    await expect(cart.locator(".total")).to_have_text("Total €100.00")
    await expect(cart).to_contain_text("One tap orders all of it, or nothing.")
    await _button(page, "Order 2 for €100.00").click()
    orders = page.get_by_role("region", name="Your orders")
    await expect(orders.locator("img")).to_have_count(2)
    await expect(orders.locator("img").first).to_have_attribute("src", "/pages/demo/pot.svg")
    await expect(orders.locator(".total")).to_have_text("Total €100.00")
    await expect(orders).to_contain_text("Confirmed. The shop takes it from here")


async def test_payment_elsewhere_is_offered_in_place_of_buy(
    browser: Browser, live: BrowserShow
) -> None:
    url = f"{live.node.url}/?order={{order_id}}"
    live.begin_another("Elsewhere", payment="checkout", checkout_url=url)
    page = await open_page(browser, live.watch("ada"), width=390)
    await buy(page, "Ocean Shirt")
    card = page.get_by_role("article", name="Ocean Shirt")
    await expect(card).to_contain_text("pay by then on the shop's own page")
    await expect(buy_button(page, "Ocean Shirt")).to_have_count(0)
    pay = card.get_by_role("link", name="Pay now: Ocean Shirt")
    await page.reload()
    await expect(pay).to_be_visible()
    await _button(page, "Add to cart: Ocean Shirt").click()
    await expect(_button(page, "Cart, 1 item")).to_be_visible()
    async with page.expect_popup() as opened:
        await pay.click()
    shop = await opened.value
    await expect(shop.get_by_role("heading", name="Shows")).to_be_visible()
    order_id = shop.url.partition("?order=")[2]
    assert await shop.evaluate("window.opener") is None
    live.pay(order_id, amount=5000)
    await open_orders(page, count=1)
    await page.keyboard.press("Escape")
    await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()


async def test_an_order_that_waits_for_its_money_is_paid_or_given_up_on_another_device(
    browser: Browser, live: BrowserShow
) -> None:
    url = f"{live.node.url}/?order={{order_id}}"
    live.begin_another("Elsewhere", payment="checkout", checkout_url=url)
    page = await open_page(browser, live.watch("ada"), width=390)
    await buy(page, "Ocean Shirt")
    card = page.get_by_role("article", name="Ocean Shirt")
    await expect(card.get_by_role("link", name="Pay now: Ocean Shirt")).to_be_visible()
    there = await open_page(browser, live.watch("ada"), width=390)
    await open_orders(there, count=1)
    line = there.get_by_role("region", name="Your orders").get_by_role("listitem")
    pay = line.get_by_role("link", name="Pay now")
    await expect(pay).to_have_attribute("href", re.compile(r"/\?order=[0-9a-f-]{36}$"))
    await line.get_by_role("button", name="Cancel the order").click()
    await expect(line).to_contain_text("lapsed")
    await expect(pay).to_have_count(0)
    await expect(line.get_by_role("button")).to_have_count(0)
    await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("busy", "Many are buying right now. Trying again…"),
        ("rate_limited", "One moment."),
        ("unavailable", "Buying is paused for a moment. We will show what is still reserved."),
    ],
)
async def test_a_buyer_reads_why_it_takes_longer_and_then_has_it(
    browser: Browser, live: BrowserShow, code: str, words: str
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, "about:blank", width=390)
    refused = 0

    def answer(command: Json) -> Json | None:
        nonlocal refused
        if command["type"] != "buy" or refused:
            return None
        refused += 1
        return {"type": "error", "code": code, "message": code, "retry_after_ms": 3_000}

    await _between(page, answer)
    await page.goto(live.watch("ada"))
    card = page.get_by_role("article", name="Ocean Shirt")
    await buy(page, "Ocean Shirt")
    await expect(card.get_by_text(words)).to_be_visible()
    await expect(buy_button(page, "Ocean Shirt")).to_be_disabled()
    await expect(card).to_contain_text(BOUGHT)
    assert (refused, len(live.orders())) == (1, 1)


async def test_a_pause_of_buying_is_said_where_one_buys(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, "about:blank", width=390)
    lines = await _between(page, lambda command: None)
    await page.goto(live.watch("ada"))
    await expect(buy_button(page, "Ocean Shirt")).to_be_enabled()
    for buying in (False, True):
        lines[0].send(json.dumps([{"type": "pulse", "now_ms": 0, "buying": buying}]))
        said = page.get_by_role("status").filter(has_text="Buying is paused for a moment.")
        await expect(said).to_have_count(0 if buying else 2)
        await open_card(page, "Ocean Shirt")
        await expect(buy_button(page, "Ocean Shirt")).to_be_enabled(enabled=buying)


@pytest.mark.feature("chat")
async def test_new_messages_wait_for_who_reads_older_ones(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch("ada"))
    other = await open_page(browser, live.watch("bo"))
    messages = page.get_by_role("list", name="Chat messages")
    await other.evaluate(
        """async ([sessionId, token]) => {
          const { Shop } = await import("/liveshop.js");
          const shop = new Shop({ sessionId, token });
          await new Promise((done) => shop.subscribe((state) => state.viewer && done()));
          window.say = async (text) => {
            for (;;) {
              const wait = await shop.say(text).then(() => 0, (error) => error.retry_after_ms);
              if (!wait) return;
              await new Promise((done) => setTimeout(done, wait));
            }
          };
        }""",
        [live.session_id, token("bo", Role.MODERATOR)],
    )
    for number in range(30):
        await other.evaluate("say", f"line {number}")
    await expect(messages.get_by_text("line 29", exact=True)).to_be_visible()
    top = await messages.evaluate("(list) => { list.scrollTop = 0; return list.scrollHeight; }")
    assert top > 0
    await expect(messages.get_by_text("line 0", exact=True)).to_be_in_viewport()
    for number in (30, 31):
        await other.evaluate("say", f"line {number}")
    pill = _button(page, "2 new")
    await expect(pill).to_be_visible()
    assert await messages.evaluate("(list) => list.scrollTop") == 0
    await pill.click()
    await expect(messages.get_by_text("line 31", exact=True)).to_be_in_viewport()
    await expect(pill).to_have_count(0)
