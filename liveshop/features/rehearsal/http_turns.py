"""How many rehearsals a node has under way at a time."""

from anyio import CapacityLimiter

from liveshop.edge.http.caller_turns import CallerTurns
from liveshop.features.rehearsal import limits


class RehearsalTurns(CallerTurns):
    """The rehearsals under way on a node: a body that is read, waits for a worker or is decided."""

    def __init__(self) -> None:
        super().__init__(
            per_caller_max=limits.REHEARSALS_PER_CALLER_MAX,
            at_once_max=limits.REHEARSALS_AT_ONCE_MAX,
            busy="a rehearsal is under way, try again",
        )
        self.workers = CapacityLimiter(limits.REHEARSAL_WORKERS_MAX)
