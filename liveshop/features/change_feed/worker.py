"""The relay: follows orders, events and the outbox, and makes messages of them."""

import logging
import time
from functools import partial
from typing import Final

import anyio

from liveshop.core.errors import Unavailable
from liveshop.features.change_feed.rules import MESSAGES_KEPT_DAYS
from liveshop.features.change_feed.store import Feed, Turn
from liveshop.features.change_feed.store_outbox import NEW_MESSAGES
from liveshop.worker.part import WorkerContext, WorkerPart

# A purchase is told this long after its COMMIT, at most, and half of it in the middle.
_EVERY_S: Final = 0.25
# Shows before and after their time change rarely, and there are many of them.
_EVERYWHERE_EVERY_S: Final = 5.0
_FORGET_EVERY_S: Final = 600.0
# Of the time that a round took: what is told late is told whole, and buyers wait for the same disk.
_REST: Final = 19.0
_KEPT_MS: Final = MESSAGES_KEPT_DAYS * 86_400_000

_logger: Final = logging.getLogger(__name__)


class ChangeFeedWorker(WorkerPart):
    """Makes messages in rounds: what is on four times a second, everything every five seconds."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._now_ms = context.now_ms
        self._feed = Feed(context.database, reach=context.reach)
        self._messages = context.metrics.counter("feed_messages", "Messages of the change feed.")
        self._lag = context.metrics.gauge(
            "relay_lag_seconds", "How long ago the change feed had told everything."
        )
        self._told_all_s = time.monotonic()
        # Sessions whose steps could not be told when that was tried last.
        self._failing: set[str] = set()
        self._here = context.rounds(
            "relay", partial(self._round, False), every_s=_EVERY_S, rest=_REST
        )
        self._old = context.rounds("old messages", self._forget, every_s=_FORGET_EVERY_S)
        self._everywhere = context.rounds(
            "relay of all", partial(self._round, True), every_s=_EVERYWHERE_EVERY_S, rest=_REST
        )

    async def run(self) -> None:
        """Follow what happens until the worker stops."""
        async with anyio.create_task_group() as tasks:
            for rounds in (self._here, self._everywhere, self._old):
                tasks.start_soon(rounds.run)

    def sample(self) -> None:
        """Say how far the feed is behind."""
        self._lag.set(time.monotonic() - self._told_all_s)

    async def _round(self, everywhere: bool) -> bool:
        began_s, after, turns = time.monotonic(), "", list[Turn]()
        while page := await self._feed.behind(everywhere=everywhere, after=after):
            for session_id in page:
                if self._context.stopping.is_set():
                    return False
                turns.append(await self._follow(session_id))
            after = page[-1]
        if not everywhere:
            turns.append(self._take(await self._feed.empty_outbox(self._now_ms())))
        if any(turn.more for turn in turns):
            return True
        if not self._failing and (everywhere or all(turn.had for turn in turns)):
            self._told_all_s = max(self._told_all_s, began_s)
        return False

    async def _follow(self, session_id: str) -> Turn:
        """Tell what a session has done; if that meets a bug, all other sessions are told."""
        try:
            turn = await self._feed.follow(session_id, self._now_ms())
        except Unavailable:
            raise
        except Exception:
            if session_id not in self._failing:
                _logger.exception("session %s: its steps are not told", session_id)
            self._failing.add(session_id)
            self._context.metrics.failures.labels("relay").inc()
            return Turn()
        self._failing.discard(session_id)
        return self._take(turn)

    async def _forget(self) -> bool:
        return await self._feed.forget(self._now_ms() - _KEPT_MS)

    def _take(self, turn: Turn) -> Turn:
        if turn.made:
            self._messages.inc(turn.made)
            self._context.call(NEW_MESSAGES)
        return turn
