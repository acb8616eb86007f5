"""Money: integers in minor units of a currency, whatever the number of its decimals."""

import re

from babel.numbers import get_currency_precision

from liveshop.core import limits
from liveshop.core.errors import BadRequest

_AMOUNT = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]+))?")


def percent_off(price: int, percent: int) -> int:
    """Return `price` less `percent` of it, rounded half up: the only place that rounds a price."""
    return (price * (100 - percent) + 50) // 100


def parse_price(text: str, currency: str) -> int:
    """Read a price as people write it, "12.50", into minor units; BadRequest says what is wrong."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise BadRequest(f"{text[:40]!r} is not a price")
    sign, whole, decimals = match.group(1), match.group(2), match.group(3) or ""
    if sign:
        raise BadRequest(f"the price {text[:40]} is negative")
    digits = get_currency_precision(currency)
    if len(decimals) > digits:
        raise BadRequest(f"the price {text[:40]} has more than {digits} decimals")
    price = int(whole + decimals.ljust(digits, "0"))
    if price > limits.PRICE_MINOR_MAX:
        raise BadRequest(f"the price {text[:40]} is too high")
    return price
