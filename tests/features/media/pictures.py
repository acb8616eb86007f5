"""Pictures as people have them, and as attackers make them."""

import struct
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms

# Made once: the instant at which it is made stands in it.
_PROFILE: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RED: Final = (200, 30, 30)
BLUE: Final = (20, 40, 200)


def halves(width: int = 400, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture as a file."""
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """Return the picture of a file, read whole."""
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


def photo(orientation: int = 1, **fields: Any) -> bytes:
    """Return a JPEG as a phone makes it: with Exif, a place, a name, a comment and a profile."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCameraMaker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (37.0, 58.0, 17.0)
    options = {"exif": exif, "comment": b"SecretComment", "icc_profile": _PROFILE, **fields}
    return encoded(halves(), "JPEG", quality=95, **options)


def png(*chunks: tuple[bytes, bytes], width: int = 8, height: int = 8) -> bytes:
    """Return a PNG made of chunks between its head and its end, whatever they are."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), *chunks, (b"IEND", b""))
    )


def pixels(width: int = 8, height: int = 8) -> tuple[bytes, bytes]:
    """Return the chunk of a PNG that has its pixels."""
    return b"IDAT", zlib.compress(height * (b"\0" + width * b"\x10\x20\x30"))


def bomb(size: int = 200_000_000) -> bytes:
    """Return a compressed stream of zeros, a thousandth of their size."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)]
    return b"".join((*parts, packer.flush()))


async def chunks(data: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    """Yield a file as it comes in."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
