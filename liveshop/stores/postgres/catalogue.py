"""Products and variants in Postgres."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import asyncpg
from msgspec.structs import replace

from liveshop.core.catalogue import (
    BadRow,
    ImportedProduct,
    ImportedStock,
    Merge,
    Outcome,
    StoredProduct,
    StoredVariant,
)
from liveshop.core.errors import BadRequest, Conflict, NotFound
from liveshop.core.limits import (
    LISTED_VARIANTS_PER_PRODUCT_MAX,
    SEARCH_SKUS_MAX,
    SEARCH_SKUS_READ_MAX,
    UNITS_MAX,
)
from liveshop.core.model import Product, Variant
from liveshop.core.shops import may_touch
from liveshop.core.words import words_of
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("catalogue")
_LISTED = LISTED_VARIANTS_PER_PRODUCT_MAX
_LAST = "\U0010ffff"  # all that begins with a text comes before the text with this behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage:
    """Products in the order they were added; `next` is the `after` of the next page, or None.

    `totals` are the numbers of variants of the products that have more than are here.
    """

    products: list[Product]
    totals: dict[str, int]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The outcome of one product of a batch, and how many of its variants were taken."""

    product_id: str
    outcome: Outcome
    variants: int


class Catalogue:
    """The catalogue in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        *,
        after: str | None,
        limit: int,
        search: str = "",
        shop: str | None = None,
        hidden: bool = False,
    ) -> ProductPage:
        """Return up to `limit` products, from the one after the product `after`, or NotFound.

        They are of one `shop`, or of all, and only with `hidden` also drafts and others that are
        not for everyone. `search` leaves those whose title or id has all its words, or begins of
        them, and those with a SKU that begins so. Each has its first variants.
        """
        position = 0
        if after is not None:
            row = await self._database.fetchrow(_SQL["position_of"], after)
            if row is None or not may_touch(shop, row["shop"]) or not (hidden or row["listed"]):
                raise NotFound("product", after)
            position = row["position"]
        # One more than asked for shows whether there is a next page.
        args: tuple[object, ...] = (position, limit + 1, shop, hidden, _LISTED + 1)
        if search:
            args += (_tsquery(search), search, search + _LAST)
            args += (SEARCH_SKUS_MAX, SEARCH_SKUS_READ_MAX)
        query = _SQL["search_page" if search else "page"]
        products = _products(await self._database.fetch(query, *args))
        more = len(products) > limit
        many = [each.product_id for each in products[:limit] if len(each.variants) > _LISTED]
        counted = await self._database.fetch(_SQL["count_variants"], many) if many else []
        return ProductPage(
            products=[replace(p, variants=p.variants[:_LISTED]) for p in products[:limit]],
            totals={row["product_id"]: row["variants"] for row in counted},
            next=products[limit - 1].product_id if more else None,
        )

    async def get(self, product_id: str) -> Product:
        """Return a product, or raise NotFound."""
        products = _products(await self._database.fetch(_SQL["get"], product_id))
        if not products:
            raise NotFound("product", product_id)
        return products[0]

    async def offered(self, product_ids: Sequence[str], skus: Sequence[str]) -> dict[str, Product]:
        """Return products by their ids, each with those of its variants that are among `skus`."""
        rows = await self._database.fetch(_SQL["offered"], product_ids, skus)
        return {product.product_id: product for product in _products(rows)}

    async def create(self, product: Product) -> None:
        """Add a product at the end; Conflict where its id or one of its SKUs is taken.

        Its stock counts as what the last import said.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["begin_writing"])
            skus = [variant.sku for variant in product.variants]
            taken = await connection.fetch(_SQL["stored_variants"], skus)
            if await connection.fetch(_SQL["stored_products"], [product.product_id]):
                raise Conflict(f"there is a product {product.product_id} already")
            if taken:
                same = taken[0]["shop"] == product.shop
                owner = taken[0]["product_id"] if same else "another shop"
                raise Conflict(f"the SKU {taken[0]['sku']} belongs to {owner}")
            await _save_products(connection, [_stored(product)])
            await _save_variants(connection, _stored_variants(product))

    async def merge(
        self, batch: Sequence[ImportedProduct], shop: str | None = None
    ) -> tuple[list[Imported], list[BadRow]]:
        """Take a batch of an import into a shop, in one transaction; return what became of each.

        The bad rows are those that fit the file but not the catalogue.
        """
        ids = sorted({product.product_id for product in batch})
        skus = sorted({variant.sku for product in batch for variant in product.variants})
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["begin_writing"])
            variants = await connection.fetch(_SQL["stored_variants"], skus)
            products = await connection.fetch(_SQL["stored_products"], ids)
            merge = Merge(
                [StoredProduct(**row) for row in products],
                [StoredVariant(**row) for row in variants],
                shop,
            )
            taken = [(product.product_id, merge.take(product)) for product in batch]
            await _save_products(connection, merge.products.values())
            await _save_variants(connection, merge.variants.values())
        imported = [
            Imported(product_id=product_id, outcome=result[0], variants=result[1])
            for product_id, result in taken
            if result is not None
        ]
        return imported, merge.bad

    async def merge_stock(
        self, batch: Sequence[ImportedStock], shop: str | None = None
    ) -> tuple[list[Imported], list[BadRow]]:
        """Take a batch of a shop's inventory, in one transaction; return what became of each."""
        skus = sorted({sku for each in batch for sku in (each.sku, each.made_sku) if sku})
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["begin_writing"])
            variants = await connection.fetch(_SQL["stored_variants"], skus)
            merge = Merge([], [StoredVariant(**row) for row in variants], shop)
            taken = [result for each in batch if (result := merge.take_stock(each)) is not None]
            await _save_variants(connection, merge.variants.values())
        imported = [
            Imported(
                product_id=product_id,
                outcome=Outcome.UPDATED if moved else Outcome.UNCHANGED,
                variants=1,
            )
            for product_id, moved in taken
        ]
        return imported, merge.bad

    async def add_units(self, product_id: str, units: Mapping[str, int]) -> None:
        """Add units to the free stock of a product's variants, as an import that has more does.

        Raises NotFound for a SKU that is none of the product's, BadRequest where a variant would
        have more units than one may; nothing is added then.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["begin_writing"])
            rows = await connection.fetch(_SQL["stored_variants"], sorted(units))
            known = {row["sku"]: StoredVariant(**row) for row in rows}
            grown = []
            for sku, added in units.items():
                stored = known.get(sku)
                if stored is None or stored.product_id != product_id:
                    raise NotFound("SKU", sku)
                if stored.stock + added > UNITS_MAX:
                    raise BadRequest(f"`units`: {sku} would have over {UNITS_MAX:,} in stock")
                imported = stored.imported_stock + added
                grown.append(replace(stored, stock=stored.stock + added, imported_stock=imported))
            await _save_variants(connection, grown)


async def _save_products(connection: Connection, products: Iterable[StoredProduct]) -> None:
    rows = [
        (
            *(p.product_id, p.title, p.description, p.image, _words(p.title, p.product_id)),
            *(p.shop, p.status, p.published, " ".join(p.more_images)),
        )
        for p in products
    ]
    if rows:
        await connection.execute(_SQL["save_products"], *zip(*rows, strict=True))


async def _save_variants(connection: Connection, variants: Iterable[StoredVariant]) -> None:
    rows = [
        (v.sku, v.product_id, v.label, v.position, v.price, v.was, v.stock, v.imported_stock)
        for v in variants
    ]
    if rows:
        await connection.execute(_SQL["save_variants"], *zip(*rows, strict=True))


def _words(title: str, product_id: str) -> str:
    return " ".join(words_of(f"{title} {product_id}"))


def _tsquery(search: str) -> str:
    return " & ".join(f"'{word}':*" for word in words_of(search))


def _stored(product: Product) -> StoredProduct:
    return StoredProduct(
        product_id=product.product_id,
        title=product.title,
        description=product.description,
        image=product.image,
        shop=product.shop,
        status=product.status,
        published=product.published,
        more_images=product.more_images,
    )


def _stored_variants(product: Product) -> list[StoredVariant]:
    return [
        StoredVariant(
            sku=variant.sku,
            product_id=product.product_id,
            label=variant.label,
            position=position,
            price=variant.price,
            was=variant.was,
            stock=variant.stock,
            imported_stock=variant.stock,
        )
        for position, variant in enumerate(product.variants)
    ]


def _products(rows: Iterable[asyncpg.Record]) -> list[Product]:
    return [
        _product(list(of_product))
        for _, of_product in groupby(rows, key=lambda row: row["product_id"])
    ]


def _product(rows: list[asyncpg.Record]) -> Product:
    first = rows[0]
    return Product(
        product_id=first["product_id"],
        title=first["title"],
        description=first["description"],
        image=first["image"],
        shop=first["shop"],
        status=first["status"],
        published=first["published"],
        more_images=first["more_images"],
        variants=[
            Variant(
                sku=row["sku"],
                label=row["label"],
                price=row["price"],
                was=row["was"],
                stock=row["stock"],
            )
            for row in rows
            if row["sku"] is not None
        ],
    )
