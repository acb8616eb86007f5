"""Product sets: named lists of products that a shop shows together."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from liveshop.core import errors, limits
from liveshop.core.commands import AddProduct, HostCommand
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.fields import PROSE, Id, Limit, Units
from liveshop.core.model import Product
from liveshop.core.session import Part, SessionState
from liveshop.core.shelving import Shelving, SkuUnits, short_of

NAME: Final = "product_sets"
SETS_OF_SHOP_MAX: Final = 1_000
SET_PRODUCTS_MAX: Final = limits.SHELF_PRODUCTS_MAX
# A set is put on a shelf in one go, which is not to hold a node up.
SET_SKUS_MAX: Final = 2_000
NOTES_CHARS_MAX: Final = 2_000
SET_BYTES_MAX: Final = 524_288  # of a body

Notes = Annotated[str, Meta(max_length=NOTES_CHARS_MAX, pattern=PROSE)]
SetUnits = Annotated[
    dict[Id, Units], Meta(min_length=1, max_length=limits.SHELF_VARIANTS_PER_PRODUCT_MAX)
]


class SetProduct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product of a set: `units` is what a show is given of each SKU that is offered.

    Without `units` all its SKUs are offered, and given none. `notes` are for hosts.
    """

    product_id: Id
    units: SetUnits | None = None
    limit: Limit = limits.LIMIT_UNITS_DEFAULT
    notes: Notes = ""


SetProducts = Annotated[list[SetProduct], Meta(max_length=SET_PRODUCTS_MAX)]


class SetContents(Struct, frozen=True, kw_only=True):
    """The products of a set, as they are stored."""

    products: list[SetProduct]


class ProductSet(Struct, frozen=True, kw_only=True):
    """A set as it is stored: its id is one of its shop's, None being a shop here."""

    set_id: str
    shop: str | None
    name: str
    notes: str
    products: list[SetProduct]
    updated_at_ms: int


AddedAs = Literal["added", "short", "there", "sold_out", "gone"]


class AddedProduct(Struct, frozen=True, kw_only=True):
    """The outcome for one product of a set.

    `added` with all units, or `short` with fewer; `there` already; `sold_out` if the catalogue has
    nothing of what was asked for, and `gone` if it lacks the product: these are not added.
    """

    product_id: str
    result: AddedAs
    units: list[SkuUnits] = []


class AddSet(HostCommand, frozen=True, kw_only=True, tag="product_set.add"):
    """Put products on the shelf in one go, each with the units that were found to be free.

    HTTP has an operation for it, which says what was free.
    """

    feature = NAME
    about = "set_id"
    set_id: Id
    wishes: tuple[AddProduct, ...]


class SetsPart(Part, frozen=True, kw_only=True):
    """Sets have no part in a session's state; they decide how products come to its shelf."""

    def decide(
        self, state: SessionState, command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        """Decide to add products, all of them; SoldOut if there are fewer units by now."""
        assert isinstance(command, AddSet), "there is one command"
        products: Mapping[str, Product] = facts.found[NAME]
        shelving = shelving_of(state, products, facts)
        for wish in command.wishes:
            units = shelving.add(wish, products.get(wish.product_id))
            short = short_of(units)
            if short is not None:
                raise errors.SoldOut(short.sku, requested=short.asked, left=short.got)
        return Decision(events=tuple(shelving.events), moves=tuple(shelving.moves))


def shelving_of(state: SessionState, products: Mapping[str, Product], facts: Facts) -> Shelving:
    """Return what puts products of the catalogue on a shelf."""
    free = {v.sku: v.stock for product in products.values() for v in product.variants}
    return Shelving(
        state,
        now_ms=facts.now_ms,
        catalogue_currency=facts.catalogue_currency,
        free=free,
        rows=facts.rows,
    )


def wish_of(product: SetProduct) -> AddProduct:
    """Return what a set asks for of a product."""
    assert product.units is not None, "a stored set says which SKUs it offers"
    return AddProduct(product_id=product.product_id, units=product.units, limit=product.limit)


def sort_out(
    wanted: Iterable[SetProduct], state: SessionState, products: Mapping[str, Product]
) -> tuple[list[AddProduct], list[AddedProduct]]:
    """Return what to add to a shelf, with as many units as there are, and the whole report."""
    wishes, report = [], []
    for each in wanted:
        wish, product = wish_of(each), products.get(each.product_id)
        if each.product_id in state.shelf:
            report.append(AddedProduct(product_id=each.product_id, result="there"))
            continue
        free = {} if product is None else {v.sku: v.stock for v in product.variants}
        units = [
            SkuUnits(product_id=each.product_id, sku=sku, asked=n, got=min(n, free[sku]))
            for sku, n in wish.units.items()
            if sku in free
        ]
        result = _result(units)
        report.append(AddedProduct(product_id=each.product_id, result=result, units=units))
        if result in ("added", "short"):
            got = {unit.sku: unit.got for unit in units}
            wishes.append(AddProduct(product_id=wish.product_id, units=got, limit=wish.limit))
    return wishes, report


def _result(units: list[SkuUnits]) -> AddedAs:
    if not units:
        return "gone"
    asked, got = sum(each.asked for each in units), sum(each.got for each in units)
    if asked and not got:
        return "sold_out"
    return "added" if asked == got else "short"
