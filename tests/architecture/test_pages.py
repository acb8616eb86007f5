"""The house of the pages: which folder may import which, and no circles, as in Python."""

import posixpath
import re
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.sources import ROOT, sources
from tests.every_feature import FOLDERS
from tests.leaving_out import each_feature

_PACKAGE = ROOT / "liveshop"
_PARTS = "features/parts.js"
_STATES = "features/states.js"
_IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.\.?/[^"']+)["']""")
_PART = re.compile(r'^  \{ name: "(\w+)",.* pages: \[(.*)\] \},$', re.M)

# The folders that a folder's files may import besides their own.
_ALLOWED = {
    "pages": ("pages/client", _STATES),
    "pages/client": (),
    "pages/shared": ("pages/client", "pages/vendor"),
    "pages/viewer": ("pages/client", "pages/shared", "pages/vendor", _PARTS, _STATES),
    "pages/console": ("pages/client", "pages/shared", "pages/vendor", _PARTS, _STATES),
    "pages/lobby": ("pages/client", "pages/shared", "pages/vendor", _PARTS),
}
_ALLOWED_TO_FEATURES = ("pages/client", "pages/shared", "pages/vendor")


def _imports() -> dict[str, set[str]]:
    """Return what each module of the pages and of the features imports, statically and lazily.

    The client's module is served next to the folder of the others, as `/liveshop.js`. The list of
    the features imports a module of each for each page that it names.
    """
    found = {
        module: {_resolved(module, name) for name in _IMPORTED.findall(path.read_text())}
        for path in sources(".js")
        if path.is_relative_to(_PACKAGE)
        for module in [path.relative_to(_PACKAGE).as_posix()]
    }
    found[_PARTS] |= {
        f"features/{feature}/page/{page}.js"
        for feature, pages in _parts().items()
        for page in pages
    }
    return found


def _parts() -> dict[str, list[str]]:
    """Return the features of the list, each with the pages to which it adds something."""
    lines = _PART.findall((_PACKAGE / _PARTS).read_text())
    return {feature: re.findall(r'"(\w+)"', pages) for feature, pages in lines}


def _resolved(module: str, name: str) -> str:
    folder = "" if module == "pages/liveshop.js" else posixpath.dirname(module)
    return posixpath.normpath(posixpath.join(folder, name))


def _folder(module: str) -> str:
    """Return the folder that a rule names; what is deeper belongs to it."""
    if module in (_PARTS, _STATES):
        return module
    parts = module.split("/")
    return "/".join(parts[: 3 if parts[0] == "features" else min(2, len(parts) - 1)])


def _allowed(module: str) -> tuple[str, ...]:
    if module in (_PARTS, _STATES):
        return tuple(f"features/{feature}/page" for feature in _parts())
    folder = _folder(module)
    return (folder, *(_ALLOWED_TO_FEATURES if folder.startswith("features/") else _ALLOWED[folder]))


def test_every_import_of_a_page_is_a_file() -> None:
    """Otherwise the tests below would not see where it leads."""
    missing = [
        f"{module} imports {name}"
        for module, names in _imports().items()
        for name in sorted(names)
        if not (_PACKAGE / name).is_file()
    ]
    assert missing == []


def test_a_module_imports_what_is_shared_and_its_own_folder_and_nothing_else() -> None:
    """So no page imports another, and no feature; what features bring comes by their one list."""
    wrong = [
        f"{module} imports {name}"
        for module, names in _imports().items()
        for name in sorted(names)
        if _folder(name) not in _allowed(module)
    ]
    assert wrong == []


@each_feature
def test_a_feature_with_a_module_for_a_page_is_in_the_list(feature: str) -> None:
    page = _PACKAGE / "features" / feature / "page"
    names = ("viewer", "console", "lobby")
    modules = {name for name in names if (page / f"{name}.js").is_file()}
    assert modules == set(_parts().get(feature, ()))


def test_the_list_has_no_feature_that_is_not_there() -> None:
    assert set(_parts()) <= set(FOLDERS)


@pytest.mark.parametrize("page", ["viewer", "console", "lobby", "shared", "client"])
def test_no_feature_is_named_by_a_path_in_the_kernels_pages(page: str) -> None:
    text = "\n".join(path.read_text() for path in (_PACKAGE / "pages" / page).glob("*.js"))
    assert re.findall(r"features/(?!parts\.js|states\.js)[\w/]+", text) == []


def test_no_modules_of_the_pages_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(_imports()).prepare()
    except CycleError as exc:
        raise AssertionError(" → ".join(exc.args[1])) from exc
