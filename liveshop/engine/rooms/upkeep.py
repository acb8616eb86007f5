"""The work that a session needs whether anybody watches or not: deadlines, ends, settlement."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from liveshop.core import limits
from liveshop.core.decide import due
from liveshop.core.errors import LiveshopError
from liveshop.engine.fanout.pulse import Pulse
from liveshop.engine.part import overriding
from liveshop.engine.purchase.order_outcomes import OrderOutcomes
from liveshop.engine.purchase.settler import Settler
from liveshop.engine.rooms.command_log import CommandLog
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.unit_records import UnitsStatus

_PULSE_S = limits.PULSE_MS / 1000
_AGAIN_MS = 20
_LOOKS_UNTIL_MISSED = 3


class Upkeep:
    """Attempts what is due; every node does, and the log's offset lets one of them win."""

    def __init__(
        self,
        session: Session,
        command_log: CommandLog,
        outcomes: OrderOutcomes,
        settler: Settler,
        pulse: Pulse,
    ) -> None:
        self._session = session
        self._command_log = command_log
        self._outcomes = outcomes
        self._settler = settler
        self._pulse = pulse
        self._find_due = overriding(session.parts.values(), "due")
        self._retired = False

    async def keep_time(self) -> None:
        """Take the pulse and sweep, twice a second or when asked, until cancelled."""
        while True:
            started = anyio.current_time()
            await self._try(self._beat)
            with anyio.move_on_at(started + _PULSE_S):
                await self._session.wake.pulse.wait()

    async def watch_sales(self) -> None:
        """End sales at their time and tell of what is sold out or back, until cancelled."""
        while True:
            session, now_ms = self._session, self._session.clock.now_ms()
            done = True
            found = (command for find in self._find_due for command in find())
            for command in (*due(session.state, session.rows, now_ms), *found):
                done = await self._try(partial(self._command_log.attempt, command)) and done
            # A command that failed because a store is away need not be tried again at once.
            with anyio.move_on_after(self._until_next_s() if done else _PULSE_S):
                await self._session.wake.rows.wait()

    async def read_on(self) -> None:
        """Read the log whenever it has gone on without this room, until cancelled."""
        while True:
            await self._session.wake.behind.wait()
            await self._try(self._command_log.catch_up)

    async def read_messages(self) -> None:
        """Read buyers' reservations when the bus may have lost messages, until cancelled."""
        while True:
            await self._session.wake.missed.wait()
            await self._try(self._outcomes.tell_missed)

    async def _try(self, work: Callable[[], Awaitable[object]]) -> bool:
        """Do what comes again if it fails: a store that is away is no reason to stop."""
        try:
            await work()
        except LiveshopError as failure:
            self._session.log.info("upkeep waits: %s", failure)
            return False
        return True

    async def _beat(self) -> None:
        session = self._session
        ended, offset = session.ended, session.state.offset
        status = await self._pulse.beat()
        if status is not UnitsStatus.OK:
            return
        if session.settled:
            await self._retire()
            return
        await self._sweep()
        # Only a pulse whose plan has the end of the session can tell that nothing is held and
        # nothing will be. With an older plan, another node may have reserved a unit since.
        closed = ended and self._pulse.plan_offset >= offset
        if closed and not self._pulse.held and session.epochs.buying:
            await self._settle_session()

    async def _sweep(self) -> None:
        session = self._session
        if session.state.status.is_planned or not session.epochs.buying:
            return
        for _ in range(limits.SWEEPS_PER_PULSE_MAX):
            reply = await session.units.sweep(session.epochs.newest)
            if not session.epochs.ok_or_fence(reply.status):
                return
            await self._outcomes.expired(reply.expired)
            await self._outcomes.resolve_overdue(reply.overdue)
            found = max(len(reply.expired), len(reply.overdue), reply.trimmed)
            if found < limits.SWEEP_LINES_MAX:
                break
        await self._settler.retry()
        await self._copy_missed()

    async def _copy_missed(self) -> None:
        """Copy the rows again where Redis' totals are behind what Postgres' were two looks ago.

        The node that changed them copies them, too; this covers a node that died in between. The
        newest looks tell nothing: while much is sold, Redis is always a moment behind.
        """
        session = self._session
        heads = session.epochs.head_seqs
        if heads[-min(_LOOKS_UNTIL_MISSED, len(heads))] > self._pulse.seq:
            rows = await session.node.stores[Sessions].rows(session.session_id)
            totals = await session.node.stores[Sessions].totals(session.session_id)
            session.epochs.ok_or_fence(
                await session.units.copy(session.epochs.newest, rows, totals=totals)
            )

    async def _settle_session(self) -> None:
        session = self._session
        if await session.node.stores[Sessions].settle(session.session_id):
            session.settled = True
            rows = await session.node.stores[Sessions].rows(session.session_id)
            session.keep_rows(rows)
            await session.units.copy(session.epochs.newest, rows)
            session.log.info("settled")

    async def _retire(self) -> None:
        """Give the memory back that a settled session's reservations take in Redis."""
        if not self._retired:
            status = await self._session.units.retire(self._session.epochs.newest)
            self._retired = status is UnitsStatus.OK

    def _until_next_s(self) -> float:
        """Return how long nothing is due, at most a pulse: rows may change without a word."""
        now_ms = self._session.clock.now_ms()
        state = self._session.state
        due_ms = [sale.ends_at_ms for sale in state.sales.values()]
        due_ms += [at_ms for part in state.parts.values() if (at_ms := part.due_ms()) is not None]
        ends_ms = [at_ms - now_ms for at_ms in due_ms]
        # One that is overdue could not be ended just now: not again at once.
        waits_ms = [end_ms if end_ms > 0 else _AGAIN_MS for end_ms in ends_ms]
        return min([limits.PULSE_MS, *waits_ms]) / 1000
