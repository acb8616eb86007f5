"""A stranger's picture drawn again, in the sizes of the pages and without all else in its file.

It is decoded and encoded, so that nothing of the file but its pixels goes on: no place where it was
taken, no name of a camera, no text, and no other file that hides in it.
"""

from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms

from liveshop.core.errors import BadRequest
from liveshop.features.media import limits, rules
from liveshop.features.media.rules import Drawn, Rendition

_ORIENTATION: Final = 0x0112
# How a picture is turned upright, by what Exif says of it.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING: Final = (5, 6, 7, 8)
_WEBP: Final = {"quality": 82, "method": 4}
_JPEG: Final = {"quality": 85, "progressive": True}
# One step is taken by averaging whole blocks while a picture is so many times too large.
_GAP: Final = 2.0


def kind_of(data: bytes) -> str | None:
    """Return what a file is by its first bytes, None if it is no picture that is taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def draw(data: bytes) -> tuple[Drawn, list[bytes]]:
    """Return a picture's files, in the order of `rules.NAMES`; BadRequest for what is none."""
    kind = kind_of(data)
    if kind is None:
        raise BadRequest("the body has to be the bytes of a picture: JPEG, PNG or WebP")
    # Checked here: of a WebP, memory for all its pixels is taken when it is opened.
    Image.MAX_IMAGE_PIXELS = None
    if kind == "WEBP":
        _check_size(*_webp_size(data))
    try:
        with Image.open(BytesIO(data), formats=[kind]) as opened:
            _check_size(*opened.size)
            if kind != "JPEG" and getattr(opened, "is_animated", False):
                raise BadRequest("the picture moves: upload a still one")
            return _drawn(kind, opened)
    except BadRequest:
        raise
    except MemoryError:
        raise BadRequest("the picture takes too much memory: make it smaller") from None
    except Exception as fault:
        # A damaged file may raise anything in a decoder: the process ends with it either way.
        raise BadRequest("the picture cannot be read: it is damaged or cut short") from fault


def _check_size(width: int, height: int) -> None:
    if width * height > limits.UPLOAD_PIXELS_MAX:
        megapixels = limits.UPLOAD_PIXELS_MAX // 1_000_000
        raise BadRequest(
            f"the picture has {width} × {height} pixels, and may have {megapixels} megapixels"
        )


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the size that a WebP says it has (RFC 9649), 0 if it says none."""
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        return 0, 0
    if chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    sides = int.from_bytes(body[6:10], "little")
    return sides & 0x3FFF, sides >> 16 & 0x3FFF


def _drawn(kind: str, opened: Image.Image) -> tuple[Drawn, list[bytes]]:
    if kind != "JPEG":
        # Before its Exif, which may stand behind the pixels: if a fault of these were taken for one
        # of that, a black picture would be taken for a whole one.
        opened.load()
    turn = _orientation(opened)
    width, height = opened.size[::-1] if turn in _LYING else opened.size
    largest = rules.fitting(width, height, rules.WIDEST)
    stored = largest[::-1] if turn in _LYING else largest
    # A JPEG is decoded at an eighth, a quarter or half of its size, if that is enough.
    opened.draft(None, stored)
    opened.load()
    profile = opened.info.get("icc_profile")
    picture = _resized(_plain(opened), stored)
    if turn in _TURNS:
        picture = picture.transpose(_TURNS[turn])
    picture = _opaque(_in_srgb(picture, profile))
    picture.info.clear()
    files = [_webp(picture, rules.fitting(width, height, side)) for side in rules.WIDTHS]
    files += [_jpeg(picture), _icon(picture)]
    renditions = [
        Rendition(name=name, width=size[0], height=size[1], bytes=len(data))
        for name, (data, size) in zip(rules.NAMES, files, strict=True)
    ]
    drawn = Drawn(format=kind.lower(), width=width, height=height, renditions=renditions)
    return drawn, [data for data, _ in files]


def _orientation(opened: Image.Image) -> int:
    try:
        said = opened.getexif().get(_ORIENTATION, 1)
    except Exception:
        # The pixels may be whole where their Exif is not: it only says how they are turned.
        return 1
    return said if isinstance(said, int) else 1


def _plain(opened: Image.Image) -> Image.Image:
    """Return a picture of 8 bits a channel, without a palette."""
    if opened.mode.startswith("I"):
        # Of 16 bits those above are kept; `convert` would keep white for nearly everything.
        return opened.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if opened.mode == "1":
        return opened.convert("L")
    if opened.has_transparency_data:
        return opened.convert("RGBA")
    return opened.convert("RGB") if opened.mode in ("P", "PA") else opened


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)


def _in_srgb(picture: Image.Image, profile: Any) -> Image.Image:
    """Return a picture in sRGB, which is what a browser takes one without a profile for."""
    alpha = picture.getchannel("A") if "A" in picture.getbands() else None
    colours = picture.convert(picture.mode.rstrip("A")) if alpha is not None else picture
    made = _transformed(colours, profile) or colours.convert("RGB")
    if alpha is not None:
        made.putalpha(alpha)
    return made


def _transformed(colours: Image.Image, profile: Any) -> Image.Image | None:
    if not isinstance(profile, bytes) or not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(
            colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        # A profile that is damaged, or of other colours than the picture's, is as good as none.
        return None


def _opaque(picture: Image.Image) -> Image.Image:
    """Return a picture without an alpha channel that changes nothing."""
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        return picture.convert("RGB")
    return picture


def _webp(picture: Image.Image, size: tuple[int, int]) -> tuple[bytes, tuple[int, int]]:
    return _encoded(_resized(picture, size), "WEBP", **_WEBP), size


def _jpeg(picture: Image.Image) -> tuple[bytes, tuple[int, int]]:
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    return _encoded(picture, "JPEG", **_JPEG), picture.size


def _icon(picture: Image.Image) -> tuple[bytes, tuple[int, int]]:
    part = min(1.0, rules.ICON_SIDE / max(picture.size))
    width, height = picture.size
    size = max(1, round(width * part)), max(1, round(height * part))
    return _encoded(_resized(picture, size), "PNG"), size


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
