"""Every total is made in one place, and is the sum of the lines' shares."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from liveshop.core.limits import PRICE_MINOR_MAX, QUANTITY_MAX
from liveshop.core.pricing.price import Priced, price, total_of


@dataclass(frozen=True)
class Line:
    price: int
    quantity: int
    final: int = 0


lines = st.lists(
    st.builds(Line, price=st.integers(0, PRICE_MINOR_MAX), quantity=st.integers(1, QUANTITY_MAX))
)


def test_without_an_offer_each_line_comes_to_its_units_at_their_price() -> None:
    cart = [Line(price=3_900, quantity=2), Line(price=1_890, quantity=3), Line(0, 4)]
    assert price(cart) == Priced(finals=(7_800, 5_670, 0), goods=13_470, why=())


def test_nothing_ordered_comes_to_nothing() -> None:
    assert price([]) == Priced(finals=(), goods=0)


@given(cart=lines)
def test_the_goods_are_the_sum_of_the_finals_in_whatever_order_the_cart_was_filled(
    cart: list[Line],
) -> None:
    priced = price(cart)
    assert priced.goods == sum(priced.finals) == price(cart[::-1]).goods
    assert price(cart[::-1]).finals == priced.finals[::-1]


@given(finals=st.lists(st.integers(0, PRICE_MINOR_MAX)))
def test_a_total_is_the_sum_of_what_is_stored_not_of_prices(finals: list[int]) -> None:
    assert total_of([Line(price=1, quantity=7, final=final) for final in finals]) == sum(finals)
