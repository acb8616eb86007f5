"""Copies to Redis what Postgres has decided, again and again until Redis has it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from liveshop.core import limits
from liveshop.core.errors import Busy, Unavailable
from liveshop.core.failpoint import Failpoint
from liveshop.core.model import Reservation
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.order_records import Copies


@dataclass(frozen=True, slots=True)
class _Settlement:
    epoch: int
    outcomes: Sequence[Reservation]
    copies: Copies
    overtaken: Sequence[str]


class Settler:
    """Drops holds and copies counters in one call; one that fails waits for the next occasion.

    A reservation that is forgotten here, because the node dies, is found by the sweep once the
    deadline has passed: until then units are held that could be sold, never the reverse. If too
    much waits, Redis is loaded again instead, which settles all of it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: deque[_Settlement] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    async def settle(
        self, outcomes: Sequence[Reservation], copies: Copies, overtaken: Sequence[str] = ()
    ) -> None:
        """Settle reservations in Redis, or keep them for `retry`; never raises for a store.

        `overtaken` are the rids of orders that wait for money and were reserved at an older epoch.
        If Redis has lost one of them, it is loaded again, with the order.
        """
        self._session.keep_rows(copies.rows)
        if copies.epoch > self._session.epochs.newest:
            # Another node has loaded Redis again, maybe another server: one that takes this at the
            # older epoch may be cut off, and the counts may have been copied without it.
            self._session.epochs.newest = copies.epoch
            self._session.epochs.fence()
        if len(self._waiting) >= limits.SETTLEMENTS_WAITING_MAX:
            self._waiting.clear()
            # This one too: all of it is in Postgres, from where Redis is loaded.
            self._session.epochs.reload()
            return
        epoch = self._session.epochs.newest
        self._waiting.append(_Settlement(epoch, outcomes, copies, overtaken))
        await self.retry()

    async def retry(self) -> None:
        """Settle what waits, in its order, until Redis does not take it."""
        session = self._session
        while self._waiting and session.epochs.good:
            settlement = self._waiting[0]
            copies = settlement.copies
            if settlement.epoch < session.epochs.trusted_from:
                # Postgres has gone back since: it may not have what this says.
                self._waiting.popleft()
                continue
            session.node.reach(Failpoint.BEFORE_SETTLE)
            started = perf_counter()
            try:
                status = await session.units.settle(
                    session.epochs.newest,
                    settlement.outcomes,
                    copies.rows,
                    copies.bought,
                    copies.totals,
                )
                lost = await self._are_lost(settlement.overtaken)
            except (Unavailable, Busy):
                return
            if not session.epochs.ok_or_fence(status):
                return
            session.node.metrics.settle_seconds.observe(perf_counter() - started)
            # Two may be under way at once, and settling twice changes nothing.
            if self._waiting and self._waiting[0] is settlement:
                self._waiting.popleft()
                if lost:
                    # The rebuild read which orders wait before this one was stored. Nothing in
                    # Redis holds its units: they would be sold to others while its buyer pays.
                    session.epochs.reload()

    async def _are_lost(self, rids: Sequence[str]) -> bool:
        return bool(rids) and len(await self._session.units.peek(rids)) < len(rids)
