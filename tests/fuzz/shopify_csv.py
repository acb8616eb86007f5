"""The target of the catalogue's import: any bytes as a product CSV of Shopify's."""

from pathlib import Path
from typing import Final

from liveshop.core import limits, wire
from liveshop.core.catalogue import BadRow, ImportedProduct
from liveshop.core.errors import BadRequest
from liveshop.core.fields import is_id
from liveshop.features.catalogue_import.csv_rows import lines_of
from liveshop.features.catalogue_import.shopify import parse
from tests.fuzz.target import Target

_HEADER: Final = (
    b"Handle,Title,Body (HTML),Option1 Value,Option2 Value,Variant SKU,Variant Price,"
    b"Variant Compare At Price,Variant Inventory Qty,Image Src,Image Position\n"
)
_ODDITIES: Final = Path(__file__).parents[1] / "files" / "oddities.csv"
_CURRENCIES: Final = ("EUR", "JPY", "BHD")

_Item = ImportedProduct | BadRow


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
        if isinstance(item, BadRow):
            assert 2 <= item.line <= lines
            assert item.reason
            continue
        _check_product(item, lines)
        new = {variant.sku for variant in item.variants}
        assert len(new) == len(item.variants)
        assert not new & skus
        skus |= new


def _items(currency: str, chunks: list[bytes]) -> list[_Item] | str:
    try:
        return list(parse(lines_of(chunks), currency))
    except BadRequest as refusal:
        assert refusal.message
        return refusal.message


def _check_product(product: ImportedProduct, lines: int) -> None:
    assert is_id(product.product_id)
    assert product.title is None or 1 <= len(product.title) <= limits.TITLE_CHARS_MAX
    assert len(product.description) <= limits.DESCRIPTION_CHARS_MAX
    assert product.image is None or product.image.startswith(("http://", "https://", "/"))
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
        b"\x80cup,Cup,,,,,1,,,/a.jpg," + b"9" * 5_000,
        b'\x85a,A,"x\r\n"" y",S,,,1,0,1,,\r\nb,B,"never closed,,,1,2,3\nc,C,,,,,1,,,,\n',
    ],
    [b'"', b'""', b"\r\n", b"\xef\xbb\xbf", b"Default Title", b",", b"1.50", b"&lt;script&gt;"],
    calls_at_once=20_000,
    calls_per_byte=400,
    peak_bytes=1_048_576,
    peak_per_byte=1_000,
)
