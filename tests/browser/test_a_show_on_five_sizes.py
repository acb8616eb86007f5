"""A whole show by labels and roles: from an empty catalogue to the packing list, on five sizes."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from liveshop.core.roles import Role
from tests.browser.life import overflow
from tests.browser.shop import BrowserNode, from_menu, open_page, token
from tests.browser.viewer_words import BOUGHT, buy, buy_button, open_orders

pytestmark = pytest.mark.feature(
    "bought", "chat", "figures", "fulfilment", "guests", "media", "rehearsal"
)

_SIZES: Final = ((390, 844), (844, 390), (820, 1180), (1280, 720), (1440, 900))
_PRODUCTS: Final = 12
_LAST: Final = f"Clay pot {_PRODUCTS}"


def _button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


async def _open(browser: Browser, address: str, size: tuple[int, int]) -> Page:
    page = await open_page(browser, address, width=size[0])
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    return page


async def _tab(host: Page, name: str) -> None:
    """Go to a part of the console; where there is room for it, it is there anyway."""
    tab = host.get_by_role("navigation").get_by_role("button", name=re.compile(f"^{name}"))
    await expect(host.get_by_role("navigation").locator("visible=true").first).to_be_visible()
    if await tab.locator("visible=true").count():
        await tab.locator("visible=true").first.click()


async def _plan(host: Page, picture: Path) -> None:
    await _button(host, "Plan a show").first.click()
    form = host.get_by_role("dialog", name="Plan a show")
    await form.get_by_label("Title").fill("Evening drop")
    await form.locator("input[type=file]").set_input_files(picture)
    await expect(form.get_by_role("img", name="Picture: Cover")).to_be_visible()
    await _button(form, "Plan it").click()
    await expect(host.get_by_role("region", name="Before the show")).to_be_visible()


async def _fill(host: Page, picture: Path) -> None:
    """Make twelve products, the first and the last with a picture."""
    await _button(host, "Add the first product").click()
    form = host.get_by_role("dialog", name="Add a product")
    await expect(form.get_by_label("A new product")).to_be_checked()
    title = form.get_by_label("Title of the product")
    for number in range(1, _PRODUCTS + 1):
        await title.fill(f"Clay pot {number}")
        if number in (1, _PRODUCTS):
            await form.locator("input[type=file]").set_input_files(picture)
            await expect(form.get_by_role("img", name="Picture 1")).to_be_visible()
        await form.get_by_label("Price in EUR", exact=True).fill("20")
        await form.get_by_label("Units of each").fill("3")
        if number < _PRODUCTS:
            await _button(form, "Add, then another").click()
            await expect(title).to_have_value("")
    await _button(form, "Add to the shelf").click()
    await expect(form).to_have_count(0)


def _stock(node: BrowserNode) -> None:
    """Put ten teapots into the catalogue, as the shop's own system does."""
    variant = {"sku": "TEAPOT", "label": "", "price": 4_000, "stock": 10}
    product = {"product_id": "teapot", "title": "Teapot", "variants": [variant]}
    bearer = {"Authorization": f"Bearer {token('host', Role.HOST)}"}
    httpx.post(f"{node.url}/api/products", json=product, headers=bearer).raise_for_status()


async def _add_from_stock(host: Page) -> None:
    """Offer three units of what is in the catalogue."""
    await _tab(host, "Products")
    run = host.get_by_role("region", name="Run of show")
    await run.get_by_role("button", name="Add product…").click()
    form = host.get_by_role("dialog", name="Add a product")
    await form.get_by_label("Units of Teapot").fill("3")
    await _button(form, "Add to the shelf").click()
    await expect(form).to_have_count(0)
    await _tab(host, "Show")


async def _before(host: Page) -> str:
    """Go through the checklist, rehearse, and return the link for viewers."""
    steps = host.get_by_role("region", name="Before the show").get_by_role("listitem")
    for name in ("Products", "Cover"):
        await expect(steps.filter(has_text=name).first).to_contain_text("done")
    await _button(steps.filter(has_text="Sales planned"), "Plan…").click()
    await host.get_by_label("Percent off").fill("25")
    await host.get_by_label("Seconds", exact=True).fill("600")
    await _button(host, "Save the plan").click()
    await expect(steps.filter(has_text="Sales planned")).to_contain_text("done")
    await _button(steps.filter(has_text="Practise"), "Rehearse").click()
    await expect(host.get_by_text("Rehearsal: nobody else sees this").first).to_be_visible()
    await host.get_by_role("button", name="Back to the show").first.click()
    await expect(steps.filter(has_text="Practise")).to_contain_text("done")
    await _button(steps.filter(has_text="Share the link"), "Share").click()
    link = await host.get_by_role("textbox", name="Link for viewers").input_value()
    await _button(host, "Close").click()
    await expect(steps.filter(has_text="Share the link")).to_contain_text("done")
    return link


async def _go_live(host: Page) -> None:
    await _button(host, "Go live").click()
    await _button(host, "Go live anyway").click()
    await expect(host.get_by_role("region", name="Before the show")).to_have_count(0)


async def _pin(host: Page, number: int, title: str) -> Locator:
    """Pin a product by its number and ⏎; return its card."""
    await host.keyboard.type(str(number))
    await host.keyboard.press("Enter")
    card = host.get_by_role("region", name="On air").get_by_role("article")
    await expect(card).to_contain_text(f"{number} · {title}")
    return card


