"""The fate of reservations after they are made: paid for, released, settled, swept."""

from msgspec.structs import replace

from liveshop.core.model import Bought, Reservation, ReservationState, Totals
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.live import SessionLive
from liveshop.stores.redis.live_records import RowGauge
from liveshop.stores.redis.unit_records import UnitsStatus
from tests.stores.redis.harness import (
    HOLD_MS,
    START_MS,
    OpenSession,
    line,
    linked,
    projection,
    row,
    sale,
)

DAY_MS = 86_400_000


async def reserved(session: OpenSession, *rids: str, buyer: str = "ada") -> list[Reservation]:
    replies = await session.reserve(*(line(rid=rid, buyer=buyer) for rid in rids))
    return [reply.reservation for reply in replies if reply.reservation is not None]


async def stock_of(session: OpenSession) -> dict[str, RowGauge]:
    live = SessionLive(session.link, Library(), session.id)
    pulse = await live.pulse(
        1,
        node="n1",
        features=("chat",),
        viewers=0,
        likes_added=0,
        likes_seen=0,
        peak_seen=0,
        tick_seen="",
        chat_after="",
    )
    assert pulse.rows is not None
    return {gauge.row: gauge for gauge in pulse.rows}


async def test_checkout_takes_all_or_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1", "r2")
        await session.units.release(1, buyer="ada", rid="r2")
        before = await session.dump()
        reply = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1", "r2"])
        assert reply.refusal is not None and reply.refusal.code == "expired"
        assert await session.dump() == before


