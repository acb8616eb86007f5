"""The tree without a feature: a node serves a show, and the rules and quick tests hold.

`make without FEATURE=…` runs the whole suite so; here is what takes a few seconds.
"""

import re
from pathlib import Path

import pytest

from loadtests.kit.checkout import Checkout
from loadtests.kit.worker import WorkerFailed
from tests.every_feature import EVERY, FOLDERS, LISTED
from tests.leaving_out import with_dependents
from tests.recording.server import open_server
from tests.without.show import serve
from tests.without.tree import LineMissing, Tree

# Each of them takes features out of a tree that has them all.
pytestmark = pytest.mark.feature(*FOLDERS)

_RULES = ("tests/architecture/test_features.py", "tests/architecture/test_layers.py")
_QUICK = (*_RULES, "tests/architecture/test_pages.py", "tests/docs", "tests/core/test_session.py")


def _commands(names: list[str]) -> list[str]:
    """Return the types of the commands of features."""
    kinds = [kind for each in EVERY if each.name in names for kind in each.commands]
    return [str(kind.__struct_config__.tag) for kind in kinds]


@pytest.mark.parametrize("feature", LISTED)
async def test_a_node_without_one_feature_serves_a_show(
    feature: str, redis_url: str, postgres_url: str, tmp_path: Path
) -> None:
    tree, left_out = Tree(tmp_path / "tree"), with_dependents(feature)
    tree.leave_out(left_out)
    with open_server(Checkout(tree.folder), redis_url, postgres_url, tmp_path) as server:
        await serve(server, _commands(left_out))


def test_the_kernel_without_any_feature_keeps_the_rules_and_passes_quick_tests(
    tmp_path: Path,
) -> None:
    tree = Tree(tmp_path / "tree")
    tree.leave_out(LISTED)
    done = tree.test(FOLDERS, "-q", "-x", "-p", "no:cacheprovider", *_QUICK)
    assert done.returncode == 0, done.stdout[-8_000:]
    assert re.search(r"\d+ passed", done.stdout)


def test_a_feature_that_is_not_listed_once_is_not_taken_for_left_out(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    tree.leave_out(["chat"])
    with pytest.raises(LineMissing, match=r"features/__init__\.py has 0 lines"):
        tree.leave_out(["chat"])


async def test_a_kernel_that_needs_a_feature_does_not_start_without_it(
    redis_url: str, postgres_url: str, tmp_path: Path
) -> None:
    tree = Tree(tmp_path / "tree")
    tree.leave_out(["likes"])
    pulse = tree.folder / "liveshop/engine/engine.py"
    needed = (
        'from liveshop.features import FEATURES\nassert "likes" in [e.name for e in FEATURES]\n'
    )
    pulse.write_text(pulse.read_text() + needed)
    with (
        pytest.raises(WorkerFailed, match="the server does not start"),
        open_server(Checkout(tree.folder), redis_url, postgres_url, tmp_path),
    ):
        pass
