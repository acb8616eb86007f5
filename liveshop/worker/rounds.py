"""Work that is done in rounds until the worker is told to stop, whatever one of them meets."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from liveshop.core.errors import Unavailable, reason
from liveshop.worker.metrics import WorkerMetrics

# Of PostgreSQL being away, or a bug: nothing is gained by asking again at once.
_PAUSE_S: Final = 1.0
_REST_S_MAX: Final = 1.0

_logger: Final = logging.getLogger(__name__)


class Rounds:
    """One piece of work, again and again: at once if there was more or it is woken.

    `work` returns True if there may be more to do. A failed round is followed by the next one;
    whatever it had begun has to be harmless when it is begun again. A round is followed by a rest
    of `rest` times as long as it took, at most a second, even if there is more or it is woken: what
    writes much while it catches up leaves PostgreSQL's disk to orders for most of the time.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[bool]],
        *,
        every_s: float,
        rest: float = 0.0,
        metrics: WorkerMetrics,
        stopping: anyio.Event,
    ) -> None:
        self.name = name
        self._rest = rest
        self._work = work
        self._every_s = every_s
        self._stopping = stopping
        self._woken = anyio.Event()
        self._done = metrics.rounds.labels(name)
        self._failed = metrics.failures.labels(name)
        self._away = False

    def wake(self) -> None:
        """Have the next round begin now, or right after the one that is under way."""
        self._woken.set()

    async def run(self) -> None:
        """Go round until the worker stops; a round that is under way is finished."""
        while not self._stopping.is_set():
            self._woken = anyio.Event()
            began_s = time.monotonic()
            pause_s = await self._round()
            if self._rest:
                took_s = time.monotonic() - began_s
                with anyio.move_on_after(min(_REST_S_MAX, self._rest * took_s)):
                    await self._stopping.wait()
            if pause_s:
                await self._wait(pause_s)

    async def _round(self) -> float:
        """Return after how many seconds the next round is due."""
        try:
            more = await self._work()
        except Unavailable as failure:
            if not self._away:
                _logger.warning("%s: PostgreSQL is away: %s", self.name, reason(failure))
            self._away = True
            return _PAUSE_S
        except Exception:
            _logger.exception("%s: a round failed", self.name)
            self._failed.inc()
            return _PAUSE_S
        self._away = False
        self._done.inc()
        return 0.0 if more else self._every_s

    async def _wait(self, seconds: float) -> None:
        """Wait until it is time, the work is woken, or the worker stops."""
        woken = self._woken
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as tasks:
                for event in (woken, self._stopping):
                    tasks.start_soon(_end_with, event, tasks.cancel_scope)


async def _end_with(event: anyio.Event, scope: anyio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
