"""The house of the pages: which folder may import which, and no circles, as in Python."""

import posixpath
import re
from graphlib import CycleError, TopologicalSorter

from tests.architecture.sources import ROOT, sources

_PAGES = ROOT / "liveshop" / "pages"
_IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.\.?/[^"']+)["']""")

# The folders that a folder's files may import besides their own; "" is the folder of the pages.
_ALLOWED = {
    "": ("client",),
    "client": (),
    "shared": ("client", "vendor"),
    "viewer": ("client", "shared", "vendor"),
    "console": ("client", "shared", "vendor"),
    "lobby": ("client", "shared", "vendor"),
}


def _imports() -> dict[str, set[str]]:
    """Return what each module of the pages imports, statically and lazily.

    The client's module is served next to the folder of the others, as `/liveshop.js`.
    """
    return {
        module: {
            posixpath.normpath(posixpath.join(posixpath.dirname(module), name)).removeprefix(
                "pages/"
            )
            for name in _IMPORTED.findall(path.read_text())
        }
        for path in sources(".js")
        if path.is_relative_to(_PAGES)
        for module in [path.relative_to(_PAGES).as_posix()]
    }


def _folder(module: str) -> str:
    return module.partition("/")[0] if "/" in module else ""


def test_every_import_of_a_page_is_a_file() -> None:
    """Otherwise the tests below would not see where it leads."""
    missing = [
        f"{module} imports {name}"
        for module, names in _imports().items()
        for name in sorted(names)
        if not (_PAGES / name).is_file()
    ]
    assert missing == []


def test_a_page_imports_what_is_shared_and_never_another_page() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, names in _imports().items()
        for name in sorted(names)
        if _folder(name) not in (_folder(module), *_ALLOWED[_folder(module)])
    ]
    assert wrong == []


def test_no_modules_of_the_pages_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(_imports()).prepare()
    except CycleError as exc:
        raise AssertionError(" → ".join(exc.args[1])) from exc
