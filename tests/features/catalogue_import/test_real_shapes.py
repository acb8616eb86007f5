"""Shopify's files as they are: what each of them leads to, and its whole report."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from liveshop.core.errors import BadRequest
from liveshop.core.wire import as_message
from liveshop.features.catalogue_import.store import import_products
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database

SHAPES = Path(__file__).parents[2] / "files" / "shopify"

NO_QUANTITY = (
    "the file has no column Variant Inventory Qty or Inventory quantity: the stock of known"
    " variants stays as it is, and new ones start with 0; an inventory CSV brings it"
)
LONG_ID = f"{'h' * 43}~a4c16a83180568ac87d4"
LONG_SKU = f"{'s' * 43}~16851a6129dea5df47ea"


def row(line: int, handle: str, kind: str, reason: str) -> dict[str, Any]:
    return {"line": line, "handle": handle, "reason": reason, "kind": kind}


def note(line: int, handle: str, kind: str, text: str) -> dict[str, Any]:
    return {"line": line, "handle": handle, "kind": kind, "note": text}


def report(counts: tuple[int, int, int, int, int], *remarks: dict[str, Any]) -> dict[str, Any]:
    names = ("products", "variants", "created", "updated", "unchanged")
    bad = [each for each in remarks if "reason" in each]
    notes = [each for each in remarks if "note" in each]
    return {
        **dict(zip(names, counts, strict=True)),
        "bad": [{name: each[name] for name in ("line", "handle", "reason")} for each in bad],
        "bad_rows": len(bad),
        "bad_kinds": _kinds(bad),
        "notes": notes,
        "note_kinds": _kinds(notes),
    }


def _kinds(remarks: list[dict[str, Any]]) -> dict[str, int]:
    kinds = sorted(each["kind"] for each in remarks)
    return {kind: kinds.count(kind) for kind in kinds}


REPORTS = {
    "products_now.csv": report(
        (5, 6, 5, 0, 0),
        note(3, "clay-bowl", "quantity", "the quantity -4 is negative, and counts as 0"),
    ),
    "products_old.csv": report(
        (3, 5, 3, 0, 0),
        row(5, "linen-shirt", "sku", "the SKU SHIRT is already on line 2"),
        note(
            3, "linen-shirt", "sku",
            "the SKU SHIRT is already on line 2: it is linen-shirt/M/Sea here",
        ),
        note(
            4, "linen-shirt", "sku",
            "the SKU SHIRT is already on line 2: it is linen-shirt/L/Sea here",
        ),
        note(6, "tee", "sku", "a spreadsheet has rounded the SKU 4.00638E+12: it is tee here"),
        note(7, "cap", "status", "the Status 'aktiv' is unknown, and counts as draft"),
    ),
    "products_long.csv": report(
        (1, 1, 1, 0, 0),
        row(3, "h" * 64, "handle", "Handle is longer than 255 characters"),
        note(2, "h" * 64, "handle", f"the Handle is long: the product's id is {LONG_ID}"),
        note(2, "h" * 64, "sku", f"the SKU is long: it is {LONG_SKU} here"),
    ),
    "products_without_quantity.csv": report(
        (1, 1, 1, 0, 0), note(1, "", "quantity", NO_QUANTITY)
    ),
    "products_excel_windows_1252.csv": report(
        (1, 1, 1, 0, 0),
        row(
            5, "kanne", "price",
            "the price 12,500 may be 12500 or 12.500: write it with a point before its decimals",
        ),
        note(
            3, "tasse-grün", "encoding",
            "not UTF-8: read as Windows-1252; look at its letters with accents",
        ),
    ),
    "products_excel_utf16.txt": report((1, 1, 1, 0, 0)),
}  # fmt: skip


async def imported(database: Database, name: str, currency: str = "EUR") -> dict[str, Any]:
    async def chunks() -> AsyncIterator[bytes]:
        yield (SHAPES / name).read_bytes()

    return as_message(await import_products(Catalogue(database), chunks(), currency))


@pytest.mark.parametrize("name", REPORTS)
async def test_the_report_of_a_file_is_exact(database: Database, name: str) -> None:
    assert await imported(database, name) == REPORTS[name]


@pytest.mark.parametrize("name", REPORTS)
async def test_the_same_file_again_changes_nothing(database: Database, name: str) -> None:
    first = await imported(database, name)
    again = await imported(database, name)
    changed = {"created": 0, "updated": 0, "unchanged": first["products"]}
    assert again == {**first, **changed}


async def test_the_present_columns_say_who_sees_a_product_and_what_it_costs(
    database: Database,
) -> None:
    await imported(database, "products_now.csv")
    catalogue = Catalogue(database)
    public = await catalogue.page(after=None, limit=50)
    assert [each.product_id for each in public.products] == ["clay-bowl"]
    everything = await catalogue.page(after=None, limit=50, hidden=True)
    assert [(p.product_id, p.status, p.published) for p in everything.products] == [
        ("clay-bowl", "active", True),
        ("spring-lamp", "draft", True),
        ("old-lamp", "archived", True),
        ("gift-wrap", "unlisted", True),
        ("back-room", "active", False),
    ]
    bowl = public.products[0]
    assert (bowl.description, bowl.image) == (
        "Turned by hand.", "https://cdn.shop.example/bowl-1.jpg",
    )  # fmt: skip
    assert [(v.sku, v.label, v.price, v.was, v.stock) for v in bowl.variants] == [
        ("BOWL-S", "Small", 1990, 2490, 5),
        ("BOWL-L", "Large", 129_000, None, 0),
    ]


async def test_a_draft_stays_one_until_a_file_says_otherwise(database: Database) -> None:
    await imported(database, "products_now.csv")
    silent = b"Handle,Title,Variant Price,Variant SKU\nspring-lamp,Spring lamp 2,49,LAMP\n"

    async def chunks(data: bytes) -> AsyncIterator[bytes]:
        yield data

    catalogue = Catalogue(database)
    await import_products(catalogue, chunks(silent), "EUR")
    lamp = await catalogue.get("spring-lamp")
    assert (lamp.title, lamp.status, lamp.published) == ("Spring lamp 2", "draft", True)
    said = b"Handle,Title,Variant Price,Variant SKU,Status\nspring-lamp,Lamp,49,LAMP,Active\n"
    result = await import_products(catalogue, chunks(said), "EUR")
    assert (result.updated, result.note_kinds) == (1, {"quantity": 1})
    assert (await catalogue.get("spring-lamp")).status == "active"


async def test_what_is_long_keeps_its_whole_title_and_one_id_for_good(database: Database) -> None:
    await imported(database, "products_long.csv")
    product = await Catalogue(database).get(LONG_ID)
    assert product.title == "t" * 255
    assert [variant.sku for variant in product.variants] == [LONG_SKU]


async def test_a_spreadsheets_letters_and_numbers_are_read(database: Database) -> None:
    await imported(database, "products_excel_windows_1252.csv")
    cup = await Catalogue(database).get("tasse-grün")
    assert cup.title == "Tasse „Größe M“"
    assert [(v.price, v.stock) for v in cup.variants] == [(129_050, 1200)]


async def test_an_inventory_sets_the_units_summed_over_locations(database: Database) -> None:
    await imported(database, "products_now.csv")
    assert await imported(database, "inventory_now.csv") == report(
        (1, 2, 0, 1, 0),
        row(7, "old-lamp", "quantity", "the quantity 'many' is not a whole number"),
        row(
            8, "unknown", "catalogue",
            "there is no variant NONE of this product in the catalogue: import the product CSV"
            " first",
        ),
        note(5, "clay-bowl", "quantity", "the quantity -2 is negative, and counts as 0"),
    )  # fmt: skip
    assert await stock(database) == {
        "BACK": 1, "BOWL-L": 0, "BOWL-S": 13, "LAMP": 10, "LAMP-0": 0, "WRAP": 100,
    }  # fmt: skip
    again = await imported(database, "inventory_now.csv")
    assert (again["updated"], again["unchanged"]) == (0, 1)


async def test_an_inventory_with_a_column_for_each_location_is_read(database: Database) -> None:
    await imported(database, "products_now.csv")
    assert await imported(database, "inventory_by_location.csv") == report((1, 2, 0, 1, 0))
    assert (await stock(database))["BOWL-S"] == 11


async def test_an_inventory_counts_a_variant_whose_sku_was_made_up(database: Database) -> None:
    await imported(database, "products_old.csv")
    inventory = (
        "Handle,Option1 Value,Option2 Value,SKU,Location,Available,COO\n"
        "linen-shirt,S,Sea,SHIRT,Athens,30,\nlinen-shirt,M,Sea,SHIRT,Athens,40,\n"
        "linen-shirt,L,Sea,SHIRT,Athens,50,\nother,S,Sea,SHIRT,Athens,99,\n"
    )

    async def chunks() -> AsyncIterator[bytes]:
        yield inventory.encode()

    done = await import_products(Catalogue(database), chunks(), "EUR")
    assert (done.variants, done.bad_kinds) == (3, {"catalogue": 1})
    counted = await stock(database)
    skus = ("SHIRT", "linen-shirt/M/Sea", "linen-shirt/L/Sea")
    assert [counted[sku] for sku in skus] == [30, 40, 50]


async def stock(database: Database) -> dict[str, int]:
    rows = await database.fetch("SELECT sku, stock FROM variant ORDER BY sku")
    return {each["sku"]: each["stock"] for each in rows}


@pytest.mark.parametrize("kind", ["orders", "customers", "discounts"])
async def test_another_export_is_refused_by_its_name(database: Database, kind: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        await imported(database, f"{kind}.csv")
    assert refusal.value.message == (
        f"this is an export of {kind}, and no products are in it: export the products"
        " (Products, Export), or the inventory (Products, Inventory, Export)"
    )


async def test_thousands_of_bad_rows_are_all_counted_and_listed(database: Database) -> None:
    rows = "".join(f"p{i},P,{'free' if i < 3_817 else '1'}\n" for i in range(4_000))

    async def chunks() -> AsyncIterator[bytes]:
        yield f"Handle,Title,Price\n{rows}".encode()

    done = await import_products(Catalogue(database), chunks(), "EUR")
    assert (done.products, done.bad_rows, done.bad_kinds) == (183, 3_817, {"price": 3_817})
    assert [each.line for each in done.bad] == list(range(2, 3_819))
    assert {each.reason for each in done.bad} == {"'free' is not a price"}
