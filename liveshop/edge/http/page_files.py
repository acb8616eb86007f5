"""The files of the pages, read and compressed once; no build step has been there before."""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_IMPORT: Final = re.compile(r"""^(?:import|export)\b[^;'"(]*['"](\.[^'"]+)['"]""", re.M)
_SCRIPT: Final = re.compile(r'^( *)<script type="module" src="/pages/([^"]+)"></script>\n', re.M)
_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*(?s:.*?)\*/)[ \t]*$", re.M)
_ADDRESS: Final = re.compile(r'(href|src)="/pages/')


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent, plain and compressed."""

    media_type: str
    etag: str
    plain: bytes
    gzipped: bytes


@dataclass(frozen=True, slots=True)
class PageFiles:
    """All files by their path in the folder; `version` is another one when any of them is."""

    version: str
    files: Mapping[str, PageFile]


def read_pages(folder: Path) -> PageFiles:
    """Read the folder.

    A page names its files as `/pages/…`; as sent it names them as `/pages/@version/…`, which may be
    kept for good, and asks for all that its script imports at once. Of our own scripts and styles
    the comments that have lines of their own stay here; the lines stay, so that errors name them.
    """
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in _MEDIA_TYPES
    }
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    version = whole.hexdigest()[:12]
    for name, content in contents.items():
        if name.endswith(".html"):
            contents[name] = _linked(content.decode(), contents, version).encode()
        elif name.endswith((".js", ".css")) and not name.startswith("vendor/"):
            contents[name] = _without_comments(content.decode()).encode()
    return PageFiles(version, {name: _file(name, each) for name, each in contents.items()})


def imported(name: str, contents: Mapping[str, bytes]) -> list[str]:
    """Return the modules that a module imports, and those that they do, itself first."""
    found = [name]
    for each in found:
        text = contents[each].decode()
        paths = [
            posixpath.normpath(posixpath.join(posixpath.dirname(each), relative))
            for relative in _IMPORT.findall(text)
        ]
        found += [path for path in dict.fromkeys(paths) if path not in found]
    return found


def _without_comments(text: str) -> str:
    return _COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)


def _linked(page: str, contents: Mapping[str, bytes], version: str) -> str:
    def with_preloads(script: re.Match[str]) -> str:
        indent, name = script.groups()
        links = (
            f'{indent}<link rel="modulepreload" href="/pages/{each}">\n'
            for each in imported(name, contents)[1:]
        )
        return script.group() + "".join(links)

    return _ADDRESS.sub(rf'\1="/pages/@{version}/', _SCRIPT.sub(with_preloads, page))


def _file(name: str, content: bytes) -> PageFile:
    return PageFile(
        media_type=_MEDIA_TYPES[posixpath.splitext(name)[1]],
        etag=hashlib.sha256(content).hexdigest()[:16],
        plain=content,
        gzipped=gzip.compress(content, mtime=0),
    )
