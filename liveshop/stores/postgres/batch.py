"""One session's orders, committed together: one statement, and what to do if it is refused.

    all in one statement ── refused ──► lock, drop what cannot fit, the rest in one statement
                                          └── refused ──► each half on its own, down to one order

A CHECK or a primary key refuses; nothing is decided from what Redis believes.
"""

from collections.abc import Sequence
from typing import Any, Literal

import asyncpg

from liveshop.core.errors import NotFound, OutcomeUnknown
from liveshop.core.model import OrderStatus
from liveshop.core.pricing.price import Reason
from liveshop.core.wire import encode_one
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.fit import Free, select_fitting
from liveshop.stores.postgres.locked import (
    Reader,
    bought_of,
    copies_of,
    lock_session,
    row_of,
    totals_of,
)
from liveshop.stores.postgres.order_records import CommitReply, Copies, NewOrder, Outcome, Verdict
from liveshop.stores.postgres.queries import queries
from liveshop.stores.postgres.void import VoidOrder, make_void, outcome_of

_SQL = queries("batch")
_REFUSED = (asyncpg.CheckViolationError, asyncpg.UniqueViolationError)
_VERDICTS = {
    "stock_sold_within_units": Verdict.SOLD_OUT,
    "buyer_quota_within_cap": Verdict.LIMIT,
    "order_line_pkey": Verdict.CONFLICT,
}


