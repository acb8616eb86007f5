"""Products in requests and answers."""

from typing import Annotated

from msgspec import Meta, field

from liveshop.core import limits
from liveshop.core.fields import (
    PLAIN_OR_EMPTY,
    PROSE,
    Id,
    Label,
    Price,
    ProductTitle,
    Units,
    UnitsBySku,
    Url,
)
from liveshop.core.model import Product, ProductStatus, Variant
from liveshop.edge.http.base_records import Input, Output, Page


class ProductsPage(Page, frozen=True, kw_only=True):
    """Which page of the catalogue: with `q`, of the products whose words or SKUs begin so."""

    q: Annotated[str, Meta(max_length=limits.SEARCH_CHARS_MAX, pattern=PLAIN_OR_EMPTY)] = ""


class NewVariant(Input, frozen=True, kw_only=True):
    """A variant to put into the catalogue."""

    sku: Id
    label: Label
    price: Price
    was: Price | None = None
    stock: Units


class NewProduct(Input, frozen=True, kw_only=True):
    """A product to put into the catalogue; `shop` is the caller's if left out.

    `image` is the first picture, `more_images` are those behind it.
    """

    product_id: Id
    title: ProductTitle
    description: Annotated[str, Meta(max_length=limits.DESCRIPTION_CHARS_MAX, pattern=PROSE)] = ""
    image: Url | None = None
    variants: Annotated[
        list[NewVariant], Meta(min_length=1, max_length=limits.VARIANTS_PER_PRODUCT_MAX)
    ]
    shop: Id | None = None
    status: ProductStatus = "active"
    published: bool = True
    more_images: Annotated[list[Url], Meta(max_length=limits.IMAGES_PER_PRODUCT_MAX - 1)] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        if len({variant.sku for variant in self.variants}) < len(self.variants):
            raise ValueError("`variants` has one SKU twice")
        if self.more_images and self.image is None:
            raise ValueError("`more_images` come behind an `image`, which is missing")

    def product(self, shop: str | None) -> Product:
        """Return the catalogue's record of it, in a shop or in none."""
        return Product(
            product_id=self.product_id,
            title=self.title,
            description=self.description,
            image=self.image,
            variants=[
                Variant(
                    sku=variant.sku,
                    label=variant.label,
                    price=variant.price,
                    was=variant.was,
                    stock=variant.stock,
                )
                for variant in self.variants
            ],
            shop=shop,
            status=self.status,
            published=self.published,
            more_images=self.more_images,
        )


class NewUnits(Input, frozen=True, kw_only=True):
    """Units of a product that have come in, by SKU."""

    product_id: Id
    units: UnitsBySku


class ListedProduct(Product, frozen=True, kw_only=True):
    """A product in a list; `variants_total` says how many there are if only the first are here."""

    variants_total: int | None = None


class ProductList(Output, frozen=True, kw_only=True):
    """A page of the catalogue."""

    products: list[ListedProduct]
    next: str | None
