"""Shopify's product CSV: rows in, products, bad rows and notes out, one product in memory.

Rows with one Handle are one product. Its first row has the title and the description, every
row with a price, a SKU, a quantity or option values is a variant, and every row may bring one
more picture. A row with a fault is left out and reported; of a first row whose variant is at
fault, title and description still count for the rows below it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from liveshop.core import limits
from liveshop.core.catalogue import ImportedProduct, ImportedVariant, RowNote
from liveshop.core.errors import BadRequest
from liveshop.core.fields import URL
from liveshop.core.money import parse_price
from liveshop.features.catalogue_import import columns as names
from liveshop.features.catalogue_import.columns import Columns
from liveshop.features.catalogue_import.csv_rows import CsvRow
from liveshop.features.catalogue_import.limits import DESCRIPTION_HTML_CHARS_MAX
from liveshop.features.catalogue_import.prose import text_of_html
from liveshop.features.catalogue_import.rows import CONTROL, Item, Row, units_of, whole_number
from liveshop.features.catalogue_import.skus import derived_sku, id_of
from liveshop.features.catalogue_import.visibility import published_of, status_of

# A row with any of these is a variant.
_OF_VARIANT: Final = (names.PRICE, names.SKU, names.QUANTITY, *names.OPTIONS)
_DEFAULT: Final = ["Default Title"]

_POSITION: Final = re.compile(r"[0-9]{1,9}")
_URL: Final = re.compile(URL)
# Digits that a spreadsheet has rounded, of which one or more variants had another end.
_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2}")


@dataclass(slots=True)
class _Group:
    """The rows of one handle that stand together; `line` is that of the title, if it is there."""

    handle: str
    line: int | None
    title: str | None
    description: str
    status: str | None = None
    published: bool | None = None
    pictures: list[tuple[int, str]] = field(default_factory=list)  # by their ranks
    variants: list[ImportedVariant] = field(default_factory=list)

    def see(self, rank: int, url: str) -> None:
        """Keep a picture, if it is among the first by rank; of one rank, the first in the file."""
        if all(url != known for _, known in self.pictures):
            self.pictures.append((rank, url))
            self.pictures.sort(key=lambda picture: picture[0])
            del self.pictures[limits.IMAGES_PER_PRODUCT_MAX :]

    def product(self) -> ImportedProduct:
        urls = [url for _, url in self.pictures]
        return ImportedProduct(
            product_id=id_of(self.handle),
            title=self.title,
            description=self.description,
            image=urls[0] if urls else None,
            more_images=urls[1:],
            status=self.status,
            published=self.published,
            variants=self.variants,
        )


class ProductRows:
    """The reader of a product CSV: give it the rows, then close it."""

    def __init__(self, columns: Columns, currency: str) -> None:
        self._columns = columns
        self._currency = currency
        self._group: _Group | None = None
        self._notes: list[RowNote] = []  # on the row in hand
        # How many variants each handle has; of each SKU its line, and handle and options hashed.
        self._handles: dict[str, int] = {}
        self._skus: dict[str, tuple[int, int]] = {}

    def begin(self) -> Iterator[Item]:
        """Return what is to be said of the file as a whole."""
        if names.QUANTITY not in self._columns:
            note = (
                f"the file has no column {names.QUANTITY} or Inventory quantity: the stock of known"
                " variants stays as it is, and new ones start with 0; an inventory CSV brings it"
            )
            yield RowNote(line=1, handle="", kind="quantity", note=note)

    def take(self, source: CsvRow) -> Iterator[Item]:
        """Return what a row leads to: the product before it, faults, and notes."""
        row = Row(source, self._columns)
        self._notes = []
        try:
            row.check(source)
            row.part = "handle"
            handle = row.plain(names.HANDLE)
            if not handle:
                raise BadRequest(f"{row.shown(names.HANDLE)} is missing")
            if self._group is None or self._group.handle != handle:
                yield from self.close()
                self._group = self._open(handle, row)
                # Of the product, whatever becomes of the variant of this row.
                yield from self._notes
                self._notes = []
            yield from self._take(self._group, row)
        except BadRequest as exc:
            yield row.bad(exc.message)
        else:
            if source.western:
                note = "not UTF-8: read as Windows-1252; look at its letters with accents"
                yield row.note("encoding", note)
            yield from self._notes

    def close(self) -> Iterator[Item]:
        """Return the last product, if there is one."""
        group, self._group = self._group, None
        if group is not None and group.variants:
            self._handles[group.handle] = self._count(group)
            yield group.product()

    def _open(self, handle: str, row: Row) -> _Group:
        if handle in self._handles:
            return _Group(handle, None, None, "")
        row.part = "title"
        title = row.plain(names.TITLE)
        if not title:
            raise BadRequest(
                f"{row.shown(names.TITLE)} is missing: the first good row of a product has to"
                " have it"
            )
        row.part = "description"
        description = _description(row)
        group = _Group(handle, row.line, title, description)
        group.status, unknown = status_of(row[names.STATUS], self._columns)
        self._note(row, "status", unknown)
        group.published, unknown = published_of(row[names.PUBLISHED], self._columns)
        self._note(row, "status", unknown)
        if len(handle) > limits.ID_CHARS_MAX:
            self._note(row, "handle", f"the Handle is long: the product's id is {id_of(handle)}")
        return group

    def _take(self, group: _Group, row: Row) -> Iterator[Item]:
        """Take the picture and the variant of a row, each without the other if need be."""
        try:
            row.part = "picture"
            _see_picture(group, row)
        except BadRequest as exc:
            yield row.bad(exc.message)
        if any(row[column] for column in _OF_VARIANT) or row.line == group.line:
            group.variants.append(self._variant(group, row))
        elif not row[names.IMAGE]:
            row.part = "row"
            raise BadRequest("there is neither a variant nor a picture in this row")

    def _variant(self, group: _Group, row: Row) -> ImportedVariant:
        row.part = "variants"
        position = self._count(group)
        if position == limits.VARIANTS_PER_PRODUCT_MAX:
            raise BadRequest(f"a product has at most {limits.VARIANTS_PER_PRODUCT_MAX} variants")
        row.part = "options"
        options = [value for name in names.OPTIONS if (value := row.plain(name))]
        if options == _DEFAULT:
            options = []
        label = " / ".join(options)
        if len(label) > limits.LABEL_CHARS_MAX:
            raise BadRequest(f"the options are longer than {limits.LABEL_CHARS_MAX} characters")
        row.part = "sku"
        sku = self._sku(group.handle, options, row)
        row.part = "price"
        price, was = _price(row, self._currency), _was(row, self._currency)
        row.part = "quantity"
        stock = self._stock(row)
        self._skus[sku] = (row.line, hash((group.handle, *options)))
        return ImportedVariant(
            line=row.line,
            sku=sku,
            label=label,
            position=position,
            price=price,
            was=was,
            stock=stock,
        )

    def _sku(self, handle: str, options: list[str], row: Row) -> str:
        given = row.plain(names.SKU)
        rounded = _ROUNDED.fullmatch(given) is not None
        sku = id_of(given) if given and not rounded else derived_sku(handle, options)
        if rounded:
            self._note(row, "sku", f"a spreadsheet has rounded the SKU {given}: it is {sku} here")
        elif sku in self._skus:
            line, other = self._skus[sku]
            made = derived_sku(handle, options)
            # The same options again are no other variant.
            if other != hash((handle, *options)) and made not in self._skus:
                self._note(
                    row, "sku", f"the SKU {sku} is already on line {line}: it is {made} here"
                )
                return made
        elif len(given) > limits.ID_CHARS_MAX:
            self._note(row, "sku", f"the SKU is long: it is {sku} here")
        if sku in self._skus:
            raise BadRequest(f"the SKU {given or sku} is already on line {self._skus[sku][0]}")
        return sku

    def _stock(self, row: Row) -> int | None:
        if not row[names.QUANTITY]:
            return None
        stock, note = units_of(whole_number(row[names.QUANTITY]))
        self._note(row, "quantity", note)
        return stock

    def _note(self, row: Row, kind: str, note: str | None) -> None:
        if note is not None:
            self._notes.append(row.note(kind, note))

    def _count(self, group: _Group) -> int:
        return self._handles.get(group.handle, 0) + len(group.variants)


def _description(row: Row) -> str:
    body, shown = row[names.DESCRIPTION], row.shown(names.DESCRIPTION)
    if len(body) > DESCRIPTION_HTML_CHARS_MAX:
        # More is not even read: a file has room for thousands of such cells.
        raise BadRequest(
            f"{shown} is longer than {DESCRIPTION_HTML_CHARS_MAX} characters, its markup among them"
        )
    description = text_of_html(body)
    if len(description) > limits.DESCRIPTION_CHARS_MAX:
        raise BadRequest(f"{shown} is longer than {limits.DESCRIPTION_CHARS_MAX} characters")
    return description


def _see_picture(group: _Group, row: Row) -> None:
    """Give the product the picture of a row, at its position; those that have none are the last."""
    url, shown = row[names.IMAGE], row.shown(names.IMAGE)
    if not url:
        return
    if url.startswith("//"):  # as a shop's own pages name pictures of its network
        url = f"https:{url}"
    if len(url) > limits.URL_CHARS_MAX:
        raise BadRequest(f"{shown} is longer than {limits.URL_CHARS_MAX} characters")
    if not _URL.fullmatch(url) or CONTROL.search(url):
        raise BadRequest(f"{shown} is not an address that starts with http:// or https://")
    position = row[names.IMAGE_POSITION]
    group.see(int(position) if _POSITION.fullmatch(position) else 10**9, url)


def _price(row: Row, currency: str) -> int:
    if not row[names.PRICE]:
        raise BadRequest(f"{row.shown(names.PRICE)} is missing")
    return parse_price(row[names.PRICE], currency)


def _was(row: Row, currency: str) -> int | None:
    # Shopify writes 0 for "none", too.
    return (parse_price(row[names.WAS], currency) or None) if row[names.WAS] else None
