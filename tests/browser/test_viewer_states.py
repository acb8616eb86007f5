"""The viewer's page before, after and between products, and what it tells of other people."""

import json
import re
from typing import Any, Final

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, open_page, token
from tests.browser.viewer_words import BOUGHT, buy, buy_button, open_card, open_shelf

Json = dict[str, Any]
_RED: Final = "#d6336c"


@pytest.mark.feature("bought", "chat")
async def test_a_purchase_is_told_among_the_lines_of_everybody(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch(), width=390)
    other = await open_page(browser, live.watch("ada"))
    await buy(other, "Ocean Shirt")
    line = page.get_by_role("listitem").filter(has_text="Somebody just bought Ocean Shirt")
    await expect(line).to_be_visible()
    await expect(line).to_have_class(re.compile("good-news"))
    await expect(other.get_by_role("tabpanel", name="Chat")).to_contain_text("Somebody just bought")


@pytest.mark.feature("chat")
async def test_a_hosts_line_has_the_badge_and_the_look_of_a_host(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, live.watch(), width=390)
    for name, role in (("Hana", Role.HOST), ("Hana Host", Role.VIEWER)):
        address = f"{live.node.url}/watch/{live.session_id}#token={token(name, role)}"
        speaker = await open_page(browser, address)
        await speaker.get_by_label("Say something").fill(f"I am {role.name.lower()}")
        await speaker.keyboard.press("Enter")
    lines = page.get_by_role("listitem")
    host, viewer = (lines.filter(has_text=f"I am {role}") for role in ("host", "viewer"))
    await expect(host).to_have_class(re.compile("by-host"))
    await expect(host.locator("[data-role=host]")).to_have_text("Host")
    await expect(viewer).to_be_visible()
    await expect(viewer).not_to_have_class(re.compile("by-host"))
    await expect(viewer.locator("[data-role]")).to_have_count(0)


