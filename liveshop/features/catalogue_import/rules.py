"""The portions that a file is read in, and the report of an import."""

from typing import Final

import msgspec
from msgspec import Struct

from liveshop.core.catalogue import BadRow, ImportedProduct, ImportedStock, RowNote


class Reading(Struct, frozen=True, kw_only=True):
    """A portion of what a file says, as the process that reads it hands it over.

    `bad_kinds` counts all bad rows of the portion by their kind, also those that `bad` does not
    list; `note_kinds` counts the notes, likewise. The last portion of a file is empty, and either
    `whole` or with the reason why the file is refused.
    """

    products: list[ImportedProduct] = []
    stock: list[ImportedStock] = []
    bad: list[BadRow] = []
    bad_kinds: dict[str, int] = {}
    notes: list[RowNote] = []
    note_kinds: dict[str, int] = {}
    whole: bool = False
    refusal: str | None = None


# Not by `core/wire.py`: each file would pay for all events and records that it knows.
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Reading)


def line_of(reading: Reading) -> bytes:
    """Return a portion as a line of JSON, which is how the process hands it over."""
    return _ENCODER.encode(reading) + b"\n"


def reading_of(line: bytes) -> Reading:
    """Return the portion that a line, without its end, was made of."""
    return _DECODER.decode(line)


class ReportedRow(Struct, frozen=True, kw_only=True):
    """A bad row as a report lists it."""

    line: int
    handle: str
    reason: str


class ImportReport(Struct, frozen=True, kw_only=True):
    """The result of an import: products and variants taken, and products by what became of them.

    `bad` lists the first BAD_ROWS_LISTED_MAX rows that were left out, by line; `bad_rows` counts
    them all, and `bad_kinds` by what is at fault. `notes` lists the first NOTES_LISTED_MAX remarks
    on what was taken in another way than it says, and `note_kinds` counts all of them.
    """

    products: int
    variants: int
    created: int
    updated: int
    unchanged: int
    bad: list[ReportedRow]
    bad_rows: int
    bad_kinds: dict[str, int] = {}
    notes: list[RowNote] = []
    note_kinds: dict[str, int] = {}
