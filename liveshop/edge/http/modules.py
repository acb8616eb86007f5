"""One module of the pages, taken apart: what it imports, what it exports, and the rest of it.

The forms that are understood are those that our own modules are written in. Any other is an error
that names its file, because a page in which a module is half linked fails at its visitors.
"""

import posixpath
import re
from dataclasses import dataclass
from typing import Final

_IMPORT: Final = re.compile(
    r"""^import\b\s*(?:(?P<names>[^'"();]+?)\s*from\s*)?["'](?P<path>[^'"]+)["'][ \t]*;?""", re.M
)
# Compressed modules of others export at the end of a line.
_LIST: Final = re.compile(
    r"(?:^|(?<=[;}]))export\s*\{(?P<names>[^{}]*)\}"
    r"""(?:\s*from\s*["'](?P<path>[^'"]+)["'])?[ \t]*;?""",
    re.M,
)
_DECLARED: Final = re.compile(
    r"^export\s+((?:async\s+)?function\b\s*\*?\s*|class\s+|const\s+)([\w$]+)", re.M
)
_DEFAULT: Final = re.compile(
    r"(?:^|(?<=[;}]))export\s+default\s+(?!(?:async\s+)?function\s*\*?\s*[\w$]|class\s+\w)", re.M
)
_LEFT_OVER: Final = re.compile(
    r"""(?:^[ \t]*|(?<=[;}]))(?:import\b\s*[{*"'\w$]|export\b\s*[{*\w$])[^\n]{0,60}""", re.M
)
_LAZY: Final = re.compile(r"""\bimport\s*\(\s*(?:(["'])(?P<path>[^"'\n]+)\1|(?P<template>`))?""")
_LAZY_CALL: Final = re.compile(r"\bimport\s*\(")
_META: Final = re.compile(r"\bimport\.meta\b(?!\.url\b)")
_AWAIT: Final = re.compile(r"^(?![ \t}])(?!.*\basync\b).*\bawait\b.*$", re.M)
_VARIABLE: Final = re.compile(r"^(?:let|var)\s+([\w$]+)", re.M)
_NAME: Final = re.compile(r"([\w$]+)(?:\s+as\s+([\w$]+))?")
_TAKEN: Final = re.compile(
    r"(?<![\w$])\$(?:root|modules|made|need|importer|late|page|url|import)\b"
)


class LinkError(Exception):
    """A module is written in a form that the linker does not understand; it names the file."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"liveshop/{name}: {why}")


@dataclass(frozen=True, slots=True)
class Import:
    """A static import: `names` are pairs of the exported name and the one that it has here.

    Of `import * as n` the pair is ("*", "n").
    """

    path: str
    names: tuple[tuple[str, str], ...]
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Module:
    """A module; `exports` are pairs of the exported name and the expression that it stands for.

    `body` has neither imports nor exports, and as many lines as the text. `lazy` are the paths that
    it may load later.
    """

    name: str
    text: str
    body: str
    imports: tuple[Import, ...]
    exports: tuple[tuple[str, str], ...]
    lazy: tuple[str, ...]
    has_template: bool

    @property
    def exported(self) -> frozenset[str]:
        """The names that others may import."""
        return frozenset(name for name, _ in self.exports)

    @property
    def awaits(self) -> str | None:
        """The first line of the module itself that waits, or None."""
        found = _AWAIT.search(self.body)
        return found and found.group()


def read_module(name: str, text: str) -> Module:
    """Take a module apart; raises LinkError for a form that is not understood."""
    if found := _TAKEN.search(text):
        raise LinkError(name, f"the name {found.group()} is the linker's; choose another")
    imports = [_import(name, found) for found in _IMPORT.finditer(text)]
    exports: list[tuple[str, str]] = []
    for found in _LIST.finditer(text):
        names = _names(name, found["names"])
        if found["path"] is None:
            exports.extend((outside, inside) for inside, outside in names)
            continue
        kept = tuple((each, f"$import{len(exports) + at}") for at, (each, _) in enumerate(names))
        imports.append(Import(_resolved(name, found["path"]), kept, found.span()))
        exports.extend(
            (outside, local) for (_, outside), (_, local) in zip(names, kept, strict=True)
        )
    imports.sort(key=lambda each: each.place)
    body = _LIST.sub(_lines_of, _IMPORT.sub(_lines_of, text))

    def declared(found: re.Match[str]) -> str:
        exports.append((found[2], found[2]))
        return found[1] + found[2]

    def default(_: re.Match[str]) -> str:
        exports.append(("default", "$default"))
        return "const $default = "

    body = _DEFAULT.sub(default, _DECLARED.sub(declared, body))
    for pattern, why in (
        (_LEFT_OVER, "an import or export in a form that the linker does not understand"),
        (_META, "of import.meta the linker understands only import.meta.url"),
    ):
        if found := pattern.search(body):
            raise LinkError(name, f"{why}: {found.group().strip()}")
    _refuse_variables(name, body, exports)
    lazy, has_template = _lazy(name, body)
    return Module(name, text, body, tuple(imports), tuple(exports), lazy, has_template)


def _import(name: str, found: re.Match[str]) -> Import:
    names: list[tuple[str, str]] = []
    rest = (found["names"] or "").strip()
    if rest and not rest.startswith(("{", "*")):
        first, _, rest = rest.partition(",")
        names.append(("default", _names(name, first)[0][0]))
        rest = rest.strip()
    if rest.startswith("*"):
        names.append(("*", _names(name, rest[1:].strip().removeprefix("as "))[0][0]))
    elif rest.startswith("{") and rest.endswith("}"):
        names += _names(name, rest[1:-1])
    elif rest:
        raise LinkError(name, f"an import that the linker does not understand: {found.group()}")
    return Import(_resolved(name, found["path"]), tuple(names), found.span())


def _names(name: str, listed: str) -> list[tuple[str, str]]:
    pairs = []
    for each in filter(None, (part.strip() for part in listed.split(","))):
        found = _NAME.fullmatch(each)
        if found is None:
            raise LinkError(name, f"a name that the linker does not understand: {each}")
        pairs.append((found[1], found[2] or found[1]))
    return pairs


def _resolved(name: str, path: str) -> str:
    if not path.startswith("."):
        raise LinkError(name, f"imports {path}: only relative paths lead to a file of ours")
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _lines_of(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


def _refuse_variables(name: str, body: str, exports: list[tuple[str, str]]) -> None:
    # An importer takes the value that is there in the end. Those of others are set but once.
    if "/vendor/" in name:
        return
    may_change = set(_VARIABLE.findall(body))
    for _, local in exports:
        if local in may_change:
            raise LinkError(name, f"exports {local}, which may change: make it a const")


def _lazy(name: str, body: str) -> tuple[tuple[str, ...], bool]:
    paths = []
    has_template = False
    for found in _LAZY.finditer(body):
        if found["path"] is not None:
            paths.append(_resolved(name, found["path"]))
        elif found["template"] is not None:
            has_template = True
        else:
            raise LinkError(name, "import(…) of what is no text: the linker must know the file")
    return tuple(dict.fromkeys(paths)), has_template


def with_import(body: str, word: str) -> str:
    """Return the body with another function in place of `import(…)`."""
    return _LAZY_CALL.sub(f"{word}(", body)
