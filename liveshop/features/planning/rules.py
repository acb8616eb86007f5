"""A show that is planned again: what goes along with a copy of it."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from liveshop.core.commands import AddProduct
from liveshop.core.session import SessionInfo, SessionState
from liveshop.core.shelving import SkuUnits

NAME: Final = "planning"
REPEATED_SHOWS_MAX: Final = 52
# Of all shows that one request plans: as many as one full shelf may have.
REPEATED_SKUS_MAX: Final = 100_000


class SaveOrigin(Struct, frozen=True, kw_only=True):
    """The show that a session was copied from, the request for it, and the units that it got."""

    source_id: str
    asked: dict[str, Any]
    units: list[SkuUnits]


def copy_of(
    source: SessionInfo, session_id: str, *, title: str | None, starts_at_ms: int | None
) -> SessionInfo:
    """Return a session with the settings of another one, in the same shop."""
    return replace(source, id=session_id, title=title or source.title, starts_at_ms=starts_at_ms)


def repeated_id(source_id: str, starts_at_ms: int) -> str:
    """Return the id of the show that repeats another at an instant: always the same.

    No client can make such an id up: the place of another shop's show cannot be taken.
    """
    digest = hashlib.sha256(f"{starts_at_ms}:{source_id}".encode()).hexdigest()
    return f"{digest[:8]}~{digest[8:31]}"


def wishes(source: SessionState, units: Mapping[str, int]) -> Iterator[AddProduct]:
    """Yield what puts the shelf of a session on that of another, in its order.

    Prices and limits are those of the shelf, `units` those to ask for by SKU.
    """
    for product in source.shelf.values():
        yield AddProduct(
            product_id=product.product_id,
            units={variant.sku: units.get(variant.sku, 0) for variant in product.variants},
            limit=product.variants[0].limit,
            prices={variant.sku: variant.price for variant in product.variants},
        )
