"""The records of HTTP about a show's plan, its figures and its prices."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.fields import PROSE, Id, Limit, Prices

Percent = Annotated[int, Meta(ge=1, le=99)]
SaleMs = Annotated[int, Meta(ge=limits.SALE_MS_MIN, le=limits.SALE_MS_MAX)]
Note = Annotated[str, Meta(min_length=1, max_length=limits.HOST_NOTE_CHARS_MAX, pattern=PROSE)]
SaleUnits = Annotated[int, Meta(ge=1, le=limits.UNITS_MAX)]


class PlannedSale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flash sale that a host means to start: the fields of `sale.start`."""

    duration_ms: SaleMs
    percent: Percent | None = None
    prices: Prices | None = None
    units: SaleUnits | None = None
    limit: Limit | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.prices is None):
            raise ValueError("give exactly one of `percent` and `prices`")


class ShowPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A host's plan for a show, only for hosts and moderators: `sales` and `notes` by product.

    If `notes` are left out, those that there are stay.
    """

    sales: Annotated[dict[Id, PlannedSale], Meta(max_length=limits.SHELF_PRODUCTS_MAX)] = {}
    notes: Annotated[dict[Id, Note], Meta(max_length=limits.SHELF_PRODUCTS_MAX)] | None = None


class LowestPrices(Struct, frozen=True, kw_only=True):
    """The lowest price of each SKU since an instant, in all shows; nothing is known of others."""

    since_ms: int
    lowest: dict[str, int]


class SummaryTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which table of a summary: a line a product, or a line a step of the series."""

    table: Literal["products", "series"] = "products"