class Batch:
    """Orders of one session that are to become `confirmed`, or `pending` until they are paid."""

    def __init__(
        self,
        database: Database,
        session_id: str,
        epoch: int,
        *,
        status: Literal["confirmed", "pending"],
        now_ms: int,
    ) -> None:
        self._database = database
        self._session_id = session_id
        self._epoch = epoch
        self._status = status
        self._now_ms = now_ms

    async def commit(self, orders: Sequence[NewOrder]) -> CommitReply:
        """Insert what fits and say what became of each order."""
        try:
            records = await self._database.commit(
                _SQL["insert_orders"], *self._args(orders), session_id=self._session_id
            )
        except _REFUSED:
            return await self._commit_fitting(orders)
        if not records:
            raise NotFound("session", self._session_id)
        return await self._reply(self._database, records[0], orders)

    async def _commit_fitting(self, orders: Sequence[NewOrder]) -> CommitReply:
        try:
            async with self._database.transaction(self._session_id) as connection:
                return await self._insert_fitting(connection, orders)
        except _REFUSED as refusal:
            # Another session took one of the ids since they were read: that lock is not ours.
            if len(orders) > 1:
                return await self._commit_halves(orders)
            verdict = _VERDICTS.get(refusal.constraint_name or "")
            if verdict is None:
                raise
        return await self._refuse(orders[0], verdict)

    async def _commit_halves(self, orders: Sequence[NewOrder]) -> CommitReply:
        middle = len(orders) // 2
        first = await self._commit_fitting(orders[:middle])
        second = await self._commit_fitting(orders[middle:])
        return joined(first, second)

    async def _insert_fitting(
        self, connection: Connection, orders: Sequence[NewOrder]
    ) -> CommitReply:
        session = await lock_session(connection, self._session_id)
        if session["stock_epoch"] != self._epoch:
            return self._fenced(session)
        known = await _known_ids(connection, orders)
        new = [order for order in orders if order.order_id not in known]
        free = await self._read_free(connection, new)
        fitting, refused = select_fitting(new, free, charge=self._status == "confirmed")
        kept = [*fitting, *(order for order in orders if order.order_id in known)]
        record = await connection.fetchrow(_SQL["insert_orders"], *self._args(kept))
        reply = await self._reply(connection, record, kept)
        reply.outcomes.update(refused)
        await self._keep_refused(connection, new, refused)
        return reply

    async def _keep_refused(
        self, connection: Connection, orders: Sequence[NewOrder], refused: dict[str, Outcome]
    ) -> None:
        # An order that did not fit now is not to fit later: its buyer is told a final answer.
        void = [
            VoidOrder(
                order_id=order.order_id,
                buyer=order.buyer,
                verdict=refused[order.order_id].verdict,
                lines=order.lines,
            )
            for order in orders
            if order.order_id in refused and refused[order.order_id].verdict is not Verdict.CONFLICT
        ]
        await make_void(connection, self._session_id, void, now_ms=self._now_ms)

    async def _read_free(self, connection: Connection, orders: Sequence[NewOrder]) -> Free:
        lines = [line for order in orders for line in order.lines]
        names = {row for order in orders for row in order.units_by_row()}
        scopes = {(scope, order.buyer) for order in orders for scope, _, _ in order.limits()}
        units = await connection.fetch(_SQL["free_units"], self._session_id, sorted(names))
        bought = await connection.fetch(
            _SQL["bought_so_far"],
            self._session_id,
            [scope for scope, _ in scopes],
            [buyer for _, buyer in scopes],
        )
        buyers = {line.rid: order.buyer for order in orders for line in order.lines}
        taken = await connection.fetch(_SQL["taken_rids"], [line.rid for line in lines])
        return Free(
            units={row: free for row, free in units},
            bought={(scope, buyer): quantity for scope, buyer, quantity in bought},
            owners={record["rid"]: record["id"] for record in taken},
            void={
                record["rid"]: outcome_of(
                    record, self._session_id, buyers[record["rid"]], None
                ).verdict
                for record in taken
                if record["status"] == OrderStatus.VOID
            },
        )

    async def _reply(
        self, reader: Reader, record: asyncpg.Record, orders: Sequence[NewOrder]
    ) -> CommitReply:
        if record["stock_epoch"] != self._epoch:
            return self._fenced(record)
        made = set(record["made"])
        confirmed = Outcome(verdict=Verdict(self._status), at_ms=self._now_ms, new=True)
        reply = CommitReply(
            epoch=self._epoch,
            head_offset=record["head_offset"],
            outcomes=dict.fromkeys(record["made"], confirmed),
            copies=Copies(
                rows=[row_of(row) for row in record["rows"]],
                bought=[bought_of(bought) for bought in record["bought"]],
                totals=totals_of(record),
                epoch=self._epoch,
            ),
        )
        known = [order for order in orders if order.order_id not in made]
        if not known:
            return reply
        return joined(reply, await self._read_known(reader, reply, known))

    async def _read_known(
        self, reader: Reader, reply: CommitReply, orders: Sequence[NewOrder]
    ) -> CommitReply:
        ids = [order.order_id for order in orders]
        stored = {record["id"]: record for record in await reader.fetch(_SQL["known_orders"], ids)}
        if stored.keys() != set(ids):
            # An older copy was put back meanwhile: a buyer who asks again is told what that says.
            raise OutcomeUnknown()
        outcomes = {
            order.order_id: outcome_of(
                stored[order.order_id],
                self._session_id,
                order.buyer,
                order.args_hash(self._session_id),
            )
            for order in orders
        }
        mine = [i for i in ids if outcomes[i].verdict is Verdict.CONFIRMED]
        return CommitReply(
            epoch=self._epoch,
            head_offset=reply.head_offset,
            outcomes=outcomes,
            copies=await copies_of(reader, self._session_id, mine),
        )

    async def _refuse(self, order: NewOrder, verdict: Verdict) -> CommitReply:
        async with self._database.transaction(self._session_id) as connection:
            reply = self._fenced(await lock_session(connection, self._session_id))
            if reply.epoch == self._epoch:
                reply.outcomes[order.order_id] = Outcome(verdict=verdict)
                await self._keep_refused(connection, [order], reply.outcomes)
        return reply

    def _fenced(self, session: asyncpg.Record) -> CommitReply:
        return CommitReply(
            epoch=session["stock_epoch"],
            head_offset=session["head_offset"],
            outcomes={},
            copies=Copies(
                rows=[], bought=[], totals=totals_of(session), epoch=session["stock_epoch"]
            ),
        )

    def _args(self, orders: Sequence[NewOrder]) -> list[Any]:
        lines = [(order.order_id, line) for order in orders for line in order.lines]
        charges = [(order.order_id, each) for order in orders for each in order.charges]
        return [
            self._session_id,
            self._epoch,
            self._now_ms,
            self._status,
            [order.order_id for order in orders],
            [order.buyer for order in orders],
            [order.total for order in orders],
            [order.args_hash(self._session_id) for order in orders],
            [order.pay_until_ms for order in orders],
            [line.rid for _, line in lines],
            [order_id for order_id, _ in lines],
            [line.sku for _, line in lines],
            [line.sale for _, line in lines],
            [line.quantity for _, line in lines],
            [line.price for _, line in lines],
            [line.sku_limit for _, line in lines],
            [line.sale_limit for _, line in lines],
            [line.final for _, line in lines],
            [line.memo for _, line in lines],
            [_json(order.why) for order in orders],
            [order_id for order_id, _ in charges],
            [charge.row for _, charge in charges],
            [charge.units for _, charge in charges],
            [charge.limit for _, charge in charges],
            [order.priced_at for order in orders],
        ]


def _json(why: tuple[Reason, ...]) -> str | None:
    return encode_one(why).decode() if why else None


async def _known_ids(connection: Connection, orders: Sequence[NewOrder]) -> set[str]:
    ids = [order.order_id for order in orders]
    return {record["id"] for record in await connection.fetch(_SQL["known_orders"], ids)}


def joined(first: CommitReply, second: CommitReply) -> CommitReply:
    """Join the replies to two parts of a batch; the second was read later, so its counters win."""
    rows = {row.row: row for row in (*first.copies.rows, *second.copies.rows)}
    bought = {
        (count.scope, count.buyer): count for count in (*first.copies.bought, *second.copies.bought)
    }
    return CommitReply(
        epoch=second.epoch,
        head_offset=second.head_offset,
        outcomes=first.outcomes | second.outcomes,
        copies=Copies(
            rows=list(rows.values()),
            bought=list(bought.values()),
            totals=second.copies.totals,
            epoch=second.copies.epoch,
        ),
    )
