"""Brands in requests and answers."""

from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec import structs

from liveshop.core.fields import Colour, Id, Name
from liveshop.edge.http.base_records import Input, Output
from liveshop.features.brand.colours import Palettes, SolvedPalette, palettes_of, solved_of
from liveshop.features.brand.rules import Brand, font_family, stored

_VERSION_CHARS: Final = 12
_palettes_of = lru_cache(maxsize=1_000)(palettes_of)


class BrandTarget(Input, frozen=True, kw_only=True):
    """The shop whose brand it is; the caller's if left out, or the one without a name."""

    shop: Id | None = None


class TriedColour(Input, frozen=True, kw_only=True):
    """A colour that a shop may choose."""

    colour: Colour


class SolvedColours(Output, frozen=True, kw_only=True):
    """The colours that pages would have by a brand's colour, and their contrasts."""

    light: SolvedPalette
    dark: SolvedPalette


class NewBrand(Brand, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shop's whole brand, in place of the one before: what is left out is as without a brand."""

    def brand(self) -> Brand:
        """Return the shop's record of it."""
        return Brand(**structs.asdict(self))


class BrandView(Output, frozen=True, kw_only=True):
    """A shop's brand, with what pages make of it: `font_family` as CSS has it, and `colours`.

    `version` is another one when anything of it is.
    """

    name: Name | None
    logo: str | None
    colour: Colour | None
    font: str | None
    cover: str | None
    favicon: str | None
    share_picture: str | None
    sign_in_url: str | None
    font_family: str | None
    colours: Palettes
    version: str
    shop: Id | None = None


def view_of(brand: Brand, shop: str | None) -> BrandView:
    """Return a brand as it is shown."""
    digest = sha256(stored(brand).encode()).hexdigest()
    return BrandView(
        **structs.asdict(brand),
        font_family=font_family(brand.font),
        colours=_palettes_of(brand.colour),
        version=digest[:_VERSION_CHARS],
        shop=shop,
    )


def solved(colour: str) -> SolvedColours:
    """Return the colours that pages would have by a colour."""
    light, dark = solved_of(_palettes_of(colour))
    return SolvedColours(light=light, dark=dark)
