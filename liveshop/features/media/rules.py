"""Uploaded pictures: what each is kept as, and what it is called."""

import re
from typing import Final

import msgspec
from msgspec import Struct

PATH: Final = "/media/"
ID: Final = r"[0-9a-f]{32}"
# The width that a picture has at most; it is at most twice as high, and never enlarged.
WIDTHS: Final = (320, 640, 1280)
WIDEST: Final = WIDTHS[-1]
HEIGHT_PER_WIDTH: Final = 2
ICON_SIDE: Final = 180

_TYPES: Final = {"webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}
# Each upload has all of these. The JPEG is for sites that show a link, the PNG for browsers' tabs.
NAMES: Final = (*(f"{width}.webp" for width in WIDTHS), f"{WIDEST}.jpg", "icon.png")
LARGE: Final = f"{WIDEST}.webp"
SHARED: Final = f"{WIDEST}.jpg"
ICON: Final = "icon.png"
_FILE: Final = re.compile(rf"{PATH}({ID})/({'|'.join(map(re.escape, NAMES))})")


class Rendition(Struct, frozen=True, kw_only=True):
    """One of the files that a picture is kept as."""

    name: str
    width: int
    height: int
    bytes: int


class Drawn(Struct, frozen=True, kw_only=True):
    """The answer of the process that draws a picture: its files follow in this order.

    `width` and `height` are those of the picture as it is seen. With a `refusal` there are none.
    """

    format: str = ""
    width: int = 0
    height: int = 0
    renditions: list[Rendition] = []
    refusal: str | None = None


class Upload(Struct, frozen=True, kw_only=True):
    """A picture that somebody of a shop has uploaded."""

    upload_id: str
    shop: str | None
    created_at_ms: int
    format: str
    width: int
    height: int
    renditions: list[Rendition]

    @property
    def bytes(self) -> int:
        """All that is stored of it."""
        return sum(each.bytes for each in self.renditions)


# Not by `core/wire.py`: each picture would pay for all events and records that it knows.
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Drawn)
_RENDITIONS: Final = msgspec.json.Decoder(list[Rendition])


def line_of(drawn: Drawn) -> bytes:
    """Return an answer as a line of JSON, which is how the process hands it over."""
    return _ENCODER.encode(drawn) + b"\n"


def drawn_of(line: bytes) -> Drawn:
    """Return the answer that a line was made of."""
    return _DECODER.decode(line)


def text_of(renditions: list[Rendition]) -> str:
    """Return renditions as they are stored."""
    return _ENCODER.encode(renditions).decode()


def renditions_of(text: str) -> list[Rendition]:
    """Return renditions that were stored."""
    return _RENDITIONS.decode(text)


def address_of(upload_id: str, name: str = LARGE) -> str:
    """Return the path of a file of an upload."""
    return f"{PATH}{upload_id}/{name}"


def upload_in(url: str) -> str | None:
    """Return the id of the upload that a path names a file of, None if it names none."""
    found = _FILE.fullmatch(url)
    return None if found is None else found[1]


def file_in(url: str) -> tuple[str, str] | None:
    """Return the upload and the name of the file that a path names, None if there can be none."""
    found = _FILE.fullmatch(url)
    return None if found is None else (found[1], found[2])


def media_type_of(name: str) -> str:
    """Return the media type of a file."""
    return _TYPES[name.rpartition(".")[2]]


def fitting(width: int, height: int, width_max: int) -> tuple[int, int]:
    """Return the size of a picture that is at most so wide, and twice as high."""
    part = min(1.0, width_max / width, HEIGHT_PER_WIDTH * width_max / height)
    return max(1, round(width * part)), max(1, round(height * part))


def shared_of(url: str) -> str:
    """Return the file of an upload that sites show a link with; any other address as it is."""
    upload_id = upload_in(url)
    return url if upload_id is None else address_of(upload_id, SHARED)


def icon_of(url: str) -> str:
    """Return the file of an upload that a browser shows in a tab; any other address as it is."""
    upload_id = upload_in(url)
    return url if upload_id is None else address_of(upload_id, ICON)
