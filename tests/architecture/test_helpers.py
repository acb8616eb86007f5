"""A helper that tests of several levels share has one home and one name."""

import ast

from tests.architecture.sources import ROOT, short, sources, tree
from tests.spread import TOGETHER

_WAITING = ("until", "wait_until")
# The helpers that the tests of a level stand on. Without the level in its name, nobody who reads an
# import would know which one is meant. A file may have one of its own, with an underscore.
_STANDINGS = ("Shop", "Node", "Show", "Stage", "World")


def test_there_is_one_way_to_wait_for_a_condition() -> None:
    homes = [
        (node.name, short(path))
        for path in sources(".py")
        if short(path).startswith("tests/")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _WAITING
    ]
    assert sorted(homes) == [(name, "tests/waiting.py") for name in _WAITING]


def test_what_a_level_stands_on_is_named_by_its_level() -> None:
    nameless = [
        f"{short(path)}:{node.lineno}: {node.name}"
        for path in sources(".py")
        if short(path).startswith("tests/")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and node.name in _STANDINGS
    ]
    assert nameless == []


def test_the_tests_of_a_folder_that_share_a_server_run_in_one_process() -> None:
    sharing = {
        short(path).removesuffix("/conftest.py")
        for path in sources(".py")
        if path.name == "conftest.py" and 'scope="package"' in path.read_text()
    }
    assert sharing | {"tests/browser"} == set(TOGETHER)
    assert all((ROOT / each).is_dir() for each in TOGETHER)
