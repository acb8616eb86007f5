"""Shopify's CSV becomes products; a mistake in it costs its own rows only."""

import csv
import io
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.core.catalogue import BadRow, ImportedProduct, ImportedVariant, RowNote
from liveshop.core.errors import BadRequest
from liveshop.features.catalogue_import.csv_rows import lines_of
from liveshop.features.catalogue_import.limits import CSV_ROWS_MAX
from liveshop.features.catalogue_import.rows import Item
from liveshop.features.catalogue_import.shopify import parse

ODDITIES = Path(__file__).parents[2] / "files" / "oddities.csv"
HEADER = "Handle,Title,Variant Price,Variant SKU,Variant Inventory Qty,Image Src,Image Position"


def items(data: bytes, currency: str = "EUR") -> list[Item]:
    return list(parse(lines_of([data]), currency))


def products(data: bytes | str, currency: str = "EUR") -> list[ImportedProduct]:
    raw = data if isinstance(data, bytes) else f"{HEADER}\n{data}".encode()
    return [item for item in items(raw, currency) if isinstance(item, ImportedProduct)]


def bad(data: bytes | str, currency: str = "EUR") -> list[tuple[int, str, str]]:
    raw = data if isinstance(data, bytes) else f"{HEADER}\n{data}".encode()
    found = [item for item in items(raw, currency) if isinstance(item, BadRow)]
    return [(row.line, row.handle, row.reason) for row in found]


def test_every_bad_row_of_the_oddities_is_reported_with_its_line() -> None:
    assert bad(ODDITIES.read_bytes()) == [
        (7, "", "Handle is missing"),
        (9, "sun-hat", "the price -1.00 is negative"),
        (11, "scarf", "the price 19.999 has more than 2 decimals"),
        (14, "long-name", "Title is longer than 255 characters"),
        (16, "boot", "the quantity '2.5' is not a whole number"),
        (17, "belt", "'cheap' is not a price"),
        (18, "ring", "Variant Price is missing"),
        (19, "tie", "Title is missing: the first good row of a product has to have it"),
        (20, "cap", "Image Src is not an address that starts with http:// or https://"),
        (22, "bag", "the row has more cells than the header: is a quote missing?"),
        (23, "vest", "not readable as CSV: ',' expected after '\"'"),
    ]


def notes(data: bytes | str, currency: str = "EUR") -> list[tuple[int, str, str]]:
    raw = data if isinstance(data, bytes) else f"{HEADER}\n{data}".encode()
    found = [item for item in items(raw, currency) if isinstance(item, RowNote)]
    return [(note.line, note.handle, note.note) for note in found]


def test_what_is_taken_in_another_way_than_it_says_is_noted() -> None:
    assert notes(ODDITIES.read_bytes()) == [
        (12, "glove", "the SKU RC-S is already on line 2: it is glove here"),
        (13, "café-cup", "not UTF-8: read as Windows-1252; look at its letters with accents"),
        (15, "sock", "the quantity -2 is negative, and counts as 0"),
    ]


def test_every_good_row_of_the_oddities_is_kept() -> None:
    found = products(ODDITIES.read_bytes())
    assert [(p.product_id, p.title, [v.sku for v in p.variants]) for p in found] == [
        ("rain-coat", "Rain Coat", ["RC-S", "RC-M"]),
        ("tea-mug", "Tea Mug", ["tea-mug"]),
        ("sun-hat", "Sun Hat", ["SH-M"]),
        ("glove", "Glove", ["glove"]),
        ("café-cup", "Café Cup", ["CC-1"]),
        ("sock", "Sock", ["SO-1"]),
        ("cap", "Cap", ["CA-1"]),
        ("tea-mug", None, ["TM-L"]),
        ("wallet", "Wallet", ["WA-1"]),
    ]
    assert found[0] == ImportedProduct(
        product_id="rain-coat",
        title="Rain Coat",
        description="Dry\n\nKeeps you dry & warm.\n\n• hood\n• two pockets",
        image="https://example.com/front.jpg",
        more_images=["https://example.com/back.jpg", "https://example.com/side.jpg"],
        variants=[
            ImportedVariant(
                line=2,
                sku="RC-S",
                label='Small / Sea "deep" blue',
                position=0,
                price=12000,
                was=15000,
                stock=5,
            ),
            ImportedVariant(
                line=5,
                sku="RC-M",
                label="Medium / Yellow",
                position=1,
                price=12050,
                was=None,
                stock=3,
            ),
        ],
    )


