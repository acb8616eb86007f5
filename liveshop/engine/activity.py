"""The activity log of a node: what is recorded waits in memory for a moment, then is written.

The entry of a command that a session's log decides is written in the transaction of its events. All
others wait here until PostgreSQL takes them. If the node is killed, those of the last moment are
lost, and those since PostgreSQL went away. A clean stop writes them first.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, TypedDict, Unpack
from uuid import uuid4

import anyio

from liveshop.core import limits
from liveshop.core.activity import OK, Activity, kind_of
from liveshop.core.errors import LiveshopError, reason
from liveshop.core.rate import Buckets
from liveshop.core.roles import Identity
from liveshop.engine.metrics import Metrics
from liveshop.engine.signal import Signal
from liveshop.stores.postgres.activity import ActivityStore

_AGAIN_S: Final = limits.PULSE_MS / 1000
_FORGET_S: Final = limits.ACTIVITY_FORGET_MS / 1000
_LAST_S: Final = limits.ACTIVITY_LAST_MS_MAX / 1000

_logger: Final = logging.getLogger(__name__)


class About(TypedDict, total=False):
    """The thing that was acted on, where it is, and how that ended: `entry` has the defaults."""

    about: str | None
    session_id: str | None
    shop: str | None
    outcome: str


class ActivityLog:
    """Takes what hosts, moderators, admins and API keys did or were refused; `run` writes it."""

    def __init__(self, store: ActivityStore, metrics: Metrics, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._dropped = metrics.activity_dropped
        self._now_ms = now_ms
        self._queue: deque[Activity] = deque()
        self._news = Signal()
        self._refusals = Buckets(limits.ACTIVITY_SUBJECTS_KEPT_MAX)

    def entry(
        self,
        by: Identity,
        action: str,
        *,
        about: str | None = None,
        session_id: str | None = None,
        shop: str | None = None,
        outcome: str = OK,
    ) -> Activity:
        """Return an entry of now, for whoever writes it in a transaction of their own."""
        return Activity(
            activity_id=uuid4().hex,
            at_ms=self._now_ms(),
            subject=by.key_id or by.viewer_id,
            name=by.name,
            role=by.role.word,
            kind=kind_of(by),
            action=action,
            object=about,
            session_id=session_id,
            shop=shop,
            outcome=outcome,
            address=by.address,
        )

    def record(self, by: Identity, action: str, **about: Unpack[About]) -> None:
        """Record what somebody did; returns at once, and raises nothing."""
        if len(self._queue) >= limits.ACTIVITY_QUEUED_MAX:
            self._dropped.inc()
            return
        self._queue.append(self.entry(by, action, **about))
        self._news.set()

    def record_refusal(self, by: Identity, action: str, **about: Unpack[About]) -> None:
        """Record what somebody was refused; of too many in a row only the first are kept."""
        now_ms = self._now_ms()
        if self._refusals.of(by.account, limits.ACTIVITY_REFUSALS_RATE, now_ms).take(now_ms):
            self._dropped.inc()
            return
        self.record(by, action, **about)

    async def run(self) -> None:
        """Write what is recorded, until cancelled, and then what is left."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._forget)
                while True:
                    await self._news.wait()
                    while self._queue:
                        if not await self._write_some():
                            await anyio.sleep(_AGAIN_S)
        finally:
            with anyio.move_on_after(_LAST_S, shield=True):
                await self.flush()

    async def flush(self) -> None:
        """Write all that waits, unless PostgreSQL does not answer.

        A node that stops does not wait for it to come back.
        """
        while self._queue and await self._write_some():
            pass

    async def _write_some(self) -> bool:
        """Write the first of what waits; return False if PostgreSQL does not answer."""
        entries = list(islice(self._queue, limits.ACTIVITY_PER_COMMIT_MAX))
        try:
            await self._store.add(entries)
        except LiveshopError as failure:
            _logger.info("%d entries of the activity log wait: %s", len(entries), reason(failure))
            return False
        except Exception:
            # A bug of ours: one entry that PostgreSQL cannot take must not keep the others back.
            _logger.exception("entries of the activity log are written one by one")
            await self._write_each(entries)
        for _ in entries:
            self._queue.popleft()
        return True

    async def _write_each(self, entries: Sequence[Activity]) -> None:
        for entry in entries:
            try:
                await self._store.add([entry])
            except Exception:
                self._dropped.inc()
                _logger.exception("an entry of the activity log is dropped: %s", entry.action)

    async def _forget(self) -> None:
        while True:
            before_ms = self._now_ms() - limits.ACTIVITY_ADDRESS_KEPT_MS
            forgotten = limits.ACTIVITY_FORGOTTEN_MAX
            try:
                while forgotten == limits.ACTIVITY_FORGOTTEN_MAX:
                    forgotten = await self._store.forget_addresses(before_ms, forgotten)
            except LiveshopError as failure:
                _logger.info("old addresses of the activity log stay: %s", reason(failure))
            except Exception:
                _logger.exception("old addresses of the activity log stay")
            await anyio.sleep(_FORGET_S)
