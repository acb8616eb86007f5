"""The files of the pages, read and compressed once; no build step has been there before."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from liveshop.edge.http.page_bundles import PARTS, STATES, bundles
from liveshop.edge.http.page_file import MEDIA_TYPES, PageFile, made

_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*(?s:.*?)\*/)[ \t]*$", re.M)
# A feature's share of a file of the pages, by the folder of that file.
_SHARES: Final = (
    ("pages/", re.compile(r"features/\w+/page/(messages/\w+\.json|liveshop\.d\.ts)")),
    ("pages/styles/", re.compile(r"features/\w+/page/(\w+\.css)")),
)


@dataclass(frozen=True, slots=True)
class PageFiles:
    """All files by their path in the package; `version` is another one when any of them is.

    `bundles` are the pages with what they load put together, as `page_bundles` says.
    """

    version: str
    files: Mapping[str, PageFile]
    bundles: Mapping[str, PageFile]


def read_pages(package: Path) -> PageFiles:
    """Read the pages of the package, `pages/`, and the features' shares of them.

    A file has its path in the package as its address, so that relative imports lead to the same
    file in a browser as on the disk. Of our own scripts and styles the comments that have lines of
    their own stay here; the lines stay, so that errors name them. Raises LinkError, which names the
    file, for a module that cannot be put together with the others.
    """
    contents = {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(_sources(package))
        if path.suffix in MEDIA_TYPES
    }
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    version = whole.hexdigest()[:12]
    contents = _gathered(contents)
    for name, content in contents.items():
        if name.endswith((".js", ".css")) and "/vendor/" not in name:
            contents[name] = _without_comments(content.decode()).encode()
    files = {name: made(name, each) for name, each in contents.items()}
    return PageFiles(version, files, bundles(files, version))


def _sources(package: Path) -> Iterator[Path]:
    yield from (package / "pages").rglob("*")
    for name in (PARTS, STATES):
        yield from package.glob(name)
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


def _without_comments(text: str) -> str:
    return _COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
