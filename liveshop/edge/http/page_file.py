"""A file of the pages, compressed once."""

import gzip
import hashlib
import posixpath
from dataclasses import dataclass
from typing import Final

MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent, plain and compressed."""

    media_type: str
    etag: str
    plain: bytes
    gzipped: bytes


def made(name: str, content: bytes, gzipped: bytes | None = None) -> PageFile:
    """Return a file of this name, compressed here unless it already is."""
    return PageFile(
        media_type=MEDIA_TYPES[posixpath.splitext(name)[1]],
        etag=hashlib.sha256(content).hexdigest()[:16],
        plain=content,
        gzipped=gzipped or gzip.compress(content, mtime=0),
    )
