"""Random purchases, faults and rebuilds: the Redis functions against the plain model."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import redis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from liveshop.core.errors import LiveshopError
from liveshop.core.model import Reservation, ReservationState, Row, Sale, Status
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.projection import Offer, Projection
from liveshop.stores.redis.records import ReserveLine, UnitsStatus
from tests.model_units import UnitsModel, rows_of
from tests.stores.redis.harness import HOLD_MS, NOTHING, START_MS, OpenSession, linked
from tests.stores.redis.ledger import Ledger

_T = TypeVar("_T")

SKUS = ("S", "M")
BUYERS = ("ada", "bo")
RIDS = [str(UUID(int=n)) for n in range(1, 13)]
LIMITS = {"S": 4, "M": 6}
DAY_MS = 86_400_000

rids = st.sampled_from(RIDS)
lines = st.builds(
    ReserveLine,
    rid=rids,
    buyer=st.sampled_from(BUYERS),
    command=st.sampled_from(["buy", "reserve"]),
    sku=st.sampled_from([*SKUS, "S", "unknown"]),
    quantity=st.integers(1, 3),
    price=st.sampled_from([None, None, 40, 50]),
)


class UnitsMachine(RuleBasedStateMachine):
    """One session; `ledger` stands for Postgres, `model` for Redis, `session` is Redis."""

    portal: ClassVar[BlockingPortal]
    link: ClassVar[RedisLink]
    reader: ClassVar[redis.Redis]
    raw: ClassVar[redis.Redis]

    @initialize()
    def begin(self) -> None:
        self.session = OpenSession(self.link)
        self.units = self.session.units
        self.epoch = 0
        self.offset = 0
        self.status = Status.LIVE
        self.prices = {"S": 50, "M": 50}
        self.sale: Sale | None = None
        self.unsettled: set[str] = set()  # orders that Redis has not been told of
        self.old_file: tuple[dict[str, Any], UnitsModel] | None = None
        self.saw_old_file = False
        rows = {f"s{sku}": Row(row=f"s{sku}", units=8, sold=0, version=1) for sku in SKUS}
        self.ledger = Ledger(rows=rows)
        self.model = UnitsModel(now_ms=START_MS, projection=self.plan())
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

    # Buyers

    @rule(batch=st.lists(lines, min_size=1, max_size=8))
    def reserve(self, batch: list[ReserveLine]) -> None:
        reply = self.run(self.units.reserve, self.epoch, self.offset, batch)
        assert (reply.status, reply.now_ms) == (UnitsStatus.OK, self.model.now_ms)
        expired, _ = self.model.sweep()
        assert list(reply.expired) == expired
        for line, answer in zip(batch, reply.lines, strict=True):
            known = line.rid in self.model.reservations
            expected = self.model.reserve(line)
            assert answer.known is (known and isinstance(expected, Reservation))
            self.same(expected, answer.reservation, answer.refusal)

    @rule(buyer=st.sampled_from(BUYERS), order=rids, chosen=st.lists(rids, min_size=1, max_size=3))
    def checkout(self, buyer: str, order: str, chosen: list[str]) -> None:
        held = [r.rid for r in self.model.open(ReservationState.HELD) if r.buyer == buyer]
        # Mostly what is in the cart, since a random choice would hardly ever succeed.
        rids = held[:2] if len(chosen) > 1 and held else chosen
        reply = self.run(self.units.pay, self.epoch, buyer=buyer, order_id=order, rids=rids)
        expected = self.model.pay(buyer, order, rids)
        got = list(reply.reservations) if reply.refusal is None else None
        self.same(expected, got, reply.refusal)

    @rule(buyer=st.sampled_from(BUYERS), rid=rids)
    def release(self, buyer: str, rid: str) -> None:
        reply = self.run(self.units.release, self.epoch, buyer=buyer, rid=rid)
        self.same(self.model.release(buyer, rid), reply.reservation, reply.refusal)

    def same(self, expected: object, got: object, refusal: LiveshopError | None) -> None:
        if refusal is None:
            assert got == expected
        else:
            fields = {name: n for name, n in refusal.fields.items() if name != "reason"}
            assert (refusal.code, fields) == expected

    # The order writer

    def paying(self) -> dict[str, list[Reservation]]:
        orders: dict[str, list[Reservation]] = {}
        for reservation in self.model.open(ReservationState.PAYING):
            orders.setdefault(reservation.order_id or "", []).append(reservation)
        return orders

    @precondition(lambda self: self.paying())
    @rule(data=st.data(), settled=st.booleans(), pending=st.booleans())
    def commit(self, data: st.DataObject, settled: bool, pending: bool) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.paying())))
        lines = self.paying()[order_id]
        assume(not self.ledger.decided(order_id))
        if pending:
            self.ledger.pending[order_id] = lines
            return
        if self.ledger.confirm(order_id, lines):
            outcomes = [replace(line, state=ReservationState.SOLD) for line in lines]
        else:
            # Only what an old file brought back can have been promised twice.
            assert self.saw_old_file
            self.ledger.pending.pop(order_id, None)
            self.ledger.void[order_id] = lines
            outcomes = [
                replace(line, state=ReservationState.REFUSED, code="sold_out") for line in lines
            ]
        if settled:
            self.settle(order_id, outcomes)
        else:
            self.unsettled.add(order_id)

    def settle(self, order_id: str, outcomes: list[Reservation]) -> None:
        rows, bought = list(self.ledger.rows.values()), list(self.ledger.bought.values())
        for _ in range(2):  # the second changes nothing
            status = self.run(self.units.settle, self.epoch, outcomes, rows, bought)
            assert status is UnitsStatus.OK
            self.model.settle(outcomes)
            self.model.copy(rows, bought)
        self.unsettled.discard(order_id)

    @rule()
    def sweep(self) -> None:
        reply = self.run(self.units.sweep, self.epoch)
        expired, overdue = self.model.sweep()
        assert list(reply.expired) == expired
        assert {reservation.rid for reservation in reply.overdue} == overdue
        self.model.trim()
        for order_id in {r.order_id or "" for r in reply.overdue}:
            self.resolve_overdue(order_id)

    def resolve_overdue(self, order_id: str) -> None:
        lines = self.paying()[order_id]
        if not self.ledger.decided(order_id):
            self.ledger.pending.pop(order_id, None)
            self.ledger.void[order_id] = lines
        sold = order_id in self.ledger.confirmed
        state = ReservationState.SOLD if sold else ReservationState.EXPIRED
        self.settle(order_id, [replace(line, state=state) for line in lines])

    @precondition(lambda self: set(self.ledger.confirmed) - self.unsettled)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(sorted(set(self.ledger.confirmed) - self.unsettled)))
        self.ledger.cancel(order_id)
        self.ledger.void[order_id] = self.ledger.confirmed.pop(order_id)
        self.copy_all()

    @rule()
    def copy_what_is_old(self) -> None:
        old = [replace(row, units=row.units + 99, version=0) for row in self.ledger.rows.values()]
        assert self.run(self.units.copy, self.epoch, old) is UnitsStatus.OK

    def copy_all(self) -> None:
        rows, bought = list(self.ledger.rows.values()), list(self.ledger.bought.values())
        assert self.run(self.units.copy, self.epoch, rows, bought) is UnitsStatus.OK
        self.model.copy(rows, bought)

    # The host

    def push(self, *rows: Row) -> None:
        self.offset += 1
        assert self.offset == 1 or self.stale()
        assert self.run(self.units.push, self.epoch, self.plan(), rows) is UnitsStatus.OK
        self.model.push(self.plan(), rows)

    def stale(self) -> bool:
        reply = self.run(self.units.reserve, self.epoch, self.offset, [])
        return reply.status is UnitsStatus.STALE

    @rule(sku=st.sampled_from(SKUS), price=st.sampled_from([40, 50, 60]), units=st.integers(0, 2))
    def reprice_and_add_units(self, sku: str, price: int, units: int) -> None:
        self.prices[sku] = price
        row = self.ledger.rows[f"s{sku}"]
        row = replace(row, units=row.units + units, version=row.version + 1)
        self.ledger.rows[row.row] = row
        self.push(row)

    @rule(
        in_ms=st.sampled_from([0, HOLD_MS]),
        skus=st.sampled_from([("S",), ("S", "M")]),
        units=st.sampled_from([None, 2, 5]),
        limit=st.sampled_from([None, 2]),
    )
    def start_sale(
        self, in_ms: int, skus: Sequence[str], units: int | None, limit: int | None
    ) -> None:
        starts = self.model.now_ms + in_ms
        self.sale = Sale(
            offset=self.offset + 1,
            product_id="shirt",
            prices={sku: 30 for sku in skus},
            starts_at_ms=starts,
            ends_at_ms=starts + HOLD_MS,
            units=units,
            limit=limit,
        )
        if units is not None:
            name = self.sale.row
            self.ledger.rows[name] = Row(row=name, units=units, sold=0, version=1)
            self.push(self.ledger.rows[name])
        else:
            self.push()

    @precondition(lambda self: self.sale)
    @rule()
    def end_sale(self) -> None:
        self.sale = None
        self.push()

    @rule(status=st.sampled_from([Status.LIVE, Status.LIVE, Status.PAUSED]))
    def pause_or_resume(self, status: Status) -> None:
        self.status = status
        self.push()

    @rule()
    def push_an_older_projection(self) -> None:
        older = replace_offset(self.plan(), self.offset - 1)
        assert self.run(self.units.push, self.epoch, older) is UnitsStatus.OK

    # Time

    @rule(data=st.data(), beyond_ms=st.sampled_from([-1, 0, 1]))
    def go_to_a_boundary(self, data: st.DataObject, beyond_ms: int) -> None:
        instants = [r.deadline_ms for r in self.model.reservations.values() if r.state.open]
        instants += [r.resolved_ms + DAY_MS for r in self.resolved() if r.resolved_ms]
        if self.sale is not None:
            instants += [self.sale.starts_at_ms, self.sale.ends_at_ms]
        later = sorted({at + beyond_ms for at in instants if at + beyond_ms > self.model.now_ms})
        assume(later)
        self.model.now_ms = data.draw(st.sampled_from(later))
        self.run(self.session.set_clock, self.model.now_ms)

    def resolved(self) -> list[Reservation]:
        return [r for r in self.model.reservations.values() if not r.state.open]

    # Faults

    @rule(method=st.sampled_from(["reserve", "settle", "sweep"]))
    def call_with_another_epoch(self, method: str) -> None:
        args: dict[str, tuple[object, ...]] = {
            "reserve": (self.offset, []),
            "settle": ([],),
            "sweep": (),
        }
        for epoch, status in ((-1, UnitsStatus.EPOCH), (1, UnitsStatus.FENCED)):
            call = getattr(self.units, method)
            reply = self.run(call, self.epoch + epoch, *args[method])
            assert getattr(reply, "status", reply) is status

    @rule()
    def write_a_file(self) -> None:
        keys = [key for key in self.keys() if self.reader.exists(key)]
        dumped = {key: self.raw.dump(key) for key in keys}
        model = UnitsModel(now_ms=self.model.now_ms, projection=self.model.projection)
        model.reservations = dict(self.model.reservations)
        model.orders = dict(self.model.orders)
        self.old_file = (dumped, model)

    @rule()
    def lose_everything(self) -> None:
        self.reader.delete(*self.keys())
        now_ms = self.model.now_ms
        self.model = UnitsModel(now_ms=now_ms, projection=self.model.projection)
        self.fenced()
        self.rebuild()

    @precondition(lambda self: self.old_file is not None)
    @rule()
    def come_back_from_an_old_file(self) -> None:
        assert self.old_file is not None
        dumped, model = self.old_file
        self.reader.delete(*self.keys())
        for key, value in dumped.items():
            self.raw.restore(key, 0, value)
        self.reader.hset(self.key("cfg"), "run_id", "another process")
        self.model.reservations = dict(model.reservations)
        self.model.orders = dict(model.orders)
        self.saw_old_file = True
        self.fenced()
        self.rebuild()

    def fenced(self) -> None:
        reply = self.run(self.units.reserve, self.epoch, self.offset, [])
        assert reply.status is UnitsStatus.FENCED

    def rebuild(self) -> None:
        self.epoch += 1
        assert self.run(self.units.fence, self.epoch) is UnitsStatus.OK
        survivors = {r.rid: r for r in self.run(self.units.survivors)}
        assert survivors == {r.rid: r for r in self.model.reservations.values() if r.state.open}
        resolved = [outcome for outcome in self.ledger.outcomes() if outcome.rid in survivors]
        pending = [line for lines in self.ledger.pending.values() for line in lines]
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

    # What always holds

    def keys(self) -> list[str]:
        names = "cfg plan stock res due paying done orders held bought mine totals".split()
        return [self.key(name) for name in names]

    def key(self, name: str) -> str:
        return f"{{s:{self.session.id}}}:{name}"

    @invariant()
    def redis_is_as_the_model(self) -> None:
        if not hasattr(self, "session"):
            return
        known = self.run(self.units.peek, RIDS)
        assert known == self.model.reservations
        charged = {"\x1f".join(scope): str(units) for scope, units in self.model.charged().items()}
        assert self.reader.hgetall(self.key("held")) == charged
        for name, state in (("due", ReservationState.HELD), ("paying", ReservationState.PAYING)):
            by_deadline = [(r.rid, float(r.deadline_ms)) for r in self.model.open(state)]
            assert self.reader.zrange(self.key(name), 0, -1, withscores=True) == by_deadline
        done = {r.rid: float(r.resolved_ms or 0) for r in self.resolved()}
        stored: Any = self.reader.zrange(self.key("done"), 0, -1, withscores=True)
        assert dict(stored) == done
        for buyer in BUYERS:
            mine = self.run(self.units.mine, buyer)
            holding = (ReservationState.HELD, ReservationState.PAYING)
            expected = [r for state in holding for r in self.model.open(state) if r.buyer == buyer]
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
            return  # an old file may hold units that are sold: Postgres alone refuses then
        undecided = self.undecided()
        for name, row in self.ledger.rows.items():
            assert row.sold + undecided[name] <= row.units
        if not self.unsettled:
            for name, row in self.model.rows.items():
                left = self.model.left(name)
                assert left >= 0
                assert left + held[name] + row.sold == row.units

    def undecided(self) -> Counter[str]:
        """Units held that Postgres has not sold, by row."""
        units: Counter[str] = Counter()
        for reservation in self.model.reservations.values():
            if reservation.state.open and not self.ledger.decided(reservation.order_id or ""):
                for name in rows_of(reservation):
                    units[name] += reservation.quantity
        return units

    @invariant()
    def no_buyer_has_more_than_the_limit(self) -> None:
        if not hasattr(self, "session") or self.saw_old_file:
            return
        taken: Counter[tuple[str, str]] = Counter()
        for (buyer, scope), count in self.ledger.bought.items():
            taken[buyer, scope] += count.quantity
        for reservation in self.model.reservations.values():
            if reservation.state.open and not self.ledger.decided(reservation.order_id or ""):
                for scope in rows_of(reservation):
                    taken[reservation.buyer, scope] += reservation.quantity
        for (_, scope), quantity in taken.items():
            assert quantity <= LIMITS.get(scope[1:], quantity)
            if self.sale is not None and scope == self.sale.row and self.sale.limit is not None:
                assert quantity <= self.sale.limit


def replace_offset(plan: Projection, offset: int) -> Projection:
    """The same projection under another offset."""
    return Projection(
        offset=offset, status=Status.ENDED, hold_ms=plan.hold_ms, offers=plan.offers[:1]
    )


def test_redis_does_what_the_model_does_whatever_happens(redis_url: str) -> None:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(linked(redis_url)) as link,
        redis.Redis.from_url(redis_url, decode_responses=True) as reader,
        redis.Redis.from_url(redis_url) as raw,
    ):

        class Machine(UnitsMachine):
            pass

        Machine.portal, Machine.reader, Machine.raw = portal, reader, raw
        Machine.link = link
        run_state_machine_as_test(Machine, settings=SETTINGS)


SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
