"""Several products put on a shelf at once, each with as many units as the catalogue has."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from liveshop.core.commands import AddProduct
from liveshop.core.decision import Facts, Move
from liveshop.core.errors import NotFound
from liveshop.core.events import Event
from liveshop.core.model import Product, Row
from liveshop.core.session import SessionState, replay
from liveshop.core.shelf import add_product


class SkuUnits(Struct, frozen=True, kw_only=True):
    """The units of a SKU that were asked for, and those that the catalogue's stock had."""

    product_id: str
    sku: str
    asked: int
    got: int


class Shelving:
    """Puts products on a session's shelf one by one, out of the free units of the catalogue.

    `free` are those units by SKU: what one product takes, the next one lacks. An `AddProduct` here
    says how many units of each SKU are wished for, which may be none. A SKU that gets none is on
    the shelf without a row of units: with one, it would be told as sold out at once.
    """

    def __init__(
        self,
        state: SessionState,
        *,
        now_ms: int,
        catalogue_currency: str,
        free: dict[str, int],
        rows: Mapping[str, Row] | None = None,
    ) -> None:
        self.state = state
        self.events: list[Event] = []
        self.moves: list[Move] = []
        self.units: list[SkuUnits] = []
        self._free = free
        self._now_ms, self._currency, self._rows = now_ms, catalogue_currency, rows or {}

    def add(self, wish: AddProduct, product: Product | None) -> list[SkuUnits]:
        """Put a product on the shelf and return what it got; raises what `product.add` does."""
        if product is None:
            raise NotFound("product", wish.product_id)
        units = [
            SkuUnits(
                product_id=wish.product_id,
                sku=sku,
                asked=asked,
                got=min(asked, max(0, self._free.get(sku, 0))),
            )
            for sku, asked in wish.units.items()
        ]
        got = {each.sku: each.got for each in units}
        facts = Facts(
            now_ms=self._now_ms,
            catalogue_currency=self._currency,
            rows=self._rows,
            product=_with_free(product, self._free),
        )
        decision = add_product(self.state, replace(wish, units=got), facts)
        for sku, taken in got.items():
            self._free[sku] = self._free.get(sku, 0) - taken
        self.state = replay(self.state, decision.events)
        self.events += decision.events
        self.moves += [move for move in decision.moves if move.units]
        self.units += units
        return units


def short_of(units: Iterable[SkuUnits]) -> SkuUnits | None:
    """Return the first SKU of which there were fewer units than asked for."""
    return next((each for each in units if each.got < each.asked), None)


def _with_free(product: Product, free: Mapping[str, int]) -> Product:
    variants = [
        replace(variant, stock=max(0, free.get(variant.sku, 0))) for variant in product.variants
    ]
    return replace(product, variants=variants)
