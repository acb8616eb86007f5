"""A feature's part of a worker, and what all parts of one share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from liveshop.core.settings import Settings
from liveshop.stores.failpoints import Reach, pass_by
from liveshop.stores.postgres.database import Database
from liveshop.worker.metrics import WorkerMetrics
from liveshop.worker.rounds import Rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """The means of a worker. `now_ms` is its clock, `stopping` is set once it is to end."""

    settings: Settings
    database: Database
    metrics: WorkerMetrics
    now_ms: Callable[[], int]
    stopping: anyio.Event = field(default_factory=anyio.Event)
    reach: Reach = pass_by
    _hearers: dict[str, list[Rounds]] = field(default_factory=dict, init=False)

    def rounds(
        self,
        name: str,
        work: Callable[[], Awaitable[bool]],
        *,
        every_s: float,
        rest: float = 0.0,
        hears: str | None = None,
    ) -> Rounds:
        """Make the rounds of one piece of work; `call` of what it hears begins one at once."""
        made = Rounds(
            name, work, every_s=every_s, rest=rest, metrics=self.metrics, stopping=self.stopping
        )
        if hears is not None:
            self._hearers.setdefault(hears, []).append(made)
        return made

    def call(self, what: str) -> None:
        """Wake the work of all parts that hears of this, which may be none."""
        for each in self._hearers.get(what, ()):
            each.wake()


class WorkerPart:
    """A feature's part of a worker; its `Feature` names the class."""

    def __init__(self, context: WorkerContext) -> None:
        """Make it, with its metrics: nothing runs yet."""

    async def run(self) -> None:
        """Work until the context says stop, and return once what is under way is finished."""
        raise NotImplementedError

    def sample(self) -> None:
        """Set the gauges of states, once a second."""
