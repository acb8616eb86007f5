"""Offers for tests of the pages: a show with a shirt and a mug, and what people do with them."""

import json
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Locator, Page

from tests.browser.shop import BrowserShow
from tests.browser.viewer_words import open_cart

_PACKAGE: Final = Path(__file__).parents[2] / "liveshop"
MUG: Final = 1_890

# A ticket for everyone, a bundle of two products, and a threshold.
TICKET: Final[dict[str, Any]] = {
    "kind": "code",
    "label": "Five off",
    "amount": 500,
    "units": 10,
    "ends_in_ms": 600_000,
}
BUNDLE: Final[dict[str, Any]] = {
    "kind": "bundle",
    "label": "Shirt and mug",
    "parts": [
        {"quantity": 1, "product_ids": ["ocean"]},
        {"quantity": 1, "product_ids": ["mug"]},
    ],
    "price": 6_000,
}
DELIVERY: Final[dict[str, Any]] = {"kind": "delivery", "label": "Free from 80", "min_goods": 8_000}


def open_offer(live: BrowserShow, fields: dict[str, Any]) -> str:
    """Open an offer as the host over HTTP; return its name."""
    live.order({"type": "offer.open"} | fields)
    offer: str = live.events()[-1]["offer"]
    return offer


def words(language: str) -> dict[str, Any]:
    """Return the messages of a language: the kernel's and those of offers."""
    files = (_PACKAGE / "pages", _PACKAGE / "features" / "offers" / "page")
    found: dict[str, Any] = {}
    for folder in files:
        found |= json.loads((folder / "messages" / f"{language}.json").read_text())
    return found


async def cart_of(page: Page, count: int) -> Locator:
    """Open the cart with so many lines, and return it."""
    await open_cart(page, count=count)
    return page.get_by_role("region", name="Your cart")


async def reasons(place: Page | Locator) -> list[tuple[str, ...]]:
    """Return the reasons that a place lists: the words and the amount of each."""
    rows = place.locator(".reasons li")
    return [
        tuple(" ".join(text.split()) for text in await row.locator("> span").all_inner_texts())
        for row in await rows.all()
    ]
