"""An import compared with what the catalogue has: only the difference in stock moves."""

from hypothesis import given
from hypothesis import strategies as st

from liveshop.core.catalogue import (
    BadRow,
    ImportedProduct,
    ImportedVariant,
    Merge,
    Outcome,
    StoredProduct,
    StoredVariant,
)

MUG = StoredProduct(product_id="mug", title="Mug", description="", image=None)


def stored(*, stock: int, imported_stock: int, product_id: str = "mug") -> StoredVariant:
    return StoredVariant(
        sku="M",
        product_id=product_id,
        label="",
        position=0,
        price=900,
        was=None,
        stock=stock,
        imported_stock=imported_stock,
    )


def said(stock: int | None, *, price: int = 900, title: str | None = "Mug") -> ImportedProduct:
    variant = ImportedVariant(
        line=2, sku="M", label="", position=0, price=price, was=None, stock=stock
    )
    return ImportedProduct(
        product_id="mug", title=title, description="", image=None, variants=[variant]
    )


def test_a_new_product_brings_its_stock() -> None:
    merge = Merge([], [])
    assert merge.take(said(7)) == (Outcome.CREATED, 1)
    assert merge.products == {"mug": MUG}
    assert merge.variants == {"M": stored(stock=7, imported_stock=7)}


def test_the_same_again_changes_nothing_though_units_are_set_aside() -> None:
    merge = Merge([MUG], [stored(stock=2, imported_stock=7)])
    assert merge.take(said(7)) == (Outcome.UNCHANGED, 1)
    assert (merge.products, merge.variants, merge.bad) == ({}, {}, [])


def test_only_the_difference_from_the_last_import_moves() -> None:
    merge = Merge([MUG], [stored(stock=2, imported_stock=7)])
    assert merge.take(said(10)) == (Outcome.UPDATED, 1)
    assert merge.variants == {"M": stored(stock=5, imported_stock=10)}


def test_a_file_that_says_nothing_of_stock_moves_none() -> None:
    merge = Merge([MUG], [stored(stock=2, imported_stock=7)])
    assert merge.take(said(None)) == (Outcome.UNCHANGED, 1)
    assert merge.variants == {}


def test_units_that_are_away_stay_owed_until_they_are_back() -> None:
    first = Merge([MUG], [stored(stock=2, imported_stock=7)])
    assert first.take(said(1)) == (Outcome.UPDATED, 1)
    assert first.variants == {"M": stored(stock=0, imported_stock=5)}
    reason = (
        "the stock of M is 0 now, and 4 more should go: they are set aside or sold;"
        " import the file again once they are back"
    )
    assert first.bad == [BadRow(line=2, handle="mug", reason=reason, kind="stock")]

    later = Merge([MUG], [stored(stock=5, imported_stock=5)])
    assert later.take(said(1)) == (Outcome.UPDATED, 1)
    assert later.variants == {"M": stored(stock=1, imported_stock=1)}
    assert later.bad == []


def test_a_sku_of_another_product_is_refused_and_stays_where_it_is() -> None:
    merge = Merge([], [stored(stock=2, imported_stock=7, product_id="cup")])
    assert merge.take(said(9)) is None
    assert merge.bad == [
        BadRow(line=2, handle="mug", reason="the SKU M belongs to cup", kind="catalogue")
    ]
    assert (merge.products, merge.variants) == ({}, {})


def test_more_variants_of_a_product_that_was_refused_are_refused() -> None:
    merge = Merge([], [])
    assert merge.take(said(9, title=None)) is None
    reason = "the rows of this product further up were left out"
    assert merge.bad == [BadRow(line=2, handle="mug", reason=reason, kind="catalogue")]
    assert (merge.products, merge.variants) == ({}, {})


def test_a_new_price_is_an_update_that_moves_no_stock() -> None:
    merge = Merge([MUG], [stored(stock=2, imported_stock=7)])
    assert merge.take(said(7, price=950)) == (Outcome.UPDATED, 1)
    assert merge.products == {}
    assert (merge.variants["M"].price, merge.variants["M"].stock) == (950, 2)


@given(imported=st.integers(0, 50), away=st.integers(0, 50), stated=st.lists(st.integers(0, 50)))
def test_no_import_conjures_units_up_or_loses_any(
    imported: int, away: int, stated: list[int]
) -> None:
    away = min(away, imported)
    variant = stored(stock=imported - away, imported_stock=imported)
    for stock in stated:
        merge = Merge([MUG], [variant])
        merge.take(said(stock))
        variant = merge.variants.get("M", variant)
        # The units away never change, and of the rest there are as many as the file says, or none.
        assert variant.imported_stock - variant.stock == away
        assert variant.stock == max(0, stock - away)
