"""Offers on the pages: opened from the console, taken, priced in carts, told after the order."""

import re
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect

from liveshop.core.roles import Role
from tests.browser.buyers import reserves
from tests.browser.offered import (
    BUNDLE,
    DELIVERY,
    TICKET,
    cart_of,
    open_offer,
    reasons,
    words,
)
from tests.browser.shop import BrowserShow, open_page, token
from tests.browser.viewer_words import button
from tests.cli.programs import program

pytestmark = pytest.mark.feature("offers")

_LANGUAGES = ("el", "ru", "zh", "en")


async def _order(page: Page, lines: int, amount: str) -> None:
    await button(page, f"Order {lines} for {amount}").click()
    await expect(page.get_by_role("region", name="Your orders")).to_be_visible()


async def _open_by_form(host: Page, template: str, **fields: str) -> None:
    """Open an offer from the console, beginning with a template."""
    await button(host, "New offer").click()
    dialog = host.get_by_role("dialog")
    await dialog.get_by_role("button", name=template, exact=True).click()
    for label, value in fields.items():
        await dialog.get_by_label(label.replace("_", " "), exact=True).fill(value)
    await dialog.get_by_role("button", name="Open the offer").click()
    await expect(dialog).to_have_count(0)


async def _open_bundle_by_form(host: Page) -> None:
    await host.keyboard.press("c")
    dialog = host.get_by_role("dialog")
    await dialog.get_by_label("Kind").select_option(label="Bundle")
    await dialog.get_by_label("Name").fill("Shirt and mug")
    for place, title in enumerate(("Ocean Shirt", "Clay mug"), 1):
        product = dialog.get_by_role("combobox", name=f"Product {place}", exact=True)
        await product.select_option(label=title)
    await dialog.get_by_role("radio", name="Price together (EUR)").check()
    await dialog.get_by_role("textbox", name="Price together (EUR)").fill("60")
    await dialog.get_by_label("Minutes").fill("")
    await dialog.get_by_role("button", name="Open the offer").click()
    await expect(dialog).to_have_count(0)


def _told(order: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["label"], each["amount"]) for each in order["why"]]


_CARTS: Final = {
    "a": (("OCEAN-M",), "€45.00"),
    "b": (("OCEAN-M", "mug-0"), "€60.00"),
    "c": (("OCEAN-M", "mug-0", "OCEAN-L"), "€99.00"),
}
_REASONS: Final = {
    "a": [("Ten off offer taken", "-€5.00")],
    "b": [("Shirt and mug offer", "-€8.90")],
    "c": [
        ("Shirt and mug offer", "-€8.90"),
        ("Ten off offer taken", "-€11.00"),
        ("Free from 80 delivery", "noted"),
    ],
}


async def _open_all_by_form(host: Page) -> None:
    await expect(button(host, "New offer")).to_be_visible()
    await _open_by_form(host, "−10% for 15 min", Name="Ten off", Percent_off="10")
    await _open_bundle_by_form(host)
    free = {"Name": "Free from 80", "Free_delivery_from_(EUR)": "80"}
    await _open_by_form(host, "Free delivery from…", **free)
    panel = host.get_by_role("region", name="Offers", exact=True)
    await expect(panel.get_by_role("listitem")).to_have_count(3)


async def _take(page: Page) -> None:
    ticket = page.get_by_role("region", name="Offers", exact=True)
    await button(ticket, "Take: Ten off").click()
    await expect(ticket.get_by_text("Yours until")).to_be_visible()


