"""The encodings that spreadsheets save a CSV in: UTF-8, UTF-16, and Windows-1252."""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

_BOMS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}

# A letter or a mark of Western Europe in Windows-1252, of which never more than two stand together:
# in Greek or Cyrillic of another code page, and in Chinese or Japanese, many do.
_WESTERN: Final = re.compile(rb"[\x80\x84\x85\x8a\x8c\x8e\x91-\x97\x99\x9a\x9c\x9e-\xff]{1,2}")
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
# A letter in UTF-8: of a line that has one, the rest is damaged, and in no other encoding.
_UTF8: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf][\x80-\xbf]")


def utf8_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Return the chunks of a file, made UTF-8 if they are UTF-16."""
    source = iter(chunks)
    start = b""
    for chunk in source:
        start += chunk
        if len(start) >= 4:
            break
    encoding = _utf16(start)
    if encoding is None:
        yield start
        yield from source
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(start).removeprefix("\ufeff")
    yield text.encode("utf-8", "replace")
    for chunk in source:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _utf16(start: bytes) -> str | None:
    """Return which UTF-16 a file is in that starts so, None if it is in none.

    Without a byte order mark the names of the columns tell: each second byte of them is 0.
    """
    if start[:2] in _BOMS:
        return _BOMS[start[:2]]
    if len(start) >= 4 and start[1] == start[3] == 0 != start[0] and start[2]:
        return "utf-16-le"
    if len(start) >= 4 and start[0] == start[2] == 0 != start[1] and start[3]:
        return "utf-16-be"
    return None


def western_text(line: bytes) -> str | None:
    """Return a line as Windows-1252 has it; None if it does not look like a Western language."""
    if not _UTF8.search(line) and all(_WESTERN.fullmatch(each) for each in _HIGH.findall(line)):
        return line.decode("cp1252")
    return None
