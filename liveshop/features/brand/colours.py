"""The colours of a brand in both themes, solved from its one hex.

Hue and chroma are kept in OKLCH, where equal steps of lightness look equal, and the lightness is
moved as little as the contrasts ask for. Sources: Björn Ottosson, "A perceptual color space for
image processing" (2020), for OKLab; WCAG 2.2, "contrast ratio" and "relative luminance".
"""

from collections.abc import Iterator
from math import atan2, cbrt, cos, floor, hypot, sin
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

# Text on a button (WCAG 1.4.3), and the button on its page (1.4.11).
TEXT_CONTRAST_MIN: Final = 4.5
BUTTON_CONTRAST_MIN: Final = 3.0
INK: Final = "#16161d"
WHITE: Final = "#ffffff"
# A shop without a colour looks neutral.
NEUTRAL: Final = INK

_STEPS: Final = 256
_SOFT_CHROMA_MAX: Final = 0.04

_Rgb = tuple[float, float, float]


class Palette(Struct, frozen=True, kw_only=True):
    """The brand's colours in one theme, each as #rrggbb.

    `brand` is that of buttons, `on_brand` of text on it, `brand_soft` of quiet areas.
    """

    brand: str
    on_brand: str
    brand_soft: str


class Palettes(Struct, frozen=True, kw_only=True):
    """The brand's colours in both themes."""

    light: Palette
    dark: Palette


class SolvedPalette(Palette, frozen=True, kw_only=True):
    """A palette with its contrasts by WCAG, rounded down.

    `text_contrast` is that of `on_brand` on `brand`, `page_contrast` that of `brand` on the page.
    """

    text_contrast: float
    page_contrast: float


class _Theme(Struct, frozen=True):
    page: str
    text: str
    soft_lightness: float


_LIGHT: Final = _Theme(page=WHITE, text=INK, soft_lightness=0.955)
_DARK: Final = _Theme(page="#101016", text="#f2f2f7", soft_lightness=0.27)


def palettes_of(colour: str | None) -> Palettes:
    """Return the colours of a brand with this hex, or of one without."""
    hex_of = (colour or NEUTRAL).lower()
    return Palettes(light=_palette(hex_of, _LIGHT), dark=_palette(hex_of, _DARK))


def solved_of(palettes: Palettes) -> tuple[SolvedPalette, SolvedPalette]:
    """Return the palettes of light and dark with their contrasts."""
    return _with_contrasts(palettes.light, _LIGHT), _with_contrasts(palettes.dark, _DARK)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG: 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _with_contrasts(palette: Palette, theme: _Theme) -> SolvedPalette:
    return SolvedPalette(
        **asdict(palette),
        text_contrast=_rounded_down(contrast(palette.brand, palette.on_brand)),
        page_contrast=_rounded_down(contrast(palette.brand, theme.page)),
    )


def _rounded_down(value: float) -> float:
    # A contrast just below the one that is wanted must not read as if it were enough.
    return floor(value * 100) / 100


def _palette(colour: str, theme: _Theme) -> Palette:
    _, chroma, hue = _oklch(colour)
    brand, on_brand = _solved(colour, theme)
    soft = _hex(theme.soft_lightness, min(chroma, _SOFT_CHROMA_MAX), hue)
    assert contrast(soft, theme.text) >= TEXT_CONTRAST_MIN, "both ends of lightness are far apart"
    return Palette(brand=brand, on_brand=on_brand, brand_soft=soft)


def _solved(colour: str, theme: _Theme) -> tuple[str, str]:
    """Return the colour nearest to the brand's that has its contrasts, and that of text on it."""
    lightness, chroma, hue = _oklch(colour)
    for moved in _moves(colour, lightness, chroma, hue):
        if contrast(moved, theme.page) >= BUTTON_CONTRAST_MIN:
            for text in (WHITE, INK):
                if contrast(moved, text) >= TEXT_CONTRAST_MIN:
                    return moved, text
    raise AssertionError("black or white has the contrasts")


def _moves(colour: str, lightness: float, chroma: float, hue: float) -> Iterator[str]:
    """Yield a colour, then lighter and darker ones by turns, each further from it."""
    yield colour
    for step in range(1, _STEPS + 1):
        for moved in (lightness - step / _STEPS, lightness + step / _STEPS):
            if 0 <= moved <= 1:
                yield _hex(moved, chroma, hue)
    yield WHITE
    yield "#000000"


def _channels(colour: str) -> _Rgb:
    """Return a colour's channels, linear in light."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklch(colour: str) -> _Rgb:
    """Return the lightness, the chroma and the hue of a colour, the hue in radians."""
    red, green, blue = _channels(colour)
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    return lightness, hypot(a, b), atan2(b, a)


def _rgb(lightness: float, chroma: float, hue: float) -> _Rgb:
    """Return the channels of a colour, linear in light; some are out of range if sRGB has none."""
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """Return a colour of sRGB; where it has none of this chroma, of the most that it has."""
    low, high = 0.0, chroma
    if not _in_gamut(_rgb(lightness, chroma, hue)):
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if _in_gamut(_rgb(lightness, middle, hue)) else (low, middle)
        chroma = low
    channels = (min(1.0, max(0.0, each)) for each in _rgb(lightness, chroma, hue))
    return "#" + "".join(f"{round(_encoded(each) * 255):02x}" for each in channels)


def _in_gamut(channels: _Rgb) -> bool:
    return all(-1e-6 <= each <= 1 + 1e-6 for each in channels)
