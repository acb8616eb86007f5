"""The records of HTTP about product sets."""

from liveshop.core import limits
from liveshop.core.fields import Id, ListAfter, Name
from liveshop.edge.http.base_records import Input, Output, PageLimit
from liveshop.features.product_sets.rules import AddedProduct, Notes, SetProduct, SetProducts


class NewProductSet(Input, frozen=True, kw_only=True):
    """A set as it is to be: exactly one of its `products` and a `session_id`, whose shelf it takes.

    `name` is the id if left out. `shop` is the caller's, or that of the session.
    """

    name: Name | None = None
    notes: Notes = ""
    products: SetProducts | None = None
    session_id: Id | None = None
    shop: Id | None = None

    def __post_init__(self) -> None:
        if (self.products is None) == (self.session_id is None):
            raise ValueError("give exactly one of `products` and `session_id`")


class ShopOfSet(Input, frozen=True, kw_only=True):
    """The shop that is meant, for those who are bound to none."""

    shop: Id | None = None


class SetsPage(Input, frozen=True, kw_only=True):
    """Which page of the sets, and of which shop: `after` is the `next` of the page before."""

    after: ListAfter | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT
    shop: Id | None = None


class ListedSet(Output, frozen=True, kw_only=True, omit_defaults=True):
    """A set without its products."""

    set_id: str
    name: str
    notes: str
    products_total: int
    updated_at_ms: int
    shop: str | None = None


class SetList(Output, frozen=True, kw_only=True):
    """A page of sets, in the order of their ids."""

    product_sets: list[ListedSet]
    next: str | None


class ProductSetView(ListedSet, frozen=True, kw_only=True, omit_defaults=True):
    """A set with its products, in their order."""

    products: list[SetProduct]


class AddedSet(Output, frozen=True, kw_only=True):
    """The outcome for each product of a set that was added to a show, in its order."""

    set_id: str
    products: list[AddedProduct]
