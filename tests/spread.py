"""How many processes of tests there are, and which of them takes what.

The tests of a file run in one process, and so do all files of some folders. In `tests/system` and
`tests/hostile` the files share a server, which each process would have to start. In `tests/browser`
each test has a browser, and one takes most of a core: two of them on two cores leave little to the
servers of all other tests. The slowest folders go first, so that no process is left with one
when the others have finished.
"""

import os
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/browser", "tests/system", "tests/hostile")
# Each has a Valkey and a PostgreSQL, whatever the number of cores.
_PROCESSES_MAX: Final = 8
_FIRST: Final = (*TOGETHER, "tests/loadtests", "tests/stores/redis")


def processes() -> int:
    """Three processes of tests on two cores: more than half of a test's time is waiting.

    `PYTEST_XDIST_AUTO_NUM_WORKERS` overrides it: a container may see more cores than it may use.
    """
    told = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(told) if told else min(_PROCESSES_MAX, len(os.sched_getaffinity(0)) * 3 // 2)


class Spread(LoadScopeScheduling):  # type: ignore[misc]
    """Hands a process the next file, or folder, when it is almost done with what it has."""

    def _split_scope(self, nodeid: str) -> str:
        return _unit(nodeid)


def order(items: list[pytest.Item]) -> None:
    """Sort tests by their folders' turns; those of one turn keep their order."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _unit(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def _rank(nodeid: str) -> int:
    folders = (place for place, each in enumerate(_FIRST) if nodeid.startswith(f"{each}/"))
    return next(folders, len(_FIRST))
