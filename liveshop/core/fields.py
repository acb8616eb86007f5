"""The types of the protocol's fields, with their ranges; msgspec checks them at the edge."""

from typing import Annotated

from msgspec import Meta

from liveshop.core import limits

# No control characters (C0, DEL, C1) and no line separators; not empty.
_PLAIN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z"

Ref = Annotated[int, Meta(ge=0, le=limits.REF_MAX)]
Id = Annotated[str, Meta(max_length=limits.ID_CHARS_MAX, pattern=_PLAIN)]
Uuid = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
Title = Annotated[str, Meta(max_length=limits.TITLE_CHARS_MAX, pattern=_PLAIN)]
Label = Annotated[
    str, Meta(max_length=limits.LABEL_CHARS_MAX, pattern=_PLAIN.replace("+", "*"))
]  # may be empty: a product with one variant
Url = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX, pattern=r"^(https?://|/)[^\s]+\Z")]
ChatText = Annotated[str, Meta(max_length=limits.CHAT_CHARS_MAX, pattern=_PLAIN)]
Price = Annotated[int, Meta(ge=0, le=limits.PRICE_MINOR_MAX)]
Quantity = Annotated[int, Meta(ge=1, le=limits.QUANTITY_MAX)]
Units = Annotated[int, Meta(ge=0, le=limits.UNITS_MAX)]
Limit = Annotated[int, Meta(ge=1, le=limits.LIMIT_UNITS_MAX)]
Instant = Annotated[int, Meta(ge=0, le=limits.INSTANT_MS_MAX)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Prices = Annotated[dict[Id, Price], Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX)]
UnitsBySku = Annotated[
    dict[Id, Annotated[int, Meta(ge=1, le=limits.UNITS_MAX)]],
    Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX),
]
