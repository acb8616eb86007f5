"""Exports in a worker: one after the other, each from the begin if a worker died in it."""

import logging
from contextlib import aclosing
from typing import Final

import anyio

from liveshop.features.exports.store_jobs import Job, Jobs, LostLease
from liveshop.worker.part import WorkerContext, WorkerPart

_EVERY_S: Final = 1.0
_FORGET_EVERY_S: Final = 600.0

_logger: Final = logging.getLogger(__name__)


class ExportsWorker(WorkerPart):
    """Makes what is asked for, the oldest first, and deletes what is over."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._jobs = Jobs(context.database)
        self._exports = context.metrics.counter("exports", "Exports, by outcome.", "outcome")
        for outcome in ("done", "failed", "handed_back"):
            self._exports.labels(outcome)
        self._making = context.rounds("exports", self._make, every_s=_EVERY_S)
        self._old = context.rounds("old exports", self._forget, every_s=_FORGET_EVERY_S)

    async def run(self) -> None:
        """Make exports until the worker stops; one that is under way is handed back then."""
        async with anyio.create_task_group() as tasks:
            for rounds in (self._making, self._old):
                tasks.start_soon(rounds.run)

    async def _make(self) -> bool:
        job = await self._jobs.take(self._context.now_ms())
        if job is None:
            return False
        try:
            outcome = await self._write(job)
        except LostLease:
            _logger.info("export %s: deleted, or made by another worker", job.export_id)
            return True
        self._exports.labels(outcome).inc()
        return True

    async def _write(self, job: Job) -> str:
        """Make a file of rows as of one instant; return what became of it."""
        jobs, now_ms = self._jobs, self._context.now_ms
        async with jobs.reading(job) as reading:
            rows = await reading.count()
            refused = jobs.too_many(rows)
            if refused is not None:
                await jobs.refuse(job, refused, now_ms())
                return "failed"
            file = jobs.file(job)
            await file.begin(rows)
            async with aclosing(reading.chunks()) as chunks:
                async for count, data in chunks:
                    if self._context.stopping.is_set():
                        await jobs.hand_back(job)
                        return "handed_back"
                    await file.add(count, data, now_ms())
        await file.finish(now_ms())
        return "done"

    async def _forget(self) -> bool:
        return await self._jobs.forget(self._context.now_ms())
