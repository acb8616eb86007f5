"""Outcomes of webhooks on their way to PostgreSQL: those of many in one transaction."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio

from liveshop.core.errors import Unavailable
from liveshop.features.webhooks.store_deliveries import Deliveries, Marked, Served

_AGAIN_S: Final = 1.0

_logger: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    """One that waits to be marked, and how it stands then; `failed` if it could not be."""

    served: Served
    marked: Marked | None = None
    failed: bool = False


class Marking:
    """Marks together what has come together while the transaction before was under way.

    A transaction for each webhook would cost five times what sending costs.
    """

    def __init__(self, deliveries: Deliveries, now_ms: Callable[[], int]) -> None:
        self._deliveries = deliveries
        self._now_ms = now_ms
        self._waiting: list[_Waiting] = []
        self._turn = anyio.Lock()

    async def mark(self, served: Served) -> Marked:
        """Mark what came of a webhook's tries; raises Unavailable.

        While PostgreSQL is away it is tried again until the lease ends: otherwise all that was
        being sent when a primary fails would be sent a second time.
        """
        own = _Waiting(served)
        self._waiting.append(own)
        while own.marked is None and not own.failed:
            try:
                async with self._turn:
                    if own in self._waiting:
                        await self._mark_waiting()
            except Unavailable:
                if self._now_ms() >= served.leased.until_ms:
                    self._waiting.remove(own)
                    raise
                await anyio.sleep(_AGAIN_S)
        if own.marked is None:
            raise Unavailable()
        return own.marked

    async def _mark_waiting(self) -> None:
        """Mark all that waits, of each webhook one; each on its own if that meets a bug."""
        batch = list({each.served.leased.webhook_id: each for each in self._waiting}.values())
        try:
            await self._mark_together(batch)
        except Unavailable:
            raise
        except Exception:
            _logger.exception("outcomes of webhooks cannot be stored together")
            for each in batch:
                await self._mark_one(each)

    async def _mark_one(self, one: _Waiting) -> None:
        try:
            await self._mark_together([one])
        except Unavailable:
            raise
        except Exception:
            _logger.exception("webhook %s: no outcome stored", one.served.leased.webhook_id)
            one.failed = True
            self._waiting.remove(one)

    async def _mark_together(self, batch: list[_Waiting]) -> None:
        marked = await self._deliveries.mark([each.served for each in batch], self._now_ms())
        for each in batch:
            each.marked = marked[each.served.leased.webhook_id]
            self._waiting.remove(each)
