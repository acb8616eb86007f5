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
    places: dict[tuple[int, str], list[int]] = {}
    for place, line in enumerate(lines):
        key = (-line.price, line.sku)
        if key in places:
            places[key].append(place)
        else:
            places[key] = [place]
    return [
        _entry(lines, sku, -negative, places[negative, sku]) for negative, sku in sorted(places)
    ]


def _entry(lines: Sequence[CartLine], sku: str, price: int, places: list[int]) -> Entry:
    if len(places) == 1:
        return Entry(sku=sku, price=price, units=lines[places[0]].quantity, lines=(places[0],))
    places.sort(key=lambda place: lines[place].rid)
    units = sum([lines[place].quantity for place in places])
    return Entry(sku=sku, price=price, units=units, lines=tuple(places))
