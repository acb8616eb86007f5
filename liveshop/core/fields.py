"""The types of the protocol's fields, with their ranges; msgspec checks them at the edge."""

import re
import unicodedata
from typing import Annotated

from msgspec import Meta

from liveshop.core import limits

# No control characters (C0, DEL, C1) and no line separators; not empty.
PLAIN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z"
# A person: all viewers see it, and with blanks around it two would look alike. `#` is our own.
PERSON = r"^(?![#\s])[^\x00-\x1f\x7f-\x9f\u2028\u2029]+(?<!\s)\Z"
# With what stands between a shop and an id of its own.
PAIR_AFTER = r"^[^\x00-\x1e\x7f-\x9f\u2028\u2029]+\Z"
PLAIN_OR_EMPTY = PLAIN.replace("+", "*")
# Line breaks and tabs are welcome in prose.
PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*\Z"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"
# Of another server, or of this one: browsers take `//host` and `/\host` for another one's.
URL = r"^(https?://[^\s/?#\\]\S*|/([^\s/\\]\S*)?)\Z"
# A picture that every viewer loads: over https, or of this server.
PICTURE_URL = r"^(https://[^\s/?#\\]\S*|/[^\s/\\]\S*)\Z"
# Where money is paid: over https, or on this machine; a host and nothing before it.
PAYMENT_URL = (
    r"^(https://[^\s/?#@\\]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?#]\S*)?\Z"
)
# A link to another site that people are shown: a host and nothing before it, nothing unseen.
HTTPS_URL = r"^https://[^\s/?#@\\\x00-\x1f\x7f-\x9f]+([/?#][^\s\\\x00-\x1f\x7f-\x9f]*)?\Z"
CURRENCY = r"^[A-Z]{3}\Z"
# Stands in addresses and in names of ours, which begin with another sign.
NEW_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z"
TIME_ZONE = r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*\Z"
COLOUR = r"^#[0-9a-fA-F]{6}\Z"
# An offer is named by the row of its uses; a word that names one may be typed in any case.
OFFER = r"^@[1-9][0-9]{0,9}\Z"
CODE_WORD = r"^[A-Za-z0-9]{3,24}\Z"
# Names of families and nothing else: a text that goes into a style sheet might end a rule there.
_FAMILY = r"""("[A-Za-z][A-Za-z0-9 -]*"|'[A-Za-z][A-Za-z0-9 -]*'|[A-Za-z][A-Za-z0-9 -]*)"""
FONT = rf"^{_FAMILY}(, *{_FAMILY})*\Z"

# The meaning of each pattern, for those whose input does not match it.
PATTERN_WORDS = {
    PLAIN: "text without control characters, not empty",
    PLAIN_OR_EMPTY: "text without control characters",
    PAIR_AFTER: "an id, or a `next` as it came",
    PROSE: "text without control characters but line breaks and tabs",
    UUID: "a UUID in its 36 lower-case characters",
    URL: "an address that starts with http:// or https:// and a host, or with one /",
    PICTURE_URL: "an address that starts with https:// and a host, or with one /",
    PERSON: "text without control characters and outer blanks, not empty, no # at its begin",
    PAYMENT_URL: "an address that starts with https:// and a host, or http://localhost",
    HTTPS_URL: "an address that starts with https:// and a host",
    CURRENCY: "a currency of three capital letters",
    NEW_ID: "letters, digits and . _ -, the first a letter or digit",
    TIME_ZONE: "a time zone of the IANA database, such as Europe/Athens",
    COLOUR: "a colour as #rrggbb",
    OFFER: "@ and the number of an offer",
    CODE_WORD: "3 to 24 letters of A to Z and digits",
    FONT: "names of font families of Latin letters, separated by commas",
}

Ref = Annotated[int, Meta(ge=0, le=limits.REF_MAX)]
Id = Annotated[str, Meta(max_length=limits.ID_CHARS_MAX, pattern=PLAIN)]
ListAfter = Annotated[str, Meta(max_length=2 * limits.ID_CHARS_MAX + 1, pattern=PAIR_AFTER)]
# An id that a client makes up for something that it makes.
NewId = Annotated[str, Meta(max_length=limits.ID_CHARS_MAX, pattern=NEW_ID)]
# As `is_composed` has it, too.
PersonId = Annotated[str, Meta(max_length=limits.ID_CHARS_MAX, pattern=PERSON)]
Uuid = Annotated[str, Meta(pattern=UUID)]
Rids = Annotated[list[Uuid], Meta(min_length=1, max_length=limits.CHECKOUT_RIDS_MAX)]
# A buyer names offers by words, or by their rows as in "@63".
Code = Annotated[str, Meta(max_length=limits.CODE_CHARS_MAX, pattern=PLAIN)]
Codes = Annotated[list[Code], Meta(max_length=limits.ORDER_CODES_MAX)]
Name = Annotated[str, Meta(max_length=limits.NAME_CHARS_MAX, pattern=PLAIN)]
Title = Annotated[str, Meta(max_length=limits.TITLE_CHARS_MAX, pattern=PLAIN)]
Label = Annotated[
    str, Meta(max_length=limits.LABEL_CHARS_MAX, pattern=PLAIN_OR_EMPTY)
]  # may be empty: a product with one variant
Url = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX, pattern=URL)]
PictureUrl = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX, pattern=PICTURE_URL)]
PaymentUrl = Annotated[str, Meta(max_length=limits.URL_CHARS_MAX, pattern=PAYMENT_URL)]
ChatText = Annotated[str, Meta(max_length=limits.CHAT_CHARS_MAX, pattern=PLAIN)]
BlockedWord = Annotated[str, Meta(max_length=limits.BLOCKED_WORD_CHARS_MAX, pattern=PLAIN)]
Price = Annotated[int, Meta(ge=0, le=limits.PRICE_MINOR_MAX)]
Amount = Annotated[int, Meta(ge=0, le=limits.AMOUNT_MINOR_MAX)]
Quantity = Annotated[int, Meta(ge=1, le=limits.QUANTITY_MAX)]
Units = Annotated[int, Meta(ge=0, le=limits.UNITS_MAX)]
Limit = Annotated[int, Meta(ge=1, le=limits.LIMIT_UNITS_MAX)]
Instant = Annotated[int, Meta(ge=0, le=limits.INSTANT_MS_MAX)]
Currency = Annotated[str, Meta(pattern=CURRENCY)]
TimeZone = Annotated[str, Meta(max_length=limits.NAME_CHARS_MAX, pattern=TIME_ZONE)]
Colour = Annotated[str, Meta(pattern=COLOUR)]
Font = Annotated[str, Meta(max_length=limits.FONT_CHARS_MAX, pattern=FONT)]
ProductTitle = Annotated[str, Meta(max_length=limits.PRODUCT_TITLE_CHARS_MAX, pattern=PLAIN)]
Prices = Annotated[
    dict[Id, Price], Meta(min_length=1, max_length=limits.SHELF_VARIANTS_PER_PRODUCT_MAX)
]
# Of any number that a product may have: if the shelf takes fewer, that is a `limit`.
PricesBySku = Annotated[
    dict[Id, Price], Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX)
]
UnitsBySku = Annotated[
    dict[Id, Annotated[int, Meta(ge=1, le=limits.UNITS_MAX)]],
    Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX),
]


def is_id(text: str) -> bool:
    """Return True if text can be an id."""
    return len(text) <= limits.ID_CHARS_MAX and re.match(PLAIN, text) is not None


def is_composed(text: str) -> bool:
    """Return True if text is in Unicode's form NFC, in which two that look alike are alike."""
    return unicodedata.is_normalized("NFC", text)
