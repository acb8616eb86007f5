"""The lists that orders are packed by: lines in the order of the shelf, and what they add up to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from liveshop.core.model import Order, OrderLine

NAME: Final = "fulfilment"

# A hundred orders are written in about two milliseconds, in which nobody else has a turn.
ORDERS_PER_READ: Final = 100
EXPORTS_AT_ONCE_MAX: Final = 8
EXPORTS_PER_CALLER_MAX: Final = 2


class Offered(Struct, frozen=True, kw_only=True):
    """A SKU as a show or the catalogue offers it; `number` is its product's place in the show."""

    product_id: str
    title: str
    image: str | None
    label: str
    number: int | None = None


class PackedLine(Struct, frozen=True, kw_only=True):
    """Units of a SKU that one buyer gets; `total` is what was paid for them."""

    number: int | None
    product_id: str
    title: str
    image: str | None
    sku: str
    label: str
    quantity: int
    total: int


class PackedOrder(Struct, frozen=True, kw_only=True):
    """An order that is in a parcel."""

    order_id: str
    at_ms: int
    total: int


class Parcel(Struct, frozen=True, kw_only=True):
    """All that one buyer gets, in the order of the shelf; `name` is null if it is not known."""

    viewer_id: str
    name: str | None
    orders: list[PackedOrder]
    units: int
    total: int
    lines: list[PackedLine]


class PackedTotals(Struct, frozen=True, kw_only=True):
    """The sums of the parcels before them."""

    buyers: int = 0
    orders: int = 0
    units: int = 0
    revenue: int = 0


class PackingList(Struct, frozen=True, kw_only=True):
    """The parcels of a show, a buyer each; `lines` are what has to be fetched for all of them."""

    session_id: str
    title: str
    status: str
    currency: str
    currency_digits: int
    buyers: list[Parcel]
    lines: list[PackedLine]
    totals: PackedTotals


class SlipLine(PackedLine, frozen=True, kw_only=True):
    """A line of a slip; `price` is for one unit."""

    price: int


class Slip(Struct, frozen=True, kw_only=True):
    """All that is printed for one order; `name` is its buyer's, null if it is not known."""

    order_id: str
    session_id: str
    title: str
    viewer_id: str
    name: str | None
    status: str
    at_ms: int
    currency: str
    currency_digits: int
    units: int
    total: int
    lines: list[SlipLine]


class Shelf:
    """The SKUs that a show offered, in its order, and after them others of the catalogue."""

    def __init__(self, shown: Sequence[Mapping[str, Any]]) -> None:
        self._offered = {
            variant["sku"]: Offered(
                product_id=product["product_id"],
                title=product["title"],
                image=product["image"],
                label=variant["label"],
                number=product.get("number", place),
            )
            for place, product in enumerate(shown, 1)
            for variant in product["variants"]
        }
        self._places = {sku: place for place, sku in enumerate(self._offered)}
        self._shown = len(self._places)

    def unknown(self, orders: Iterable[Order]) -> set[str]:
        """Return the SKUs of orders of which nothing is known yet."""
        return {line.sku for order in orders for line in order.lines} - self._offered.keys()

    def learn(self, offered: Mapping[str, Offered]) -> None:
        """Take in what the catalogue says of SKUs that are no longer on the shelf."""
        self._offered |= offered

    def offered(self, sku: str) -> Offered:
        """Return what a SKU is; one that nobody knows has its own name."""
        known = self._offered.get(sku)
        return known or Offered(product_id="", title=sku, image=None, label="")

    def place(self, sku: str) -> tuple[int, str, str]:
        """Return what SKUs are sorted by: the shelf's order, then titles."""
        return self._places.get(sku, self._shown), self.offered(sku).title, sku

    def parcel(self, orders: Sequence[Order], name: str | None) -> Parcel:
        """Return what the buyer of these orders gets."""
        lines = self.packed(line for order in orders for line in order.lines)
        return Parcel(
            viewer_id=orders[0].viewer_id,
            name=name,
            orders=[
                PackedOrder(order_id=each.order_id, at_ms=each.at_ms, total=each.total)
                for each in orders
            ],
            units=sum(line.quantity for line in lines),
            total=sum(each.total for each in orders),
            lines=lines,
        )

    def packed(self, lines: Iterable[OrderLine | PackedLine]) -> list[PackedLine]:
        """Return a line a SKU, in the order of the shelf."""
        units: dict[str, int] = {}
        money: dict[str, int] = {}
        for line in lines:
            paid = line.final if isinstance(line, OrderLine) else line.total
            units[line.sku] = units.get(line.sku, 0) + line.quantity
            money[line.sku] = money.get(line.sku, 0) + paid
        return [
            PackedLine(sku=sku, quantity=units[sku], total=money[sku], **self._words(sku))
            for sku in sorted(units, key=self.place)
        ]

    def slip_lines(self, order: Order) -> list[SlipLine]:
        """Return the lines of one order, in the order of the shelf."""
        return [
            SlipLine(
                sku=line.sku,
                quantity=line.quantity,
                price=line.price,
                total=line.final,
                **self._words(line.sku),
            )
            for line in sorted(order.lines, key=lambda line: self.place(line.sku))
        ]

    def _words(self, sku: str) -> dict[str, Any]:
        known = self.offered(sku)
        return {
            "number": known.number,
            "product_id": known.product_id,
            "title": known.title,
            "image": known.image,
            "label": known.label,
        }


class Packing:
    """Adds parcels up while they are written, so that the sums are of just these."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lines: dict[str, PackedLine] = {}
        self.totals = PackedTotals()

    @property
    def lines(self) -> list[PackedLine]:
        """All that has to be fetched, in the order of the shelf."""
        return self._shelf.packed(self._lines.values())

    def add(self, parcel: Parcel) -> None:
        """Count a parcel."""
        for line in parcel.lines:
            before = self._lines.get(line.sku)
            self._lines[line.sku] = line if before is None else _together(before, line)
        self.totals = PackedTotals(
            buyers=self.totals.buyers + 1,
            orders=self.totals.orders + len(parcel.orders),
            units=self.totals.units + parcel.units,
            revenue=self.totals.revenue + parcel.total,
        )


def _together(first: PackedLine, second: PackedLine) -> PackedLine:
    quantity = first.quantity + second.quantity
    return replace(first, quantity=quantity, total=first.total + second.total)
