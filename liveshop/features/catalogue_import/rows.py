"""The rows of a file by the names of their columns, and what is said of a row."""

import re
from typing import Final

from liveshop.core.catalogue import BadRow, ImportedProduct, ImportedStock, RowNote
from liveshop.core.errors import BadRequest
from liveshop.core.limits import ID_CHARS_MAX, UNITS_MAX
from liveshop.features.catalogue_import.columns import HANDLE, Columns
from liveshop.features.catalogue_import.csv_rows import CsvRow

Item = ImportedProduct | ImportedStock | BadRow | RowNote

NAME_CHARS_MAX: Final = 255  # of handles, SKUs, titles and options, as Shopify has them

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_UTF8: Final = re.compile(r"[\ud800-\udfff]")
# A formula that keeps a spreadsheet from taking the text for a number: ="00123".
_FORMULA_START: Final = '="'
_WHOLE: Final = re.compile(r"([+-]?)([0-9]{1,12})([.,]0{1,2})?")
_GROUPED: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}([,' \u00a0\u202f\u2019][0-9]{3}){1,4}")
_GAPS: Final = str.maketrans("", "", ",' \u00a0\u202f\u2019")
_MINUS: Final = "\u2212"
_CELL_CHARS_SHOWN: Final = 40


class Row:
    """A row whose cells go by the column's name, trimmed; "" for what is not there.

    `part` is what is read of it, for the report of a fault.
    """

    __slots__ = ("_cells", "_columns", "line", "part")

    def __init__(self, row: CsvRow, columns: Columns) -> None:
        self.line = row.line
        self.part = "row"
        self._cells = row.cells
        self._columns = columns

    def __getitem__(self, column: str) -> str:
        place = self._columns.get(column)
        return "" if place is None else self.cell(place)

    def cell(self, place: int) -> str:
        """Return the cell of a column without a name that is known."""
        if place >= len(self._cells):
            return ""
        text = self._cells[place].strip()
        if text.startswith(_FORMULA_START) and text.endswith('"') and len(text) > 2:
            return text[2:-1].strip()
        return text

    def plain(self, column: str, chars_max: int = NAME_CHARS_MAX) -> str:
        """Return a cell that has to be one line of text; line breaks and tabs become spaces."""
        text = " ".join(self[column].split())
        if len(text) > chars_max:
            raise BadRequest(f"{self.shown(column)} is longer than {chars_max} characters")
        if CONTROL.search(text):
            raise BadRequest(f"{self.shown(column)} has control characters in it")
        return text

    def shown(self, column: str) -> str:
        """Return the file's own name of a column."""
        return self._columns.shown(column)

    def check(self, source: CsvRow) -> None:
        """Raise BadRequest where the row cannot be read as one of its file."""
        if source.fault is not None:
            self.part = "syntax"
            raise BadRequest(source.fault)
        if any(_NOT_UTF8.search(cell) for cell in source.cells):
            self.part = "encoding"
            raise BadRequest("the row is not UTF-8: save the file as CSV UTF-8")
        if any(cell.strip() for cell in source.cells[self._columns.width :]):
            self.part = "syntax"
            raise BadRequest("the row has more cells than the header: is a quote missing?")

    def bad(self, reason: str, handle: str | None = None) -> BadRow:
        """Return the report of a row that is left out."""
        shown = self.handle() if handle is None else handle
        return BadRow(line=self.line, handle=shown, reason=reason, kind=self.part)

    def note(self, kind: str, note: str) -> RowNote:
        """Return a remark on a row that is taken."""
        return RowNote(line=self.line, handle=self.handle(), kind=kind, note=note)

    def handle(self) -> str:
        """Return the handle as a report shows it."""
        return _NOT_UTF8.sub("\ufffd", self[HANDLE])[:ID_CHARS_MAX]


def is_empty(row: CsvRow) -> bool:
    """Whether it is a spreadsheet's empty row: separators and nothing else."""
    return row.fault is None and not any(cell.strip() for cell in row.cells)


def units_of(quantity: int) -> tuple[int, str | None]:
    """Return the units that a quantity stands for, and a note; BadRequest for too many."""
    if quantity > UNITS_MAX:
        raise BadRequest(f"the quantity {quantity} is above {UNITS_MAX}")
    if quantity < 0:
        return 0, f"the quantity {quantity} is negative, and counts as 0"
    return quantity, None


def whole_number(text: str) -> int:
    """Read a quantity, which may be negative; BadRequest for what is no whole number."""
    text = text.replace(_MINUS, "-")
    if _GROUPED.fullmatch(text):
        return int(text.translate(_GAPS))
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise BadRequest(f"the quantity {text[:_CELL_CHARS_SHOWN]!r} is not a whole number")
    return int(found[1] + found[2])
