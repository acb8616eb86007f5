"""How many processes of tests there are, and which of them takes what.

The tests of a file stay together, and so do the files of some folders: those whose tests share a
server, since each process would run one else, again and again; and those with a browser, since one
is enough for a core. What takes longest goes first, so that no process has it left when the others
have nothing more to do.
"""

import os
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

_TOGETHER: Final = ("tests/browser", "tests/system", "tests/hostile")
_FIRST: Final = (*_TOGETHER, "tests/loadtests", "tests/stores/redis")


def processes() -> int:
    """Three processes of tests on two cores: more than half of a test's time is waiting."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2)


class Spread(LoadScopeScheduling):  # type: ignore[misc]
    """Hands a process the next file, or folder, when it is almost done with what it has."""

    def _split_scope(self, nodeid: str) -> str:
        return _unit(nodeid)


def order(items: list[pytest.Item]) -> None:
    """Bring tests into the order in which they are handed out; what is equal stays as it was."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _unit(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((folder for folder in _TOGETHER if file.startswith(f"{folder}/")), file)


def _rank(nodeid: str) -> int:
    folders = (place for place, each in enumerate(_FIRST) if nodeid.startswith(f"{each}/"))
    return next(folders, len(_FIRST))
