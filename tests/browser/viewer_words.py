"""The buttons and words by which tests find their way on a viewer's page."""

import re
from typing import Final

from playwright.async_api import Locator, Page, expect

# The card's words once an order is made, and those of a page on which nothing is pinned.
BOUGHT: Final = "Yours. Order"
NOTHING_PINNED: Final = "Coming up"
# The words of the button that buys: with the price what it costs, or why it does nothing now.
_BUYS: Final = "Buy|Yours|Sold out|None left|Taken|In your cart|Opens|Paused|Closed"


def button(page: Page | Locator, name: str) -> Locator:
    """Return the button of exactly this name."""
    return page.get_by_role("button", name=name, exact=True)


def buy_button(page: Page | Locator, title: str) -> Locator:
    """Return the button that buys a product, whatever it says just now."""
    return page.get_by_role("button", name=re.compile(rf"^({_BUYS}).*: {re.escape(title)}$"))


async def open_card(page: Page, title: str) -> None:
    """Open the card of a product, which on a phone may rest as a single row."""
    buys = buy_button(page, title).first
    await expect(buys).to_be_visible()
    if await buys.get_attribute("aria-expanded") == "false":
        await buys.click()


async def buy(page: Page, title: str) -> None:
    """Buy a product by its card."""
    await open_card(page, title)
    await buy_button(page, title).first.click()


async def _by_the_bag(page: Page, wanted: str, tab: str) -> None:
    """Click a button of the page, or on a phone the tab in the bag's sheet."""
    at_hand, bag = button(page, wanted), button(page, "See all products")
    await expect(at_hand.or_(bag).first).to_be_visible()
    if await at_hand.first.is_visible():
        return await at_hand.first.click()
    await bag.click()
    await button(page.get_by_role("dialog"), tab).click()


async def open_cart(page: Page, *, count: int = 0) -> None:
    """Open the cart, with so many items in it."""
    await _by_the_bag(page, f"Cart, {count} item{'' if count == 1 else 's'}", f"Cart {count}")


async def open_orders(page: Page, *, count: int) -> None:
    """Open the viewer's orders, of which there are so many."""
    await _by_the_bag(page, f"Your orders, {count}", f"Orders {count}")


async def open_shelf(page: Page) -> None:
    """Open the list of all products: a sheet on a phone, else a tab."""
    tab = page.get_by_role("tab", name=re.compile(r"^Products\b"))
    await tab.or_(button(page, "See all products")).first.click()
