"""Orders that take units besides their lines, by way of the stores, and a node that may die."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

import anyio
from anyio.abc import TaskStatus
from msgspec.structs import replace

from liveshop.core.errors import LiveshopError, Unavailable
from liveshop.core.model import Charge, Reservation, ReservationState
from liveshop.core.pricing.price import price
from liveshop.engine.purchase.ordered import STATES, Ordered
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.order_records import Copies, NewLine, NewOrder
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.unit_records import ReserveLine, UnitsStatus
from liveshop.stores.redis.units import SessionUnits
from liveshop.stores.redis.ways import link_to
from tests.crash.hosting import Offer
from tests.vocabulary import VOCABULARY

# The row that these orders take of, and how much of it there is, in all and for one buyer.
CHARGED, CHARGED_UNITS, CHARGED_LIMIT = "@9000", 60, 8
_BUYERS = 24
_NAME = "taker"
_MEMO = '{"taken": true}'
_STOPS = 0.2
_PAUSE_S = (0.005, 0.06)
_AGAIN_S = 0.2
_AT_ONCE = 6
_AT_FIRST = 3
_CREATE = """
    INSERT INTO stock (session_id, "row", units) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


class _Stopped(Exception):
    """The taker goes no further with an order, as a node that has died."""


class Taker:
    """Does the work of a node for a checkout with charges, and may stop between two steps of it.

    The nodes end what it leaves behind: by the sweep, or in a rebuild.
    """

    def __init__(self, offer: Offer, random: Random) -> None:
        self.steps: Counter[str] = Counter()
        self._session_id = ""
        self._offer = offer
        self._random = random
        self._epoch = 0
        self._is_known = False

    async def run(
        self,
        session_id: str,
        redis_url: str,
        postgres_url: str,
        over: Callable[[], bool],
        *,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Order until the stampede is over; it is started once a few orders have gone their way."""
        self._session_id = session_id
        database, link = Database(postgres_url), link_to(redis_url)
        async with anyio.create_task_group() as tasks:
            await tasks.start(database.run)
            await tasks.start(link.run)
            units = SessionUnits(link, Library(), session_id)
            while self.steps["paying"] < _AT_FIRST:
                await self._take(units, database)
            task_status.started()
            async with anyio.create_task_group() as taking:
                for _ in range(_AT_ONCE):
                    taking.start_soon(self._take_on, units, database, over)
            tasks.cancel_scope.cancel()

    async def _take_on(
        self, units: SessionUnits, database: Database, over: Callable[[], bool]
    ) -> None:
        while not over():
            await self._take(units, database)

    async def _take(self, units: SessionUnits, database: Database) -> None:
        try:
            await self._order(units, database)
        except _Stopped:
            self.steps["stopped"] += 1
        except LiveshopError as failure:
            self.steps[failure.code] += 1
        await anyio.sleep(self._random.uniform(*_PAUSE_S))

    async def _order(self, units: SessionUnits, database: Database) -> None:
        if not self._is_known:
            await self._look(units, database)
        epoch = self._epoch
        ordered = await self._checkout(units, epoch)
        if ordered is None:
            return
        self._may_stop()
        copies = await self._commit(database, epoch, ordered)
        self._may_stop()
        if copies is not None:
            outcomes, counters = copies
            totals = counters.totals
            await units.settle(epoch, outcomes, counters.rows, counters.bought, totals)
            if outcomes[0].state is ReservationState.SOLD and self._random.random() < 0.2:
                await self._cancel(units, database, ordered.order_id)

    async def _look(self, units: SessionUnits, database: Database) -> None:
        """Learn the epoch, and make the row as the event that makes one would."""
        sessions = Sessions(database, VOCABULARY)
        self._epoch = (await sessions.heads([self._session_id]))[self._session_id].epoch
        await database.commit(_CREATE, self._session_id, CHARGED, CHARGED_UNITS)
        rows = [row for row in await sessions.rows(self._session_id) if row.row == CHARGED]
        self._is_known = await units.copy(self._epoch, rows) is UnitsStatus.OK

    async def _checkout(self, units: SessionUnits, epoch: int) -> Ordered | None:
        buyer, rid, order_id = f"{_NAME}-{self._random.randrange(_BUYERS)}", self._id(), self._id()
        line = ReserveLine(
            rid=rid,
            buyer=buyer,
            command="reserve",
            sku=self._random.choice(list(self._offer.units)),
            quantity=1,
            charges=self._charges(),
            memo=_MEMO,
        )
        reserved = await units.reserve(epoch, 0, [line])
        if reserved.status is not UnitsStatus.OK or reserved.lines[0].reservation is None:
            self._is_known = reserved.status is UnitsStatus.OK
            self.steps["not reserved"] += 1
            return None
        self._may_stop()
        paid = await units.pay(
            epoch, buyer=buyer, order_id=order_id, rids=[rid], charges=self._charges()
        )
        if paid.status is not UnitsStatus.OK or paid.refusal is not None:
            self.steps["lacks" if paid.lacks else "not paid"] += 1
            return None
        self.steps["paying"] += 1
        return Ordered(order_id, paid.reservations, charge=paid.charge)

    async def _commit(
        self, database: Database, epoch: int, ordered: Ordered
    ) -> tuple[list[Reservation], Copies] | None:
        """Write the order; return its records as it leaves them, None where it waits for money."""
        pending = self._offer.payment == "checkout"
        order = NewOrder(
            order_id=ordered.order_id,
            buyer=ordered.buyer,
            lines=self._lines(ordered.reservations),
            charges=ordered.charges,
            pay_until_ms=ordered.pay_until_ms if pending else None,
        )
        orders, now_ms = Orders(database), time.time_ns() // 1_000_000
        write = orders.pend if pending else orders.commit
        reply = await write(self._session_id, epoch, [order], now_ms=now_ms)
        outcome = reply.outcomes.get(ordered.order_id)
        if outcome is None or outcome.verdict not in STATES:
            self.steps["waits" if outcome else "fenced"] += 1
            return None
        self.steps[outcome.verdict.value] += 1
        state = STATES[outcome.verdict]
        code = None if state is not ReservationState.REFUSED else outcome.verdict.value
        return [replace(each, state=state, code=code) for each in ordered.records], reply.copies

    def _lines(self, reservations: Sequence[Reservation]) -> list[NewLine]:
        finals = price(reservations).finals
        return [
            NewLine(
                rid=each.rid,
                sku=each.sku,
                quantity=each.quantity,
                price=each.price,
                final=final,
                sale=each.sale,
                memo=each.memo,
                sku_limit=self._offer.limit,
                sale_limit=self._offer.sale_limit if each.sale else None,
            )
            for each, final in zip(reservations, finals, strict=True)
        ]

    async def _cancel(self, units: SessionUnits, database: Database, order_id: str) -> None:
        """Cancel an order, and go on until Redis has its counters.

        If a node dies here, the pulses of the others say so, and they copy all counters again. The
        taker has no pulse.
        """
        while True:
            try:
                copies = (await Orders(database).cancel(order_id, again=True)).copies
                copied = await units.copy(copies.epoch, copies.rows, copies.bought, copies.totals)
            except Unavailable as failure:
                self.steps[f"cancel {failure.code}"] += 1
            else:
                if copied is UnitsStatus.OK:
                    self.steps["cancelled"] += 1
                    return
            await anyio.sleep(_AGAIN_S)

    def _charges(self) -> tuple[Charge, ...]:
        if self._random.random() < 0.3:
            return ()
        units = self._random.randint(1, 2)
        return (Charge(row=CHARGED, units=units, limit=CHARGED_LIMIT),)

    def _may_stop(self) -> None:
        # At the first chance in any case: a run without that would show nothing of it.
        if not self.steps["stopped"] or self._random.random() < _STOPS:
            raise _Stopped

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def is_taker(buyer: str) -> bool:
    """Return True if a buyer is one of the taker's, whom no client stands for."""
    return buyer.startswith(_NAME)
