"""Each page as it is sent: its sheets as one file, its modules as one, in the reader's language."""

import json
import posixpath
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from liveshop.edge.http.linker import Modules, link, tail
from liveshop.edge.http.modules import LinkError
from liveshop.edge.http.page_file import PageFile, made

# The one list of the features' modules for the pages.
PARTS: Final = "features/parts.js"
# The states of those that are there from the start, which the client takes without the list.
STATES: Final = "features/states.js"
_GIVEN: Final = "pages/shared/given.js"
_MESSAGES: Final = re.compile(r"pages/messages/(\w+)\.json")
_SCRIPT: Final = re.compile(r'<script type="module" src="/(?P<name>[^"]+)"></script>')
_SHEETS: Final = re.compile(r'(?:^ *<link rel="stylesheet" href="/[^"]+">\n)+', re.M)
_HREF: Final = re.compile(r'href="/([^"]+)"')
_URL: Final = re.compile(r"""url\(\s*(["']?)(?!data:|https?:|/|#)([^"')]+)\1\s*\)""")
# A line of the list; a feature that a message wakes is loaded when that message comes.
_PART: Final = re.compile(r'^  \{ name: "(\w+)",( wakes:)?', re.M)


def bundles(files: Mapping[str, PageFile], version: str) -> dict[str, PageFile]:
    """Return what the pages of these files are sent as, by address after the version.

    `pages/watch.html?language=el` is a page in a language. Its script lies where its entry does,
    `pages/viewer/main.js?language=el`, since a node of another release has that file too. Its
    sheets are one next to it, `pages/watch.css`. Modules that it loads later are in a folder of the
    page's name, `viewer/features/…`, because they share the modules of its script.
    """
    contents = {name: file.plain for name, file in files.items()}
    modules = Modules(contents)
    found: dict[str, PageFile] = {}
    for name, content in contents.items():
        if not name.endswith(".html"):
            continue
        text = content.decode()
        scripts = list(_SCRIPT.finditer(text))
        if len(scripts) != 1:
            raise LinkError(name, f"{len(scripts)} module scripts: a page has one")
        entry = scripts[0]["name"]
        found |= _script(modules, files, entry)
        sheet = f"{name.removesuffix('.html')}.css"
        text = _with_one_sheet(text, sheet)
        found[sheet] = made(sheet, _sheets(content.decode(), contents).encode())
        for language in _languages(contents):
            address = f"{entry}?language={language}"
            page = _SCRIPT.sub(f'<script type="module" src="/{address}"></script>', text)
            page = page.replace('="/pages/', f'="/@{version}/pages/')
            found[f"{name}?language={language}"] = made(name, page.encode())
    return found


def _languages(names: Iterable[str]) -> list[str]:
    return [each[1] for each in map(_MESSAGES.fullmatch, names) if each]


def _script(
    modules: Modules, files: Mapping[str, PageFile], entry: str
) -> Iterator[tuple[str, PageFile]]:
    """Yield a page's script in each language, its map, and what it loads later."""
    page = entry.split("/")[1]
    features, woken = _of_features(modules, files, page, entry)
    linked = link(modules, page, entry, features, woken)
    compress = _compressor(linked.script.encode())
    for language in _languages(files):
        messages = {language: json.loads(files[f"pages/messages/{language}.json"].plain)}
        end = tail(entry, _GIVEN, messages).encode()
        file = made(entry, linked.script.encode() + end, compress(end))
        yield f"{entry}?language={language}", file
        if language == "en":
            yield entry, file  # a page of another release asks for no language
    yield f"{entry}.map", made(f"{entry}.map", linked.map.encode())
    for name, text in linked.late.items():
        # Most of what is loaded later is too long to be kept twice.
        content = text.encode()
        file = files[name]
        yield f"{page}/{name}", file if file.plain == content else made(name, content)


def _of_features(
    modules: Modules, files: Mapping[str, PageFile], page: str, entry: str
) -> tuple[list[str], list[str]]:
    """Return the features' modules for a page: those from the start, and those that are woken."""
    present: list[str] = []
    woken: list[str] = []
    if any(each.name == PARTS for each in modules.needed([entry])):
        for feature, wakes in _PART.findall(files[PARTS].plain.decode()):
            module = f"features/{feature}/page/{page}.js"
            if module in files and wakes:
                woken += [f"features/{feature}/page/state.js", module]
            elif module in files:
                present.append(module)
    return present, [each for each in woken if each in files]


def _compressor(start: bytes) -> Callable[[bytes], bytes]:
    """Return what compresses texts with the same start, which is compressed but once."""
    begun = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    first = begun.compress(start)

    def whole(end: bytes) -> bytes:
        rest = begun.copy()
        return first + rest.compress(end) + rest.flush()

    return whole


def _with_one_sheet(page: str, sheet: str) -> str:
    return _SHEETS.sub(f'    <link rel="stylesheet" href="/{sheet}">\n', page, count=1)


def _sheets(page: str, contents: Mapping[str, bytes]) -> str:
    """Return a page's sheets as one, in their order; addresses in them lead where they did."""
    texts = []
    for name in _HREF.findall("".join(_SHEETS.findall(page))):
        text = contents[name].decode()
        if "@import" in text:
            raise LinkError(name, "@import: link the sheet from the page instead")
        folder = posixpath.dirname(name)

        def moved(found: re.Match[str], folder: str = folder) -> str:
            path = posixpath.relpath(posixpath.normpath(posixpath.join(folder, found[2])), "pages")
            return f'url("{path}")'

        texts.append(_URL.sub(moved, text))
    return "\n".join(texts)
