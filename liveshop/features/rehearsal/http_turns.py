"""How many rehearsals a node has under way at a time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter

from liveshop.core.errors import Busy
from liveshop.edge.http.callers import Caller
from liveshop.features.rehearsal import limits


class RehearsalTurns:
    """The rehearsals under way on a node: a body that is read, waits for a worker or is decided."""

    def __init__(self) -> None:
        self.workers = CapacityLimiter(limits.REHEARSAL_WORKERS_MAX)
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def turn(self, caller: Caller) -> Iterator[None]:
        """Count one of the caller's; raises Busy where it, or the node, has too many."""
        name, counts = caller.name, self._under_way
        if (
            counts[name] >= limits.REHEARSALS_PER_CALLER_MAX
            or counts.total() >= limits.REHEARSALS_AT_ONCE_MAX
        ):
            raise Busy("a rehearsal is under way, try again")
        counts[name] += 1
        try:
            yield
        finally:
            counts[name] -= 1
            if not counts[name]:
                del counts[name]
