"""The parts of the state machine: a session in Redis, its model, and what always holds."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import redis
from anyio.from_thread import BlockingPortal
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
)

from liveshop.core.model import Reservation, ReservationState, Row, Sale, Status, charge_rid
from liveshop.stores.redis.library import BuyerLimits, Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.projection import Offer, Projection
from liveshop.stores.redis.unit_records import UnitsStatus
from tests.model_units import UnitsModel, rows_of
from tests.stores.redis.harness import HOLD_MS, NOTHING, START_MS, OpenSession
from tests.stores.redis.ledger import Ledger, as_stored

_T = TypeVar("_T")

SKUS = ("S", "M")
BUYERS = ("ada", "bo", "cy")
RIDS = [str(UUID(int=n)) for n in range(1, 31)]
LIMITS = {"S": 4, "M": 6}
# A row that is no SKU's and no sale's, of which orders take units besides their lines.
CHARGED, CHARGED_LIMIT = "@900", 3
# So few that they are reached, but for the rate: real time passes while the model's stands still.
BUYER = BuyerLimits(past_max=3, void_max=4, rate=(1_000, 1_000))


class SessionMachine(RuleBasedStateMachine):
    """One session; `ledger` stands for Postgres, `model` for Redis, `session` is Redis.

    The rules are elsewhere; here is how a session begins and is rebuilt, and what always holds.
    """

    portal: ClassVar[BlockingPortal]
    link: ClassVar[RedisLink]
    reader: ClassVar[redis.Redis]
    raw: ClassVar[redis.Redis]

    @initialize()
    def begin(self) -> None:
        self.session = OpenSession(self.link, Library(BUYER))
        self.units = self.session.units
        self.epoch = 0
        self.offset = 0
        self.status = Status.LIVE
        self.prices = {"S": 50, "M": 50}
        self.sale: Sale | None = None
        self.unsettled: set[str] = set()  # orders that Redis has not been told of
        self.old_file: tuple[dict[str, Any], UnitsModel] | None = None
        self.saw_old_file = False
        names = {CHARGED: 5} | {f"s{sku}": 8 for sku in SKUS}
        rows = {name: Row(row=name, units=n, sold=0, version=1) for name, n in names.items()}
        self.ledger = Ledger(rows=rows)
        self.model = UnitsModel(now_ms=START_MS, projection=self.plan(), buyer=BUYER)
        self.rebuild()

    def run(self, method: Callable[..., Awaitable[_T]], *args: Any, **named: Any) -> _T:
        async def call() -> _T:
            return await method(*args, **named)

        return self.portal.call(call)

    def plan(self) -> Projection:
        offers = tuple(
            Offer(
                sku=sku,
                price=self.prices[sku],
                limit=LIMITS[sku],
                sale=self.sale if self.sale and sku in self.sale.prices else None,
            )
            for sku in SKUS
        )
        return Projection(offset=self.offset, status=self.status, hold_ms=HOLD_MS, offers=offers)

    def push(self, *rows: Row) -> None:
        self.offset += 1
        assert self.offset == 1 or self.stale()
        assert self.run(self.units.push, self.epoch, self.plan(), rows) is UnitsStatus.OK
        self.model.push(self.plan(), rows)

    def empty_model(self) -> UnitsModel:
        now_ms, plan = self.model.now_ms, self.model.projection
        return UnitsModel(now_ms=now_ms, projection=plan, buyer=BUYER)

    def stale(self) -> bool:
        reply = self.run(self.units.reserve, self.epoch, self.offset, [])
        return reply.status is UnitsStatus.STALE

    def settle(self, order_id: str, outcomes: list[Reservation]) -> None:
        rows, bought = list(self.ledger.rows.values()), list(self.ledger.bought.values())
        for _ in range(2):  # the second changes nothing
            status = self.run(self.units.settle, self.epoch, outcomes, rows, bought)
            assert status is UnitsStatus.OK
            self.model.settle(outcomes)
            self.model.copy(rows, bought)
        self.unsettled.discard(order_id)

    def copy_all(self) -> None:
        rows, bought = list(self.ledger.rows.values()), list(self.ledger.bought.values())
        assert self.run(self.units.copy, self.epoch, rows, bought) is UnitsStatus.OK
        self.model.copy(rows, bought)

    def rebuild(self) -> None:
        self.epoch += 1
        assert self.run(self.units.fence, self.epoch) is UnitsStatus.OK
        survivors = {r.rid: r for r in self.run(self.units.survivors)}
        assert survivors == {r.rid: r for r in self.model.reservations.values() if r.state.open}
        resolved = [outcome for outcome in self.ledger.outcomes() if outcome.rid in survivors]
        pending = [line for lines in self.ledger.pending.values() for line in as_stored(lines)]
        rows = list(self.ledger.rows.values())
        reply = self.run(
            self.units.load,
            self.epoch,
            now_ms_min=self.model.now_ms,
            rows=rows,
            totals=NOTHING,
            pending=pending,
            resolved=resolved,
        )
        assert reply.status is UnitsStatus.OK
        left_out = self.model.load(rows, pending, resolved)
        assert {reservation.rid for reservation in reply.resolved} == left_out
        self.unsettled.clear()
        self.push()
        self.copy_all()

    def paying(self) -> dict[str, list[Reservation]]:
        orders: dict[str, list[Reservation]] = {}
        for reservation in self.model.open(ReservationState.PAYING):
            orders.setdefault(reservation.order_id or "", []).append(reservation)
        return orders

    def resolved(self) -> list[Reservation]:
        return [r for r in self.model.reservations.values() if not r.state.open]

    def undecided(self) -> Counter[str]:
        """Units held that Postgres has not sold, by row."""
        units: Counter[str] = Counter()
        for reservation in self.model.reservations.values():
            if reservation.state.open and not self.ledger.decided(reservation.order_id or ""):
                for name, n in rows_of(reservation):
                    units[name] += n
        return units

    def keys(self) -> list[str]:
        names = (
            "cfg plan stock res due paying done orders held bought mine totals past void".split()
        )
        return [self.key(name) for name in names]

    def key(self, name: str) -> str:
        return f"{{s:{self.session.id}}}:{name}"

    @invariant()
    def redis_is_as_the_model(self) -> None:
        if not hasattr(self, "session"):
            return
        assert self.reader.hget(self.key("plan"), "offset") == str(self.offset)
        known = self.run(self.units.peek, [*RIDS, *map(charge_rid, RIDS)])
        assert known == self.model.reservations
        charged = {"\x1f".join(scope): str(units) for scope, units in self.model.charged().items()}
        assert self.reader.hgetall(self.key("held")) == charged
        orders = {order_id: "\x1f".join(rids) for order_id, rids in self.model.orders.items()}
        assert self.reader.hgetall(self.key("orders")) == orders
        for name, state in (("due", ReservationState.HELD), ("paying", ReservationState.PAYING)):
            by_deadline = [(r.rid, float(r.deadline_ms)) for r in self.model.open(state)]
            assert self.reader.zrange(self.key(name), 0, -1, withscores=True) == by_deadline
        done = {r.rid: float(r.resolved_ms or 0) for r in self.resolved()}
        stored: Any = self.reader.zrange(self.key("done"), 0, -1, withscores=True)
        assert dict(stored) == done
        past = {buyer: "\x1f".join(["", *rids, ""]) for buyer, rids in self.model.past.items()}
        assert self.reader.hgetall(self.key("past")) == past
        void = {buyer: str(count) for buyer, count in self.model.void().items()}
        assert self.reader.hgetall(self.key("void")) == void
        for buyer in BUYERS:
            mine = self.run(self.units.mine, buyer)
            holding = (ReservationState.HELD, ReservationState.PAYING)
            expected = [r for state in holding for r in self.model.open(state) if r.buyer == buyer]
            expected = [r for r in expected if r.is_purchase]
            assert {r.rid: r for r in mine} == {r.rid: r for r in expected}

    @invariant()
    def units_add_up(self) -> None:
        if not hasattr(self, "session"):
            return
        stock: Any = self.reader.hgetall(self.key("stock"))
        held = self.model.held()
        for name, row in self.model.rows.items():
            copied = tuple(int(stock[f"{name}\x1f{part}"]) for part in ("units", "sold", "version"))
            assert copied == (row.units, row.sold, row.version)
            assert int(stock.get(f"{name}\x1fheld", 0)) == held[name]
        if self.saw_old_file:
            return  # an old file may hold units that are sold: only Postgres refuses then
        undecided = self.undecided()
        for name, row in self.ledger.rows.items():
            assert row.sold + undecided[name] <= row.units
        if not self.unsettled:
            for name, row in self.model.rows.items():
                left = self.model.left(name)
                assert left >= 0
                assert left + held[name] + row.sold == row.units

    @invariant()
    def no_buyer_has_more_than_the_limit(self) -> None:
        if not hasattr(self, "session") or self.saw_old_file:
            return
        taken: Counter[tuple[str, str]] = Counter()
        for (buyer, scope), count in self.ledger.bought.items():
            taken[buyer, scope] += count.quantity
        for reservation in self.model.reservations.values():
            if reservation.state.open and not self.ledger.decided(reservation.order_id or ""):
                for scope, n in rows_of(reservation):
                    taken[reservation.buyer, scope] += n
        for (_, scope), quantity in taken.items():
            assert quantity <= LIMITS.get(scope[1:], quantity)
            if self.sale is not None and scope == self.sale.row and self.sale.limit is not None:
                assert quantity <= self.sale.limit
