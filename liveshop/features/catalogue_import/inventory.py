"""Shopify's inventory CSV: the units of each variant, summed over the locations of its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from liveshop.core.catalogue import BadRow, ImportedStock, RowNote
from liveshop.core.errors import BadRequest
from liveshop.features.catalogue_import import columns as names
from liveshop.features.catalogue_import.columns import Columns
from liveshop.features.catalogue_import.csv_rows import CsvRow
from liveshop.features.catalogue_import.limits import INVENTORY_VARIANTS_MAX
from liveshop.features.catalogue_import.rows import Item, Row, units_of, whole_number
from liveshop.features.catalogue_import.skus import derived_sku, id_of

_NOT_STOCKED: Final = "not stocked"
_DEFAULT: Final = ["Default Title"]


@dataclass(slots=True)
class _Counted:
    """The units of a variant so far; None where no row says anything of them."""

    line: int
    handle: str
    product_id: str | None
    units: int | None


class InventoryRows:
    """The reader of an inventory CSV: give it the rows, then close it."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        # Of an older file, which has a column for each location in place of a row.
        self._locations = [] if _has_quantities(columns) else columns.locations()
        self._counted: dict[tuple[str | None, str | None], _Counted] = {}

    def begin(self) -> Iterator[Item]:
        """Return what is to be said of the file as a whole: nothing."""
        yield from ()

    def take(self, source: CsvRow) -> Iterator[Item]:
        """Add a row's units to those of its variant; return the row if it has a fault."""
        row = Row(source, self._columns)
        try:
            row.check(source)
            named = _named(row)
            product_id = id_of(row.plain(names.HANDLE)) or None
            row.part = "quantity"
            units = self._units(row)
        except BadRequest as exc:
            yield row.bad(exc.message)
            return
        counted = self._counted.get(named)
        if counted is None:
            if len(self._counted) == INVENTORY_VARIANTS_MAX:
                raise BadRequest(
                    f"an inventory has at most {INVENTORY_VARIANTS_MAX} variants, split it"
                )
            self._counted[named] = _Counted(row.line, row.handle(), product_id, units)
        elif units is not None:
            counted.units = (counted.units or 0) + units

    def close(self) -> Iterator[Item]:
        """Return the units of each variant of which the file says any."""
        for (sku, made), counted in self._counted.items():
            line, handle = counted.line, counted.handle
            if counted.units is None:
                continue
            try:
                units, note = units_of(counted.units)
            except BadRequest as exc:
                yield BadRow(line=line, handle=handle, reason=exc.message, kind="quantity")
                continue
            if note is not None:
                yield RowNote(line=line, handle=handle, kind="quantity", note=note)
            yield ImportedStock(
                line=line,
                handle=handle,
                product_id=counted.product_id,
                sku=sku,
                made_sku=made,
                stock=units,
            )

    def _units(self, row: Row) -> int | None:
        """Return what can be sold of a variant at one location, or at all of an older file."""
        if self._locations:
            cells = [row.cell(place) for place in self._locations]
            stocked = [_quantity(cell) for cell in cells if cell]
            return sum(stocked) if stocked else None
        if row[names.ON_HAND_NEW]:
            return _free(row, row[names.ON_HAND_NEW])
        if row[names.AVAILABLE]:
            return _quantity(row[names.AVAILABLE])
        return _free(row, row[names.ON_HAND]) if row[names.ON_HAND] else None


def _has_quantities(columns: Columns) -> bool:
    return any(name in columns for name in (names.AVAILABLE, names.ON_HAND, names.ON_HAND_NEW))


def _named(row: Row) -> tuple[str | None, str | None]:
    """Return a variant's SKU, if the row has one, and the one that an import would make up."""
    row.part = "handle"
    handle = row.plain(names.HANDLE)
    row.part = "options"
    options = [value for name in names.OPTIONS if (value := row.plain(name))]
    row.part = "sku"
    sku = row.plain(names.SKU)
    if not handle and not sku:
        row.part = "handle"
        raise BadRequest("the row has neither a Handle nor a SKU")
    made = derived_sku(handle, [] if options == _DEFAULT else options) if handle else None
    return id_of(sku) or None, made


def _free(row: Row, on_hand: str) -> int:
    """Return the units on hand that are neither sold nor kept back."""
    away = (row[names.COMMITTED], row[names.UNAVAILABLE])
    return _quantity(on_hand) - sum(_quantity(text) for text in away if text)


def _quantity(text: str) -> int:
    return 0 if text.casefold() == _NOT_STOCKED else whole_number(text)
