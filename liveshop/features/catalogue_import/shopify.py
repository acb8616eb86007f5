"""Shopify's files: lines of bytes in; products or stock, bad rows and notes out, as they come."""

from collections.abc import Iterable, Iterator

from liveshop.core.errors import BadRequest
from liveshop.features.catalogue_import.columns import columns_of
from liveshop.features.catalogue_import.csv_rows import rows_of
from liveshop.features.catalogue_import.inventory import InventoryRows
from liveshop.features.catalogue_import.limits import CSV_ROWS_MAX
from liveshop.features.catalogue_import.products import ProductRows
from liveshop.features.catalogue_import.rows import Item, is_empty


def parse(lines: Iterable[bytes], currency: str) -> Iterator[Item]:
    """Return what a product CSV or an inventory CSV has, and the rows that have to be left out.

    Rows of a product that do not stand together come as several products, the later ones without
    a title. Raises BadRequest for a file that cannot be read as a whole: no header, a column
    missing, too many rows, another kind of file.
    """
    rows = rows_of(lines)
    header = next(rows, None)
    if header is None:
        raise BadRequest("the file is empty: its first row should name the columns")
    columns = columns_of(header)
    reader = InventoryRows(columns) if columns.is_inventory else ProductRows(columns, currency)
    yield from reader.begin()
    for count, row in enumerate(rows, start=1):
        if count > CSV_ROWS_MAX:
            raise BadRequest(f"a file has at most {CSV_ROWS_MAX} rows, split it")
        if not is_empty(row):
            yield from reader.take(row)
    yield from reader.close()
