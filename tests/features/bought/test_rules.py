"""The share of a name that everyone is shown, and what is told of an order."""

import pytest

from liveshop.core.model import Order, OrderLine, OrderStatus
from liveshop.features.bought.rules import Bought, sampled, short_name, told_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Kaya Demir", "Kaya D."),
        ("Kaya", "Kaya"),
        ("  Bo\u00a0 Li  ", "Bo L."),
        ("Anna Maria Rossi", "Anna R."),
        ("Anna-Maria de' Medici", "Anna-Maria M."),
        ("Ελένη Παπαδοπούλου", "Ελένη Π."),
        ("محمد علي", "محمد ع."),
        ("Иван Щукин", "Иван Щ."),
        ("Zoe A\u030angstro\u0308m", "Zoe A\u030a."),
        ("Seán O'Brien", "Seán O."),
        ("Ada 🌸", "Ada"),
        ("Ada (Lovelace)", "Ada L."),
        ("Ada 2", "Ada"),
        ("王小明", "王*"),
        ("김민수", "김*"),
        ("王 小明", "王 小."),
        ("さくら", "さくら"),
        ("x" * 40, "x" * 23 + "…"),
    ],
)
def test_a_name_is_shown_by_its_first_and_the_initial_of_its_last(name: str, shown: str) -> None:
    assert short_name(name) == shown


@pytest.mark.parametrize("name", ["kaya@example.com", "Kaya kaya@example.com", "+30 697 123", "🌸"])
def test_what_names_nobody_or_says_where_to_reach_them_is_not_shown(name: str) -> None:
    assert short_name(name) is None


def _told(*lines: tuple[str, int], name: str | None = None) -> list[tuple[str, int, str]]:
    order = Order(
        order_id="o",
        session_id="s",
        viewer_id="u",
        status=OrderStatus.CONFIRMED,
        lines=[
            OrderLine(rid=sku, sku=sku, quantity=quantity, price=1, final=1)
            for sku, quantity in lines
        ],
        total=1,
        currency="EUR",
        at_ms=1,
    )
    products = {"mug-s": "mug", "mug-l": "mug", "hat": "hat"}
    told = told_of(order, products.get, name)
    return [(each.product_id, each.quantity, each.name) for each in told]


def test_an_order_is_told_as_a_line_a_product() -> None:
    assert _told(("mug-s", 2), ("hat", 1), ("mug-l", 3), name="Kaya D.") == [
        ("mug", 5, "Kaya D."),
        ("hat", 1, "Kaya D."),
    ]


def test_a_buyer_without_a_name_is_somebody_and_what_left_the_shelf_is_not_told() -> None:
    assert _told(("gone", 2), ("hat", 1)) == [("hat", 1, "Somebody")]


def test_purchases_that_look_alike_are_two() -> None:
    first, second = (Bought(product_id="mug", quantity=1, name="Somebody") for _ in range(2))
    assert [first] == [first]
    assert [first] != [second]
    assert sampled([first, second] * 4) == [first, second, first]
