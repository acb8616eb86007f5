"""The colours of a brand: their contrasts hold for any hex, and they stay as near as they can."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.features.brand.colours import INK, WHITE, Palette, contrast, palettes_of

_HEX = re.compile("#[0-9a-f]{6}")
_LIGHT_PAGE, _DARK_PAGE = "#ffffff", "#101016"
_GREYS = [f"#{level:02x}{level:02x}{level:02x}" for level in range(0, 256, 5)]


def _holds(palette: Palette, page: str, text: str) -> None:
    for colour in (palette.brand, palette.on_brand, palette.brand_soft):
        assert _HEX.fullmatch(colour)
    assert contrast(palette.brand, palette.on_brand) >= 4.5
    assert contrast(palette.brand, page) >= 3
    assert contrast(palette.brand_soft, text) >= 4.5


def _check(colour: str) -> None:
    palettes = palettes_of(colour)
    _holds(palettes.light, _LIGHT_PAGE, "#16161d")
    _holds(palettes.dark, _DARK_PAGE, "#f2f2f7")


@given(st.integers(0, 0xFFFFFF))
def test_the_contrasts_hold_for_any_colour(number: int) -> None:
    _check(f"#{number:06x}")


@pytest.mark.parametrize("colour", _GREYS)
def test_the_contrasts_hold_for_any_grey(colour: str) -> None:
    _check(colour)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("colour", ["#4b3fd6", "#c2330a", "#17693c", "#c2185b"])
def test_a_colour_that_has_its_contrasts_stays_as_it_is(colour: str) -> None:
    light = palettes_of(colour.upper()).light
    assert (light.brand, light.on_brand) == (colour, WHITE)


def test_a_colour_that_lacks_one_keeps_its_hue() -> None:
    yellow = palettes_of("#ffeb3b")
    assert (yellow.light.brand, yellow.light.on_brand) == ("#a49500", INK)
    assert (yellow.dark.brand, yellow.dark.on_brand) == ("#ffeb3b", INK)


def test_a_shop_without_a_colour_looks_neutral() -> None:
    neutral = palettes_of(None)
    assert (neutral.light.brand, neutral.light.on_brand) == ("#16161d", WHITE)
    assert (neutral.dark.brand, neutral.dark.on_brand) == ("#5f5f68", WHITE)
