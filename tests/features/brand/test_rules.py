"""A brand: what it may say, and that nothing of it can end a rule of a style sheet."""

import pytest

from liveshop.core.errors import BadRequest
from liveshop.core.wire import decode_as
from liveshop.features.brand.http_records import NewBrand
from liveshop.features.brand.rules import Brand, brand_of, checked, font_family, stored

_ORIGINS = ("https://shop.example", "https://*.cdn.example", "http://plain.example")
_UPLOAD = f"/media/{'a' * 32}/1280.webp"


@pytest.mark.parametrize(
    ("font", "family"),
    [
        (None, None),
        ("Inter", '"Inter", system-ui, sans-serif'),
        ("Georgia, serif", '"Georgia", serif'),
        ('"Playfair Display", Georgia ,serif', '"Playfair Display", "Georgia", serif'),
        ("'Source Sans 3'", '"Source Sans 3", system-ui, sans-serif'),
        ("system-ui", "system-ui"),
    ],
)
def test_a_font_is_written_as_css_has_it(font: str | None, family: str | None) -> None:
    taken = decode_as({"font": font}, NewBrand).brand()
    assert font_family(checked(taken, ()).font) == family


@pytest.mark.parametrize(
    "font",
    [
        *("", " ", ",", "Inter,", ",Inter", "Inter,,serif", "Inter;color:red", "Inter}body{x:y"),
        *(
            "url(https://evil.example)",
            "expression(1)",
            "Inter/**/",
            "Inter\\",
            "Inter\n",
            "In\tter",
        ),
        *('"Inter', "'Inter\"", '"In"ter"', "</style>", "@import", "Inter!important", "1nter"),
        *("var(--x)", "a" * 101, "Ínter"),
    ],
)
def test_a_font_that_is_more_than_names_is_refused(font: str) -> None:
    with pytest.raises(BadRequest, match="font"):
        decode_as({"font": font}, NewBrand)


@pytest.mark.parametrize("font", ["inherit", "Inter, Initial", "a, b, c, d, e, f"])
def test_a_font_that_css_takes_for_something_else_is_refused(font: str) -> None:
    with pytest.raises(BadRequest, match="font"):
        checked(decode_as({"font": font}, NewBrand).brand(), ())


@pytest.mark.parametrize(
    "colour", ["", "red", "#fff", "#12345", "#1234567", "#12345g", "rgb(0,0,0)", "#123456\n", 7]
)
def test_a_colour_is_one_hex(colour: object) -> None:
    with pytest.raises(BadRequest, match="colour"):
        decode_as({"colour": colour}, NewBrand)


@pytest.mark.parametrize("field", ["logo", "cover", "favicon", "share_picture"])
@pytest.mark.parametrize(
    "picture",
    [
        *(_UPLOAD, "https://shop.example/logo.png", "https://shop.example"),
        *("https://a.cdn.example/x.webp?v=1#top", "https://SHOP.example:443/logo.png"),
    ],
)
def test_a_picture_is_an_upload_or_lies_at_an_origin(field: str, picture: str) -> None:
    assert checked(Brand(**{field: picture}), _ORIGINS)


@pytest.mark.parametrize("field", ["logo", "cover", "favicon", "share_picture"])
@pytest.mark.parametrize(
    "picture",
    [
        *(
            "",
            "logo.png",
            "/pages/demo/mug.svg",
            "/media/x/1280.webp",
            f"{_UPLOAD}?x",
            "//x.example",
        ),
        *(
            "https://evil.example/logo.png",
            "https://shop.example.evil.example/",
            "https://cdn.example",
        ),
        *("http://shop.example/logo.png", "http://plain.example/x", "javascript:alert(1)"),
        *(
            "data:image/svg+xml,<svg/>",
            "https://shop.example@evil.example/",
            "https://shop.example\\x",
        ),
        *("https://shop.example/a b", "https://shop.example/\n", "https://shop.example:8443/x"),
    ],
)
def test_a_picture_from_elsewhere_is_refused(field: str, picture: str) -> None:
    with pytest.raises(BadRequest, match=field):
        checked(Brand(**{field: picture}), _ORIGINS)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/login",
        "ftp://x.example",
        "/login",
        "https://",
        "https://a@b.example",
        "",
    ],
)
def test_viewers_sign_in_over_tls_only(url: str) -> None:
    with pytest.raises(BadRequest, match="sign_in_url"):
        decode_as({"sign_in_url": url}, NewBrand)
    decode_as({"sign_in_url": "https://shop.example/login?from=live"}, NewBrand)


def test_a_brand_is_read_back_as_it_was_stored_and_newer_fields_are_left_out() -> None:
    brand = Brand(name="Kiln & Linen", colour="#C2330A", logo=_UPLOAD)
    assert brand_of(stored(brand)) == brand
    assert brand_of('{"name": "Kiln", "motto": "of a later release"}') == Brand(name="Kiln")
    assert brand.uploads() == ["a" * 32, None, None, None]
