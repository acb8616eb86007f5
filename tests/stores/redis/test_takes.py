"""Units that a buyer takes before any order: held, given back, kept by a rebuild, and spent."""

import pytest

from liveshop.core.model import Charge, ReservationState
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.unit_records import ReserveLine, RowLeft, TakeReply, UnitsStatus
from tests.stores.redis.harness import (
    NOTHING,
    START_MS,
    UNHURRIED,
    OpenSession,
    line,
    linked,
    row,
)
from tests.stores.redis.test_charges import held

USES = "@9"
USE = Charge(row=USES, units=1, limit=1)
KEPT_MS = 30_000


async def opened(link: RedisLink) -> OpenSession:
    """A session that also has a row of two uses."""
    return await OpenSession.start(link, None, [row(USES, 2)], buyer=UNHURRIED)


async def take(
    session: OpenSession, rid: str, buyer: str = "ada", charge: Charge = USE
) -> TakeReply:
    return await session.units.take(1, rid=rid, buyer=buyer, charge=charge, kept_ms=KEPT_MS)


async def test_a_take_holds_a_use_and_is_one_however_often_it_is_sent(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        first, again = await take(session, "t1"), await take(session, "t1")
        assert first.take is not None
        assert (first.known, again.known, again.take) == (False, True, first.take)
        assert (first.take.taken, first.take.state) == (USES, ReservationState.HELD)
        assert first.take.deadline_ms == START_MS + KEPT_MS
        assert await held(session) == {USES: 1}
        other = await take(session, "t1", charge=Charge(row=USES, units=2, limit=1))
        assert other.refusal is not None and other.refusal.code == "conflict"


async def test_a_take_beyond_the_units_or_the_buyers_limit_is_refused_and_writes_nothing(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        await take(session, "t2", "bo")
        before = await session.dump()
        for buyer, code in (("ada", "limit"), ("cy", "sold_out")):
            refused = (await take(session, "t3", buyer)).refusal
            assert refused is not None
            assert (refused.code, refused.fields["left"]) == (code, 0)
        assert await session.dump() == before


async def test_a_take_is_given_back_or_ends_at_its_deadline(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        await take(session, "t2", "bo")
        assert (await session.units.release(1, buyer="bo", rid="t1")).reservation is None
        released = await session.units.release(1, buyer="ada", rid="t1")
        assert released.reservation is not None and released.reservation.taken == USES
        assert await held(session) == {USES: 1}
        await session.set_clock(START_MS + KEPT_MS)
        swept = await session.units.sweep(1)
        assert [(each.rid, each.taken) for each in swept.expired] == [("t2", USES)]
        assert await held(session) == {}


async def test_an_order_spends_what_its_buyer_took_and_nothing_of_others(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        await take(session, "t2", "bo")
        await session.reserve(line(rid="r1"))
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        assert (paid.refusal, [each.rid for each in paid.spent]) == (None, ["t1"])
        assert paid.spent[0].state is ReservationState.SOLD
        assert await held(session) == {"sS": 1, USES: 2}
        mine = {each.rid for each in await session.units.mine("ada", "bo")}
        assert mine == {"r1", "t2"}
        again = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        assert (again.known, again.spent) == (True, ())
        assert (await take(session, "t1")).take == paid.spent[0]


async def test_an_order_that_is_refused_spends_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        await session.reserve(line(rid="r1"))
        before = await session.dump()
        charges = (USE, Charge(row="@8", units=1))
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=charges)
        assert paid.lacks == "@8"
        assert await session.dump() == before


async def test_a_take_is_no_reservation_that_an_order_could_be_made_of(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["t1"])
        assert paid.refusal is not None and paid.refusal.code == "not_found"


@pytest.mark.parametrize(("sold", "stays"), [(0, True), (2, False)])
async def test_a_rebuild_keeps_takes_that_fit(redis_url: str, sold: int, stays: bool) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        rows = [row("sS", 10), row("sM", 10), row(USES, 2, sold=sold)]
        assert await session.units.fence(2) is UnitsStatus.OK
        reply = await session.units.load(2, now_ms_min=START_MS, rows=rows, totals=NOTHING)
        assert [(each.rid, each.code) for each in reply.resolved] == (
            [] if stays else [("t1", "sold_out")]
        )
        assert await held(session) == ({USES: 1} if stays else {})


async def test_a_cart_tells_what_is_left_with_own_takes_counted_as_free(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await take(session, "t1")
        await session.reserve(line(rid="r1"), line(rid="r2", buyer="bo"))
        cart = await session.units.cart("ada", ["r1", "r2", "r3"], [USES, "@8"])
        assert [each.rid for each in cart.reservations] == ["r1", "r2"]
        assert [each.rid for each in cart.takes] == ["t1"]
        assert cart.rows == {
            USES: RowLeft(free=2, counted=0),
            "@8": RowLeft(free=0, counted=0),
        }
        others = await session.units.cart("bo", [], [USES])
        assert (others.takes, others.rows) == ((), {USES: RowLeft(free=1, counted=0)})
        await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        after = await session.units.cart("ada", [], [USES])
        assert (after.takes, after.rows) == ((), {USES: RowLeft(free=1, counted=1)})


def waiting(rid: str) -> ReserveLine:
    return ReserveLine(rid=rid, buyer="ada", command="buy", sku="S", quantity=1, waits=True)


async def test_a_buy_that_waits_is_held_and_ordered_under_its_own_rid_only(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        [reply] = await session.reserve(waiting("r1"))
        assert reply.reservation is not None
        assert (reply.reservation.state, reply.reservation.command) == ("held", "buy")
        assert reply.reservation.order_id is None
        await session.reserve(line(rid="r2"))
        for order_id, rids in (("o1", ["r1"]), ("r1", ["r1", "r2"]), ("r1", ["r2"])):
            other = await session.units.pay(1, buyer="ada", order_id=order_id, rids=rids)
            assert other.refusal is not None and other.refusal.code == "conflict"
        paid = await session.units.pay(1, buyer="ada", order_id="r1", rids=["r1"], charges=(USE,))
        assert (paid.refusal, paid.known) == (None, False)
        [again] = await session.reserve(line(rid="r1", command="buy"))
        assert again.known and again.reservation is not None
        assert (again.reservation.state, again.reservation.order_id) == ("paying", "r1")
        repeated = await session.units.pay(1, buyer="ada", order_id="r1", rids=["r1"])
        assert (repeated.known, repeated.charge) == (True, paid.charge)


async def test_a_buy_that_is_given_back_with_a_code_is_refused_for_good(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(waiting("r1"))
        reply = await session.units.release(1, buyer="ada", rid="r1", code="price_changed")
        assert reply.reservation is not None
        assert (reply.reservation.state, reply.reservation.code) == ("refused", "price_changed")
        [again] = await session.reserve(line(rid="r1", command="buy"))
        assert again.reservation is not None
        assert again.reservation.state is ReservationState.REFUSED
        assert await held(session) == {}
