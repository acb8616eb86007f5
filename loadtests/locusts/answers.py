"""One user's requests and how they ended, in memory that must not grow with the run."""

import itertools
import time
from collections.abc import Callable
from typing import Final

# Of so many rids a buyer knows how they ended, which takes it some minutes to fill.
FINALS_MAX: Final = 200


class Finals:
    """How the last rids and orders ended: each of them may end in one way."""

    def __init__(self) -> None:
        self._ends: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return how it ended, if it has."""
        return self._ends.get(name)

    def take(self, name: str, end: str) -> bool:
        """Note how it ended; return False where it ended otherwise before."""
        known = self._ends.setdefault(name, end)
        if len(self._ends) > FINALS_MAX:
            del self._ends[next(iter(self._ends))]
        return known == end


class Asked:
    """Commands that wait for an answer, each by the ref that it will have."""

    def __init__(self, patience_s: float, now_s: Callable[[], float] = time.perf_counter) -> None:
        self._patience_s = patience_s
        self._now_s = now_s
        self._refs = itertools.count(1)
        self._waiting: dict[int, tuple[str, float]] = {}

    def add(self, name: str) -> int:
        """Note that a command is sent now; return its ref."""
        ref = next(self._refs)
        self._waiting[ref] = (name, self._now_s())
        return ref

    def answered(self, ref: int | None) -> tuple[str, float] | None:
        """Return which command an answer is for, and how many milliseconds it took."""
        name, started_s = self._waiting.pop(ref or 0, ("", 0.0))
        return (name, (self._now_s() - started_s) * 1000) if name else None

    def overdue(self) -> list[str]:
        """Return, and forget, the commands that have waited for too long."""
        long_ago_s = self._now_s() - self._patience_s
        late = [ref for ref, (_, started_s) in self._waiting.items() if started_s <= long_ago_s]
        return [self._waiting.pop(ref)[0] for ref in late]
