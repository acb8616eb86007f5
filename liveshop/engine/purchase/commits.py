"""The COMMIT of a batch of orders, and what is stored of those that were there before."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from time import perf_counter

import anyio

from liveshop.core.errors import OutcomeUnknown, Unavailable
from liveshop.core.model import Order, sku_row
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.batch import joined
from liveshop.stores.postgres.order_records import CommitReply, NewOrder, Verdict
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.session_records import Head

_RETRY_S = 0.1
# The reply to a batch, and those of its orders that were stored before, as they are stored.
Written = tuple[CommitReply, Mapping[str, Order]]


class Commits:
    """Sends batches to Postgres until they are answered."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def make(self, orders: list[NewOrder]) -> Written:
        """Return the answer to a batch, however long Postgres is away: it must not be guessed.

        Orders that wait for money are stored apart from those that come to nothing.
        """
        waiting = [order for order in orders if order.pay_until_ms is not None]
        if not waiting or len(waiting) == len(orders):
            return await self._make(orders, pending=bool(waiting))
        free = [order for order in orders if order.pay_until_ms is None]
        reply, stored = await self._make(waiting, pending=True)
        more, more_stored = await self._make(free, pending=False)
        return joined(reply, more), {**stored, **more_stored}

    async def _make(self, orders: list[NewOrder], *, pending: bool) -> Written:
        session = self._session
        store = session.node.stores[Orders]
        write = store.pend if pending else store.commit
        tried_ms: set[int] = set()
        while True:
            started = perf_counter()
            known, versions = session.known_head(), self._versions(orders)
            now_ms, epoch = session.clock.now_ms(), session.epochs.newest
            try:
                reply = await write(session.session_id, epoch, orders, now_ms=now_ms)
                # An earlier attempt of ours may have committed them.
                reply = _as_new(reply, tried_ms) if tried_ms else reply
                stored = await self._read_stored(reply)
            except OutcomeUnknown:
                # The same orders again: those that were committed are answered as stored.
                await anyio.sleep(_RETRY_S)
            except Unavailable:
                session.node.postgres_up = session.node.database.reachable
                session.epochs.orders_refused()
                await anyio.sleep(_RETRY_S)
            else:
                if _is_older(reply, known, versions):
                    session.epochs.distrust(known)
                # Compared with the epoch that was sent. If a rebuild here overtakes the batch, the
                # answer names the newest epoch, and nothing was written.
                if reply.epoch == epoch:
                    session.node.metrics.commit_seconds.observe(perf_counter() - started)
                    session.node.metrics.commit_orders.observe(len(orders))
                    return reply, stored
                if reply.epoch != session.epochs.newest:
                    session.epochs.newest = reply.epoch
                    session.epochs.fence()
            tried_ms.add(now_ms)

    async def _read_stored(self, reply: CommitReply) -> Mapping[str, Order]:
        """Return the orders that were there before: Redis may have lost them, and what they cost.

        Costs nothing where all are new. Raises OutcomeUnknown where one has gone meanwhile.
        """
        found = [
            order_id
            for order_id, outcome in reply.outcomes.items()
            if outcome.verdict is Verdict.CONFIRMED and not outcome.new
        ]
        stored = await self._session.node.stores[Orders].many(found)
        if len(stored) < len(found):
            # An older copy was put back: a buyer who asks again gets the answer of that.
            raise OutcomeUnknown()
        return stored

    def _versions(self, orders: Sequence[NewOrder]) -> dict[str, int]:
        """Return which versions of the orders' rows are known."""
        rows = self._session.rows
        lines = [line for order in orders for line in order.lines]
        names = {sku_row(line.sku) for line in lines} | {line.sale for line in lines if line.sale}
        names |= {charge.row for order in orders for charge in order.charges}
        return {name: rows[name].version for name in names if name in rows}


def _is_older(reply: CommitReply, known: Head, versions: Mapping[str, int]) -> bool:
    """Whether Postgres is behind what was known before it was asked.

    Waiting orders may bring its count of changes beyond the known one, but not the version of each
    row.
    """
    if reply.epoch < known.epoch or reply.head_offset < known.offset:
        return True
    return any(row.version < versions.get(row.row, 0) for row in reply.copies.rows)


def _as_new(reply: CommitReply, tried_ms: Collection[int]) -> CommitReply:
    """Return the reply with those orders as new that an attempt of ours at these instants made."""
    outcomes = {
        name: dataclasses.replace(each, new=each.new or each.at_ms in tried_ms)
        for name, each in reply.outcomes.items()
    }
    return dataclasses.replace(reply, outcomes=outcomes)
