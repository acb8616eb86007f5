"""Purchases as everyone is told of them, and how much of a buyer's name that shows."""

import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from liveshop.core.model import Order

NAME: Final = "bought"

BOUGHT_PER_PULSE_MAX: Final = 3
# A choice that is older is asked for again before a purchase is told, and one that is older still
# is not gone by.
CHOICE_ASKED_MS: Final = 500
CHOICE_MS_MAX: Final = 1_000
# A longer word would break lines over a video.
FIRST_NAME_CHARS_MAX: Final = 24
SOMEBODY: Final = "Somebody"

# Scripts in which a whole name is one word.
_WHOLE_NAMES: Final = ("CJK UNIFIED", "HANGUL SYLLABLE")


class Naming(StrEnum):
    """A shop names buyers by FIRST name and initial, calls each SOMEBODY, or tells nothing: OFF."""

    FIRST = "first"
    SOMEBODY = "somebody"
    OFF = "off"


class Bought(Struct, frozen=True, kw_only=True, eq=False):
    """Units of a product that somebody has just bought.

    Each is itself only: two that look alike are two, and both are shown.
    """

    product_id: str
    quantity: int
    name: str


def told_of(
    order: Order, product_of: Callable[[str], str | None], name: str | None
) -> list[Bought]:
    """Return what is told of an order: a line a product that is on the shelf."""
    units: dict[str, int] = {}
    for line in order.lines:
        product_id = product_of(line.sku)
        if product_id is not None:
            units[product_id] = units.get(product_id, 0) + line.quantity
    return [
        Bought(product_id=product_id, quantity=quantity, name=name or SOMEBODY)
        for product_id, quantity in units.items()
    ]


def short_name(name: str) -> str | None:
    """Return the first name and the initial of the last, "Kaya D."; None if that names nobody.

    A name that is one word of Chinese characters or Hangul, which has the family name in it, is
    shown by its first letter: "王*".
    """
    words = [word for word in name.split() if _letters(word)]
    if not words or "@" in name:  # an address of mail is no name
        return None
    first, *others = words
    if not others:
        if len(first) > 1 and all(map(_is_of_a_whole_name, first)):
            return f"{first[0]}*"
        return _cut(first)
    return f"{_cut(first)} {_initial(others[-1])}."


def _letters(word: str) -> bool:
    return any(unicodedata.category(char).startswith("L") for char in word)


def _is_of_a_whole_name(char: str) -> bool:
    return unicodedata.name(char, "").startswith(_WHOLE_NAMES)


def _initial(word: str) -> str:
    """Return the first letter, with the marks that belong to it."""
    start = next(at for at, char in enumerate(word) if _letters(char))
    end = start + 1
    while end < len(word) and unicodedata.category(word[end]).startswith("M"):
        end += 1
    return word[start:end]


def _cut(word: str) -> str:
    return word if len(word) <= FIRST_NAME_CHARS_MAX else f"{word[: FIRST_NAME_CHARS_MAX - 1]}…"


def sampled(found: Iterable[Bought]) -> list[Bought]:
    """Return as many as one pulse tells."""
    return list(found)[:BOUGHT_PER_PULSE_MAX]
