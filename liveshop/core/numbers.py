"""The numbers of products and variants: by the order in which they came to the shelf.

A number is for good. A product that comes back has the one that it had, and its variants theirs.
The log says them too; they are still worked out from its order, since an older log has none.
"""

from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from liveshop.core.model import ShelfProduct


class Numbered(Struct, frozen=True, kw_only=True):
    """The number of a product in its session, and of its variants in it, by SKU, in their order."""

    number: int
    variants: dict[str, int]


# Of all products that have been on the shelf, by id, in the order of their numbers.
Numbers = dict[str, Numbered]


def with_numbers(known: Numbers, product: ShelfProduct) -> ShelfProduct:
    """Return a product with its numbers; those of all that came before it are known."""
    had = known.get(product.product_id)
    if had is None:
        last = next(reversed(known.values())).number if known else 0
        had = Numbered(number=last + 1, variants={})
    free = count(1 + next(reversed(had.variants.values()), 0))
    variants = [
        replace(variant, number=had.variants.get(variant.sku) or next(free))
        for variant in product.variants
    ]
    return replace(product, number=had.number, variants=variants)


def remembered(known: Numbers, product: ShelfProduct) -> Numbered:
    """Return the numbers that a product has had, after it has come with them."""
    had = known.get(product.product_id)
    variants = {variant.sku: variant.number for variant in product.variants}
    if had is not None:
        variants = {**had.variants, **variants}
    return Numbered(number=product.number, variants=variants)
