"""Money: integers in minor units of a currency, and how many decimals each currency has.

The decimals are those of ISO 4217, and nothing else is asked for them: what CLDR says of a currency
is how its cash is rounded, differs between a server's and a browser's edition, and would have one
amount shown as another.
"""

import re
from typing import Final

from liveshop.core import limits
from liveshop.core.errors import BadRequest

_DIGITS_DEFAULT: Final = 2

# ISO 4217, list one, of 2026, by the decimals; and ANG and BGN, withdrawn shortly before. Funds,
# metals and codes for tests have no decimals there and are no currency to sell in.
_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP "
    "GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK "
    "LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
    "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
    "YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
CURRENCIES: Final = {
    code: digits for digits, codes in _CODES.items() for code in sorted(codes.split())
}
CURRENCY_DIGITS_MAX: Final = max(CURRENCIES.values())

# Signs that are one currency's, or a few.
_SIGNS: Final = {
    "€": "EUR",
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
    "¥": "JPY CNY",
    "₽": "RUB",
    "₹": "INR",
    "₩": "KRW KPW",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₫": "VND",
    "₸": "KZT",
    "₱": "PHP",
    "₦": "NGN",
    "฿": "THB",
    "Ft": "HUF",
    "zł": "PLN",
    "Kč": "CZK",
    "kr": "DKK ISK NOK SEK",
}
_DOLLAR: Final = "$"
_WITH_DOLLAR: Final = frozenset(
    "ARS AUD BBD BMD BND BSD BZD CAD CLF CLP COP COU CUP CVE DOP FJD GYD HKD JMD KYD LRD MOP MXN "
    "MXV NAD NIO NZD PAB SBD SGD SRD TOP TTD TWD USD USN UYU WST XCD ZWG".split()
)
# The letters next to a dollar sign say whose it is; these are not the beginning of a code.
_DOLLARS: Final = {
    "R$": "BRL",
    "NT$": "TWD",
    "C$": "CAD NIO",
    "RD$": "DOP",
    "Mex$": "MXN",
    "B$": "BND BSD",
    "T$": "TOP",
    "Bds$": "BBD",
    "EC$": "XCD",
    "MOP$": "MOP",
    "U$": "UYU",
    "$U": "UYU",
}

_PLAIN: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,13}))?")
_DIGIT: Final = re.compile("[0-9]")
# Spaces of every width and apostrophes part thousands, and nothing else.
_GAPS: Final = re.compile("[ \u00a0\u2009\u202f'\u2019]")
_GAP: Final = "_"
_SEPARATOR: Final = re.compile("([_.,])")
_CHARS_MAX: Final = 40


def is_currency(code: str) -> bool:
    """Whether this is the code of a currency that a shop may sell in."""
    return code in CURRENCIES


def currency_digits(code: str) -> int:
    """Return how many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD.

    A session of before the table may be in a code that is not in it, which counts as most do.
    """
    return CURRENCIES.get(code, _DIGITS_DEFAULT)


def decimal_text(minor: int, currency: str) -> str:
    """Write an amount, none below 0, with the decimals of its currency: 1793 as 17.93 in EUR."""
    digits = currency_digits(currency)
    whole, decimals = divmod(minor, 10**digits)
    return f"{whole}.{decimals:0{digits}d}" if digits else str(whole)


def percent_off(price: int, percent: int) -> int:
    """Return `price` less `percent` of it, rounded half up: the only place that rounds a price."""
    return (price * (100 - percent) + 50) // 100


def parse_price(text: str, currency: str) -> int:
    """Read a price as people and spreadsheets write it, "12.50" or "€ 1,290.00", into minor units.

    Decimals that the currency does not have may be noughts. BadRequest says what is wrong.
    """
    text = text.strip()
    plain = _PLAIN.fullmatch(text)
    whole, decimals = (plain[1], plain[2] or "") if plain else _taken_apart(text, currency)
    digits = currency_digits(currency)
    # Three noughts may be of thousands: 12.000 is no price where a currency has 0 or 2 decimals.
    thousands = len(decimals) == 3 > digits and len(whole) <= 3 and whole.strip("0")
    if thousands or decimals[digits:].strip("0"):
        raise BadRequest(f"the price {text[:_CHARS_MAX]} has more than {digits} decimals")
    price = int(whole + decimals[:digits].ljust(digits, "0"))
    if price > limits.PRICE_MINOR_MAX:
        raise BadRequest(f"the price {text[:_CHARS_MAX]} is too high")
    return price


def _taken_apart(text: str, currency: str) -> tuple[str, str]:
    """Return the digits before the decimals and the decimals, or raise BadRequest."""
    shown = text[:_CHARS_MAX]
    places = [each.start() for each in _DIGIT.finditer(shown)]
    if not places or len(text) > _CHARS_MAX or _GAP in text:
        raise BadRequest(f"{shown!r} is not a price")
    before, after = text[: places[0]], text[places[-1] + 1 :].strip()
    if not all(_is_of(mark, currency) for mark in (before.strip("- \u00a0"), after) if mark):
        raise BadRequest(f"{shown!r} is not a price in {currency}")
    if "-" in before:
        raise BadRequest(f"the price {shown} is negative")
    number = _GAPS.sub(_GAP, text[places[0] : places[-1] + 1])
    parts = _SEPARATOR.split(number)
    figures, separators = parts[::2], parts[1::2]
    if not all(each.isdecimal() and each.isascii() for each in figures):
        raise BadRequest(f"{shown!r} is not a price")
    if not separators:
        return number, ""
    grouped = _grouped(figures, separators)
    if len(separators) == 1 and separators[0] != _GAP:
        whole, decimals = figures
        if grouped is None or separators == ["."]:
            return whole, decimals
        if currency_digits(currency):
            raise BadRequest(
                f"the price {shown} may be {whole}{decimals} or {whole}.{decimals}: write it with"
                " a point before its decimals"
            )
    if grouped is None:
        raise BadRequest(f"{shown!r} is not a price")
    return grouped


def _grouped(figures: list[str], separators: list[str]) -> tuple[str, str] | None:
    """Return the digits and decimals of a number whose thousands are parted, None for another."""
    decimals = ""
    if separators[-1] != separators[0] and separators[-1] != _GAP:
        *figures, decimals = figures
        separators = separators[:-1]
    # Groups of two are India's: 12,34,567.00.
    first, *rest = figures
    whole = first.lstrip("0") == first and len(first) <= 3 and len("".join(figures)) <= 13
    if not whole or not rest or len(set(separators)) > 1 or len(rest[-1]) != 3:
        return None
    return ("".join(figures), decimals) if all(len(each) in (2, 3) for each in rest) else None


def _is_of(mark: str, currency: str) -> bool:
    """Whether a sign or a code may stand next to an amount of this currency."""
    if mark == _DOLLAR:
        return currency in _WITH_DOLLAR
    if _DOLLAR in mark:
        # US$, A$, AU$ and HK$ are the beginnings of a code.
        own = _DOLLARS.get(mark)
        letters = mark.removesuffix(_DOLLAR).upper()
        begins = currency in _WITH_DOLLAR and currency.startswith(letters)
        return begins if own is None else currency in own.split()
    return mark.upper() == currency or currency in _SIGNS.get(mark, "").split()
