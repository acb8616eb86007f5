"""Variants without a SKU get one from handle and options."""

from hypothesis import given
from hypothesis import strategies as st

from liveshop.features.catalogue_import.skus import derived_sku

_parts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=70)
_names = st.tuples(_parts, st.lists(_parts, max_size=3).map(tuple))


def test_a_short_name_can_be_read() -> None:
    assert derived_sku("ocean-blue-shirt", []) == "ocean-blue-shirt"
    assert derived_sku("varsity-top", ["Medium", "Red"]) == "varsity-top/Medium/Red"


def test_a_long_name_is_cut_and_told_apart() -> None:
    small = derived_sku("h" * 60, ["Small"])
    large = derived_sku("h" * 60, ["Large"])
    assert small == "h" * 43 + "~76c835f0f5aca5ea1cdd"
    assert large != small
    assert len(large) == 64


def test_a_slash_in_an_option_is_not_another_option() -> None:
    assert derived_sku("pen", ["a/b"]) != derived_sku("pen", ["a", "b"])


@given(_names, _names)
def test_two_variants_never_share_a_derived_sku(
    one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]
) -> None:
    first, second = derived_sku(*one), derived_sku(*other)
    assert (first == second) == (one == other)
    assert 0 < len(first) <= 64
    assert first == derived_sku(*one)
