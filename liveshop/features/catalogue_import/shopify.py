"""Shopify's product CSV: lines of bytes in, products and bad rows out, one product in memory.

Rows with one Handle are one product. Its first row has the title and the description, every
row with a price, a SKU, a quantity or option values is a variant, and one with none of them
brings a picture. A row with a fault is left out and reported; of a first row whose variant is at
fault, title and description still count for the rows below it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from liveshop.core import limits
from liveshop.core.catalogue import BadRow, ImportedProduct, ImportedVariant
from liveshop.core.errors import BadRequest
from liveshop.core.money import parse_price
from liveshop.features.catalogue_import.csv_rows import CsvRow, rows_of
from liveshop.features.catalogue_import.limits import CSV_ROWS_MAX, DESCRIPTION_HTML_CHARS_MAX
from liveshop.features.catalogue_import.prose import text_of_html
from liveshop.features.catalogue_import.skus import derived_sku

_REQUIRED = ("Handle", "Title", "Variant Price")
_OPTIONS = ("Option1 Value", "Option2 Value", "Option3 Value")
# A row with any of these is a variant.
_OF_VARIANT = ("Variant Price", "Variant SKU", "Variant Inventory Qty", *_OPTIONS)
_DEFAULT = ["Default Title"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_UTF8 = re.compile(r"[\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")
_POSITION = re.compile(r"[0-9]{1,9}")
_URL = re.compile(r"(https?://|/)\S+")


def parse(lines: Iterable[bytes], currency: str) -> Iterator[ImportedProduct | BadRow]:
    """Return the products of a file and the rows that have to be left out, as they come.

    Rows of a product that do not stand together come as several products, the later ones without
    a title. Raises BadRequest for a file that cannot be read as a whole: no header, a column
    missing, too many rows.
    """
    rows = rows_of(lines)
    header = next(rows, None)
    if header is None:
        raise BadRequest("the file is empty: its first row should name the columns")
    parser = _Parser(header, currency)
    for count, row in enumerate(rows, start=1):
        if count > CSV_ROWS_MAX:
            raise BadRequest(f"a file has at most {CSV_ROWS_MAX} rows, split it")
        yield from parser.take(row)
    yield from parser.close()


def _columns(header: CsvRow) -> dict[str, int]:
    names = [name.strip().casefold() for name in header.cells]
    missing = [name for name in _REQUIRED if name.casefold() not in names]
    if missing:
        raise BadRequest(f"the header lacks {', '.join(missing)}{_hint(header)}")
    # The first of two columns with one name counts.
    return {name: index for index, name in reversed(list(enumerate(names)))}


def _hint(header: CsvRow) -> str:
    text = "".join(header.cells)
    if "\0" in text or _NOT_UTF8.search(text):
        return "; the file is not UTF-8: save it as CSV UTF-8"
    if ";" in text or "\t" in text:
        return "; the columns have to be separated by commas"
    return "; is this a product CSV from Shopify?"


class _Row:
    """A row whose cells go by the column's name, trimmed; "" for what is not there."""

    __slots__ = ("_cells", "_columns", "line")

    def __init__(self, row: CsvRow, columns: dict[str, int]) -> None:
        self.line = row.line
        self._cells = row.cells
        self._columns = columns

    def __getitem__(self, column: str) -> str:
        index = self._columns.get(column.casefold())
        if index is None or index >= len(self._cells):
            return ""
        return self._cells[index].strip()

    @property
    def is_variant(self) -> bool:
        return any(self[column] for column in _OF_VARIANT)

    def plain(self, column: str, chars_max: int) -> str:
        """Return a cell that has to be one line of text; line breaks and tabs become spaces."""
        text = " ".join(self[column].split())
        if len(text) > chars_max:
            raise BadRequest(f"{column} is longer than {chars_max} characters")
        if _CONTROL.search(text):
            raise BadRequest(f"{column} has control characters in it")
        return text


@dataclass(slots=True)
class _Group:
    """The rows of one handle that stand together; `line` is that of the title, if it is there."""

    handle: str
    line: int | None
    title: str | None
    description: str
    image: str | None = None
    image_position: int = 0
    variants: list[ImportedVariant] = field(default_factory=list)

    def product(self) -> ImportedProduct:
        return ImportedProduct(
            product_id=self.handle,
            title=self.title,
            description=self.description,
            image=self.image,
            variants=self.variants,
        )


