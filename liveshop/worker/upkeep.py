"""The kernel's own part of a worker: what is too old is forgotten."""

from typing import Final

from liveshop.core.limits import IDEMPOTENCY_MS
from liveshop.stores.postgres.kept_answers import KeptAnswers
from liveshop.worker.part import WorkerContext, WorkerPart

_EVERY_S: Final = 600.0
_AT_ONCE_MAX: Final = 2_000


class Upkeep(WorkerPart):
    """Forgets answers that were kept for a day."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._kept = KeptAnswers(context.database)
        self._rounds = context.rounds("old answers", self._forget, every_s=_EVERY_S)

    async def run(self) -> None:
        """Forget now and then, until the worker stops."""
        await self._rounds.run()

    async def _forget(self) -> bool:
        return await self._kept.forget(self._context.now_ms() - IDEMPOTENCY_MS, _AT_ONCE_MAX)
