"""The project's own source files and what can be read from them without running them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = ("liveshop", "tests", "loadtests", "tools")
SUFFIXES = (".py", ".lua", ".sql", ".js", ".css")

_JS_CONTROL = re.compile(r"^\s*(\}\s*)?(if|for|while|switch|catch|else)\b")
# The opening of a function that does not end on the same line, and the line that closes it.
_OPENINGS = {
    ".lua": re.compile(r"\bfunction\b(?!.*\bend\b)"),
    ".js": re.compile(r"(=>|\))\s*\{\s*$"),
}
_CLOSINGS = {".lua": "end", ".js": "}"}


class Import(NamedTuple):
    """One name imported by a module: `from a import b` is `a.b`, at `line`."""

    name: str
    line: int


class Function(NamedTuple):
    """A function and how many lines it takes, its signature included."""

    name: str
    lines: int


@cache
def sources(*suffixes: str) -> list[Path]:
    """Return our files with one of the suffixes (all that we check where none is given)."""
    return sorted(
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (suffixes or SUFFIXES) and "vendor" not in path.parts
    )


def package_sources() -> list[Path]:
    """Return the modules of the package itself."""
    return [path for path in sources(".py") if path.is_relative_to(ROOT / "liveshop")]


def short(path: Path) -> str:
    """Return a file's name as people write it."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """Return the name under which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[Import]:
    """Yield what a module imports, inside its functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)}:{node.lineno} imports relatively"
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(path: Path) -> Iterator[Function]:
    """Yield a file's functions; those of Lua and JavaScript are found by their indentation."""
    if path.suffix == ".py":
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None, "ast.parse tells where a function ends"
                yield Function(node.name, node.end_lineno - node.lineno + 1)
    elif path.suffix in _OPENINGS:
        yield from _indented_functions(path)


def _indented_functions(path: Path) -> Iterator[Function]:
    opening, closing = _OPENINGS[path.suffix], _CLOSINGS[path.suffix]
    lines = path.read_text(encoding="utf-8").splitlines()
    for first, line in enumerate(lines):
        if not opening.search(line) or line.lstrip().startswith("--") or _JS_CONTROL.match(line):
            continue
        indent = line[: len(line) - len(line.lstrip())]
        for last in range(first + 1, len(lines)):
            if lines[last].startswith(indent + closing):
                yield Function(line.strip(), last - first + 1)
                break
        else:
            raise AssertionError(f"{short(path)}:{first + 1} opens a function that never ends")
