"""CSV that spreadsheets open without calculating it, and amounts in words."""

import pytest

from liveshop.core.money import decimal_text
from liveshop.core.spreadsheet import csv_text


@pytest.mark.parametrize("begin", list("=+-@\t\r\n＝＋－＠"))
def test_no_text_is_taken_for_a_formula(begin: str) -> None:
    quoted = f'"\'{begin}1"' if begin in "\r\n" else f"'{begin}1"
    assert csv_text([[f"{begin}1"]]) == f"{quoted}\r\n"


def test_numbers_and_other_texts_stay_as_they_are() -> None:
    assert csv_text([[-5, "a=1", "", 'say "x",\n y']]) == '-5,a=1,,"say ""x"",\n y"\r\n'


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1793, "EUR", "17.93"),
        (5, "EUR", "0.05"),
        (0, "EUR", "0.00"),
        (1793, "JPY", "1793"),
        (0, "JPY", "0"),
        (1793, "KWD", "1.793"),
        (7, "CLF", "0.0007"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert decimal_text(minor, currency) == text
