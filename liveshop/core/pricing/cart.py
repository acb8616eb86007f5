"""A cart: the units that one buyer has reserved, and the offers that this buyer named or took."""

from msgspec import Struct


class CartLine(Struct, frozen=True, kw_only=True):
    """A reservation: `price` is what one unit was reserved at, `list_price` what it cost else."""

    rid: str
    sku: str
    product_id: str
    quantity: int
    price: int
    list_price: int


class Cart(Struct, frozen=True, kw_only=True):
    """Lines to be ordered together; `offers` are the rows, "@63", of what was named or taken."""

    lines: tuple[CartLine, ...]
    offers: frozenset[str] = frozenset()
