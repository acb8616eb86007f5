"""An offer as a session shows it."""

from types import GenericAlias
from typing import Any, cast

from msgspec import NODEFAULT, defstruct
from msgspec.structs import FieldInfo, fields

from liveshop.features.offers.vocabulary import OfferOpened

_OF_THE_EVENT = ("offset", "at_ms")


def _field(info: FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    if info.default is NODEFAULT:
        return info.name, info.type
    return info.name, info.type, info.default


OfferView = cast(
    type[Any],
    defstruct(
        "OfferView",
        [
            *(_field(each) for each in fields(OfferOpened) if each.name not in _OF_THE_EVENT),
            ("state", str),
            ("left", int | None, None),
        ],
        frozen=True,
        kw_only=True,
        omit_defaults=True,
        namespace={
            "__doc__": "An announced or open offer; `left` says how many uses, if they are limited."
        },
    ),
)

OFFERS_SHOWN: Any = GenericAlias(list, (OfferView,))
