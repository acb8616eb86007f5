"""CSV as spreadsheets open it: RFC 4180, and no cell that is taken for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

# A spreadsheet takes a cell that begins with one of these for a formula; the wide ones are those of
# East Asian keyboards.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Write rows of cells; a text that would be calculated gets an apostrophe before it."""
    text = io.StringIO()
    csv.writer(text).writerows(map(_cell, row) for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    dangerous = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if dangerous else value
