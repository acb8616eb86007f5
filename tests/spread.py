"""How many processes of tests there are, and which of them takes what.

The tests of a file stay together, and so do the files of some folders: those whose tests share a
server, since each process would run one else, again and again; and those with a browser, because
Chromium gives itself a higher priority than the servers that it looks at: two of them on two cores
make a node lose its stores for a moment. What takes longest goes first, so that no process has it
left when the others have nothing more to do.
"""

import os
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/browser", "tests/system", "tests/hostile")
PROCESSES_MAX: Final = 8
_FIRST: Final = (*TOGETHER, "tests/loadtests", "tests/stores/redis")


def processes() -> int:
    """Three processes of tests on two cores: more than half of a test's time is waiting.

    `PYTEST_XDIST_AUTO_NUM_WORKERS` has precedence: a container may have less of its cores.
    """
    told = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(told) if told else min(PROCESSES_MAX, len(os.sched_getaffinity(0)) * 3 // 2)


class Spread(LoadScopeScheduling):  # type: ignore[misc]
    """Hands a process the next file, or folder, when it is almost done with what it has."""

    def _split_scope(self, nodeid: str) -> str:
        return _unit(nodeid)


def order(items: list[pytest.Item]) -> None:
    """Bring tests into the order in which they are handed out; what is equal stays as it was."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _unit(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def _rank(nodeid: str) -> int:
    folders = (place for place, each in enumerate(_FIRST) if nodeid.startswith(f"{each}/"))
    return next(folders, len(_FIRST))
