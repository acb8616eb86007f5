"""Money in minor units."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.core.errors import BadRequest
from liveshop.core.money import (
    CURRENCIES,
    currency_digits,
    is_currency,
    parse_price,
    percent_off,
)


@given(
    st.integers(min_value=0, max_value=limits.PRICE_MINOR_MAX),
    st.integers(min_value=1, max_value=99),
)
def test_percent_off_rounds_half_up(price: int, percent: int) -> None:
    exact = Decimal(price) * (100 - percent) / 100
    assert percent_off(price, percent) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("price", "percent", "expected"), [(50, 1, 50), (150, 1, 149), (5000, 22, 3900), (1, 50, 1)]
)
def test_percent_off_by_hand(price: int, percent: int, expected: int) -> None:
    assert percent_off(price, percent) == expected


# Amounts as people, forms and spreadsheets write them; None for one that is refused.
TYPED = [
    ("12.50", "EUR", 1250),
    ("12.5", "EUR", 1250),
    ("12,50", "EUR", 1250),
    ("12,5", "EUR", 1250),
    (" 12 ", "EUR", 1200),
    ("0", "EUR", 0),
    ("0.500", "EUR", 50),
    ("12.5000", "EUR", 1250),
    ("1000000,00", "EUR", 100_000_000),
    ("1,990.00", "EUR", 199_000),
    ("1.990,00", "EUR", 199_000),
    ("1 990,00", "EUR", 199_000),
    ("1\u00a0990,00", "EUR", 199_000),
    ("1\u202f990.00", "EUR", 199_000),
    ("1\u2019990.50", "CHF", 199_050),
    ("12,34,567.00", "INR", 123_456_700),
    ("1990.00", "HUF", 199_000),
    ("1990", "HUF", 199_000),
    ("1200", "JPY", 1200),
    ("1990.00", "JPY", 1990),
    ("1990.0", "KRW", 1990),
    ("1,990", "CLP", 1990),
    ("1.990.000", "VND", 1_990_000),
    ("1.990.000,00", "XAF", 1_990_000),
    ("1990.000", "ISK", 1990),
    ("1.234", "KWD", 1234),
    ("1.5", "BHD", 1500),
    ("1,234.567", "KWD", 1_234_567),
    ("0.1234", "CLF", 1234),
    ("12", "UYW", 120_000),
    ("10000000000.00", "EUR", limits.PRICE_MINOR_MAX),
    ("10000000000.01", "EUR", None),
    ("1.234", "EUR", None),
    ("12.000", "EUR", None),
    ("12,500", "EUR", None),
    ("1,234", "KWD", None),
    ("1200.5", "JPY", None),
    ("1990.50", "JPY", None),
    ("1.990", "CLP", None),
    ("1.000", "JPY", None),
    ("0.12345", "CLF", None),
    ("", "EUR", None),
    ("1e3", "EUR", None),
    ("1,,990", "EUR", None),
    ("1.9.9", "EUR", None),
    ("1.990.00", "EUR", None),
    ("5.", "EUR", None),
    (".5", "EUR", None),
    ("1_000", "EUR", None),
    ("-1.00", "EUR", None),
    ("\u0661\u0662", "EUR", None),
    ("\uff11\uff12", "EUR", None),
]


@pytest.mark.parametrize(("text", "currency", "expected"), TYPED)
def test_a_price_is_read_in_its_currency_or_refused(
    text: str, currency: str, expected: int | None
) -> None:
    if expected is not None:
        assert parse_price(text, currency) == expected
        return
    with pytest.raises(BadRequest):
        parse_price(text, currency)


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("\u20ac12.50", "EUR", 1250),
        ("1.990,00 \u20ac", "EUR", 199_000),
        ("EUR 12", "EUR", 1200),
        ("1990.00 Ft", "HUF", 199_000),
        ("$1,990.00", "USD", 199_000),
        ("R$ 5,00", "BRL", 500),
        ("US$5", "USD", 500),
        ("A$5", "AUD", 500),
        ("NT$5", "TWD", 500),
        ("HK$ 5", "HKD", 500),
        ("RD$5", "DOP", 500),
        ("$1,990", "CLP", 1990),
        ("MX$5", "MXN", 500),
        ("\u00a51,990", "JPY", 1990),
    ],
)
def test_a_price_may_have_the_sign_or_code_of_its_currency(
    text: str, currency: str, expected: int
) -> None:
    assert parse_price(text, currency) == expected


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("-1.00", "EUR", "the price -1.00 is negative"),
        ("-\u20ac1.00", "EUR", "the price -\u20ac1.00 is negative"),
        ("1.234", "EUR", "the price 1.234 has more than 2 decimals"),
        ("1200.5", "JPY", "the price 1200.5 has more than 0 decimals"),
        ("10000000000.01", "EUR", "the price 10000000000.01 is too high"),
        ("", "EUR", "'' is not a price"),
        ("1e3", "EUR", "'1e3' is not a price"),
        ("\u0661\u0662", "EUR", "'\u0661\u0662' is not a price"),
        ("$5", "EUR", "'$5' is not a price in EUR"),
        ("$5", "CHF", "'$5' is not a price in CHF"),
        ("$5.000", "BHD", "'$5.000' is not a price in BHD"),
        ("US$5", "AUD", "'US$5' is not a price in AUD"),
        ("R$5", "USD", "'R$5' is not a price in USD"),
        ("$5", "BRL", "'$5' is not a price in BRL"),
        ("\u20ac5", "USD", "'\u20ac5' is not a price in USD"),
        ("USD 5", "EUR", "'USD 5' is not a price in EUR"),
        (
            "1,990",
            "EUR",
            "the price 1,990 may be 1990 or 1.990: write it with a point before its decimals",
        ),
    ],
)
def test_what_is_not_a_price_is_refused_with_its_reason(
    text: str, currency: str, reason: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        parse_price(text, currency)
    assert refusal.value.message == reason


# By ISO 4217: those without decimals, with three and with four; all others have two.
WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
WITH_3 = "BHD IQD JOD KWD LYD OMR TND".split()
WITH_4 = "CLF UYW".split()


def test_decimals_are_those_of_iso_4217() -> None:
    found = {digits: [c for c, d in CURRENCIES.items() if d == digits] for digits in (0, 3, 4)}
    assert found == {0: WITHOUT, 3: WITH_3, 4: WITH_4}
    assert {d for c, d in CURRENCIES.items() if c not in WITHOUT + WITH_3 + WITH_4} == {2}
    assert [currency_digits(c) for c in ("HUF", "IDR", "PKR", "COP", "EUR", "TWD")] == [2] * 6


def test_each_code_is_three_capital_letters_and_has_one_row() -> None:
    assert len(CURRENCIES) == 167
    assert all(len(c) == 3 and c.isascii() and c.isalpha() and c.isupper() for c in CURRENCIES)


@pytest.mark.parametrize("code", ["XYZ", "eur", "XXX", "XAU", "XTS", "DEM", "", "EURO"])
def test_what_no_shop_sells_in_is_no_currency(code: str) -> None:
    assert not is_currency(code)


def test_a_code_of_before_the_table_counts_as_most_do() -> None:
    assert currency_digits("HRK") == 2