async def test_three_viewers_take_bundle_and_stack_what_a_host_opens(
    browser: Browser, live: BrowserShow, redis_url: str, postgres_url: str
) -> None:
    live.add_product("mug", [""], "Clay mug", price=1_890)
    host = await open_page(browser, live.host())
    pages = {name: await open_page(browser, live.watch(name), width=390) for name in _CARTS}
    await _open_all_by_form(host)
    for name, (skus, _) in _CARTS.items():
        await reserves(live, name, *skus)
    await _take(pages["a"])
    await _take(pages["c"])
    for name, (skus, amount) in _CARTS.items():
        cart = await cart_of(pages[name], len(skus))
        await expect(button(pages[name], f"Order {len(skus)} for {amount}")).to_be_enabled()
        assert await reasons(cart) == _REASONS[name]
    await expect(pages["b"].get_by_text("€20.00 to free delivery")).to_be_visible()
    for name, (skus, amount) in _CARTS.items():
        await _order(pages[name], len(skus), amount)
        assert await reasons(pages[name].get_by_role("dialog")) == _REASONS[name]
    _the_api_says_the_same(live)
    await _the_console_says_the_same(host)
    await _every_language_says_the_same(pages["c"])
    environment = {"LIVESHOP_REDIS_URL": redis_url, "LIVESHOP_POSTGRES_URL": postgres_url}
    with program("audit", environment=environment) as audit:
        said = audit.communicate()[0]
        assert audit.returncode == 0, said


def _the_api_says_the_same(live: BrowserShow) -> None:
    stored = [live.get(f"/api/orders/{order['order_id']}") for order in live.orders()]
    assert {order["viewer_id"]: (order["total"], _told(order)) for order in stored} == {
        "u_a": (4_500, [("Ten off", -500)]),
        "u_b": (6_000, [("Shirt and mug", -890)]),
        "u_c": (9_900, [("Shirt and mug", -890), ("Ten off", -1_100), ("Free from 80", 0)]),
    }
    for order in stored:
        assert sum(line["final"] for line in order["lines"]) == order["total"]


async def _the_console_says_the_same(host: Page) -> None:
    orders = host.get_by_role("region", name="Orders")
    for name, expected in _REASONS.items():
        buyer = orders.get_by_role("article", name=f"u_{name}", exact=True)
        await expect(buyer.locator(".reasons li")).to_have_count(len(expected))
        assert await reasons(buyer) == expected
    await expect(orders).to_contain_text("€204.00")
    panel = host.get_by_role("region", name="Offers", exact=True)
    ten_off = panel.get_by_role("listitem").filter(has_text="Ten off")
    await expect(ten_off).to_contain_text("2 orders · €16.00 off")


async def _every_language_says_the_same(page: Page) -> None:
    for language in _LANGUAGES:
        said = words(language)
        await page.evaluate("(code) => localStorage.setItem('liveshop:language', code)", language)
        await page.reload()
        sheet = page.get_by_role("dialog", name=said["orders.title"])
        why = sheet.get_by_role("list", name=said["reasons.title"])
        await expect(why.get_by_role("listitem")).to_have_count(3)
        assert [row for row, _ in await reasons(sheet)] == [
            f"Shirt and mug {said['reasons.of.lines']}",
            f"Ten off {said['reasons.of.codes']}",
            f"Free from 80 {said['reasons.of.delivery']}",
        ]
        await expect(why).to_contain_text("11")
        await expect(sheet).to_contain_text(said["cart.total"])


