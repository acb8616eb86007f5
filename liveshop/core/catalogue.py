"""The content of an import, compared with the catalogue's, and what becomes of it."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace


class BadRow(Struct, frozen=True, kw_only=True):
    """A row that was left out; `line` is where it starts in the file, the header being 1.

    `kind` is what is at fault: a part of the row, such as `price`, or the catalogue.
    """

    line: int
    handle: str
    reason: str
    kind: str = "row"


class RowNote(Struct, frozen=True, kw_only=True):
    """A remark on a row that was taken in another way than it says, or on the file, in line 1."""

    line: int
    handle: str
    kind: str
    note: str


class ImportedVariant(Struct, frozen=True, kw_only=True):
    """A variant as a file has it; `stock` is None where the file says nothing of it."""

    line: int
    sku: str
    label: str
    position: int
    price: int
    was: int | None
    stock: int | None


class ImportedProduct(Struct, frozen=True, kw_only=True):
    """A product as a file has it, or more variants of one that stood further up: `title` None.

    `status` and `published` are None where the file says nothing of them.
    """

    product_id: str
    title: str | None
    description: str
    image: str | None
    variants: list[ImportedVariant]
    status: str | None = None
    published: bool | None = None
    more_images: list[str] = []


class ImportedStock(Struct, frozen=True, kw_only=True):
    """The units of a variant as an inventory has them.

    The variant is the one with the SKU `made_sku`, if an import had to make one up, else that with
    `sku`; of the product `product_id`, unless the file does not name it.
    """

    line: int
    handle: str
    product_id: str | None
    sku: str | None
    made_sku: str | None
    stock: int


class StoredProduct(Struct, frozen=True, kw_only=True):
    """A product of the catalogue, without its variants."""

    product_id: str
    title: str
    description: str
    image: str | None
    shop: str | None = None
    status: str = "active"
    published: bool = True
    more_images: list[str] = []


class StoredVariant(Struct, frozen=True, kw_only=True):
    """A variant of the catalogue.

    `stock` are its free units, `imported_stock` all that imports have put in so far: the
    difference is with sessions, or sold. `shop` is its product's.
    """

    sku: str
    product_id: str
    label: str
    position: int
    price: int
    was: int | None
    stock: int
    imported_stock: int
    shop: str | None = None


class Outcome(StrEnum):
    """The outcome of a product in an import."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Merge:
    """One batch of an import into a shop, compared with what the catalogue has of the same names.

    Take the products one by one, then write `products` and `variants`: those that changed.
    A variant that the file does not have stays as it is, since buyers may hold it. A product of
    another shop stays as it is, too.
    """

    def __init__(
        self,
        products: Iterable[StoredProduct],
        variants: Iterable[StoredVariant],
        shop: str | None = None,
    ) -> None:
        self._shop = shop
        self._known_products = {product.product_id: product for product in products}
        self._known_variants = {variant.sku: variant for variant in variants}
        self.products: dict[str, StoredProduct] = {}
        self.variants: dict[str, StoredVariant] = {}
        self.bad: list[BadRow] = []

    def take(self, product: ImportedProduct) -> tuple[Outcome, int] | None:
        """Return what becomes of the product and how many variants count; None if it has to go."""
        before = self._known_products.get(product.product_id)
        if before is not None and before.shop != self._shop:
            reason = f"the product {product.product_id} belongs to another shop"
            self._refuse(product, product.variants, reason)
            return None
        own = [variant for variant in product.variants if self._is_own(product, variant)]
        if before is None and (product.title is None or not own):
            self._refuse(product, own, "the rows of this product further up were left out")
            return None
        changed = self._take_facts(product, before)
        for variant in own:
            changed |= self._take_variant(product.product_id, variant)
        if before is None:
            return Outcome.CREATED, len(own)
        return Outcome.UPDATED if changed else Outcome.UNCHANGED, len(own)

    def _is_own(self, product: ImportedProduct, variant: ImportedVariant) -> bool:
        stored = self._known_variants.get(variant.sku)
        if stored is None or stored.product_id == product.product_id:
            return True
        # The id of another shop's product is none of this one's business.
        owner = stored.product_id if stored.shop == self._shop else "another shop"
        self._refuse(product, [variant], f"the SKU {variant.sku} belongs to {owner}")
        return False

    def _refuse(
        self, product: ImportedProduct, variants: list[ImportedVariant], reason: str
    ) -> None:
        self.bad += [
            BadRow(line=variant.line, handle=product.product_id, reason=reason, kind="catalogue")
            for variant in variants
        ]

    def _take_facts(self, product: ImportedProduct, before: StoredProduct | None) -> bool:
        if product.title is None:
            return False
        kept = before or StoredProduct(
            product_id=product.product_id, title=product.title, description="", image=None
        )
        after = StoredProduct(
            product_id=product.product_id,
            title=product.title,
            description=product.description,
            image=product.image,
            shop=self._shop,
            # A file that does not say leaves a draft a draft.
            status=product.status or kept.status,
            published=kept.published if product.published is None else product.published,
            more_images=product.more_images,
        )
        if after == before:
            return False
        self._known_products[after.product_id] = self.products[after.product_id] = after
        return True

    def _take_variant(self, product_id: str, variant: ImportedVariant) -> bool:
        before = self._known_variants.get(variant.sku)
        stored = before or StoredVariant(
            sku=variant.sku,
            product_id=product_id,
            label="",
            position=0,
            price=0,
            was=None,
            stock=0,
            imported_stock=0,
            shop=self._shop,
        )
        moved = self._difference(product_id, variant.line, variant.stock, stored)
        after = replace(
            stored,
            label=variant.label,
            position=variant.position,
            price=variant.price,
            was=variant.was,
            stock=stored.stock + moved,
            imported_stock=stored.imported_stock + moved,
        )
        if after == before:
            return False
        self._known_variants[after.sku] = self.variants[after.sku] = after
        return True

    def take_stock(self, counted: ImportedStock) -> tuple[str, bool] | None:
        """Return whose variant an inventory counts and whether its stock moves; None if unknown."""
        stored = self._counted(counted)
        if stored is None:
            reason = (
                f"there is no variant {counted.sku or counted.made_sku} of this product in the"
                " catalogue: import the product CSV first"
            )
            self.bad.append(
                BadRow(line=counted.line, handle=counted.handle, reason=reason, kind="catalogue")
            )
            return None
        moved = self._difference(counted.handle, counted.line, counted.stock, stored)
        if moved == 0:
            return stored.product_id, False
        after = replace(
            stored, stock=stored.stock + moved, imported_stock=stored.imported_stock + moved
        )
        self._known_variants[after.sku] = self.variants[after.sku] = after
        return stored.product_id, True

    def _counted(self, counted: ImportedStock) -> StoredVariant | None:
        for sku in (counted.made_sku, counted.sku):
            stored = None if sku is None else self._known_variants.get(sku)
            if stored is None or stored.shop != self._shop:
                continue
            if counted.product_id in (None, stored.product_id):
                return stored
        return None

    def _difference(self, handle: str, line: int, stock: int | None, stored: StoredVariant) -> int:
        """Return the units to add: those of the file beyond those that imports put in so far.

        Units that are to go but are with sessions, or sold, stay owed: an import of the same
        file takes them once they are back.
        """
        if stock is None:
            return 0
        moved = stock - stored.imported_stock
        if stored.stock + moved >= 0:
            return moved
        owed = -(stored.stock + moved)
        reason = (
            f"the stock of {stored.sku} is 0 now, and {owed} more should go: they are set aside"
            " or sold; import the file again once they are back"
        )
        self.bad.append(BadRow(line=line, handle=handle, reason=reason, kind="stock"))
        return -stored.stock
