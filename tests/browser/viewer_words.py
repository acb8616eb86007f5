"""The buttons and words by which tests find their way on a viewer's page."""

import re
from typing import Final

from playwright.async_api import Locator, Page

# The card's words once an order is made, and those of a page on which nothing is pinned.
BOUGHT: Final = "Ordered ✓"
NOTHING_PINNED: Final = "Nothing is pinned yet."


def button(page: Page | Locator, name: str) -> Locator:
    """Return the button of exactly this name."""
    return page.get_by_role("button", name=name, exact=True)


def buy_button(page: Page | Locator, title: str) -> Locator:
    """Return the button that buys a product; with its price, what it says is another text."""
    return page.get_by_role("button", name=re.compile(rf"^Buy\b.*{re.escape(title)}$"))


async def buy(page: Page, title: str) -> None:
    """Buy a product by its card."""
    await buy_button(page, title).click()


async def open_cart(page: Page, *, count: int = 0) -> None:
    """Open the cart, with so many items in it."""
    await button(page, f"Cart, {count} item{'' if count == 1 else 's'}").click()


async def open_orders(page: Page, *, count: int) -> None:
    """Open the viewer's orders, of which there are so many."""
    await button(page, f"Your orders, {count}").click()


async def open_shelf(page: Page) -> None:
    """Open the list of all products."""
    await button(page, "See all products").first.click()
