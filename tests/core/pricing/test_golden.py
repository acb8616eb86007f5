"""Carts worked out by hand; most of them guard against a bug that some other shop had.

`guards` has the public reports. Their facts are in the cases, their code is not.
"""

from itertools import permutations
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import Struct, json

from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.offers import AnyOffer, Terms
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.price import Hint
from liveshop.core.pricing.shares import worth
from tests.core.pricing.carts import line


class Case(Struct, kw_only=True, forbid_unknown_fields=True):
    """A cart of lines of rid, SKU, quantity and unit price, its offers, and what it comes to.

    Reasons are stage, offer and amount; gifts offer, SKU and units; returns rid, units and money.
    """

    name: str
    guards: list[str]
    cart: list[tuple[str, str, int, int]]
    offers: tuple[AnyOffer, ...]
    named: frozenset[str] = frozenset()
    finals: list[int]
    why: list[tuple[str, str, int]]
    uses: dict[str, int] = {}
    gifts: list[tuple[str, str, int]] = []
    hints: list[Hint] | None = None
    returns: list[tuple[str, int, int]] = []

    @property
    def lines(self) -> list[Any]:
        """The lines of the cart."""
        return [line(*each) for each in self.cart]


CASES: Final = json.decode(Path(__file__).with_name("golden.json").read_bytes(), type=list[Case])
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_a_cart_comes_to_what_was_worked_out_by_hand(case: Case) -> None:
    priced = price(Cart(lines=tuple(case.lines), offers=case.named), Terms(offers=case.offers))
    assert list(priced.finals) == case.finals
    assert priced.goods == sum(case.finals)
    assert [(each.stage, each.offer, each.amount) for each in priced.why] == case.why
    assert {each.row: each.units for each in priced.uses} == case.uses
    assert [(each.offer, each.sku, each.quantity) for each in priced.gifts] == case.gifts
    assert case.hints is None or list(priced.hints) == case.hints


@every_case
def test_it_comes_to_the_same_in_whatever_order_the_cart_was_filled(case: Case) -> None:
    finals = dict(zip([rid for rid, *_ in case.cart], case.finals, strict=True))
    for lines in permutations(case.lines):
        cart = Cart(lines=lines, offers=case.named)
        priced = price(cart, Terms(offers=case.offers))
        assert list(priced.finals) == [finals[each.rid] for each in lines]


@every_case
def test_units_added_one_by_one_come_to_the_same(case: Case) -> None:
    units = [
        line(f"{rid}-{n}", sku, 1, each)
        for rid, sku, count, each in case.cart
        for n in range(count)
    ]
    priced = price(Cart(lines=tuple(units), offers=case.named), Terms(offers=case.offers))
    assert priced.goods == sum(case.finals)
    assert [(each.stage, each.offer, each.amount) for each in priced.why] == case.why


@every_case
def test_units_that_come_back_are_worth_what_was_paid_for_them(case: Case) -> None:
    quantities = {each.rid: each.quantity for each in case.lines}
    finals = dict(zip(quantities, case.finals, strict=True))
    for rid, units, money in case.returns:
        assert worth(finals[rid], quantities[rid], done=0, units=units) == money


def test_each_case_has_a_name_of_its_own_and_most_guard_against_a_public_bug() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert sum(bool(case.guards) for case in CASES) > len(CASES) / 2
