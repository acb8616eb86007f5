"""Carts and offers for property tests: few SKUs and small odd prices, so that much coincides."""

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

SKUS = "ABCD"
# Of a SKU two: its own and that of a sale. C and D coincide with others.
PRICES = {"A": (1_000, 333), "B": (70, 1), "C": (333, 0), "D": (1_000, 99)}

skus = st.frozensets(st.sampled_from(SKUS), min_size=1)
_some_money = st.sampled_from((1, 50, 100, 333, 1_000, 2_500))
_percents = st.sampled_from((1, 10, 33, 50, 67, 100))


def line(rid: str, sku: str, quantity: int, price: int) -> CartLine:
    """Make a line; nothing but the pages reads its list price."""
    return CartLine(
        rid=rid, sku=sku, product_id=sku, quantity=quantity, price=price, list_price=price
    )


@st.composite
def _line(draw: st.DrawFn) -> CartLine:
    sku = draw(st.sampled_from(SKUS))
    price = draw(st.sampled_from(PRICES[sku]))
    return line("", sku, draw(st.integers(1, 5)), price)


@st.composite
def _lines(draw: st.DrawFn) -> tuple[CartLine, ...]:
    lines = draw(st.lists(_line(), max_size=6))
    rids = draw(st.permutations("abcdef"))
    return tuple(replace(each, rid=rid) for each, rid in zip(lines, rids, strict=False))


parts = st.builds(Part, any_of=skus, quantity=st.integers(1, 3))
_steps = st.lists(
    st.builds(Step, at_least=st.integers(1, 6), percent=_percents)
    | st.builds(Step, at_least=st.integers(1, 6), price=st.sampled_from((0, 50, 90, 500))),
    min_size=1,
    max_size=3,
    unique_by=lambda step: step.at_least,
).map(tuple)


@st.composite
def bundle_parts(draw: st.DrawFn) -> tuple[Part, ...]:
    """Deal the SKUs out to two parts, since no SKU may be in both."""
    dealt = draw(st.permutations(SKUS))
    cut = draw(st.integers(1, 3))
    return tuple(
        Part(any_of=frozenset(of_part), quantity=draw(st.integers(1, 2)))
        for of_part in (dealt[:cut], dealt[cut : draw(st.integers(cut + 1, 4))])
    )


_optional_skus = st.none() | skus


def _offers(label: str = "x") -> st.SearchStrategy[AnyOffer]:
    common = {
        "offer": st.just("@0"),
        "label": st.just(label),
        "rank": st.integers(0, 2),
        "alone": st.sampled_from((False, False, False, True)),
        "named": st.booleans(),
        "units_left": st.none() | st.integers(0, 3),
        "budget_left": st.none() | st.sampled_from((0, 1, 100, 777)),
        "uses_left": st.none() | st.integers(0, 2),
    }
    code = {"skus": _optional_skus, "min_goods": st.sampled_from((0, 0, 500, 3_000))}
    return st.one_of(
        st.builds(
            CodeOffer,
            percent=_percents,
            max_amount=st.none() | _some_money,
            **code,
            **common,
        ),
        st.builds(CodeOffer, amount=_some_money, **code, **common),
        st.builds(BundleOffer, parts=bundle_parts(), price=_some_money, **common),
        st.builds(BundleOffer, parts=bundle_parts(), percent=_percents, **common),
        st.builds(
            BuyGetOffer,
            buy=parts,
            get=parts,
            percent=_percents,
            times=st.none() | st.integers(1, 2),
            **common,
        ),
        st.builds(QuantityOffer, skus=skus, steps=_steps, **common),
        st.builds(GiftOffer, sku=st.just("G"), min_goods=_some_money, **common),
        st.builds(GiftOffer, sku=st.just("G"), buy=parts, **common),
        st.builds(DeliveryOffer, min_goods=_some_money, **common),
    )


@st.composite
def _terms(draw: st.DrawFn) -> Terms:
    offers = draw(st.lists(_offers(), max_size=6))
    placed = [replace(each, offer=f"@{n}") for n, each in enumerate(offers, start=9)]
    return Terms(offers=tuple(sorted(placed, key=lambda each: (each.rank, each.offset))))


@st.composite
def sold(draw: st.DrawFn) -> tuple[Cart, Terms]:
    """Draw a cart, and the offers that there are for it."""
    terms = draw(_terms())
    named = draw(st.frozensets(st.sampled_from([f"@{n}" for n in range(9, 15)])))
    return Cart(lines=draw(_lines()), offers=named), terms
