"""The files of the pages, read and compressed once; no build step has been there before."""

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
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
# The one list of the features' modules for the pages.
_PARTS: Final = "features/parts.js"
_IMPORT: Final = re.compile(r"""^(?:import|export)\b[^;'"(]*['"](\.[^'"]+)['"]""", re.M)
_SCRIPT: Final = re.compile(r'^( *)<script type="module" src="/([^"]+)"></script>\n', re.M)
_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*(?s:.*?)\*/)[ \t]*$", re.M)
_ADDRESS: Final = re.compile(r'(href|src)="/pages/')
# A line of that list; a feature that a message wakes is loaded when that message comes.
_PART: Final = re.compile(r'^  \{ name: "(\w+)",(?! wakes:)', re.M)
# A feature's share of a file of the pages, by the folder of that file.
_SHARES: Final = (
    ("pages/", re.compile(r"features/\w+/page/(messages/\w+\.json|liveshop\.d\.ts)")),
    ("pages/styles/", re.compile(r"features/\w+/page/(\w+\.css)")),
)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent, plain and compressed."""

    media_type: str
    etag: str
    plain: bytes
    gzipped: bytes


@dataclass(frozen=True, slots=True)
class PageFiles:
    """All files by their path in the package; `version` is another one when any of them is."""

    version: str
    files: Mapping[str, PageFile]


def read_pages(package: Path) -> PageFiles:
    """Read the pages of the package, `pages/`, and the features' shares of them.

    A file has its path in the package as its address, so that relative imports lead to the same
    file in a browser as on the disk. A page names its files as `/pages/…`; as sent it names them as
    `/@version/pages/…`, which may be kept for good, and asks for all that its script imports at
    once. Of our own scripts and styles the comments that have lines of their own stay here; the
    lines stay, so that errors name them.
    """
    contents = {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(_sources(package))
        if path.suffix in _MEDIA_TYPES
    }
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    version = whole.hexdigest()[:12]
    contents = _gathered(contents)
    for name, content in contents.items():
        if name.endswith(".html"):
            contents[name] = _linked(content.decode(), contents, version).encode()
        elif name.endswith((".js", ".css")) and "/vendor/" not in name:
            contents[name] = _without_comments(content.decode()).encode()
    return PageFiles(version, {name: _file(name, each) for name, each in contents.items()})


def _sources(package: Path) -> Iterator[Path]:
    yield from (package / "pages").rglob("*")
    yield from package.glob(_PARTS)
    for page in package.glob("features/*/page"):
        yield from page.rglob("*")


def _gathered(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add what features say, declare and style to the files of the pages that are asked for."""
    wholes = {name: _whole(name) for name in contents}
    gathered = {name: content for name, content in contents.items() if wholes[name] is None}
    for name, whole in wholes.items():
        if whole is None:
            continue
        if whole.endswith(".json"):
            messages = {**json.loads(gathered[whole]), **json.loads(contents[name])}
            gathered[whole] = json.dumps(messages, ensure_ascii=False).encode()
        else:
            gathered[whole] += b"\n" + contents[name]
    return gathered


def _whole(name: str) -> str | None:
    """Return the file that a feature's file is a share of, or None."""
    for folder, pattern in _SHARES:
        if share := pattern.fullmatch(name):
            return folder + share[1]
    return None


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
            f'{indent}<link rel="modulepreload" href="/@{version}/{each}">\n'
            for each in _preloaded(name, contents)
        )
        return f'{indent}<script type="module" src="/@{version}/{name}"></script>\n{"".join(links)}'

    return _ADDRESS.sub(rf'\1="/@{version}/pages/', _SCRIPT.sub(with_preloads, page))


def _preloaded(script: str, contents: Mapping[str, bytes]) -> list[str]:
    """Return what a page's script imports, and the features' modules for that page.

    `pages/viewer/main.js` asks for `features/…/page/viewer.js` of each feature that is there from
    the start.
    """
    found = imported(script, contents)[1:]
    if _PARTS in found:
        page = script.split("/")[1]
        for feature in _PART.findall(contents[_PARTS].decode()):
            module = f"features/{feature}/page/{page}.js"
            if module in contents:
                found += [each for each in imported(module, contents) if each not in found]
    return found


def _file(name: str, content: bytes) -> PageFile:
    return PageFile(
        media_type=_MEDIA_TYPES[posixpath.splitext(name)[1]],
        etag=hashlib.sha256(content).hexdigest()[:16],
        plain=content,
        gzipped=gzip.compress(content, mtime=0),
    )
