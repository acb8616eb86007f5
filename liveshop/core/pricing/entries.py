"""The entries of a cart: all units of one SKU at one price, whatever lines they are in."""

from collections.abc import Sequence

from msgspec import Struct

from liveshop.core.pricing.cart import CartLine


class Entry(Struct, frozen=True, kw_only=True):
    """Units of a SKU at a price; `lines` are the places of their lines in the cart, by rid."""

    sku: str
    price: int
    units: int
    lines: tuple[int, ...]


def entries_of(lines: Sequence[CartLine]) -> list[Entry]:
    """Return the entries of a cart, the most expensive first, of equal prices by SKU.

    If a quantity was added in one go or unit by unit, in whatever order and under whatever rids,
    the entries are the same. So every sum that is made of them is the same too.
    """
    entries: list[Entry] = []
    placed = [(-line.price, line.sku, line.rid, place) for place, line in enumerate(lines)]
    for negative, sku, _, place in sorted(placed):
        price, units = -negative, lines[place].quantity
        places: tuple[int, ...] = (place,)
        if entries and entries[-1].sku == sku and entries[-1].price == price:
            same = entries.pop()
            units, places = same.units + units, (*same.lines, place)
        entries.append(Entry(sku=sku, price=price, units=units, lines=places))
    return entries