def test_a_default_title_has_no_label_and_a_compare_at_price_of_0_is_none() -> None:
    mug = products(ODDITIES.read_bytes())[1]
    assert mug.variants == [
        ImportedVariant(line=8, sku="tea-mug", label="", position=0, price=990, was=None, stock=12)
    ]


def test_rows_further_down_join_their_product_without_its_title() -> None:
    more = products(ODDITIES.read_bytes())[7]
    assert more == ImportedProduct(
        product_id="tea-mug",
        title=None,
        description="",
        image=None,
        variants=[
            ImportedVariant(
                line=25, sku="TM-L", label="Large", position=1, price=1100, was=None, stock=None
            )
        ],
    )


def test_a_picture_needs_no_variant_and_the_lowest_position_wins() -> None:
    found = products("a,A,1,,,https://e.x/2,2\na,,,,,https://e.x/1,1\na,,,,,https://e.x/0,\n")
    assert [product.image for product in found] == ["https://e.x/1"]
    assert found[0].more_images == ["https://e.x/2", "https://e.x/0"]
    assert len(found[0].variants) == 1


def test_of_many_pictures_the_first_eight_by_position_are_kept_and_each_once() -> None:
    rows = [f"a,,,,,/{place}.jpg,{place}" for place in range(12, 1, -1)]
    text = "\n".join(["a,A,1,,,/1.jpg,1", *rows, "a,,,,,/1.jpg,9", ""])
    (found,) = products(text)
    assert [found.image, *found.more_images] == [f"/{place}.jpg" for place in range(1, 9)]


@pytest.mark.parametrize("position", ["9" * 5_000, "-1", "1.5", "²", "first"])
def test_a_position_that_is_no_number_of_use_is_the_last(position: str) -> None:
    header = b"Handle,Title,Variant Price,Image Src,Image Position\n"
    rows = f"cup,Cup,1,/a.jpg,{position}\ncup,,,/b.jpg,999999999\n".encode()
    (product,) = products(header + rows)
    assert product.image == "/b.jpg"


def test_a_row_that_brings_nothing_is_reported() -> None:
    assert bad("a,A,1,,,,\na,,,,,,2\n") == [
        (3, "a", "there is neither a variant nor a picture in this row")
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{'h' * 256},A,1,,,,", "Handle is longer than 255 characters"),
        (f"a,A,1,{'s' * 256},,,", "Variant SKU is longer than 255 characters"),
        (f"a,{'t' * 256},1,,,,", "Title is longer than 255 characters"),
        ("a,A\x07,1,,,,", "Title has control characters in it"),
        ("a,A,1,s\x00,,,", "Variant SKU has control characters in it"),
        ("a,A,1,,1000001,,", "the quantity 1000001 is above 1000000"),
        ("a,A,99999999999.99,,,,", "the price 99999999999.99 is too high"),
        ("a,A,one,,,,", "'one' is not a price"),
        (f"a,A,1,,,https://e.x/{'i' * 2000},", "Image Src is longer than 2000 characters"),
    ],
)
def test_what_is_out_of_range_is_refused_with_its_reason(row: str, reason: str) -> None:
    assert [(line, why) for line, _, why in bad(f"{row}\n")] == [(2, reason)]


