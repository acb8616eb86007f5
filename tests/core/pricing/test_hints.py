"""A hint is exactly what a cart lacks: with it the offer applies once more, with less not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from liveshop.core.pricing.cart import Cart, CartLine
from liveshop.core.pricing.offers import (
    AnyOffer,
    BundleOffer,
    BuyGetOffer,
    CodeOffer,
    DeliveryOffer,
    GiftOffer,
    Part,
    QuantityOffer,
    Step,
    Terms,
)
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.price import Hint
from tests.core.pricing.carts import bundle_parts, line, parts

_PRICES = {"A": 900, "B": 70, "C": 333, "D": 1_000}

_common = {"offer": st.just("@9"), "label": st.just("x"), "units_left": st.just(1_000)}
_on_units = st.one_of(
    st.builds(BuyGetOffer, buy=parts, get=parts, **_common),
    st.builds(BundleOffer, parts=bundle_parts(), percent=st.just(50), **_common),
    st.builds(GiftOffer, sku=st.just("G"), buy=parts, **_common),
)
_on_money = st.one_of(
    st.builds(CodeOffer, amount=st.just(1), min_goods=st.integers(1, 5_000), **_common),
    st.builds(GiftOffer, sku=st.just("G"), min_goods=st.integers(1, 5_000), **_common),
    st.builds(DeliveryOffer, min_goods=st.integers(1, 5_000), **_common),
)
_carts = st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 5), min_size=1)


def _lines(units: dict[str, int]) -> tuple[CartLine, ...]:
    return tuple(line(sku, sku, count, _PRICES[sku]) for sku, count in units.items())


def _times(lines: tuple[CartLine, ...], offer: AnyOffer) -> int:
    return sum(use.units for use in price(Cart(lines=lines), Terms(offers=(offer,))).uses)


def _hints(lines: tuple[CartLine, ...], *offers: AnyOffer) -> tuple[Hint, ...]:
    return price(Cart(lines=lines), Terms(offers=offers)).hints


@given(units=_carts, offer=_on_units)
def test_with_the_units_of_its_hints_an_offer_applies_once_more(
    units: dict[str, int], offer: AnyOffer
) -> None:
    hints = _hints(_lines(units), offer)
    assume(hints)
    before, more = _times(_lines(units), offer), dict(units)
    for hint in hints:
        assert hint.add is not None and hint.quantity is not None and hint.quantity > 0
        more[hint.add] = more.get(hint.add, 0) + hint.quantity
    assert _times(_lines(more), offer) == before + 1
    for hint in hints:
        assert hint.add is not None
        fewer = more | {hint.add: more[hint.add] - 1}
        assert _times(_lines({sku: n for sku, n in fewer.items() if n}), offer) <= before


@given(units=_carts, offer=_on_money)
def test_with_the_money_of_its_hint_a_threshold_is_met(
    units: dict[str, int], offer: AnyOffer
) -> None:
    lines = _lines(units)
    hints = _hints(lines, offer)
    assert bool(hints) == (not _times(lines, offer))
    for hint in hints:
        assert hint.missing is not None
        assert _times((*lines, line("z", "Z", 1, hint.missing)), offer) == 1
        if hint.missing > 1:
            assert _times((*lines, line("z", "Z", 1, hint.missing - 1)), offer) == 0


@pytest.mark.parametrize(
    "offer",
    [
        CodeOffer(offer="@9", label="x", amount=1, min_goods=901),
        GiftOffer(offer="@9", label="x", sku="G", min_goods=901),
        DeliveryOffer(offer="@9", label="x", min_goods=901),
    ],
)
def test_a_threshold_is_hinted_at_to_the_last_minor_unit(offer: AnyOffer) -> None:
    assert _hints(_lines({"A": 1}), offer) == (Hint(offer="@9", missing=1),)
    assert _hints((*_lines({"A": 1}), line("z", "Z", 1, 1)), offer) == ()


def test_a_gift_for_units_has_no_threshold_of_money() -> None:
    offer = GiftOffer(offer="@9", label="x", sku="G", buy=Part(any_of=frozenset("A"), quantity=2))
    assert _hints((line("a", "A", 1, 0),), offer) == (Hint(offer="@9", add="A", quantity=1),)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [("A", 1)]), (2, [("A", 3)]), (4, [("A", 1)]), (5, []), (6, [])],
)
def test_a_quantity_break_hints_at_its_next_step(
    count: int, expected: list[tuple[str, int]]
) -> None:
    steps = (Step(at_least=2, percent=10), Step(at_least=5, percent=20))
    offer = QuantityOffer(offer="@9", label="x", skus=frozenset("AB"), steps=steps)
    hints = _hints(_lines({"A": count}), offer)
    assert [(hint.add, hint.quantity) for hint in hints] == expected


def test_nothing_is_hinted_at_beyond_a_limit() -> None:
    part = Part(any_of=frozenset("A"), quantity=1)
    offer = BuyGetOffer(offer="@9", label="x", buy=part, get=part)
    three = _lines({"A": 3})
    assert _hints(three, offer) == (Hint(offer="@9", add="A", quantity=1),)
    for limited in (
        replace(offer, units_left=1),
        replace(offer, uses_left=1),
        replace(offer, times=1),
        replace(offer, budget_left=900),
        replace(offer, named=True),
    ):
        assert _hints(three, limited) == ()


def test_an_offer_on_units_is_no_hint_in_a_cart_without_any_of_them() -> None:
    ones = [Part(any_of=frozenset(sku), quantity=1) for sku in "AB"]
    offers = (
        BuyGetOffer(offer="@7", label="x", buy=ones[0], get=ones[1]),
        BundleOffer(offer="@8", label="x", parts=tuple(ones), price=100),
        GiftOffer(offer="@9", label="x", sku="G", buy=ones[0]),
        QuantityOffer(
            offer="@10", label="x", skus=frozenset("A"), steps=(Step(at_least=2, percent=10),)
        ),
    )
    assert _hints(_lines({"C": 3}), *offers) == ()


def test_a_hint_names_what_is_in_the_cart_already_else_the_first_sku() -> None:
    steps = (Step(at_least=9, percent=10),)
    offer = QuantityOffer(offer="@9", label="x", skus=frozenset("ABCD"), steps=steps)
    assert _hints(_lines({"C": 1, "A": 1}), offer) == (Hint(offer="@9", add="A", quantity=7),)
    parts = tuple(Part(any_of=frozenset(of), quantity=1) for of in ("A", "DCB"))
    bundle = BundleOffer(offer="@9", label="x", parts=parts, price=100)
    assert _hints(_lines({"A": 1}), bundle) == (Hint(offer="@9", add="B", quantity=1),)