async def test_checkout_keeps_deadlines_and_may_be_repeated(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        held = await reserved(session, "r1", "r2")
        await session.set_clock(START_MS + HOLD_MS - 1)
        reply = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r2", "r1"])
        paying = [replace(r, state=ReservationState.PAYING, order_id="o1") for r in held]
        assert (list(reply.reservations), reply.known) == (paying, False)
        again = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1", "r2"])
        assert (list(again.reservations), again.known) == (paying, True)


async def test_checkout_at_the_deadline_is_too_late(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1")
        await session.set_clock(START_MS + HOLD_MS)
        reply = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"])
        assert reply.refusal is not None and reply.refusal.code == "expired"


async def test_checkout_of_what_is_not_in_the_buyers_cart_is_refused(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1", "r2", "r3")
        await reserved(session, "b1", buyer="bo")
        await session.reserve(line(rid="bought", command="buy"))
        await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1", "r2"])
        before = await session.dump()
        for order_id, rids, code in [
            ("o2", ["r3", "unknown"], "not_found"),
            ("o2", ["r3", "b1"], "not_found"),
            ("o2", ["r3", "r1"], "conflict"),
            ("o1", ["r3"], "conflict"),
            ("o1", ["r1"], "conflict"),
            ("bought", ["r3"], "conflict"),
        ]:
            reply = await session.units.pay(1, buyer="ada", order_id=order_id, rids=rids)
            assert reply.refusal is not None and reply.refusal.code == code, (order_id, rids)
        assert await session.dump() == before


async def test_release_gives_units_and_limits_back_once(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1", quantity=4))
        first = await session.units.release(1, buyer="ada", rid="r1")
        again = await session.units.release(1, buyer="ada", rid="r1")
        assert (first.known, again.known) == (False, True)
        assert first.reservation == again.reservation
        assert (await stock_of(session))["sS"].left == 10
        assert (await session.reserve(line(quantity=4)))[0].reservation is not None


async def test_release_of_anything_but_ones_own_hold_is_refused(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1")
        await session.reserve(line(rid="paying", command="buy"))
        for buyer, rid, code in [
            ("ada", "unknown", "not_found"),
            ("bo", "r1", "not_found"),
            ("ada", "paying", "conflict"),
        ]:
            reply = await session.units.release(1, buyer=buyer, rid=rid)
            assert reply.refusal is not None and reply.refusal.code == code
        await session.set_clock(START_MS + HOLD_MS)
        late = await session.units.release(1, buyer="ada", rid="r1")
        assert late.refusal is not None and late.refusal.code == "expired"


async def test_settling_drops_the_hold_and_copies_the_sale_in_one(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        (reply,) = await session.reserve(line(rid="r1", command="buy", quantity=3))
        assert reply.reservation is not None
        outcome = replace(reply.reservation, state=ReservationState.SOLD)
        copies = (
            [row("sS", 10, sold=3, version=2)],
            [Bought(buyer="ada", scope="sS", quantity=3, version=1)],
            Totals(orders=1, units=3, revenue=15_000, version=1),
        )
        for _ in range(2):
            assert await session.units.settle(1, [outcome], *copies) is UnitsStatus.OK
            stock = await stock_of(session)
            assert stock["sS"] == RowGauge(row="sS", units=10, sold=3, held=0, version=2)
        assert (await session.units.peek(["r1"]))["r1"].state is ReservationState.SOLD
        assert await session.units.mine("ada") == ()
        (more,) = await session.reserve(line(quantity=2))
        assert more.refusal is not None and more.refusal.fields == {"limit": 4, "left": 1}


async def test_outcome_of_a_rid_that_redis_has_lost_answers_its_replay(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        wanted = line(rid="r1", command="buy")
        lost = Reservation(
            rid="r1",
            buyer="ada",
            command="buy",
            sku="S",
            quantity=1,
            price=5000,
            state=ReservationState.SOLD,
            order_id="r1",
            deadline_ms=START_MS,
        )
        await session.units.settle(1, [lost])
        (reply,) = await session.reserve(wanted)
        assert reply.known
        assert reply.reservation == replace(lost, resolved_ms=START_MS)
        assert (await stock_of(session))["sS"].held == 0


async def test_what_is_resolved_stays_so_but_an_order_in_postgres_is_sold(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        (held,) = await reserved(session, "r1")
        await session.units.release(1, buyer="ada", rid="r1")
        refused = replace(held, state=ReservationState.REFUSED, code="conflict")
        await session.units.settle(1, [refused])
        assert (await session.units.peek(["r1"]))["r1"].state is ReservationState.RELEASED
        sold = replace(held, state=ReservationState.SOLD, order_id="o1")
        await session.units.settle(1, [sold])
        known = (await session.units.peek(["r1"]))["r1"]
        assert (known.state, known.order_id) == (ReservationState.SOLD, "o1")
        await session.units.settle(1, [refused])
        assert (await session.units.peek(["r1"]))["r1"] == known


async def test_what_is_sold_without_its_order_learns_it_and_its_rids(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        sold = [
            replace(held, state=ReservationState.SOLD)
            for held in await reserved(session, "r1", "r2")
        ]
        await session.units.settle(1, sold)
        refused = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1", "r2"])
        assert refused.refusal is not None and refused.refusal.code == "expired"
        for each in sold:
            await session.units.settle(1, [replace(each, order_id="o1")])
        again = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1", "r2"])
        assert (again.known, again.refusal) == (True, None)
        assert [each.order_id for each in again.reservations] == ["o1", "o1"]
        for order_id, rids in (("o1", ["r1"]), ("o2", ["r1", "r2"])):
            other = await session.units.pay(1, buyer="ada", order_id=order_id, rids=rids)
            assert other.refusal is not None and other.refusal.code == "conflict"
        before = await session.dump()
        await session.units.settle(1, [replace(sold[0], order_id="o3")])
        assert await session.dump() == before


async def test_what_is_sold_has_the_price_of_its_order_and_holds_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        plan = projection(sale=sale(units=5))
        session = await OpenSession.start(link, plan, [row("@7", 5)])
        (again,) = await session.reserve(line(rid="r1", command="buy"))
        assert again.reservation is not None
        assert (again.reservation.price, again.reservation.sale) == (3900, "@7")
        sold = replace(again.reservation, state=ReservationState.SOLD, price=5000, sale="")
        for _ in range(2):
            await session.units.settle(1, [sold])
            known = (await session.units.peek(["r1"]))["r1"]
            assert known == replace(sold, resolved_ms=START_MS)
            stock = await stock_of(session)
            assert (stock["sS"].held, stock["@7"].held) == (0, 0)


async def test_outcome_for_another_buyer_is_not_for_this_reservation(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        (held,) = await reserved(session, "r1")
        await session.units.settle(1, [replace(held, buyer="bo", state=ReservationState.SOLD)])
        assert (await session.units.peek(["r1"])) == {"r1": held}


async def test_sweep_expires_what_is_held_and_only_lists_what_is_paying(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        (held,) = await reserved(session, "r1")
        (reply,) = await session.reserve(line(rid="r2", command="buy"))
        await session.set_clock(START_MS + HOLD_MS - 1)
        early = await session.units.sweep(1)
        assert (early.expired, early.overdue) == ((), ())
        await session.set_clock(START_MS + HOLD_MS)
        swept = await session.units.sweep(1)
        expired = replace(held, state=ReservationState.EXPIRED, resolved_ms=START_MS + HOLD_MS)
        assert swept.expired == (expired,)
        assert swept.overdue == (reply.reservation,)
        assert (await stock_of(session))["sS"].held == 1
        assert (await session.units.sweep(1)).expired == ()


async def test_sweep_takes_as_many_as_it_is_told(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1", "r2", "r3")
        await session.set_clock(START_MS + HOLD_MS)
        counts = [len((await session.units.sweep(1, 2)).expired) for _ in range(3)]
        assert counts == [2, 1, 0]


async def test_resolved_rid_is_kept_for_a_day(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1")
        await session.units.release(1, buyer="ada", rid="r1")
        await session.set_clock(START_MS + DAY_MS - 1)
        await session.units.sweep(1)
        assert set(await session.units.peek(["r1"])) == {"r1"}
        await session.set_clock(START_MS + DAY_MS)
        await session.units.sweep(1)
        assert await session.units.peek(["r1"]) == {}


async def test_older_copies_change_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        newer = Bought(buyer="ada", scope="sS", quantity=4, version=5)
        older = Bought(buyer="ada", scope="sS", quantity=0, version=4)
        totals = Totals(orders=5, units=5, revenue=5 * 10**15, version=9)
        await session.units.copy(1, [row("sS", 10, sold=4, version=5)], [newer], totals)
        before = await session.dump()
        old_totals = Totals(orders=1, units=1, revenue=1, version=8)
        await session.units.copy(1, [row("sS", 99, sold=0, version=4)], [older], old_totals)
        assert await session.dump() == before
        (reply,) = await session.reserve(line())
        assert reply.refusal is not None and reply.refusal.fields == {"limit": 4, "left": 0}


async def test_open_reservations_of_many_buyers_are_read_in_one_call(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reserved(session, "r1", "r2")
        await reserved(session, "r3", buyer="bo")
        found = await session.units.mine("ada", "bo", "nobody")
        assert sorted((each.buyer, each.rid) for each in found) == [
            ("ada", "r1"),
            ("ada", "r2"),
            ("bo", "r3"),
        ]
        assert await session.units.mine("nobody") == ()
