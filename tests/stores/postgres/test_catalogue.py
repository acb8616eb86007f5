"""Products in Postgres: pages of them, one of them, new ones."""

import anyio
import pytest

from liveshop.core.errors import Conflict, NotFound
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
