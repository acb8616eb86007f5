"""Random purchases, faults and rebuilds: the Redis functions against the plain model."""

from collections.abc import Sequence

import redis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from liveshop.core.errors import LiveshopError
from liveshop.core.model import (
    Charge,
    Reservation,
    ReservationState,
    Row,
    Sale,
    Status,
    charge_rid,
)
from liveshop.stores.redis.projection import Projection
from liveshop.stores.redis.unit_records import ReserveLine, UnitsStatus
from tests.stores.redis.harness import HOLD_MS, linked
from tests.stores.redis.session_machine import (
    BUYERS,
    CHARGED,
    CHARGED_LIMIT,
    RIDS,
    SKUS,
    SessionMachine,
)

DAY_MS = 86_400_000

rids = st.sampled_from(RIDS)
charges = st.sampled_from(
    [
        *[()] * 4,
        (Charge(row=CHARGED, units=1),),
        (Charge(row=CHARGED, units=2, limit=CHARGED_LIMIT),),
        (Charge(row="@901", units=1),),
    ]
)
lines = st.builds(
    ReserveLine,
    rid=rids,
    buyer=st.sampled_from(BUYERS),
    command=st.sampled_from(["buy", "reserve"]),
    sku=st.sampled_from([*SKUS, "S", "unknown"]),
    quantity=st.integers(1, 3),
    price=st.sampled_from([None, None, 40, 50]),
    charges=charges,
    memo=st.sampled_from([None, None, '{"claim":"c1"}']),
)


class UnitsMachine(SessionMachine):
    """The effects of buyers, the order writer, the host, time and bad luck on a session."""

    # Buyers

    @rule(batch=st.lists(lines, min_size=1, max_size=8))
    def reserve(self, batch: list[ReserveLine]) -> None:
        self.reserve_all(batch)

    def reserve_all(self, batch: list[ReserveLine]) -> None:
        reply = self.run(self.units.reserve, self.epoch, self.offset, batch)
        assert (reply.status, reply.now_ms) == (UnitsStatus.OK, self.model.now_ms)
        expired, _ = self.model.sweep()
        assert list(reply.expired) == expired
        for line, answer in zip(batch, reply.lines, strict=True):
            known = line.rid in self.model.reservations
            expected = self.model.reserve(line)
            assert answer.known is (known and isinstance(expected, Reservation))
            self.same(expected, answer.reservation, answer.refusal)
        self.model.forget()

    @rule(
        buyer=st.sampled_from(BUYERS),
        order=rids,
        chosen=st.lists(rids, min_size=1, max_size=3),
        beside=charges,
    )
    def checkout(
        self, buyer: str, order: str, chosen: list[str], beside: tuple[Charge, ...]
    ) -> None:
        held = [r.rid for r in self.model.open(ReservationState.HELD) if r.buyer == buyer]
        # Mostly what is in the cart, since a random choice would hardly ever succeed.
        rids = held[:2] if len(chosen) > 1 and held else chosen
        named = {"buyer": buyer, "order_id": order, "rids": rids, "charges": beside}
        reply = self.run(self.units.pay, self.epoch, **named)
        expected = self.model.pay(buyer, order, rids, beside)
        got = list(reply.reservations) if reply.refusal is None else None
        self.same(expected, got, reply.refusal)
        if reply.refusal is None:
            assert reply.charge == self.model.reservations.get(charge_rid(order))

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

    @rule()
    def sweep(self) -> None:
        reply = self.run(self.units.sweep, self.epoch)
        expired, overdue = self.model.sweep()
        assert list(reply.expired) == expired
        assert {reservation.rid for reservation in reply.overdue} == overdue
        self.model.forget()
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

    @rule(sku=st.sampled_from(SKUS), price=st.sampled_from([40, 50, 60]), units=st.integers(0, 2))
    def reprice_and_add_units(self, sku: str, price: int, units: int) -> None:
        self.prices[sku] = price
        self.push(self.grown(sku, units))

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 3))
    def add_stock_after_a_node_that_only_moves_the_offset(self, sku: str, units: int) -> None:
        """A node of the release before does so: it does not know that the event sells."""
        row = self.grown(sku, units)
        self.offset += 1
        offsets = {"sells_offset": self.offset - 1, "offset": self.offset}
        assert self.run(self.units.move, self.epoch, **offsets) is UnitsStatus.OK
        assert not self.stale()
        assert self.run(self.units.push, self.epoch, self.plan(), [row]) is UnitsStatus.OK
        self.model.push(self.plan(), [row])

    def grown(self, sku: str, units: int) -> Row:
        row = self.ledger.rows[f"s{sku}"]
        row = replace(row, units=row.units + units, version=row.version + 1)
        self.ledger.rows[row.row] = row
        return row

    @rule(
        in_ms=st.sampled_from([0, 0, HOLD_MS]),
        skus=st.sampled_from([("S",), ("S", "M")]),
        units=st.sampled_from([None, 2, 5]),
        limit=st.sampled_from([None, 2]),
        batch=st.lists(lines, min_size=1, max_size=8),
    )
    def start_sale(
        self,
        in_ms: int,
        skus: Sequence[str],
        units: int | None,
        limit: int | None,
        batch: list[ReserveLine],
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
        self.reserve_all(batch)

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

    @rule(data=st.data(), beyond_ms=st.sampled_from([-1, 0, 1]), wanted=lines)
    def go_to_a_boundary(self, data: st.DataObject, beyond_ms: int, wanted: ReserveLine) -> None:
        instants = [r.deadline_ms for r in self.model.reservations.values() if r.state.open]
        instants += [r.resolved_ms + DAY_MS for r in self.resolved() if r.resolved_ms]
        if self.sale is not None:
            instants += [self.sale.starts_at_ms, self.sale.ends_at_ms]
        later = sorted({at + beyond_ms for at in instants if at + beyond_ms > self.model.now_ms})
        assume(later)
        self.model.now_ms = data.draw(st.sampled_from(later))
        self.run(self.session.set_clock, self.model.now_ms)
        self.reserve_all([wanted])

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
        model = self.empty_model()
        model.past = {buyer: list(rids) for buyer, rids in self.model.past.items()}
        model.reservations = dict(self.model.reservations)
        model.orders = dict(self.model.orders)
        self.old_file = (dumped, model)

    @rule()
    def lose_everything(self) -> None:
        self.reader.delete(*self.keys())
        self.model = self.empty_model()
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
        self.model.past = {buyer: list(rids) for buyer, rids in model.past.items()}
        self.saw_old_file = True
        self.fenced()
        self.rebuild()

    def fenced(self) -> None:
        reply = self.run(self.units.reserve, self.epoch, self.offset, [])
        assert reply.status is UnitsStatus.FENCED


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
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
