"""The worked examples of docs/pricing.md are what the pipeline computes."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from liveshop.core.money import decimal_text
from liveshop.core.pricing.cart import Cart, CartLine
from liveshop.core.pricing.offers import (
    AnyOffer,
    BundleOffer,
    BuyGetOffer,
    CodeOffer,
    DeliveryOffer,
    Part,
    QuantityOffer,
    Step,
    Terms,
)
from liveshop.core.pricing.pipeline import price
from liveshop.core.pricing.shares import worth
from tests.architecture.sources import ROOT
from tests.core.pricing.carts import line

_PAGE: Final = (ROOT / "docs" / "pricing.md").read_text(encoding="utf-8")
_MUGS: Final = frozenset({"Red mug", "Blue mug"})
_SHIRT: Final = line("1", "Ocean shirt", 2, 3_900)
_THREE_MUGS: Final = line("2", "Red mug", 3, 1_890)


def _part(quantity: int, *skus: str) -> Part:
    return Part(any_of=frozenset(skus), quantity=quantity)


# By the name in the page: the lines, and the offers.
EXAMPLES: Final[dict[str, tuple[list[CartLine], list[AnyOffer]]]] = {
    "buy and get": (
        [_SHIRT, _THREE_MUGS],
        [
            BuyGetOffer(
                offer="@31", label="Buy 2 mugs, get 1", buy=_part(2, *_MUGS), get=_part(1, *_MUGS)
            ),
            CodeOffer(offer="@33", label="LIVE5", amount=500),
            DeliveryOffer(offer="@35", label="Free delivery from 80.00", min_goods=8_000),
        ],
    ),
    "bundle": (
        [
            line("1", "Ocean shirt", 1, 3_900),
            line("2", "Red mug", 2, 1_890),
            line("3", "Cap", 1, 990),
        ],
        [
            BundleOffer(
                offer="@31",
                label="Ocean set",
                parts=(_part(1, "Ocean shirt"), _part(1, *_MUGS)),
                price=4_990,
            )
        ],
    ),
    "quantity": (
        [line("1", "Sticker", 3, 35)],
        [
            QuantityOffer(
                offer="@31",
                label="3 or more for 10 % less",
                skus=frozenset({"Sticker"}),
                steps=(Step(at_least=3, percent=10),),
            )
        ],
    ),
    "two percentages": (
        [line("1", "Shirt", 1, 4_500)],
        [
            CodeOffer(offer="@31", label="SHIRT10", percent=10, skus=frozenset({"Shirt"})),
            CodeOffer(offer="@33", label="ALL5", percent=5),
        ],
    ),
    "no other": (
        [line("1", "Shirt", 2, 1_000)],
        [
            CodeOffer(offer="@31", label="FIVE", amount=500),
            CodeOffer(offer="@33", label="THIRTY", percent=30, alone=True),
        ],
    ),
    "budget": (
        [line("1", "Shirt", 1, 1_000), line("2", "Cap", 1, 1_000)],
        [CodeOffer(offer="@31", label="HALF", percent=50, budget_left=301)],
    ),
    "thirds": (
        [line("1", "Cap", 1, 1_000), line("2", "Mug", 1, 1_000), line("3", "Shirt", 1, 1_000)],
        [CodeOffer(offer="@31", label="TEN", amount=1_000)],
    ),
}


def _money(minor: int) -> str:
    text = decimal_text(abs(minor), "EUR")
    return f"−{text}" if minor < 0 else text


def _table(lines: list[CartLine], offers: list[AnyOffer]) -> Iterator[str]:
    """Yield the rows of a cart's table: a column for each line, and one for the sums."""
    priced = price(Cart(lines=tuple(lines)), Terms(offers=tuple(offers)))
    yield f"| | {' | '.join(each.sku for each in lines)} | sum |"
    yield "|---|" + "---:|" * (len(lines) + 1)
    amounts = [each.price * each.quantity for each in lines]
    cells = [
        f"{each.quantity} × {_money(each.price)} = {_money(amount)}"
        for each, amount in zip(lines, amounts, strict=True)
    ]
    yield f"| at the unit's price | {' | '.join(cells)} | {_money(sum(amounts))} |"
    for reason in priced.why:
        shares = [
            _money(reason.lines[each.rid]) if each.rid in reason.lines else "" for each in lines
        ]
        yield f"| {reason.label} | {' | '.join(shares)} | {_money(reason.amount)} |"
    finals = [f"**{_money(final)}**" for final in priced.finals]
    yield f"| **to pay** | {' | '.join(finals)} | **{_money(priced.goods)}** |"


def _returns() -> Iterator[str]:
    yield "| returned | paid back | in all |"
    yield "|---|---:|---:|"
    paid = 0
    for done in range(3):
        back = worth(2_000, 3, done=done, units=1)
        paid += back
        yield f"| unit {done + 1} of 3 | {_money(back)} | {_money(paid)} |"


def _expected(name: str) -> str:
    rows = _returns() if name == "returns" else _table(*EXAMPLES[name])
    return "\n".join(rows)


@pytest.mark.parametrize("name", [*EXAMPLES, "returns"])
def test_a_worked_example_is_what_the_pipeline_computes(name: str) -> None:
    _, found, after = _PAGE.partition(f"<!-- example: {name} -->\n\n")
    assert found, f"docs/pricing.md has no example “{name}”"
    assert after.partition("\n\n")[0] == _expected(name)


def test_every_example_of_the_page_is_computed() -> None:
    assert re.findall(r"<!-- example: (.+) -->", _PAGE) == [*EXAMPLES, "returns"]
