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

    If the node dies, the sweep finds the reservations forgotten here once their deadline has
    passed. Until then units are held that could be sold, never the reverse. If too much waits,
    Redis is loaded again, and everything is settled by that.
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
        If Redis has lost one of them, it is loaded again, with the order. Of a settled session
        nothing is copied: its units are the catalogue's again, and its keys end.
        """
        self._session.keep_rows(copies.rows)
        if copies.settled or self._session.settled:
            return
        if copies.epoch > self._session.epochs.newest:
            # Another node has loaded Redis again, maybe another server. A server that takes this at
            # the older epoch may be cut off, and the new one's counts may have been copied without
            # it.
            self._session.epochs.newest = copies.epoch
            self._session.epochs.fence()
        if len(self._waiting) >= limits.SETTLEMENTS_WAITING_MAX:
            self._waiting.clear()
            # This one is dropped, too: Postgres has all of it, and Redis is loaded from there.
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
                # Redis is loaded again since. If Postgres is an older copy by now, it may lack
                # these orders, and Redis must not learn of them.
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
            # Another call may have settled and removed it. Settling twice changes nothing.
            if self._waiting and self._waiting[0] is settlement:
                self._waiting.popleft()
                if lost:
                    # The rebuild read which orders wait before this one was stored. Nothing in
                    # Redis holds its units: they would be sold to others while its buyer pays.
                    session.epochs.reload()

    async def _are_lost(self, rids: Sequence[str]) -> bool:
        """Return True if Redis lacks one of them, or has it from before it was ordered."""
        if not rids:
            return False
        known = await self._session.units.peek(rids)
        return any(rid not in known or known[rid].order_id is None for rid in rids)
