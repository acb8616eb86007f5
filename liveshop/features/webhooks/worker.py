"""Webhooks in a worker: makes deliveries of messages, sends them, and says what came of each."""

import logging
import random
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Final

import anyio
from anyio.abc import TaskGroup

from liveshop.core.errors import Unavailable
from liveshop.core.failpoint import Failpoint
from liveshop.features.change_feed import NEW_MESSAGES
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import Fate, outcome, signature
from liveshop.features.webhooks.store_deliveries import Deliveries, Due, Leased, Served, Tried
from liveshop.features.webhooks.worker_marking import Marking
from liveshop.worker.egress import REQUEST_S_MAX, Answer, Egress, NoAnswer
from liveshop.worker.part import WorkerContext, WorkerPart

_NEW_DELIVERIES: Final = "new deliveries"
_EVERY_S: Final = 0.25
_LOOK_EVERY_S: Final = 5.0
# Of the time that it took to make deliveries: far ahead of what is sent they are of no use.
_REST: Final = 19.0
_LEASED_AT_ONCE_MAX: Final = 50
_WEBHOOKS_AT_ONCE_MAX: Final = 100
_REQUESTS_AT_ONCE_MAX: Final = 200
# Webhooks one of whose answers took that long last time have turns of their own: a hundred that
# never answer would otherwise have all turns, and hold up thousands.
_SLOW_MS: Final = 2_000
_SLOW_WEBHOOKS_AT_ONCE_MAX: Final = 50
_SLOW_REQUESTS_AT_ONCE_MAX: Final = 100
_SLOW_KNOWN_MAX: Final = 5_000
# A request that began later could still run when the lease has ended.
_LAST_MS: Final = round(1000 * REQUEST_S_MAX) + 5_000
# Of a success only the begin is kept: there are many.
_CHARS_OF_SUCCESS: Final = 200

_logger: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Lane:
    """Turns of webhooks, quick ones or slow ones: how many at once, and their requests."""

    webhooks_max: int
    requests: anyio.Semaphore
    busy: int = field(default=0)

    @property
    def free(self) -> int:
        """How many more may have a turn now, of those that are leased at once."""
        return min(_LEASED_AT_ONCE_MAX, self.webhooks_max - self.busy)


class WebhooksWorker(WorkerPart):
    """Sends what is due, to each webhook its share.

    A round leases some webhooks and starts a task for each, which sends a few deliveries at once
    and marks them together. No lock is held meanwhile.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._deliveries = Deliveries(context.database, MasterKeys.of(context.settings))
        self._egress = Egress(context.settings.egress_allow)
        self._marking = Marking(self._deliveries, context.now_ms)
        self._quick = _Lane(_WEBHOOKS_AT_ONCE_MAX, anyio.Semaphore(_REQUESTS_AT_ONCE_MAX))
        self._slow = _Lane(_SLOW_WEBHOOKS_AT_ONCE_MAX, anyio.Semaphore(_SLOW_REQUESTS_AT_ONCE_MAX))
        # The webhooks that were slow when they were sent something last, the oldest first.
        self._were_slow: dict[str, None] = {}
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
            "webhooks: deliveries", self._make, every_s=_EVERY_S, rest=_REST, hears=NEW_MESSAGES
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
        quick, slow = self._quick.free, self._slow.free
        if not quick and not slow:
            return False  # the end of one begins the next round
        leased = await self._deliveries.lease(
            quick, self._context.now_ms(), slow=self._were_slow, slow_limit=slow
        )
        for each in leased:
            lane = self._slow if each.webhook_id in self._were_slow else self._quick
            lane.busy += 1
            self._tasks.start_soon(self._serve, each, lane)
        return len(leased) >= _LEASED_AT_ONCE_MAX

    async def _serve(self, leased: Leased, lane: _Lane) -> None:
        try:
            await self._send_due(leased, lane)
        except Unavailable:
            # It is leased until the lease ends, and then sent again.
            _logger.warning("webhook %s: what came of it is not stored", leased.webhook_id)
        except Exception:
            _logger.exception("webhook %s: failed", leased.webhook_id)
            self._context.metrics.failures.labels("webhooks: sending").inc()
        finally:
            if lane.busy == lane.webhooks_max:
                self._sending.wake()
            lane.busy -= 1

    async def _send_due(self, leased: Leased, lane: _Lane) -> None:
        tried: list[Tried] = []
        limit = anyio.Semaphore(leased.concurrency)
        async with anyio.create_task_group() as tasks:
            for due in leased.due:
                tasks.start_soon(partial(self._try, leased, due, limit, lane, tried))
        if tried:
            self._note_pace(leased.webhook_id, max(each.took_ms for each in tried))
            self._context.reach(Failpoint.AFTER_SEND)
        marked = await self._marking.mark(Served(leased=leased, tried=tried))
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
        lane: _Lane,
        tried: list[Tried],
    ) -> None:
        async with limit, lane.requests:
            now_ms = self._context.now_ms()
            if now_ms > leased.until_ms - _LAST_MS or self._context.stopping.is_set():
                return
            begun_s = monotonic()
            found = await self._answer(leased, due)
            took_ms = round(1000 * (monotonic() - begun_s))
        answer = found if isinstance(found, Answer) else None
        became = outcome(
            None if answer is None else answer.status,
            {} if answer is None else dict(answer.headers),
            tries=due.tries + 1,
            now_ms=self._context.now_ms(),
            chance=random.random(),
        )
        self._sends.labels(became.fate).inc()
        self._seconds.observe(0 if answer is None else answer.took_ms / 1000)
        shown = _shown(found)
        tried.append(
            Tried(
                number=due.number,
                outcome=became,
                status=None if answer is None else answer.status,
                took_ms=took_ms,
                answer=shown[:_CHARS_OF_SUCCESS] if became.fate is Fate.DONE else shown,
            )
        )

    def _note_pace(self, webhook_id: str, slowest_ms: int) -> None:
        self._were_slow.pop(webhook_id, None)
        if slowest_ms >= _SLOW_MS:
            self._were_slow[webhook_id] = None
            if len(self._were_slow) > _SLOW_KNOWN_MAX:
                del self._were_slow[next(iter(self._were_slow))]

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
        except Exception:
            # A bug of ours that one address meets. Were it not a failure like others, it would be
            # tried without end, and would be no dead letter that its owner can see.
            _logger.exception("webhook %s: a request failed", leased.webhook_id)
            self._context.metrics.failures.labels("webhooks: sending").inc()
            return NoAnswer("no answer: a fault of liveshop, which its log has")


def _shown(found: Answer | NoAnswer) -> str:
    """Return an answer as its owner is shown it: PostgreSQL's texts have no NUL."""
    if isinstance(found, NoAnswer):
        return str(found)
    return found.body.decode(errors="replace").replace("\0", "\ufffd")
