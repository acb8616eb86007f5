"""Products in Postgres: pages of them, one of them, new ones."""

import anyio
import asyncpg
import pytest
from msgspec.structs import replace

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.limits import SEARCH_SKUS_MAX, SEARCH_SKUS_READ_MAX
from liveshop.core.model import Product, Variant
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


def product(name: str, *skus: str) -> Product:
    return Product(
        product_id=name,
        title=name.title(),
        description="",
        image=None,
        variants=[
            Variant(sku=sku, label=f"size {number}", price=1000 + number, was=2000, stock=number)
            for number, sku in enumerate(skus)
        ],
    )


async def test_a_product_is_read_back_with_its_variants_in_order(catalogue: Catalogue) -> None:
    shirt = product("shirt", "Z", "A", "M")
    await catalogue.create(shirt)
    assert await catalogue.get("shirt") == shirt


async def test_the_pictures_behind_the_first_are_kept_in_their_order(
    catalogue: Catalogue, database: Database
) -> None:
    images = ["/z.jpg", "https://shop.example/a.jpg?b=1,2"]
    shirt = replace(product("shirt", "S"), image="/first.jpg", more_images=images)
    await catalogue.create(shirt)
    assert await catalogue.get("shirt") == shirt
    assert (await catalogue.page(after=None, limit=5)).products == [shirt]
    too_many = "UPDATE product SET more_images = array_fill('/a.jpg'::text, ARRAY[$1::int])"
    await database.commit(too_many, 7)
    with pytest.raises(asyncpg.CheckViolationError, match="product_images_check"):
        await database.commit(too_many, 8)


async def test_an_unknown_product_is_not_found(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="there is no product shirt here"):
        await catalogue.get("shirt")
    with pytest.raises(NotFound, match="there is no product shirt here"):
        await catalogue.page(after="shirt", limit=5)


async def test_pages_go_through_the_catalogue_in_the_order_of_adding(catalogue: Catalogue) -> None:
    names = ["d", "b", "a", "c"]
    for name in names:
        await catalogue.create(product(name, f"{name}1", f"{name}2"))
    first = await catalogue.page(after=None, limit=2)
    assert ([p.product_id for p in first.products], first.next) == (["d", "b"], "b")
    second = await catalogue.page(after="b", limit=2)
    assert second.products == [product("a", "a1", "a2"), product("c", "c1", "c2")]
    assert second.next is None
    assert (await catalogue.page(after="c", limit=2)).products == []


async def test_a_taken_id_is_a_conflict_that_changes_nothing(catalogue: Catalogue) -> None:
    await catalogue.create(product("shirt", "S"))
    with pytest.raises(Conflict, match="there is a product shirt already"):
        await catalogue.create(product("shirt", "T"))
    assert await catalogue.get("shirt") == product("shirt", "S")


async def test_a_taken_sku_is_a_conflict_that_changes_nothing(catalogue: Catalogue) -> None:
    await catalogue.create(product("shirt", "S"))
    with pytest.raises(Conflict, match="the SKU S belongs to shirt"):
        await catalogue.create(product("blouse", "B", "S"))
    assert (await catalogue.page(after=None, limit=5)).products == [product("shirt", "S")]


async def test_one_of_many_who_add_the_same_product_succeeds(catalogue: Catalogue) -> None:
    outcomes: list[str] = []

    async def add(catalogue: Catalogue) -> None:
        try:
            await catalogue.create(product("shirt", "S"))
            outcomes.append("created")
        except Conflict:
            outcomes.append("conflict")

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(add, catalogue)
    assert sorted(outcomes) == ["conflict"] * 4 + ["created"]


async def test_a_search_finds_words_that_begin_so_and_skus(catalogue: Catalogue) -> None:
    for name, title, sku in [
        ("ocean-shirt", "Ocean Blue Shirt", "OBS-M"),
        ("linen", "Linen dress, ocean green", "LD-1"),
        ("puk", "Μπλέ πουκάμισο", "GR_100%"),
        ("cn", "蓝色衬衫", "CN-1"),
    ]:
        found = product(name, sku)
        await catalogue.create(replace(found, title=title))
    hits = {
        "ocean": ["ocean-shirt", "linen"],
        "OCE gre": ["linen"],
        "μπλε ΠΟΥΚ": ["puk"],
        "蓝": ["cn"],
        "衬衫": ["cn"],
        "OBS": ["ocean-shirt"],
        "LD-1": ["linen"],
        "GR_1": ["puk"],
        "GR_2": [],
        "' & :*": [],
        "shirt dress": [],
    }
    for search, names in hits.items():
        page = await catalogue.page(after=None, limit=5, search=search)
        assert [each.product_id for each in page.products] == names, search


async def test_a_search_goes_on_where_its_page_ended(catalogue: Catalogue) -> None:
    for name in ("a", "b", "c"):
        await catalogue.create(replace(product(name, f"S-{name}"), title=f"Mug {name}"))
    await catalogue.create(product("other", "X"))
    first = await catalogue.page(after=None, limit=2, search="mug")
    rest = await catalogue.page(after=first.next, limit=2, search="mug")
    assert [each.product_id for each in first.products + rest.products] == ["a", "b", "c"]
    assert rest.next is None


@pytest.mark.parametrize(
    ("shop", "hidden", "others", "many"),
    [
        ("ours", True, "'theirs', 'active'", SEARCH_SKUS_MAX + 1),
        ("ours", True, "'theirs', 'active'", SEARCH_SKUS_READ_MAX),
        (None, False, "NULL, 'draft'", SEARCH_SKUS_MAX + 1),
    ],
    ids=["another shop's", "more than are read", "drafts"],
)
async def test_skus_that_a_search_does_not_show_do_not_keep_others_from_being_found(
    catalogue: Catalogue, database: Database, shop: str | None, hidden: bool, others: str, many: int
) -> None:
    await database.commit(
        "WITH made AS (INSERT INTO product (product_id, title, description, shop, status)"
        f" VALUES ('many', 'Many', '', {others}) RETURNING product_id)"
        " INSERT INTO variant (sku, product_id, label, position, price, stock, imported_stock)"
        " SELECT 'TS-0' || n, product_id, '', n, 1, 0, 0"
        " FROM made, generate_series(1, $1::int) AS n",
        many,
    )
    await catalogue.create(replace(product("shirt", "TS-1"), shop=shop))
    await catalogue.create(replace(product("cap", "TC-1"), shop=shop))
    page = await catalogue.page(after=None, limit=5, search="TS-", shop=shop, hidden=hidden)
    assert [each.product_id for each in page.products] == ["shirt"]
