"""The brand of a shop: what it may say, and what a page can trust in it."""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.errors import BadRequest
from liveshop.core.fields import Colour, Font, Name, PaymentUrl
from liveshop.core.origins import is_allowed, parse_origin
from liveshop.features.media.rules import upload_in

FONT_FAMILIES_MAX: Final = 5
PICTURES: Final = ("logo", "cover", "favicon", "share_picture")

Picture = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX)]

# Words of CSS that stand for a family, and are one only without quotes.
_GENERIC: Final = frozenset(
    "serif sans-serif monospace cursive fantasy system-ui ui-serif ui-sans-serif ui-monospace"
    " ui-rounded math".split()
)
# Words that CSS takes for something else where a family stands.
_NO_FAMILY: Final = frozenset("inherit initial unset revert revert-layer default".split())
_ORIGIN: Final = re.compile(r"(https://[^\s/?#@\\]+)(?:[/?#]\S*)?")


class Brand(Struct, frozen=True, kw_only=True):
    """A shop's brand; whatever is None is as in a shop without one."""

    name: Name | None = None
    logo: Picture | None = None
    colour: Colour | None = None
    font: Font | None = None
    cover: Picture | None = None
    favicon: Picture | None = None
    share_picture: Picture | None = None
    sign_in_url: PaymentUrl | None = None

    def uploads(self) -> list[str | None]:
        """Return which upload each picture is, None if it is not one, in the order of PICTURES."""
        pictures = [getattr(self, name) for name in PICTURES]
        return [None if picture is None else upload_in(picture) for picture in pictures]


NO_BRAND: Final = Brand()
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Brand)


def checked(brand: Brand, origins: tuple[str, ...]) -> Brand:
    """Return a brand whose pictures lie here, or at one of the origins that pages may be of.

    BadRequest names the field. A page would otherwise load a picture from anywhere, and tell that
    place of each viewer.
    """
    for name in PICTURES:
        picture = getattr(brand, name)
        if picture is not None and not _may_show(picture, origins):
            raise BadRequest(
                f"`{name}` has to be the `url` of an upload, /media/…, or a https:// address of one"
                " of the origins of LIVESHOP_ORIGINS"
            )
    if brand.font is not None:
        _check_families(brand.font)
    return brand


def font_family(font: str | None) -> str | None:
    """Return a font as CSS writes it, each family in quotes; it ends in one that every device has.

    None is the pages' own.
    """
    if font is None:
        return None
    families = [each if each in _GENERIC else f'"{each}"' for each in _families(font)]
    last = () if _GENERIC.intersection(families) else ("system-ui", "sans-serif")
    return ", ".join([*families, *last])


def stored(brand: Brand) -> str:
    """Return a brand as it is stored."""
    return _ENCODER.encode(brand).decode()


def brand_of(text: str) -> Brand:
    """Return a brand that was stored; fields of a later release are left out."""
    return _DECODER.decode(text)


def _may_show(picture: str, origins: tuple[str, ...]) -> bool:
    if upload_in(picture) is not None:
        return True
    found = _ORIGIN.fullmatch(picture)
    if found is None:
        return False
    try:
        return is_allowed(parse_origin(found[1]), origins)
    except ValueError:
        return False


def _families(font: str) -> list[str]:
    return [" ".join(each.strip(" \"'").split()) for each in font.split(",")]


def _check_families(font: str) -> None:
    families = _families(font)
    if len(families) > FONT_FAMILIES_MAX:
        raise BadRequest(f"`font` has {len(families)} families, and may have {FONT_FAMILIES_MAX}")
    for each in families:
        if each.lower() in _NO_FAMILY:
            raise BadRequest(f"`font` names {each}, which is no family in CSS")
