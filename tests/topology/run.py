"""A stampede before a load balancer, with viewers who only watch, and what must be true of both."""

import anyio

from tests.crash.checker import Finding
from tests.crash.run import Report, Run
from tests.crash.schedules import Schedule, Step
from tests.crash.world import CrashWorld
from tests.topology.watchers import Watchers

WATCHERS = 40
# They are told to come back in half a second to five: so many are never told nearly the same.
SPREAD_S_MIN = 1.5
# Between two nodes: for a second nginx asks no node that has refused, and it counts whole seconds.
PAUSE_S = 3.0
_BACK_S_MAX = 60.0


def schedule_with(fault: str, *, commands: int, at: tuple[float, ...], lasts_s: float) -> Schedule:
    """Return a schedule in which one fault comes at these parts of the stampede."""
    steps = tuple(
        Step(
            at_command=int(commands * part), fault=fault, lasts_s=lasts_s, node=turn % 2, amount=0.5
        )
        for turn, part in enumerate(at)
    )
    return Schedule(0, fault, commands, "direct", steps)


class WatchedRun(Run):
    """A run in which viewers watch too; `carry_out` also finds what went wrong for them."""

    def __init__(self, world: CrashWorld, schedule: Schedule, *, watchers: int = WATCHERS) -> None:
        super().__init__(world, schedule)
        self._count = watchers
        self._present = 0
        self.watchers: Watchers | None = None

    def carry_out(self) -> Report:
        """Let the stampede loose, do what the schedule says, and judge."""
        report = super().carry_out()
        assert self.watchers is not None
        report.findings += [Finding("P6", what) for what in self._judged(self.watchers)]
        return report

    async def _stampede(self) -> None:
        self.watchers = Watchers(self._urls[0], self._host.session_id, self._count)
        async with anyio.create_task_group() as watching:
            watching.start_soon(self.watchers.run)
            await super()._stampede()
            # Viewers who were told to move come back in their time.
            with anyio.move_on_after(_BACK_S_MAX):
                while not self.watchers.at_rest:  # noqa: ASYNC110
                    await anyio.sleep(0.1)
            self._present = self.watchers.present
            watching.cancel_scope.cancel()

    def _judged(self, watchers: Watchers) -> list[str]:
        found = []
        if self._present < self._count:
            found.append(f"of {self._count} viewers {self._present} are there at the end")
        if len(seen := set(watchers.offsets.values())) > 1:
            found.append(f"at rest some viewers have seen other events: the last are {seen}")
        if not any(step.fault == "rolling restart" for step in self._schedule.steps):
            return found
        if away := sum(not move.is_back for move in watchers.moves):
            found.append(f"{away} viewers who were told to move did not come back")
        returns = sorted(move.return_s for move in watchers.moves)
        if len(returns) < self._count // 2:
            found.append(f"{len(returns)} viewers were told to move")
        elif returns[-1] - returns[0] < SPREAD_S_MIN:
            found.append(f"{len(returns)} viewers were told to come back at the same time")
        return found
