"""The check on every order with an offer notices each thing that could be wrong with a price."""

from typing import Any

import pytest
from msgspec.structs import replace

from liveshop.core.pricing.cart import Cart
from liveshop.core.pricing.explain import check
from liveshop.core.pricing.offers import CodeOffer, Terms
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.price import Use
from tests.core.pricing.carts import line

_CODE = CodeOffer(offer="@5", label="x", amount=300, units_left=2, uses_left=1, budget_left=300)
_CART = Cart(lines=(line("1", "A", 1, 1_000), line("2", "B", 1, 500)))
_PRICED = price(_CART, Terms(offers=(_CODE,)))
(_WHY,) = _PRICED.why


def test_a_sound_price_passes() -> None:
    assert (_PRICED.finals, _WHY.lines) == ((800, 400), {"1": -200, "2": -100})
    check(_CART, (_CODE,), _PRICED)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"goods": 1_201}, "the sum of the finals"),
        ({"finals": (800, 401), "goods": 1_201}, "its units' price and its reasons"),
        ({"finals": (400, 800)}, "its units' price and its reasons"),
        ({"finals": (800,), "goods": 800}, "its units' price and its reasons"),
        ({"why": ()}, "its units' price and its reasons"),
        ({"why": (replace(_WHY, offer="@6"),)}, "names its offer"),
        ({"why": (replace(_WHY, offer=None),)}, "names its offer"),
        ({"why": (replace(_WHY, amount=-299),)}, "the sum of its shares"),
        (
            {
                "why": (replace(_WHY, amount=-100, lines={"1": -200, "2": 100}),),
                "finals": (800, 600),
                "goods": 1_400,
            },
            "no line dearer",
        ),
        (
            {
                "why": (replace(_WHY, amount=-1_300, lines={"1": -1_200, "2": -100}),),
                "finals": (-200, 400),
                "goods": 200,
            },
            "below nothing",
        ),
        ({"uses": (Use(row="@5", units=2),)}, "no more uses"),
        ({"uses": (Use(row="@5$", units=301),)}, "no more money"),
    ],
)
def test_each_thing_that_is_wrong_is_noticed(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check(_CART, (_CODE,), replace(_PRICED, **wrong))