@pytest.mark.feature("chat")
async def test_ones_own_message_is_shown_at_once_and_once(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank", width=390)
    kept: list[tuple[Any, str | bytes]] = []

    def connect(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            if json.loads(text)["type"] == "say":
                kept.append((server, text))
            else:
                server.send(text)

        line.on_message(pass_on)

    await page.route_web_socket("**/ws/sessions/*", connect)
    await page.goto(live.watch("ada"))
    await page.get_by_label("Say something").fill("is it linen?")
    await page.keyboard.press("Enter")
    line = page.get_by_role("listitem").filter(has_text="is it linen?")
    await expect(line).to_have_class(re.compile("on-its-way"))
    ((server, text),) = kept
    server.send(text)
    await expect(line).not_to_have_class(re.compile("on-its-way"))
    await expect(line).to_have_count(1)


async def test_a_planned_show_has_a_cover_a_countdown_and_its_first_six_products(
    browser: Browser, show: BrowserShow
) -> None:
    for number in range(8):
        show.add_product(f"thing-{number}", [""], f"Thing {number}", price=1000 + number)
    show.command("session.update", starts_at_ms=4_000_000_000_000, cover_url="/pages/demo/lamp.svg")
    page = await open_page(browser, show.watch(), width=390)
    await expect(page.get_by_role("timer", name="Time until the show")).to_be_visible()
    await expect(page.locator(".picture .photo")).to_have_attribute("src", "/pages/demo/lamp.svg")
    coming = page.get_by_role("region", name="Coming up")
    await expect(coming.get_by_role("listitem")).to_have_count(6)
    await expect(coming).to_contain_text("€10.00")
    await coming.get_by_role("button", name="Thing 0").click()
    sheet = page.get_by_role("dialog", name="Thing 0")
    await expect(buy_button(sheet, "Thing 0")).to_contain_text("Opens when the show is live")
    await expect(buy_button(sheet, "Thing 0")).to_be_disabled()


async def test_a_show_without_a_pin_shows_three_products_that_come(
    browser: Browser, live: BrowserShow
) -> None:
    for number in range(4):
        live.add_product(f"thing-{number}", [""], f"Thing {number}")
    page = await open_page(browser, live.watch(), width=390)
    coming = page.get_by_role("region", name="Coming up")
    await expect(coming.get_by_role("listitem")).to_have_count(3)
    await expect(page.get_by_text("Nothing is pinned")).to_have_count(0)
    await expect(coming).not_to_contain_text("€40.00")
    live.command("sale.start", product_id="ocean", percent=20, duration_ms=600_000)
    await expect(coming).to_contain_text("€40.00")


async def test_a_show_without_a_video_shows_the_picture_of_what_is_pinned(
    browser: Browser, live: BrowserShow
) -> None:
    live.stock_product("pot", [""], title="Clay pot", image="/pages/demo/pot.svg")
    live.command("product.add", product_id="pot", units={"pot-0": 5})
    live.command("product.pin", product_id="pot")
    page = await open_page(browser, live.watch("ada"), width=390)
    photo = page.locator(".picture .photo")
    await expect(photo).to_have_attribute("src", "/pages/demo/pot.svg")
    await expect(photo).to_be_in_viewport(ratio=0.9)
    turned = "(e) => new DOMMatrix(getComputedStyle(e).transform).b"
    assert await photo.evaluate(turned) == 0  # it grows a little, and is not tilted


async def test_after_the_show_nothing_is_called_sold_out_and_what_is_left_is_shown(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    await expect(page.get_by_role("article")).to_be_visible()
    live.command("session.end")
    await expect(page.get_by_text("The show has ended. Thank you")).to_be_visible()
    left = page.get_by_role("region", name="Still in the shop")
    await expect(left.get_by_role("button", name="Ocean Shirt")).to_be_visible()
    await open_shelf(page)
    shelf = page.get_by_role("dialog")
    await expect(shelf).to_contain_text("Closed: the show is over")
    await expect(page.get_by_text("Sold out")).to_have_count(0)


async def test_card_row_and_sheet_say_the_same_of_a_sale_whose_units_are_taken(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    live.command("sale.start", product_id="ocean", percent=10, duration_ms=600_000, units=1)
    page = await open_page(browser, live.watch("ada"), width=390)
    other = await open_page(browser, live.watch("bo"), width=390)
    await other.get_by_role("button", name="Add to cart: Ocean Shirt").click()
    taken = "Taken at this price for now"
    await expect(page.get_by_role("article")).to_contain_text(taken)
    await open_shelf(page)
    shelf = page.get_by_role("dialog", name="All products")
    await expect(shelf.get_by_role("listitem").first).to_contain_text(taken)
    await shelf.get_by_role("listitem").first.get_by_role("button").click()
    sheet = page.get_by_role("dialog", name="Ocean Shirt")
    await expect(sheet).to_contain_text(taken)
    for text in ("Sold out", "Only"):
        await expect(page.get_by_text(text)).to_have_count(0)


async def test_a_sale_says_how_many_are_left_of_how_many_to_those_who_saw_it_begin(
    browser: Browser, live: BrowserShow
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390)
    await expect(page.get_by_role("article")).to_be_visible()
    live.command("sale.start", product_id="ocean", percent=10, duration_ms=600_000, units=4)
    await expect(page.get_by_role("article")).to_contain_text("4 left")
    await buy(page, "Ocean Shirt")
    await expect(page.get_by_role("article")).to_contain_text("3 of 4 left")
    await page.reload()
    await expect(page.locator(".sale-left")).to_have_text("3 left")


@pytest.mark.parametrize(
    ("locale", "price", "time"),
    [
        ("en-GB", r"€50\.00", r"\d\d:\d\d"),
        ("en-US", r"€50\.00", r"\d?\d:\d\d\s[AP]M"),
        ("de-AT", r"€\s50,00", r"\d\d:\d\d"),
    ],
)
async def test_clocks_and_money_are_written_as_the_persons_device_writes_them(
    browser: Browser, live: BrowserShow, locale: str, price: str, time: str
) -> None:
    live.command("product.pin", product_id="ocean")
    page = await open_page(browser, live.watch("ada"), width=390, locale=locale)
    card = page.get_by_role("article")
    await expect(card.locator(".price")).to_have_text(re.compile(f"^{price}$"))
    await open_card(page, "Ocean Shirt")
    await page.get_by_role("button", name="Add to cart: Ocean Shirt").click()
    await expect(card).to_contain_text(re.compile(rf"reserved until {time}\."))


async def test_a_shop_is_shown_by_its_name_and_colour_in_both_themes_and_else_in_ink(
    browser: Browser, show: BrowserShow
) -> None:
    colour = "(e) => getComputedStyle(e).backgroundColor"
    show.begin_another("Neutral")
    plain = await open_page(browser, show.watch("ada"))
    buys = buy_button(plain, "Ocean Shirt")
    await expect(buys).to_be_enabled()
    assert await buys.evaluate(colour) == "rgb(22, 22, 29)"
    show.wear(name="Kiln & Linen", colour=_RED)
    show.begin_another("Friday clay drop")
    page = await open_page(browser, show.watch("ada"))
    await expect(page.locator(".top-bar")).to_contain_text("Kiln & LinenFriday clay drop")
    await expect(page).to_have_title("Friday clay drop · Kiln & Linen")
    buys = buy_button(page, "Ocean Shirt")
    await expect(buys).to_be_enabled()
    assert await buys.evaluate(colour) == "rgb(214, 51, 108)"
    told = json.loads(
        await page.locator("meta[name='liveshop:brand']").get_attribute("content") or ""
    )
    await page.emulate_media(color_scheme="dark")
    rgb = [int(told["colours"]["dark"]["brand"][at : at + 2], 16) for at in (1, 3, 5)]
    await expect(buys).to_have_css("background-color", f"rgb({rgb[0]}, {rgb[1]}, {rgb[2]})")


async def test_a_product_of_colours_and_sizes_is_chosen_in_two_rows_and_several_are_bought(
    browser: Browser, live: BrowserShow
) -> None:
    live.add_product("robe", ["Sand / M", "Sand / L", "Sea / M"], "Linen robe", price=9900)
    live.command("product.pin", product_id="robe")
    page = await open_page(browser, live.watch("ada"), width=390)
    card = page.get_by_role("region", name="Now showing").get_by_role("article")
    await expect(card).to_contain_text("Sand, Sea · M, L")
    await card.get_by_role("button", name="Details: Linen robe").click()
    await card.get_by_role("button", name="Details: Linen robe").click()
    sheet = page.get_by_role("dialog", name="Linen robe")
    await sheet.get_by_role("radio", name="Sea", exact=True).check()
    await expect(sheet.get_by_role("radio", name="not offered")).to_be_disabled()
    await expect(sheet.get_by_role("radio", name="M", exact=True)).to_be_checked()
    for _ in range(4):
        await sheet.get_by_role("button", name="One more").click(force=True)
    await expect(buy_button(sheet, "Linen robe")).to_contain_text("Buy now · €297.00")
    await buy_button(sheet, "Linen robe").click()
    await expect(sheet).to_contain_text(BOUGHT)
    (order,) = live.orders()
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [("robe-2", 3)]


async def test_a_crowd_at_the_door_is_told_when_each_is_let_in(
    browser: Browser, live: BrowserShow
) -> None:
    page = await open_page(browser, "about:blank", width=390)

    def connect(line: WebSocketRoute) -> None:
        line.send(json.dumps([{"type": "moved", "retry_after_ms": 600_000, "turn": "t"}]))

    await page.route_web_socket("**/ws/sessions/*", connect)
    await page.goto(live.watch("ada"))
    said = page.get_by_text("Many are coming in at once. You are let in in")
    await expect(said).to_contain_text(re.compile(r"(10:00|09:5\d)\."))