async def _name_oneself(viewer: Page) -> None:
    sheet = viewer.get_by_role("dialog", name="Your name, once")
    await sheet.get_by_label("Your name").fill("Kaya Demir")
    await _button(sheet, "Go on").click()


async def _buys(viewer: Page, title: str) -> None:
    await buy(viewer, title)
    await expect(viewer.get_by_role("article", name=title)).to_contain_text(BOUGHT)


async def _sale(host: Page, viewer: Page) -> None:
    """Sell product 1 by its plan; the viewer reloads amid the purchase."""
    card = await _pin(host, 1, "Clay pot 1")
    await host.keyboard.press("s")
    await expect(card.get_by_role("timer", name="Sale ends")).to_be_visible()
    await expect(viewer.get_by_role("article", name="Clay pot 1")).to_contain_text("€15.00")
    await buy(viewer, "Clay pot 1")
    await viewer.reload()
    await expect(card.get_by_role("list", name="Units")).to_contain_text("2")
    await open_orders(viewer, count=2)
    orders = viewer.get_by_role("region", name="Your orders")
    await expect(orders).to_contain_text("€15.00")
    await viewer.keyboard.press("Escape")


async def _restock(host: Page) -> None:
    card = await _pin(host, _PRODUCTS + 1, "Teapot")
    await expect(card.get_by_role("list", name="Units")).to_contain_text("3")
    await host.keyboard.press("+")
    form = host.get_by_role("dialog", name="Restock Teapot")
    await expect(form.get_by_label("Units", exact=True)).to_be_focused()
    await host.keyboard.press("Enter")
    await expect(form).to_have_count(0)
    await expect(card.get_by_role("list", name="Units")).to_contain_text("8")


async def _sell_out(host: Page, viewer: Page) -> None:
    """Buy what is left of product 1."""
    await _pin(host, 1, "Clay pot 1")
    await _buys(viewer, "Clay pot 1")
    await viewer.reload()
    await expect(buy_button(viewer, "Clay pot 1").first).to_be_visible()
    await buy(viewer, "Clay pot 1")
    await expect(host.get_by_role("region", name="On air")).to_contain_text("Sold out")
    gone = viewer.get_by_role("article", name="Clay pot 1")
    await expect(gone.get_by_text("Sold out").first).to_be_visible()


async def _offline_and_back(viewer: Page) -> None:
    await viewer.context.set_offline(True)
    await expect(viewer.get_by_text("Reconnecting…").first).to_be_visible()
    await viewer.context.set_offline(False)
    await expect(viewer.get_by_text("Reconnecting…")).to_have_count(0)


async def _end(host: Page) -> None:
    if await _button(host, "End…").locator("visible=true").count():
        await _button(host, "End…").locator("visible=true").click()
    else:
        await from_menu(host, "End…")
    await _button(host, "End show").click()
    await expect(host.get_by_role("heading", name="The show has ended")).to_be_visible()


async def _pack(host: Page) -> None:
    summary = host.get_by_role("region", name="Summary of the show")
    await expect(summary).to_contain_text("€65.00")
    await expect(summary).to_contain_text("oversold: 0")
    await _button(host, "Packing list").click()
    packing = host.get_by_role("article", name="Packing list")
    await expect(packing).to_contain_text("1 parcel · 4 orders · 4 units · €65.00")
    parcel = packing.locator(".parcel").last
    await expect(parcel).to_contain_text("Kaya Demir")
    await expect(parcel.get_by_role("listitem")).to_contain_text(
        ["3 × 1 · Clay pot 1", f"1 × {_PRODUCTS} · {_LAST}"]
    )


@pytest.mark.parametrize("size", _SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_show_from_an_empty_catalogue_to_its_packing_list(
    browser: Browser, node: BrowserNode, picture: Path, size: tuple[int, int]
) -> None:
    host = await _open(browser, f"{node.url}/#token={token('host', Role.HOST)}", size)
    await _plan(host, picture)
    await _fill(host, picture)
    _stock(node)
    await _add_from_stock(host)
    link = await _before(host)
    assert urlsplit(link).fragment == ""
    await _go_live(host)
    viewer = await _open(browser, link, size)
    await _pin(host, _PRODUCTS, _LAST)
    await buy(viewer, _LAST)
    await _name_oneself(viewer)
    await expect(viewer.get_by_role("article", name=_LAST)).to_contain_text(BOUGHT)
    await _sale(host, viewer)
    await _restock(host)
    await _offline_and_back(viewer)
    await _sell_out(host, viewer)
    for page in (host, viewer):
        assert await overflow(page) == 0
    await _tab(host, "Orders")
    buyer = host.get_by_role("region", name="Orders").get_by_role("article")
    await expect(buyer).to_contain_text("Kaya Demir")
    await expect(buyer).to_contain_text("4 units · 4 orders")
    await _end(host)
    await expect(viewer.get_by_text("The show has ended. Thank you").first).to_be_visible()
    await open_orders(viewer, count=4)
    await expect(viewer.get_by_role("region", name="Your orders")).to_contain_text(_LAST)
    await _pack(host)
    for page in (host, viewer):
        assert await overflow(page) == 0