async def test_a_viewer_loads_nothing_of_offers_while_none_is_open(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank", width=390)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(live.watch("ada"))
    await reserves(live, "ada", "OCEAN-M")
    cart = await cart_of(page, 1)
    await expect(button(page, "Order 1 for €50.00")).to_be_visible()
    await expect(cart.get_by_label("Have a code?")).to_have_count(0)
    assert [url for url in asked if "offers/page" in url] == []
    open_offer(live, TICKET | {"who": "code", "code": "LIVE5"})
    await expect(cart.get_by_label("Have a code?")).to_be_visible()
    assert [url for url in asked if "offers/page" in url] != []


async def test_a_secret_code_is_in_no_frame_and_only_its_host_reads_it(
    browser: Browser, live: BrowserShow
) -> None:
    frames: list[str] = []
    page = await open_page(browser, "about:blank", width=390)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(str(f))))
    await page.goto(live.watch("ada"))
    host = await open_page(browser, live.host())
    helper = f"{live.node.url}/host/{live.session_id}#token={token('mo', Role.MODERATOR)}"
    moderator = await open_page(browser, helper)
    await expect(button(host, "New offer")).to_be_visible()
    await host.keyboard.press("c")
    dialog = host.get_by_role("dialog")
    await dialog.get_by_role("button", name="Code for 5 off").click()
    await dialog.get_by_label("Code", exact=True).fill("SECRET7")
    await dialog.get_by_role("button", name="Open the offer").click()
    await expect(
        host.get_by_role("region", name="Offers", exact=True).get_by_text("SECRET7")
    ).to_be_visible()
    panel = moderator.get_by_role("region", name="Offers", exact=True)
    await expect(panel.get_by_text("−€5.00").first).to_be_visible()
    await expect(moderator.get_by_text("SECRET7")).to_have_count(0)
    await reserves(live, "ada", "OCEAN-M")
    cart = await cart_of(page, 1)
    field = cart.get_by_label("Have a code?")
    for wrong in ("NOTHING", "no such code"):
        await field.fill(wrong)
        await field.press("Enter")
        await expect(cart.get_by_text("This code does not work here.")).to_be_visible()
        await field.fill("")
    await field.fill("secret7")
    await field.press("Enter")
    await expect(cart.get_by_role("checkbox")).to_be_checked()
    await expect(button(page, "Order 1 for €45.00")).to_be_visible()
    assert frames and not any("SECRET7" in frame.upper() for frame in frames)


# A code that is kept after an offer was drawn, and before anything listens for it.
_KEPT_BETWEEN: Final = """async () => {
  const { html, render, useLayoutEffect } = await import("/pages/shared/html.js");
  const { codeOf, keepCode, usePlans } = await import("/features/offers/page/planned.js");
  const shop = { sessionId: "s" };
  const Code = () => {
    usePlans();
    useLayoutEffect(() => keepCode(shop, "@8", "SECRET7"), []);
    return html`<p>The code: ${codeOf(shop, "@8")}</p>`;
  };
  render(html`<${Code} />`, document.body.appendChild(document.createElement("div")));
}"""


async def test_a_secret_code_is_shown_whenever_it_comes_to_be_kept(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.node.url)
    await page.evaluate(_KEPT_BETWEEN)
    await expect(page.get_by_text("The code: SECRET7")).to_be_visible()


async def _where(place: Locator) -> list[Any]:
    """Return where everything is that can be tapped."""
    targets = place.locator("button, input, a")
    return [await target.bounding_box() for target in await targets.all()]


@pytest.mark.parametrize("width", [390, 1_280])
async def test_an_offer_is_unticked_and_nothing_that_can_be_tapped_moves(
    browser: Browser, live: BrowserShow, width: int
) -> None:
    open_offer(live, TICKET)
    page = await open_page(browser, live.watch("ada"), width=width)
    await reserves(live, "ada", "OCEAN-M")
    await page.get_by_role("button", name="Take: Five off").click()
    await expect(page.get_by_text("Yours until").first).to_be_visible()
    cart = await cart_of(page, 1)
    order = button(page, "Order 1 for €45.00")
    await expect(order).to_be_enabled()
    before = await _where(cart)
    tick = cart.get_by_role("checkbox", name="Five off")
    await tick.uncheck()
    await expect(button(page, "Order 1 for €50.00")).to_be_enabled()
    assert await _where(cart) == before
    await button(page, "Order 1 for €50.00").click()
    await expect(page.get_by_role("region", name="Your orders")).to_be_visible()
    (stored,) = live.orders()
    assert (stored["total"], stored.get("why") or []) == (5_000, [])


def _deaf_to_closing(route: WebSocketRoute) -> None:
    """Let a page miss that an offer was closed; its event moves the offset still."""
    server = route.connect_to_server()

    def on_message(message: str | bytes) -> None:
        route.send(str(message).replace('"offer.closed"', '"future.closed"'))

    server.on_message(on_message)


