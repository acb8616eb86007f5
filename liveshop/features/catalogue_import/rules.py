"""The portions that a file is read in, and the report of an import."""

from msgspec import Struct

from liveshop.core.catalogue import BadRow, ImportedProduct


class Reading(Struct, frozen=True, kw_only=True):
    """A portion of what a file says, as the process that reads it hands it over.

    `bad_rows` counts all bad rows of the portion, also those that `bad` does not list. The last
    portion of a file is empty, and either `whole` or with the reason why the file is refused.
    """

    products: list[ImportedProduct] = []
    bad: list[BadRow] = []
    bad_rows: int = 0
    whole: bool = False
    refusal: str | None = None


class ImportReport(Struct, frozen=True, kw_only=True):
    """The result of an import: products and variants taken, and products by what became of them.

    `bad` lists the first BAD_ROWS_LISTED_MAX rows that were left out, by line; `bad_rows` counts
    them all.
    """

    products: int
    variants: int
    created: int
    updated: int
    unchanged: int
    bad: list[BadRow]
    bad_rows: int
