"""A worker: the parts of all features, their pool, and an end that finishes what is under way."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

import anyio

from liveshop.core.errors import Unavailable, reason
from liveshop.core.feature import Feature, Vocabulary
from liveshop.core.limits import POSTGRES_CALL_MS_MAX
from liveshop.core.settings import Settings
from liveshop.stores.failpoints import reach
from liveshop.stores.postgres.database import SERVER_SETTINGS, Database
from liveshop.worker.clock import Clock
from liveshop.worker.metrics import WorkerMetrics
from liveshop.worker.part import WorkerContext, WorkerPart
from liveshop.worker.upkeep import Upkeep

# A worker's statements read much, and nobody waits for them. A node's settings forbid to read a
# table whole, which is right for purchases and wrong for reports.
_STATEMENT_MS_MAX: Final = 60_000
_SERVER_SETTINGS: Final = {
    **SERVER_SETTINGS,
    "application_name": "liveshop-work",
    "statement_timeout": str(_STATEMENT_MS_MAX),
    "enable_seqscan": "on",
}
# Work that is under way gets this long when a worker stops; whatever is cut off is done again.
STOP_S_MAX: Final = 10.0
_SAMPLE_S: Final = 1.0
_LOOK_S_MAX: Final = 5.0
_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms"

_logger: Final = logging.getLogger(__name__)


def worker_database(settings: Settings) -> Database:
    """Return a pool for a worker: it takes none of the connections of nodes."""
    return Database(
        settings.postgres_url,
        pool_max=settings.work_pool_max,
        server_settings=_SERVER_SETTINGS,
        call_ms_max=_STATEMENT_MS_MAX + POSTGRES_CALL_MS_MAX,
    )


class Worker:
    """One worker process. It owns nothing: kill it, and another goes on where it was.

    `run` has to be started with its database running. Its clock is PostgreSQL's, unless a test
    gives another one.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        features: Iterable[Feature],
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self._clock = Clock()
        self.metrics: Final = WorkerMetrics()
        self.context: Final = WorkerContext(
            settings=settings,
            database=database,
            metrics=self.metrics,
            now_ms=now_ms or self._clock.now_ms,
            reach=reach(settings.failpoint),
        )
        makers = [each.worker for each in Vocabulary(features).features if each.worker]
        self._parts: Final[list[WorkerPart]] = [
            Upkeep(self.context),
            *(make(self.context) for make in makers),
        ]
        # Whether PostgreSQL answered when it was asked last.
        self.ready = False
        self._away = False

    def stop(self) -> None:
        """Have `run` return once what is under way is finished."""
        self.context.stopping.set()

    async def run(self) -> None:
        """Work until told to stop, and finish what is under way for at most STOP_S_MAX."""
        await self._await_postgres()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch, tasks.cancel_scope)
            async with anyio.create_task_group() as parts:
                for part in self._parts:
                    parts.start_soon(part.run)
            tasks.cancel_scope.cancel()
        if not self.context.stopping.is_set():
            raise RuntimeError("a part of the worker ended before it was told to")

    async def _watch(self, everything: anyio.CancelScope) -> None:
        """Ask PostgreSQL now and then, set the gauges, and cut off what takes too long to end."""
        while not self.context.stopping.is_set():
            await self._look()
            with anyio.move_on_after(_SAMPLE_S):
                await self.context.stopping.wait()
        await anyio.sleep(STOP_S_MAX)
        _logger.warning("stopping at once: another worker does again what is under way")
        everything.cancel()

    async def _await_postgres(self) -> None:
        """Wait until the time is known: there is nothing to do without PostgreSQL anyway."""
        while not self._clock.observed and not self.context.stopping.is_set():
            await self._look()
            if not self._clock.observed:
                with anyio.move_on_after(_SAMPLE_S):
                    await self.context.stopping.wait()

    async def _look(self) -> None:
        """Read PostgreSQL's clock; one that does not answer in time is away."""
        ready, why = False, f"no answer in {_LOOK_S_MAX:g} s"
        with anyio.move_on_after(_LOOK_S_MAX):
            try:
                (row,) = await self.context.database.fetch(_NOW)
                self._clock.observe(row["now_ms"])
                ready = True
            except Unavailable as failure:
                why = reason(failure)
        if not ready and not self._away:
            _logger.warning("PostgreSQL is away: %s", why)
        self.ready, self._away = ready, not ready
        self.metrics.postgres_up.set(self.ready)
        for part in self._parts:
            part.sample()
