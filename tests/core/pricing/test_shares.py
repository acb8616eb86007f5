"""One amount on several lines, and one line's final on its units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core.limits import PRICE_MINOR_MAX, QUANTITY_MAX
from liveshop.core.pricing.shares import apportion, worth

_LINE_MAX = PRICE_MINOR_MAX * QUANTITY_MAX


@st.composite
def _amounts(draw: st.DrawFn) -> tuple[int, list[int]]:
    weights = draw(st.lists(st.integers(0, 9) | st.integers(0, _LINE_MAX), min_size=1))
    whole = sum(weights)
    return draw(st.integers(min(1, whole), whole)), weights


@given(_amounts())
def test_shares_sum_to_the_amount_and_none_is_a_unit_from_its_exact_share(
    drawn: tuple[int, list[int]],
) -> None:
    amount, weights = drawn
    shares = apportion(amount, weights)
    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share <= weight
        assert abs(share * sum(weights) - amount * weight) < max(1, sum(weights))


@pytest.mark.parametrize(
    ("amount", "weights", "expected"),
    [
        (500, [7_800, 3_780], [337, 163]),
        (2, [1, 1, 1], [1, 1, 0]),
        # Remainders of a half each: the larger weight has the cent.
        (4, [1, 3, 4], [0, 2, 2]),
        (0, [1, 2], [0, 0]),
        (7, [0, 7, 0], [0, 7, 0]),
    ],
)
def test_shares_by_hand(amount: int, weights: list[int], expected: list[int]) -> None:
    assert apportion(amount, weights) == expected


@given(
    final=st.integers(0, 1_000) | st.integers(0, _LINE_MAX),
    portions=st.lists(st.integers(1, 20), min_size=1, max_size=12),
)
def test_returns_of_all_units_sum_to_what_was_paid_in_whatever_portions(
    final: int, portions: list[int]
) -> None:
    quantity, done, paid_back = sum(portions), 0, 0
    for units in portions:
        back = worth(final, quantity, done=done, units=units)
        # Within a minor unit of the exact share, either way.
        assert abs(back * quantity - final * units) < quantity
        paid_back, done = paid_back + back, done + units
    assert paid_back == final


@given(
    final=st.integers(0, 1_000),
    quantity=st.integers(1, 30),
    data=st.data(),
)
def test_nobody_is_ever_paid_back_more_than_was_paid(
    final: int, quantity: int, data: st.DataObject
) -> None:
    done = data.draw(st.integers(0, quantity))
    before = worth(final, quantity, done=0, units=done)
    rest = worth(final, quantity, done=done, units=quantity - done)
    assert 0 <= before <= final
    assert before + rest == final


def test_units_of_a_line_of_ten_for_three() -> None:
    assert [worth(1_000, 3, done=done, units=1) for done in range(3)] == [333, 333, 334]
