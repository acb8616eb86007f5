"""Offers that go with no other: the cart has the better of both worlds, and never a mix."""

import pytest

from liveshop.core.limits import OFFERS_ALONE_MAX
from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.offers import CodeOffer, DeliveryOffer, GiftOffer, Terms
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.price import Hint
from tests.core.pricing.carts import line

_CART = Cart(lines=(line("r", "A", 1, 1_000),))


def _code(offset: int, amount: int, *, alone: bool = True, min_goods: int = 0) -> CodeOffer:
    return CodeOffer(offer=f"@{offset}", label="x", amount=amount, alone=alone, min_goods=min_goods)


def _applied(*offers: CodeOffer | DeliveryOffer | GiftOffer) -> list[str | None]:
    return [reason.offer for reason in price(_CART, Terms(offers=offers)).why]


@pytest.mark.parametrize(("amount", "expected"), [(301, ["@5"]), (300, ["@6"]), (299, ["@6"])])
def test_it_applies_where_it_takes_off_more_than_all_others(
    amount: int, expected: list[str]
) -> None:
    assert _applied(_code(5, amount), _code(6, 300, alone=False)) == expected


def test_of_equal_ones_the_lowest_offset_wins_whatever_their_rank() -> None:
    assert _applied(_code(8, 300), _code(10, 300), _code(7, 300), _code(9, 300)) == ["@7"]


def test_it_brings_a_gift_or_free_delivery_where_nothing_else_applies() -> None:
    gift = GiftOffer(offer="@5", label="x", sku="G", min_goods=1, alone=True)
    delivery = DeliveryOffer(offer="@6", label="x", min_goods=1, alone=True)
    assert _applied(gift, delivery) == ["@5"]
    assert _applied(delivery, gift) == ["@5"]
    assert _applied(gift, delivery, _code(7, 1, alone=False)) == ["@7"]


def test_so_many_are_tried_and_no_more() -> None:
    offers = [_code(n + 1, n + 1) for n in range(OFFERS_ALONE_MAX + 1)]
    assert _applied(*offers) == [f"@{OFFERS_ALONE_MAX}"]


def test_where_none_applies_all_are_hinted_at() -> None:
    offers = (
        _code(5, 100, min_goods=1_500),
        _code(6, 100, min_goods=2_000, alone=False),
    )
    priced = price(_CART, Terms(offers=offers))
    assert (priced.finals, priced.goods, priced.why) == ((1_000,), 1_000, ())
    assert priced.hints == (
        Hint(offer="@6", missing=1_000),
        Hint(offer="@5", missing=500),
    )
