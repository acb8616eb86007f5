"""Money in minor units."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.core.errors import BadRequest
from liveshop.core.money import parse_price, percent_off


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


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("12.50", "EUR", 1250),
        ("12.5", "EUR", 1250),
        (" 12 ", "EUR", 1200),
        ("0", "EUR", 0),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("10000000000.00", "EUR", limits.PRICE_MINOR_MAX),
    ],
)
def test_a_price_is_read_in_its_currency(text: str, currency: str, expected: int) -> None:
    assert parse_price(text, currency) == expected


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("-1.00", "EUR", "the price -1.00 is negative"),
        ("1.234", "EUR", "the price 1.234 has more than 2 decimals"),
        ("1200.5", "JPY", "the price 1200.5 has more than 0 decimals"),
        ("10000000000.01", "EUR", "the price 10000000000.01 is too high"),
        ("", "EUR", "'' is not a price"),
        ("1,299.00", "EUR", "'1,299.00' is not a price"),
        ("1e3", "EUR", "'1e3' is not a price"),
        ("١٢", "EUR", "'١٢' is not a price"),
    ],
)
def test_what_is_not_a_price_is_refused(text: str, currency: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        parse_price(text, currency)
    assert refusal.value.message == reason