class _Parser:
    def __init__(self, header: CsvRow, currency: str) -> None:
        self._columns = _columns(header)
        self._width = len(header.cells)
        self._currency = currency
        self._group: _Group | None = None
        # How many variants each handle has, and the line of each SKU.
        self._handles: dict[str, int] = {}
        self._skus: dict[str, int] = {}

    def take(self, source: CsvRow) -> Iterator[ImportedProduct | BadRow]:
        row = _Row(source, self._columns)
        if source.fault is None and not any(cell.strip() for cell in source.cells):
            return  # a spreadsheet's empty row: commas and nothing else
        try:
            handle = self._check(source, row)
            if self._group is None or self._group.handle != handle:
                yield from self.close()
                self._group = self._open(handle, row)
            yield from self._take(self._group, row)
        except BadRequest as exc:
            handle = _NOT_UTF8.sub("\ufffd", row["Handle"])[: limits.ID_CHARS_MAX]
            yield BadRow(line=row.line, handle=handle, reason=exc.message)

    def close(self) -> Iterator[ImportedProduct]:
        group, self._group = self._group, None
        if group is not None and group.variants:
            self._handles[group.handle] = self._count(group)
            yield group.product()

    def _check(self, source: CsvRow, row: _Row) -> str:
        """Return the handle of a row that is one."""
        if source.fault is not None:
            raise BadRequest(source.fault)
        if any(_NOT_UTF8.search(cell) for cell in source.cells):
            raise BadRequest("the row is not UTF-8: save the file as CSV UTF-8")
        if any(cell.strip() for cell in source.cells[self._width :]):
            raise BadRequest("the row has more cells than the header: is a quote missing?")
        handle = row.plain("Handle", limits.ID_CHARS_MAX)
        if not handle:
            raise BadRequest("Handle is missing")
        return handle

    def _open(self, handle: str, row: _Row) -> _Group:
        if handle in self._handles:
            return _Group(handle, None, None, "")
        title = row.plain("Title", limits.TITLE_CHARS_MAX)
        if not title:
            raise BadRequest("Title is missing: the first good row of a product has to have it")
        body = row["Body (HTML)"]
        if len(body) > DESCRIPTION_HTML_CHARS_MAX:
            # More is not even read: a file has room for thousands of such cells.
            raise BadRequest(
                f"Body (HTML) is longer than {DESCRIPTION_HTML_CHARS_MAX} characters,"
                " its markup among them"
            )
        description = text_of_html(body)
        if len(description) > limits.DESCRIPTION_CHARS_MAX:
            raise BadRequest(
                f"Body (HTML) is longer than {limits.DESCRIPTION_CHARS_MAX} characters"
            )
        return _Group(handle, row.line, title, description)

    def _take(self, group: _Group, row: _Row) -> Iterator[BadRow]:
        """Take the picture and the variant of a row, each without the other if need be."""
        try:
            _see_picture(group, row)
        except BadRequest as exc:
            yield BadRow(line=row.line, handle=group.handle, reason=exc.message)
        if row.is_variant or row.line == group.line:
            variant = self._variant(group, row)
            self._skus[variant.sku] = variant.line
            group.variants.append(variant)
        elif not row["Image Src"]:
            raise BadRequest("there is neither a variant nor a picture in this row")

    def _variant(self, group: _Group, row: _Row) -> ImportedVariant:
        position = self._count(group)
        if position == limits.VARIANTS_PER_PRODUCT_MAX:
            raise BadRequest(f"a product has at most {limits.VARIANTS_PER_PRODUCT_MAX} variants")
        options = [value for name in _OPTIONS if (value := row.plain(name, 255))]
        if options == _DEFAULT:
            options = []
        label = " / ".join(options)
        if len(label) > limits.LABEL_CHARS_MAX:
            raise BadRequest(f"the options are longer than {limits.LABEL_CHARS_MAX} characters")
        return ImportedVariant(
            line=row.line,
            sku=self._sku(group.handle, options, row),
            label=label,
            position=position,
            price=_price(row["Variant Price"], self._currency),
            was=_was(row["Variant Compare At Price"], self._currency),
            stock=_stock(row["Variant Inventory Qty"]),
        )

    def _sku(self, handle: str, options: list[str], row: _Row) -> str:
        sku = row.plain("Variant SKU", limits.ID_CHARS_MAX) or derived_sku(handle, options)
        if sku in self._skus:
            raise BadRequest(f"the SKU {sku} is already on line {self._skus[sku]}")
        return sku

    def _count(self, group: _Group) -> int:
        return self._handles.get(group.handle, 0) + len(group.variants)


def _see_picture(group: _Group, row: _Row) -> None:
    """Keep the picture with the lowest position; of those that have none, the first."""
    url = row["Image Src"]
    if not url:
        return
    if len(url) > limits.URL_CHARS_MAX:
        raise BadRequest(f"Image Src is longer than {limits.URL_CHARS_MAX} characters")
    if not _URL.fullmatch(url) or _CONTROL.search(url):
        raise BadRequest("Image Src is not an address that starts with http:// or https://")
    position = row["Image Position"]
    rank = int(position) if _POSITION.fullmatch(position) else 10**9
    if group.image is None or rank < group.image_position:
        group.image, group.image_position = url, rank


def _price(text: str, currency: str) -> int:
    if not text:
        raise BadRequest("Variant Price is missing")
    return parse_price(text, currency)


def _was(text: str, currency: str) -> int | None:
    # Shopify writes 0 for "none", too.
    return (parse_price(text, currency) or None) if text else None


def _stock(text: str) -> int | None:
    if not text:
        return None
    if not _INTEGER.fullmatch(text):
        raise BadRequest(f"the quantity {text[:40]!r} is not a whole number")
    stock = int(text)
    if stock < 0:
        raise BadRequest(f"the quantity {stock} is negative")
    if stock > limits.UNITS_MAX:
        raise BadRequest(f"the quantity {stock} is above {limits.UNITS_MAX}")
    return stock
