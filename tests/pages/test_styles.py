"""The pages' sheets and scripts: each has its use, and nothing is said twice."""

import re
from collections import Counter
from pathlib import Path

import pytest

from liveshop.edge.http.linker import Modules
from liveshop.edge.http.page_files import read_pages

_PACKAGE = Path(__file__).parents[2] / "liveshop"
_PAGES = _PACKAGE / "pages"
_HTML = ("pages/index.html", "pages/watch.html", "pages/host.html")
_CLIENT = "pages/liveshop.js"
_SHEETS = sorted(path.name for path in (_PAGES / "styles").iterdir())
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.S | re.M)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CLASS = re.compile(r"\.([a-z][\w-]*)", re.I)
_LINKED = re.compile(r'(?:href|src)="/(?:@\w+/)?([^"]+)"')
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_WOKEN = re.compile(r'\{ name: "(\w+)", wakes:')


def _text(name: str) -> str:
    return _COMMENT.sub("", (_PACKAGE / name).read_text())


def _written(*kinds: str) -> list[str]:
    """Return the names of our own files of these kinds, of the pages and of the features."""
    return [
        path.relative_to(_PACKAGE).as_posix()
        for folder in ("pages", "features")
        for kind in kinds
        for path in (_PACKAGE / folder).rglob(kind)
        if "vendor" not in path.parts
    ]


def _sheet(sheet: str) -> str:
    """Return a sheet as it is sent, with what features add to it."""
    shares = (name for name in _written(sheet) if name.startswith("features/"))
    return "\n".join(map(_text, (f"pages/styles/{sheet}", *shares)))


def _rules(sheet: str) -> list[tuple[str, str]]:
    """Return the selectors and declarations of a sheet, those of its media queries left out."""
    text = re.sub(r"@\w[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", _sheet(sheet))
    found = [
        (" ".join(rule[1].split()), " ".join(rule[2].split())) for rule in _RULE.finditer(text)
    ]
    assert found, sheet
    return found


def _linked(page: str) -> list[str]:
    return [name for name in _LINKED.findall(_text(page)) if name.startswith("pages/styles/")]


def test_every_file_is_used_by_a_page_or_handed_out() -> None:
    pages = read_pages(_PACKAGE)
    contents = {name: file.plain for name, file in pages.files.items()}
    modules = Modules(contents)

    def imported(*names: str) -> set[str]:
        return {each.name for each in modules.needed(names)}

    used = {*_HTML, _CLIENT, *imported("pages/client/shop.js")}
    for page in _HTML:
        linked = _LINKED.findall(contents[page].decode())
        used |= {*linked, *imported(*(name for name in linked if name.endswith(".js")))}
    for feature in Path(_PACKAGE / "features").glob("*/page/*.js"):
        if feature.stem in ("state", "viewer", "console", "lobby"):
            used |= imported(feature.relative_to(_PACKAGE).as_posix())
    scripts = [name for name in used if name.endswith(".js")]
    later = {path for name in scripts if name != _CLIENT for path in modules[name].lazy}
    kept = {name for name in contents if name.endswith((".js", ".css", ".html"))}
    assert kept - used - later == set()


@pytest.mark.parametrize("sheet", _SHEETS)
def test_every_class_that_a_sheet_names_is_worn_by_something(sheet: str) -> None:
    worn = "\n".join(_text(name) for name in _written("*.js", "*.html"))
    selectors = re.sub(r"\{[^{}]*\}", ";", _sheet(sheet))
    named = {*_CLASS.findall(selectors)}
    assert {
        name for name in named if not re.search(rf"(?<![\w-])(--)?{name}(?![\w-])", worn)
    } == set()


def test_every_custom_property_is_used() -> None:
    defined = set(re.findall(r"^\s*(--[\w-]+):", _text("pages/styles/tokens.css"), re.M))
    text = "\n".join(_text(name) for name in _written("*.css", "*.js"))
    used = set(re.findall(r'(?:var\(|")(--[\w-]+)[)"]', text))
    # A length that only a script knows is in the element's own style.
    of_scripts = set(re.findall(r"`(--[\w-]+): ", text))
    assert used == defined | of_scripts


@pytest.mark.parametrize("page", _HTML)
def test_a_page_is_told_a_thing_once(page: str) -> None:
    sheets = [name.removeprefix("pages/styles/") for name in _linked(page)]
    assert sheets[:2] == ["tokens.css", "base.css"]
    told = Counter(
        (selector, each.partition(":")[0].strip())
        for sheet in sheets
        for selector, declarations in _rules(sheet)
        for each in declarations.rstrip("; ").split(";")
    )
    assert {thing for thing, times in told.items() if times > 1} == set()


def test_no_two_rules_of_the_pages_are_the_same() -> None:
    rules = Counter(rule for sheet in _SHEETS for rule in _rules(sheet))
    assert {rule for rule, times in rules.items() if times > 1} == set()