@pytest.mark.parametrize("unit", [" ", "<li>", "<div>", "word<br>\n", '""'])
def test_a_description_of_half_a_megabyte_costs_its_row_and_no_other(unit: str) -> None:
    header = "Handle,Title,Body (HTML),Variant Price\n"
    body = f"<p>{unit * (500_000 // len(unit))}</p>"
    _, *found = items(f'{header}a,A,"{body}",1\nb,B,"<p>b</p>",2\n'.encode())
    reason = "Body (HTML) is longer than 131072 characters, its markup among them"
    assert found[0] == BadRow(line=2, handle="a", reason=reason, kind="description")
    (good,) = found[1:]
    assert isinstance(good, ImportedProduct)
    assert (good.title, good.variants[0].line) == ("B", 3 + body.count("\n"))


def test_a_header_of_many_columns_is_read_as_any_other() -> None:
    columns = ",".join(f"Column {number}" for number in range(10_000))
    found = products(f"{columns},Handle,Title,Variant Price\n{',' * 10_000}a,A,1\n".encode())
    assert found == products("a,A,1\n")


def test_decimals_are_those_of_the_currency() -> None:
    rows = "a,A,500,,,,\nb,B,1990.00,,,,\nc,C,1990.50,,,,\n"
    assert bad(rows, "JPY") == [(4, "c", "the price 1990.50 has more than 0 decimals")]
    assert [each.variants[0].price for each in products(rows, "JPY")] == [500, 1990]
    assert [each.variants[0].price for each in products(rows, "HUF")] == [50_000, 199_000, 199_050]
    assert [each.variants[0].price for each in products(rows, "KWD")][1:] == [1_990_000, 1_990_500]


@pytest.mark.parametrize(
    ("written", "stock"),
    [
        *(("1 200", 1200), ("1\u00a0200", 1200), ("1\u202f200", 1200), ("1'200", 1200)),
        *(("\u22125", 0), ("5.0", 5), ('"5,0"', 5), ('"1,200"', 1200), ("-0", 0)),
    ],
)
def test_a_quantity_is_read_as_spreadsheets_write_it(written: str, stock: int) -> None:
    (product,) = products(f"a,A,1,s,{written},,")
    assert [variant.stock for variant in product.variants] == [stock]


@pytest.mark.parametrize("written", ["1.200", "5.5", "1E+03", "1 2", "1 20", "five", "(5)"])
def test_a_quantity_that_may_be_two_is_left_out(written: str) -> None:
    assert products(f"a,A,1,s,{written},,") == []


@pytest.mark.parametrize(
    ("written", "published"),
    [
        *(("TRUE", True), ("WAHR", True), ("VRAI", True), ("PRAVDA", True), ("IGAZ", True)),
        *(("DOĞRU", True), ("EVET", True), ("SAND", True), ("TOSI", True), ("oui", True)),
        *(("sí", True), ("да", True), ("はい", True), ("FALSE", False), ("FALSCH", False)),
        *(("NEPRAVDA", False), ("YANLIŞ", False), ("USANN", False), ("HAMIS", False)),
        *(("EPÄTOSI", False), ("ΨΕΥΔΗΣ", False), ("não", False), ("off", False), ("", True)),
    ],
)
def test_yes_and_no_are_known_in_the_languages_of_spreadsheets(
    written: str, published: bool
) -> None:
    data = f"Handle,Title,Price,Inventory quantity,Published\na,A,1,1,{written}\n".encode()
    assert [product.published for product in products(data)] == [published]
    assert notes(data) == []


def test_a_product_takes_so_many_variants_and_no_more() -> None:
    rows = "".join(f"a,A,1,s{i},,,\n" for i in range(limits.VARIANTS_PER_PRODUCT_MAX + 1))
    assert len(products(rows)[0].variants) == limits.VARIANTS_PER_PRODUCT_MAX
    assert bad(rows) == [(2_050, "a", "a product has at most 2048 variants")]


