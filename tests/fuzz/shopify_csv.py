"""The target of the catalogue's import: any bytes as a product CSV of Shopify's."""

from pathlib import Path
from typing import Final

from liveshop.core import limits, wire
from liveshop.core.catalogue import BadRow, ImportedProduct, ImportedStock, RowNote
from liveshop.core.errors import BadRequest
from liveshop.core.fields import is_id
from liveshop.features.catalogue_import.csv_rows import lines_of
from liveshop.features.catalogue_import.rows import Item
from liveshop.features.catalogue_import.shopify import parse
from tests.fuzz.target import Target

_HEADER: Final = (
    b"Handle,Title,Body (HTML),Option1 Value,Option2 Value,Variant SKU,Variant Price,"
    b"Variant Compare At Price,Variant Inventory Qty,Image Src,Image Position\n"
)
_ODDITIES: Final = Path(__file__).parents[1] / "files" / "oddities.csv"
_INVENTORY: Final = (
    b"Handle,Title,Option1 Value,SKU,HS Code,COO,Location,Incoming (not editable),"
    b"Unavailable (not editable),Committed (not editable),Available (not editable),"
    b"On hand (current),On hand (new)\n"
)
_CURRENCIES: Final = ("EUR", "JPY", "BHD")


def check_csv(data: bytes) -> None:
    """Rows are products within the limits or bad rows in their place, however the file is cut.

    The first byte chooses the currency, the size of the chunks and whether a header is there.
    """
    if not data:
        return
    kind, text = data[0], data[1:]
    currency = _CURRENCIES[kind % 3]
    if kind & 0x80:
        text = _HEADER + text
    size = 1 + (kind >> 2 & 0x1F)
    whole = _items(currency, [text])
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    assert _items(currency, parts) == whole, "how the file is cut changes what is read"
    if isinstance(whole, str):
        return
    lines = 1 + text.count(b"\n") + text.count(b"\r")
    skus: set[str] = set()
    for item in whole:
        wire.encode_one(item)  # text that is no text would not pass
        if isinstance(item, BadRow | RowNote):
            of_file = isinstance(item, RowNote) and not item.handle
            assert (1 if of_file else 2) <= item.line <= lines
            assert item.reason if isinstance(item, BadRow) else item.note
            continue
        if isinstance(item, ImportedStock):
            _check_stock(item, lines)
            continue
        _check_product(item, lines)
        new = {variant.sku for variant in item.variants}
        assert len(new) == len(item.variants)
        assert not new & skus
        skus |= new


def _items(currency: str, chunks: list[bytes]) -> list[Item] | str:
    try:
        return list(parse(lines_of(chunks), currency))
    except BadRequest as refusal:
        assert refusal.message
        return refusal.message


def _check_stock(stock: ImportedStock, lines: int) -> None:
    assert 2 <= stock.line <= lines
    assert 0 <= stock.stock <= limits.UNITS_MAX
    ids = (stock.product_id, stock.sku, stock.made_sku)
    assert all(is_id(each) for each in ids if each is not None)
    assert stock.sku or stock.made_sku


def _check_product(product: ImportedProduct, lines: int) -> None:
    assert is_id(product.product_id)
    assert product.title is None or 1 <= len(product.title) <= limits.PRODUCT_TITLE_CHARS_MAX
    assert len(product.description) <= limits.DESCRIPTION_CHARS_MAX
    images = [product.image, *product.more_images] if product.image else product.more_images
    assert all(image.startswith(("http://", "https://", "/")) for image in images)
    assert (len(images) == 0) == (product.image is None)
    assert len(images) <= limits.IMAGES_PER_PRODUCT_MAX
    assert 1 <= len(product.variants) <= limits.VARIANTS_PER_PRODUCT_MAX
    for variant in product.variants:
        assert is_id(variant.sku)
        assert 2 <= variant.line <= lines
        assert 0 <= variant.price <= limits.PRICE_MINOR_MAX
        assert variant.was is None or 0 < variant.was <= limits.PRICE_MINOR_MAX
        assert variant.stock is None or 0 <= variant.stock <= limits.UNITS_MAX
        assert len(variant.label) <= limits.LABEL_CHARS_MAX


CSV: Final = Target(
    check_csv,
    [
        b"\x00" + _ODDITIES.read_bytes(),
        *(b"\x80" + line for line in _ODDITIES.read_bytes().splitlines(keepends=True)[1:]),
        b'\x81mug,Mug,"<b>A</b> mug",S,Red,M-1,9,12,5,/mug.svg,1\nmug,,,M,,M-2,9,,,,\n',
        b"\x00"
        + _INVENTORY
        + b"mug,Mug,M,M-1,,,Athens,0,1,2,7,10,\nmug,Mug,M,M-1,,,Rome,,,,-9,,\n",
        b"\x00" + _INVENTORY + b"mug,Mug,M,,,,Athens,0,1,2,not stocked,not stocked,5\n",
        b"\x00Handle,SKU,COO,Athens,Rome\nmug,M-1,GR,3,not stocked\nmug,,,,\n",
        b"\x00" + "Handle,Title,Price\ncafé,Café,1\n".encode("utf-16"),
        b"\x00sep=;\nURL handle;Title;Price;Status\ncaf\xe9;Caf\xe9;1,50;draft\n",
        b"\x80cup,Cup,,,,,1,,,/a.jpg," + b"9" * 5_000,
        b'\x85a,A,"x\r\n"" y",S,,,1,0,1,,\r\nb,B,"never closed,,,1,2,3\nc,C,,,,,1,,,,\n',
    ],
    [b'"', b'""', b"\r\n", b"\xef\xbb\xbf", b"Default Title", b",", b"1.50", b"&lt;script&gt;"],
    calls_at_once=20_000,
    calls_per_byte=400,
    peak_bytes=1_048_576,
    peak_per_byte=1_000,
)
