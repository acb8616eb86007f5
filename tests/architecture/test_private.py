"""No test reaches into what a class keeps for itself: tests hold what can be seen from outside.

A test that reads a private attribute fails when the code is only arranged differently, and goes on
when what users see has broken.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.sources import module_name, short, sources, tree

_OWN = ("self", "cls")
# `NamedTuple` documents these; the underscore only keeps them apart from the names of fields.
_PUBLIC = ("_asdict", "_fields", "_make", "_replace")


class Exempt(NamedTuple):
    """Private attributes that one file may use, and why it has no other way."""

    file: str
    attributes: tuple[str, ...]
    why: str


EXEMPT = (
    Exempt(
        "tests/stores/redis/test_link.py",
        ("_connection", "_writer"),
        "A transport that closes between two calls is a moment that no server and no proxy can "
        "hit: whatever they do, the loop tells the link of it before the next call.",
    ),
    Exempt(
        "tests/conftest.py",
        ("_id",),
        "Two tests of one id are one test to the plugin that spreads them, and pytest has no "
        "public way to change an id.",
    ),
    Exempt(
        "tests/fuzz/visits.py",
        ("_websocket",),
        "The fuzzer bounds how many bytes one viewer makes the node keep after each of its steps, "
        "and nothing outside the socket tells that.",
    ),
)


def reaches(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield private names that are used of anything but oneself and others' modules."""
    foreign = _foreign_names(module)
    for node in ast.walk(module):
        match node:
            case ast.Attribute(value=holder, attr=name) if not (
                _is_own(holder) or (isinstance(holder, ast.Name) and holder.id in foreign)
            ):
                named = [name]
            case ast.ImportFrom(module=str(source)) if _is_ours(source):
                named = [alias.name for alias in node.names]
            case ast.Call(args=[_, ast.Constant(value=str(name)), *_]) if _reaches_by_text(node):
                named = [name]
            case _:
                continue
        yield from ((each, node.lineno) for each in named if _is_private(each))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in _PUBLIC


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("liveshop", "tests", "loadtests", "tools")


def _reaches_by_text(call: ast.Call) -> bool:
    """Whether it is `getattr`, `monkeypatch.setattr` or the like, of something else."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("getattr", "setattr", "delattr") and not _is_own(call.args[0])


def _is_own(holder: ast.expr) -> bool:
    """Whether an attribute is one's own, or of the class that one extends."""
    if isinstance(holder, ast.Call):
        return isinstance(holder.func, ast.Name) and holder.func.id == "super"
    return isinstance(holder, ast.Name) and holder.id in _OWN


def _foreign_names(module: ast.Module) -> set[str]:
    """Return the names by which a file knows modules that are not ours."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for alias in node.names
        if not _is_ours(alias.name)
    }


def _tests() -> list[Path]:
    return [path for path in sources(".py") if module_name(path).startswith("tests")]


def test_no_test_reads_what_is_private() -> None:
    exempt = {(each.file, attribute) for each in EXEMPT for attribute in each.attributes}
    found = [
        f"{short(path)}:{line} reads {name}: assert what can be seen from outside"
        for path in _tests()
        for name, line in reaches(tree(path))
        if (short(path), name) not in exempt
    ]
    assert found == []


def test_each_exemption_is_used() -> None:
    used = {(short(path), name) for path in _tests() for name, _ in reaches(tree(path))}
    exempt = {(each.file, attribute) for each in EXEMPT for attribute in each.attributes}
    assert exempt - used == set()


@pytest.mark.parametrize(
    ("planted", "reached"),
    [
        ("assert room.host._lock.locked()", ["_lock"]),
        ("assert engine()._viewer_admission._inside == {}", ["_inside", "_viewer_admission"]),
        ("rooms[0]._open = True", ["_open"]),
        ("assert self.room._open", ["_open"]),
        ("from liveshop.edge import wheel\nwheel._SLOTS", ["_SLOTS"]),
        ("import liveshop.edge.wheel as wheel\nwheel._SLOTS", ["_SLOTS"]),
        ("from liveshop.edge.wheel import _SLOTS", ["_SLOTS"]),
        ("from asyncio.events import _get_running_loop", []),
        ("getattr(room, '_open')", ["_open"]),
        ("monkeypatch.setattr(room, '_open', True)", ["_open"]),
        ("import asyncpg\nasyncpg.connect()._con", ["_con"]),
        ("import sys\nsys._getframe()", []),
        ("self._open = super()._opened(cls._count)", []),
        ("url._replace(port=1)", []),
        ("type(room).__name__", []),
    ],
)
def test_a_reach_is_found_and_nothing_else(planted: str, reached: list[str]) -> None:
    assert [name for name, _ in reaches(ast.parse(planted))] == reached
