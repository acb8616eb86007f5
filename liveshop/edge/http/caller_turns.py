"""How many of something that takes long a node has under way, and how many of one caller."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from liveshop.core.errors import Busy
from liveshop.edge.http.callers import Caller


class CallerTurns:
    """Counts what is under way; `busy` says why another is refused."""

    def __init__(self, *, per_caller_max: int, at_once_max: int, busy: str) -> None:
        self._per_caller_max, self._at_once_max, self._busy = per_caller_max, at_once_max, busy
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def turn(self, caller: Caller) -> Iterator[None]:
        """Count one of the caller's; raises Busy where it, or the node, has too many."""
        name, counts = caller.name, self._under_way
        if counts[name] >= self._per_caller_max or counts.total() >= self._at_once_max:
            raise Busy(self._busy)
        counts[name] += 1
        try:
            yield
        finally:
            counts[name] -= 1
            if not counts[name]:
                del counts[name]
