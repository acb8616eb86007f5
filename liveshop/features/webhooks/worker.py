"""Webhooks in a worker: makes deliveries of messages, sends them, and says what came of each."""

import logging
import random
from functools import partial
from typing import Final

import anyio
from anyio.abc import TaskGroup

from liveshop.core.errors import Unavailable
from liveshop.core.failpoint import Failpoint
from liveshop.features.change_feed import NEW_MESSAGES
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import Fate, outcome, signature
from liveshop.features.webhooks.store_deliveries import (
    LEASE_MS,
    Deliveries,
    Due,
    Leased,
    Tried,
)
from liveshop.worker.egress import REQUEST_S_MAX, Answer, Egress, NoAnswer
from liveshop.worker.part import WorkerContext, WorkerPart

_NEW_DELIVERIES: Final = "new deliveries"
_EVERY_S: Final = 0.25
_LOOK_EVERY_S: Final = 5.0
_LEASED_AT_ONCE_MAX: Final = 50
_WEBHOOKS_AT_ONCE_MAX: Final = 100
_REQUESTS_AT_ONCE_MAX: Final = 200
# A request that began later could still run when the lease has ended.
_BEGIN_MS_MAX: Final = LEASE_MS - round(1000 * REQUEST_S_MAX) - 5_000

_logger: Final = logging.getLogger(__name__)


class WebhooksWorker(WorkerPart):
    """Sends what is due, to each webhook its share.

    A round leases some webhooks and starts a task for each, which sends a few deliveries at once
    and marks them together. No lock is held meanwhile.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._deliveries = Deliveries(context.database, MasterKeys.of(context.settings))
        self._egress = Egress(context.settings.egress_allow)
        self._at_once = anyio.Semaphore(_REQUESTS_AT_ONCE_MAX)
        self._busy = 0
        self._tasks: TaskGroup | None = None
        metrics = context.metrics
        self._sends = metrics.counter("webhook_sends", "Tries of webhooks, by outcome.", "outcome")
        self._seconds = metrics.seconds("webhook_seconds", "One try of a webhook.")
        self._lag = metrics.gauge(
            "webhook_lag_seconds", "How long the most overdue webhook has been due."
        )
        self._disabled = metrics.gauge("webhooks_disabled", "Webhooks that were given up.")
        for each in Fate:
            self._sends.labels(each)
        self._making = context.rounds(
            "webhooks: deliveries", self._make, every_s=_EVERY_S, hears=NEW_MESSAGES
        )
        self._sending = context.rounds(
            "webhooks: sending", self._send, every_s=_EVERY_S, hears=_NEW_DELIVERIES
        )
        self._looking = context.rounds("webhooks: overview", self._look, every_s=_LOOK_EVERY_S)

    async def run(self) -> None:
        """Make and send deliveries until the worker stops; what is being sent is marked."""
        async with self._egress, anyio.create_task_group() as self._tasks:
            for rounds in (self._making, self._sending, self._looking):
                self._tasks.start_soon(rounds.run)

    async def _make(self) -> bool:
        made, more = await self._deliveries.fan_out(self._context.now_ms())
        if made:
            self._context.call(_NEW_DELIVERIES)
        return more

    async def _look(self) -> bool:
        lag_s, disabled = await self._deliveries.overview(self._context.now_ms())
        self._lag.set(lag_s)
        self._disabled.set(disabled)
        return False

    async def _send(self) -> bool:
        assert self._tasks is not None
        free = min(_LEASED_AT_ONCE_MAX, _WEBHOOKS_AT_ONCE_MAX - self._busy)
        if free <= 0:
            return False  # the end of one begins the next round
        leased = await self._deliveries.lease(free, self._context.now_ms())
        for each in leased:
            self._busy += 1
            self._tasks.start_soon(self._serve, each)
        return len(leased) == free

    async def _serve(self, leased: Leased) -> None:
        try:
            await self._send_due(leased)
        except Unavailable:
            # It is leased until the lease ends, and then sent again.
            _logger.warning("webhook %s: what came of it is not stored", leased.webhook_id)
        except Exception:
            _logger.exception("webhook %s: failed", leased.webhook_id)
            self._context.metrics.failures.labels("webhooks: sending").inc()
        finally:
            if self._busy == _WEBHOOKS_AT_ONCE_MAX:
                self._sending.wake()
            self._busy -= 1

    async def _send_due(self, leased: Leased) -> None:
        tried: list[Tried] = []
        limit = anyio.Semaphore(leased.concurrency)
        end_ms = self._context.now_ms() + _BEGIN_MS_MAX
        async with anyio.create_task_group() as tasks:
            for due in leased.due:
                tasks.start_soon(partial(self._try, leased, due, limit, end_ms, tried))
        if tried:
            self._context.reach(Failpoint.AFTER_SEND)
        marked = await self._deliveries.mark(leased, tried, self._context.now_ms())
        if marked.due_ms is not None and marked.due_ms <= self._context.now_ms():
            self._sending.wake()
        if marked.disabled:
            _logger.warning("webhook %s is given up: it failed for days", leased.webhook_id)
            self._context.call(NEW_MESSAGES)

    async def _try(
        self,
        leased: Leased,
        due: Due,
        limit: anyio.Semaphore,
        end_ms: int,
        tried: list[Tried],
    ) -> None:
        async with limit, self._at_once:
            if self._context.now_ms() > end_ms or self._context.stopping.is_set():
                return
            found = await self._answer(leased, due)
        now_ms = self._context.now_ms()
        answer = found if isinstance(found, Answer) else None
        status = None if answer is None else answer.status
        became = outcome(
            status,
            {} if answer is None else dict(answer.headers),
            tries=due.tries + 1,
            now_ms=now_ms,
            chance=random.random(),
        )
        self._sends.labels(became.fate).inc()
        self._seconds.observe(0 if answer is None else answer.took_ms / 1000)
        tried.append(
            Tried(
                number=due.number,
                outcome=became,
                status=status,
                took_ms=0 if answer is None else answer.took_ms,
                answer=_shown(found),
            )
        )

    async def _answer(self, leased: Leased, due: Due) -> Answer | NoAnswer:
        if not leased.secrets:
            return NoAnswer("not called: no key that is set opens its secret")
        timestamp_s = self._context.now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "webhook-id": due.message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signature(leased.secrets, due.message_id, timestamp_s, due.body),
        }
        try:
            return await self._egress.post(leased.url, headers, due.body)
        except NoAnswer as failure:
            return failure


def _shown(found: Answer | NoAnswer) -> str:
    """Return an answer as its owner is shown it: PostgreSQL's texts have no NUL."""
    if isinstance(found, NoAnswer):
        return str(found)
    return found.body.decode(errors="replace").replace("\0", "\ufffd")