async def test_a_sum_that_has_changed_is_shown_and_asked_again_before_it_is_ordered(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("mug", [""], "Clay mug", price=1_890)
    bundle = open_offer(live, BUNDLE)
    page = await open_page(browser, "about:blank", width=390)
    await page.route_web_socket(re.compile("/ws/"), _deaf_to_closing)
    await page.goto(live.watch("ada"))
    await reserves(live, "ada", "OCEAN-M", "mug-0")
    await cart_of(page, 2)
    await expect(button(page, "Order 2 for €60.00")).to_be_enabled()
    live.command("offer.close", offer=bundle)
    await button(page, "Order 2 for €60.00").click()
    await expect(page.get_by_text("The sum has changed: it is €68.90 now.")).to_be_visible()
    assert live.orders() == []
    await _order(page, 2, "€68.90")
    assert [order["total"] for order in live.orders()] == [6_890]


async def test_a_purchase_of_one_tap_has_what_was_taken(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    open_offer(live, TICKET)
    page = await open_page(browser, live.watch("ada"), width=390)
    await page.get_by_role("button", name="Take: Five off").click()
    await expect(page.get_by_text("Yours until")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Buy")).first.click()
    await page.get_by_role("button", name=re.compile("^Buy now")).click()
    await expect(page.get_by_text("Yours. Order")).to_be_visible()
    assert [order["total"] for order in live.orders()] == [4_500]
    # It is spent: the next one costs the whole price.
    await expect(page.get_by_text("Yours until")).to_have_count(0)


async def test_what_is_planned_is_opened_by_a_key_undone_and_put_in_order(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    run = host.get_by_role("region", name="Planned offers")
    for label in ("First", "Second"):
        await run.get_by_role("button", name="Plan…").click()
        dialog = host.get_by_role("dialog")
        await dialog.get_by_label("Name").fill(label)
        await dialog.get_by_role("button", name="Keep for later").click()
        await expect(run.get_by_role("listitem").filter(has_text=label)).to_be_visible()
    await host.keyboard.press("c")
    panel = host.get_by_role("region", name="Offers", exact=True)
    await expect(panel.get_by_role("heading", name="First")).to_be_visible()
    await expect(run.get_by_role("listitem")).to_have_count(1)
    await host.keyboard.press("c")
    await expect(panel.get_by_role("heading", name="Second")).to_be_visible()
    await panel.get_by_role("button", name="Try “Second” earlier").click()
    await expect(panel.get_by_role("listitem").first).to_contain_text("Second")
    await panel.get_by_role("button", name="Close the offer “First”").click()
    await expect(panel.get_by_role("heading", name="First")).to_have_count(0)
    open_offer(live, DELIVERY)
    await expect(panel.get_by_role("heading", name="Free from 80")).to_be_visible()
    await host.keyboard.press("Shift+C")
    await expect(host.get_by_role("dialog", name="New offer")).to_be_visible()


async def test_an_offer_just_opened_is_taken_back_by_a_key(
    browser: Browser, live: BrowserShow
) -> None:
    host = await open_page(browser, live.host())
    await expect(button(host, "New offer")).to_be_visible()
    await _open_by_form(host, "−10% for 15 min", Name="Too early")
    panel = host.get_by_role("region", name="Offers", exact=True)
    await expect(panel.get_by_role("heading", name="Too early")).to_be_visible()
    await host.keyboard.press("z")
    await expect(panel).to_have_count(0)
    assert live.events()[-1]["type"] == "offer.closed"


async def test_a_host_tries_a_cart_and_reads_its_reasons(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("mug", [""], "Clay mug", price=1_890)
    for each in (BUNDLE, TICKET):
        open_offer(live, each)
    host = await open_page(browser, live.host())
    await button(host, "Try a cart…").click()
    dialog = host.get_by_role("dialog", name="Try a cart")
    outcome = dialog.get_by_role("status", name="Price of the cart")
    await expect(outcome).to_contain_text("€50.00")
    await button(dialog, "Add a product").click()
    second = dialog.get_by_role("combobox", name="Product 2", exact=True)
    await second.select_option(label="Clay mug")
    await expect(outcome).to_contain_text("€60.00")
    await dialog.get_by_role("checkbox", name="Five off").check()
    await expect(outcome).to_contain_text("€55.00")
    assert await reasons(outcome) == [
        ("Shirt and mug offer", "-€8.90"),
        ("Five off offer taken", "-€5.00"),
    ]
