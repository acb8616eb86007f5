"""Tests that need a feature, and how they are left out with it.

A test in `tests/features/NAME/` needs that feature. Any other that does says so:
`@pytest.mark.feature("chat")`. `pytest --without chat` runs the rest, in a tree where the feature's
line is not in the list; `python -m tests.without chat` makes such a tree.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.features import House, meetings
from tests.every_feature import FOLDERS

_HOME: Final = Path(__file__).parent / "features"
_MET: Final = meetings(House(Path(__file__).parents[1]))


def with_dependents(name: str) -> list[str]:
    """Return a feature and those that stand on it: they cannot be there without it."""
    left_out = [name]
    for each in left_out:
        left_out += sorted(own for own, other in _MET if other == each and own not in left_out)
    return left_out


# Runs a test once for each feature, but for one that is left out or whose only user is.
each_feature = pytest.mark.parametrize(
    "feature",
    [pytest.param(name, marks=pytest.mark.feature(*with_dependents(name))) for name in FOLDERS],
)


def needs(path: Path, markers: Iterable[pytest.Mark]) -> set[str]:
    """Return the features that a test needs, by its file and its markers."""
    needed = {name for marker in markers for name in marker.args}
    if path.is_relative_to(_HOME) and len(path.relative_to(_HOME).parts) > 1:
        needed.add(path.relative_to(_HOME).parts[0])
    return needed


def leave_out(items: list[pytest.Item], without: Sequence[str]) -> list[pytest.Item]:
    """Take the tests that need a feature of `without` out of a list, and return them."""
    left_out = [
        item for item in items if needs(item.path, item.iter_markers("feature")) & set(without)
    ]
    items[:] = [item for item in items if item not in left_out]
    return left_out
