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
    """Yield private attributes that are used on anything but oneself and others' modules."""
    foreign = _foreign_names(module)
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Attribute)
            and node.attr.startswith("_")
            and not node.attr.startswith("__")
            and node.attr not in _PUBLIC
            and not _is_own(node.value)
            and not (isinstance(node.value, ast.Name) and node.value.id in foreign)
        ):
            yield node.attr, node.lineno


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
        if alias.name.partition(".")[0] not in ("liveshop", "tests", "loadtests", "tools")
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
        ("assert engine()._door._inside == {}", ["_inside", "_door"]),
        ("rooms[0]._open = True", ["_open"]),
        ("assert self.room._open", ["_open"]),
        ("from liveshop.edge import wheel\nwheel._SLOTS", ["_SLOTS"]),
        ("import liveshop.edge.wheel as wheel\nwheel._SLOTS", ["_SLOTS"]),
        ("import asyncpg\nasyncpg.connect()._con", ["_con"]),
        ("import sys\nsys._getframe()", []),
        ("self._open = super()._opened(cls._count)", []),
        ("url._replace(port=1)", []),
        ("type(room).__name__", []),
    ],
)
def test_a_reach_is_found_and_nothing_else(planted: str, reached: list[str]) -> None:
    assert [name for name, _ in reaches(ast.parse(planted))] == reached
