"""Offers in all their states, on both pages, in both themes, by axe-core, the ruler and the eye."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import displeasures, listed
from tests.browser.buyers import reserves
from tests.browser.life import DESKTOP, PHONE, THEMES, look, overflow
from tests.browser.offered import BUNDLE, DELIVERY, MUG, TICKET, cart_of, open_offer
from tests.browser.shop import BrowserShow, open_page
from tests.browser.viewer_words import button

pytestmark = pytest.mark.feature("offers")

_FOLDER = os.environ.get("OFFER_PICTURES")
_SIZES: Final = ((390, 844), (844, 390), (820, 1180), (1280, 720), (1440, 900))
_MIRROR: Final = "(way) => { document.documentElement.dir = way; }"
# The targets that are smaller than a finger, by their words.
_SMALL: Final = """() => [...document.querySelectorAll(
    ".offer-ticket button, .cart-offers button, .cart-offers label, .offer-row button")]
  .filter((each) => each.checkVisibility())
  .filter((each) => { const { width, height } = each.getBoundingClientRect();
    return width < 44 || height < 44; })
  .map((each) => `${each.className}: ${each.textContent}`)"""
_LONG: Final = "An offer with a name as long as any may be, 60 letters in all"
_KINDS: Final = (
    "Less for more",
    "Buy some, get some",
    "Bundle",
    "Free delivery",
    "Discount to take",
)


class _Offers:
    """The life of some offers; `states` yields each state by its name, with its page."""

    def __init__(self, live: BrowserShow, viewer: Page, host: Page) -> None:
        self.live = live
        self.viewer = viewer
        self.host = host

    async def states(self) -> AsyncIterator[tuple[str, Page]]:
        """Yield each state: told, taken, in the cart, ordered; then those of the console."""
        live, viewer = self.live, self.viewer
        open_offer(live, TICKET)
        region = viewer.get_by_role("region", name="Offers", exact=True)
        await expect(region.get_by_role("button", name="Take: Five off")).to_be_visible()
        yield "viewer-ticket", viewer
        for each in (BUNDLE, DELIVERY, TICKET | {"label": _LONG[:60], "min_goods": 50_000}):
            open_offer(live, each)
        open_offer(live, TICKET | {"label": "Knock", "who": "code", "code": "KNOCK"})
        await expect(region.get_by_text("+3")).to_be_visible()
        yield "viewer-several", viewer
        await region.get_by_role("button", name="about “").click()
        sheet = viewer.get_by_role("dialog")
        await sheet.get_by_role("button", name="Take: Five off").click()
        await expect(sheet.get_by_text("Yours until")).to_be_visible()
        yield "viewer-sheet", viewer
        await viewer.keyboard.press("Escape")
        await reserves(live, "ada", "OCEAN-M", "mug-0")
        cart = await cart_of(viewer, 2)
        await expect(button(viewer, "Order 2 for €55.00")).to_be_visible()
        yield "viewer-cart", viewer
        await cart.get_by_label("Have a code?").fill("nothing")
        await viewer.keyboard.press("Enter")
        await expect(cart.get_by_text("does not work here")).to_be_visible()
        yield "viewer-wrong-code", viewer
        await button(viewer, "Order 2 for €55.00").click()
        await expect(viewer.get_by_role("region", name="Your orders")).to_be_visible()
        yield "viewer-orders", viewer
        await viewer.keyboard.press("Escape")
        async for state in self._console():
            yield state

    async def _console(self) -> AsyncIterator[tuple[str, Page]]:
        host = self.host
        await expect(
            host.get_by_role("region", name="Offers", exact=True).get_by_role("listitem")
        ).to_have_count(5)
        await expect(host.locator(".orders .reasons li")).to_have_count(2)
        yield "console-open", host
        await look(host, DESKTOP, "light")
        await button(host, "Try a cart…").click()
        await expect(host.get_by_role("status", name="Price of the cart")).to_contain_text("€")
        yield "console-try", host
        await host.keyboard.press("Escape")
        await look(host, DESKTOP, "light")
        run = host.get_by_role("region", name="Planned offers")
        await run.get_by_role("button", name="Plan…").click()
        await host.get_by_role("button", name="Keep for later").click()
        await expect(run.get_by_role("listitem")).to_have_count(1)
        yield "console-planned", host
        await look(host, DESKTOP, "light")
        await host.get_by_role("button", name="New offer", exact=True).click()
        for kind in _KINDS:
            await host.get_by_label("Kind").select_option(label=kind)
            yield f"console-form-{kind.split()[0].lower()}", host
        await host.get_by_label("For whom").select_option(label="those who know a code")
        await host.get_by_text("Limits", exact=True).click()
        yield "console-form-limits", host
        await host.keyboard.press("Escape")


async def _pictured(name: str, page: Page, theme: str) -> None:
    for width, height in _SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=Path(str(_FOLDER)) / f"{name}-{width}-{theme}.png")


async def _wrong(page: Page, size: str, theme: str) -> list[str]:
    """Return what is wrong with a page as it is; mirrored it is only measured."""
    await look(page, size, theme)
    found = await displeasures(page, theme)
    small: list[str] = await page.evaluate(_SMALL)
    await page.evaluate(_MIRROR, "rtl")
    if wider := await overflow(page):
        found.append(f"mirrored it is wider than its screen by {wider} px")
    await page.evaluate(_MIRROR, "ltr")
    return found + [f"too small for a finger: {each}" for each in small]


async def test_no_state_of_offers_overflows_or_displeases_axe(
    browser: Browser, live: BrowserShow
) -> None:
    found: dict[str, list[str]] = {}
    live.add_product("mug", [""], "Clay mug", price=MUG)
    live.command("product.pin", product_id="ocean")
    viewer = await open_page(browser, live.watch("ada"), width=390)
    host = await open_page(browser, live.host())
    async for name, page in _Offers(live, viewer, host).states():
        for theme in THEMES:
            for size in (PHONE, DESKTOP):
                for words in await _wrong(page, size, theme):
                    found.setdefault(words, []).append(f"{name} {size} {theme}")
            if _FOLDER:
                await _pictured(name, page, theme)
        await look(page, PHONE if page is viewer else DESKTOP, "light")
    assert not found, listed(found)
