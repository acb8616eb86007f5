"""The columns of Shopify's files: their names of now and of before, and which file has them."""

import re
from typing import Final

from liveshop.core.errors import BadRequest
from liveshop.features.catalogue_import.csv_rows import CsvRow

HANDLE: Final = "Handle"
TITLE: Final = "Title"
DESCRIPTION: Final = "Body (HTML)"
STATUS: Final = "Status"
PUBLISHED: Final = "Published"
OPTIONS: Final = ("Option1 Value", "Option2 Value", "Option3 Value")
SKU: Final = "Variant SKU"
QUANTITY: Final = "Variant Inventory Qty"
PRICE: Final = "Variant Price"
WAS: Final = "Variant Compare At Price"
IMAGE: Final = "Image Src"
IMAGE_POSITION: Final = "Image Position"

LOCATION: Final = "Location"
AVAILABLE: Final = "Available"
COMMITTED: Final = "Committed"
UNAVAILABLE: Final = "Unavailable"
ON_HAND: Final = "On hand"
ON_HAND_NEW: Final = "On hand (new)"
_INCOMING: Final = "Incoming"
_COUNTRY: Final = "COO"
_HS_CODE: Final = "HS Code"
_BIN: Final = "Bin name"

_PRODUCT: Final = (HANDLE, TITLE, PRICE)
# Any of these is in an inventory CSV, and in no product CSV.
_INVENTORY: Final = (AVAILABLE, COMMITTED, UNAVAILABLE, ON_HAND, ON_HAND_NEW, _COUNTRY, _HS_CODE)

# The names of a column besides its own, which is the oldest, as Shopify's files have had them.
_OTHER_NAMES: Final = {
    HANDLE: ("URL handle",),
    DESCRIPTION: ("Description", "Body HTML", "Body"),
    PUBLISHED: ("Published on online store",),
    SKU: ("SKU",),
    QUANTITY: ("Inventory quantity", "Variant Inventory Quantity"),
    PRICE: ("Price",),
    WAS: ("Compare-at price",),
    IMAGE: ("Product image URL", "Image URL"),
    AVAILABLE: ("Available (not editable)",),
    COMMITTED: ("Committed (not editable)",),
    UNAVAILABLE: ("Unavailable (not editable)",),
    ON_HAND: ("On hand (current)",),
    _INCOMING: ("Incoming (not editable)",),
    "Option1 Name": ("Option 1 name",),
    "Option2 Name": ("Option 2 name",),
    "Option3 Name": ("Option 3 name",),
    OPTIONS[0]: ("Option 1 value",),
    OPTIONS[1]: ("Option 2 value",),
    OPTIONS[2]: ("Option 3 value",),
}
_OWN_NAMES: Final = (
    *(*_PRODUCT, DESCRIPTION, STATUS, PUBLISHED, *OPTIONS, SKU, QUANTITY, WAS),
    *(IMAGE, IMAGE_POSITION, LOCATION, *_INVENTORY, _INCOMING, _BIN),
    *("Option1 Name", "Option2 Name", "Option3 Name", "Barcode"),
)

# Other files that are taken for a product CSV, by columns that only they have.
_OTHERS: Final = {
    "orders": ("Financial Status", "Lineitem name", "Lineitem quantity", "Lineitem sku"),
    "customers": ("Accepts Email Marketing", "Accepts Marketing", "Total Spent", "Tax Exempt"),
    "discounts": ("Times Used In Total", "Discount Class", "Applies Once Per Customer"),
    "gift cards": ("Last Characters", "Initial Balance"),
    "redirects": ("Redirect from", "Redirect to"),
    "payouts": ("Payout Date", "Payout Status"),
    "transactions": ("Gateway", "Card Brand"),
}
# How files begin that are no CSV at all.
_STARTS: Final = {
    "PK\3\4": "a workbook of Excel, or a ZIP",
    "\udcd0\udccf\x11": "an old workbook of Excel",
    "\x1f": "a compressed file",
    "%PDF": "a PDF",
    "<": "HTML or XML",
    "{": "JSON",
    "[": "JSON",
}
_WORDS: Final = re.compile("[0-9a-z]+")
_STRAY: Final = re.compile("[\ud800-\udfff\0]")


def plain_name(name: str) -> str:
    """Return what a column's name is compared by: letters and digits of it, without case."""
    return "".join(_WORDS.findall(name.casefold()))


_KNOWN: Final = {
    plain_name(name): own for own in _OWN_NAMES for name in (own, *_OTHER_NAMES.get(own, ()))
}


class Columns:
    """The columns of a file: where each is, and what the file calls it."""

    def __init__(self, header: CsvRow) -> None:
        self.width = len(header.cells)
        self._places: dict[str, int] = {}
        self._shown: dict[str, str] = {}
        self._strange: dict[int, str] = {}
        for place, cell in enumerate(header.cells):
            name = cell.strip()
            own = _KNOWN.get(plain_name(name))
            if own is None:
                self._strange[place] = name
            # The first of two columns with one name counts.
            elif own not in self._places:
                self._places[own] = place
                self._shown[own] = name
        self.is_inventory = PRICE not in self._places and any(
            name in self._places for name in _INVENTORY
        )

    def __contains__(self, column: str) -> bool:
        return column in self._places

    def get(self, column: str) -> int | None:
        """Return where a column is, None if the file does not have it."""
        return self._places.get(column)

    def shown(self, column: str) -> str:
        """Return the name of a column as its reader knows it: the file's own."""
        return self._shown.get(column, column)

    def locations(self) -> list[int]:
        """Return the columns of an inventory CSV that has one of each location."""
        last = max(self._places.get(name, -1) for name in (*OPTIONS, SKU, _HS_CODE, _COUNTRY))
        return [place for place, name in self._strange.items() if place > last and name]


def columns_of(header: CsvRow) -> Columns:
    """Return the columns of a product CSV or an inventory CSV; BadRequest for any other file."""
    columns = Columns(header)
    if columns.is_inventory:
        _check_inventory(columns)
        return columns
    missing = [name for name in _PRODUCT if name not in columns]
    if missing:
        _refuse_other(header)
        raise BadRequest(f"the header lacks {', '.join(missing)}{_hint(header)}")
    return columns


def _check_inventory(columns: Columns) -> None:
    if HANDLE not in columns and SKU not in columns:
        raise BadRequest("the header of the inventory lacks Handle or SKU")
    if not any(name in columns for name in (AVAILABLE, ON_HAND, ON_HAND_NEW)) and (
        LOCATION in columns or not columns.locations()
    ):
        raise BadRequest("the header of the inventory lacks Available or On hand")


def _refuse_other(header: CsvRow) -> None:
    names = {plain_name(cell) for cell in header.cells}
    for kind, columns in _OTHERS.items():
        if names & {plain_name(column) for column in columns}:
            raise BadRequest(
                f"this is an export of {kind}, and no products are in it: export the products"
                " (Products, Export), or the inventory (Products, Inventory, Export)"
            )


def _hint(header: CsvRow) -> str:
    for start, kind in _STARTS.items():
        if header.cells and header.cells[0].startswith(start):
            return f"; this is {kind}: save it as CSV UTF-8"
    if _STRAY.search("".join(header.cells)):
        return "; the file is not UTF-8: save it as CSV UTF-8"
    return "; is this a product CSV from Shopify?"