def test_spaces_and_marks_in_the_name_of_a_column_do_not_matter() -> None:
    data = b"handle,Title,VariantPrice,variant_inventory_qty,Option 1-Value\na,A,1,2,Red\n"
    (product,) = products(data)
    assert [(each.price, each.stock, each.label) for each in product.variants] == [(100, 2, "Red")]


def test_columns_come_in_any_order_and_case_and_others_are_ignored() -> None:
    found = products(b"Vendor, variant price ,TITLE,handle\nX,1.50,A,a\n")
    assert [(p.product_id, p.title, p.variants[0].price) for p in found] == [("a", "A", 150)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty: its first row should name the columns"),
        (
            b"Handle,Title,Type\n",
            "the header lacks Variant Price; is this a product CSV from Shopify?",
        ),
        (
            b"PK\3\4\x14\0\6\0\n",
            "the header lacks Handle, Title, Variant Price;"
            " this is a workbook of Excel, or a ZIP: save it as CSV UTF-8",
        ),
        (
            "Κωδικός\n".encode("cp1253"),
            "the header lacks Handle, Title, Variant Price;"
            " the file is not UTF-8: save it as CSV UTF-8",
        ),
    ],
)
def test_a_file_that_is_no_product_csv_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(BadRequest, match=f"^{re.escape(message)}$"):
        items(data)


def test_a_file_with_too_many_rows_is_refused() -> None:
    def rows() -> Iterator[bytes]:
        yield b"Handle,Title,Variant Price\n"
        for _ in range(CSV_ROWS_MAX + 1):
            yield b",,\n"

    with pytest.raises(BadRequest, match="at most 1000000 rows"):
        list(parse(rows(), "EUR"))


_line = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12
)
_variants = st.lists(
    st.tuples(
        st.lists(_line.filter(lambda text: text != "Default Title"), max_size=3),
        st.integers(0, 10**12),
        st.none() | st.integers(1, 10**12),
        st.none() | st.integers(0, limits.UNITS_MAX),
    ),
    min_size=1,
    max_size=4,
)
_catalogues = st.dictionaries(
    _line, st.tuples(_line, st.none() | _line.map(lambda path: f"/a{path}"), _variants), max_size=5
)


def money(amount: int | None) -> str:
    return "" if amount is None else f"{amount // 100}.{amount % 100:02}"


@given(_catalogues, st.randoms(use_true_random=False))
def test_what_is_written_as_shopify_does_is_read_back(
    catalogue: dict[
        str, tuple[str, str | None, list[tuple[list[str], int, int | None, int | None]]]
    ],
    order: random.Random,
) -> None:
    columns = ["Handle", "Title", "Option1 Value", "Option2 Value", "Option3 Value"]
    columns += ["Variant SKU", "Variant Price", "Variant Compare At Price"]
    columns += ["Variant Inventory Qty", "Image Src"]
    shuffled = order.sample(columns, len(columns))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, shuffled)
    writer.writeheader()
    expected, line = [], 2
    for handle, (title, image, variants) in catalogue.items():
        read = []
        for position, (options, price, was, stock) in enumerate(variants):
            row = dict(zip(columns[2:5], options, strict=False))
            row |= {"Handle": handle, "Variant SKU": str(line), "Variant Price": money(price)}
            row |= {"Variant Compare At Price": money(was)}
            row |= {"Variant Inventory Qty": "" if stock is None else str(stock)}
            if position == 0:
                row |= {"Title": title, "Image Src": image or ""}
            writer.writerow(row)
            read.append(
                ImportedVariant(
                    line=line,
                    sku=str(line),
                    label=" / ".join(options),
                    position=position,
                    price=price,
                    was=was,
                    stock=stock,
                )
            )
            line += 1
        expected.append(
            ImportedProduct(
                product_id=handle, title=title, description="", image=image, variants=read
            )
        )
    assert products(text.getvalue().encode()) == expected
