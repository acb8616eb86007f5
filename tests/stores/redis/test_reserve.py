"""Reserving: its checks, in which order, and its boundaries."""

import pytest

from liveshop.core.model import Bought, ReservationState, Status
from liveshop.stores.redis.unit_records import LineReply, UnitsStatus
from tests.stores.redis.harness import (
    HOLD_MS,
    NOTHING,
    START_MS,
    UNHURRIED,
    OpenSession,
    line,
    linked,
    projection,
    row,
    sale,
)


def refusal(reply: LineReply) -> tuple[str, dict[str, object]]:
    assert reply.reservation is None and reply.refusal is not None
    return reply.refusal.code, reply.refusal.fields


def bought(buyer: str, scope: str, quantity: int) -> Bought:
    return Bought(buyer=buyer, scope=scope, quantity=quantity, version=1)


async def test_last_unit_goes_to_one_of_those_who_ask_in_one_call(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.units.copy(1, [row("sS", 10, sold=9, version=2)])
        first, second = await session.reserve(line(buyer="ada"), line(buyer="bo"))
        assert first.reservation is not None
        assert refusal(second) == ("sold_out", {"left": 0})


async def test_buy_is_paying_at_once_in_an_order_named_by_its_rid(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        (reply,) = await session.reserve(line(command="buy", rid="r1", quantity=2))
        assert reply.reservation is not None and not reply.known
        assert reply.reservation.state is ReservationState.PAYING
        assert reply.reservation.order_id == "r1"
        assert reply.reservation.deadline_ms == START_MS + HOLD_MS
        assert (reply.reservation.price, reply.reservation.sale) == (5000, "")


@pytest.mark.parametrize(
    ("now_ms", "price", "of_sale"),
    [
        (START_MS + 999, 5000, ""),
        (START_MS + 1000, 3900, "@7"),
        (START_MS + 1999, 3900, "@7"),
        (START_MS + 2000, 5000, ""),
    ],
)
async def test_sale_price_holds_from_its_start_until_just_before_its_end(
    redis_url: str, now_ms: int, price: int, of_sale: str
) -> None:
    running = sale(starts_at_ms=START_MS + 1000, ends_at_ms=START_MS + 2000)
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(sale=running))
        await session.set_clock(now_ms)
        (reply,) = await session.reserve(line())
        assert reply.reservation is not None
        assert (reply.reservation.price, reply.reservation.sale) == (price, of_sale)


async def test_sale_units_cap_all_its_skus_together(redis_url: str) -> None:
    running = sale(prices={"S": 3900, "M": 3900}, units=3)
    plan = projection(sale=running)
    plan = type(plan)(
        offset=1,
        status=Status.LIVE,
        hold_ms=HOLD_MS,
        offers=tuple(type(o)(sku=o.sku, price=5000, limit=4, sale=running) for o in plan.offers),
    )
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, plan, [row("@7", 3)])
        replies = await session.reserve(line("S", 2), line("M", 2), line("M", 1), line("S", 1))
        assert [reply.reservation is not None for reply in replies] == [True, False, True, False]
        assert refusal(replies[1]) == ("sold_out", {"left": 1})
        assert refusal(replies[3]) == ("sold_out", {"left": 0})


async def test_sale_without_a_row_of_units_in_redis_sells_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(sale=sale(units=3)))
        assert refusal((await session.reserve(line()))[0]) == ("sold_out", {"left": 0})


async def test_both_limits_count_what_is_bought_and_what_is_held(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(limit=4, sale=sale(limit=3)))
        await session.units.copy(1, bought=[bought("ada", "sS", 1), bought("ada", "@7", 1)])
        replies = await session.reserve(line(quantity=1), line(quantity=2), line(quantity=3))
        assert replies[0].reservation is not None
        # The sale leaves 1, the SKU 2: the tighter one is told.
        assert refusal(replies[1]) == ("limit", {"limit": 3, "left": 1})
        assert refusal(replies[2]) == ("limit", {"limit": 3, "left": 1})


async def test_another_buyer_has_a_limit_of_its_own(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        replies = await session.reserve(line(quantity=4), line(), line(buyer="bo", quantity=4))
        assert refusal(replies[1]) == ("limit", {"limit": 4, "left": 0})
        assert replies[2].reservation is not None


async def test_same_rid_gets_the_same_answer_even_after_the_price_has_changed(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        wanted = line(rid="r1", price=5000)
        first, again = await session.reserve(wanted, wanted)
        await session.units.push(1, projection(offset=2, sale=sale(prices={"S": 1})))
        before = await session.dump()
        (later,) = await session.reserve(wanted)
        assert not first.known and again.known and later.known
        assert first.reservation == again.reservation == later.reservation
        assert await session.dump() == before


@pytest.mark.parametrize(
    "other",
    [
        line(rid="r1", buyer="bo"),
        line(rid="r1", command="buy"),
        line("M", rid="r1"),
        line(rid="r1", quantity=2),
    ],
    ids=["buyer", "command", "sku", "quantity"],
)
async def test_known_rid_with_another_argument_is_a_conflict(redis_url: str, other: object) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1"))
        before = await session.dump()
        (reply,) = await session.reserve(other)  # type: ignore[arg-type]
        assert refusal(reply)[0] == "conflict"
        assert await session.dump() == before


async def test_refusals_bind_nothing_and_change_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        before = await session.dump()
        replies = await session.reserve(
            line("S", 11, rid="r1"), line("X", rid="r2"), line(rid="r3", price=4999)
        )
        assert [refusal(reply) for reply in replies] == [
            ("limit", {"limit": 4, "left": 4}),
            ("not_found", {}),
            ("price_changed", {"price": 5000}),
        ]
        assert await session.dump() == before
        (reply,) = await session.reserve(line("M", 2, rid="r1", buyer="bo"))
        assert reply.reservation is not None and not reply.known


async def test_checks_come_in_the_order_of_the_protocol(redis_url: str) -> None:
    """Rid, session, shelf, price, limit, units: each faulty line lacks one fault more."""
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.units.copy(1, [row("sS", 10, sold=10, version=2)])
        await session.reserve(line("M", rid="r1"))
        all_faults = [
            line("X", 9, rid="r1", price=1),
            line("X", 9, price=1),
            line("S", 9, price=1),
            line("S", 9),
            line("S", 1),
        ]
        replies = await session.reserve(*all_faults)
        codes = [refusal(reply)[0] for reply in replies]
        assert codes == ["conflict", "not_found", "price_changed", "limit", "sold_out"]
        await session.units.push(1, projection(offset=2, status=Status.PAUSED))
        replies = await session.reserve(*all_faults)
        assert [refusal(reply)[0] for reply in replies] == ["conflict"] + ["not_live"] * 4


async def test_buyer_has_a_hundred_open_reservations_at_most(redis_url: str) -> None:
    async with linked(redis_url) as link:
        rows = [row("sS", 1000, version=2)]
        session = await OpenSession.start(link, projection(limit=1000), buyer=UNHURRIED)
        await session.units.copy(1, rows)
        mine = [line() for _ in range(101)]
        for first in (0, 64):
            replies = await session.reserve(*mine[first : first + 64])
        assert refusal(replies[-1]) == ("limit", {"limit": 100, "left": 0})
        assert len(await session.units.mine("ada")) == 100
        await session.units.release(1, buyer="ada", rid=mine[0].rid)
        assert (await session.reserve(mine[-1]))[0].reservation is not None


async def test_overdue_holds_are_expired_before_units_are_counted(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.units.copy(1, [row("sS", 2, version=2)])
        await session.reserve(line(quantity=2, rid="r1"))
        await session.set_clock(START_MS + HOLD_MS - 1)
        (reply,) = await session.reserve(line(buyer="bo"))
        assert refusal(reply) == ("sold_out", {"left": 0})
        await session.set_clock(START_MS + HOLD_MS)
        answer = await session.units.reserve(1, 1, [line(buyer="bo", quantity=2)])
        assert answer.lines[0].reservation is not None
        assert [(r.rid, r.state) for r in answer.expired] == [("r1", ReservationState.EXPIRED)]


async def test_room_that_is_ahead_of_redis_is_told_so_and_nothing_is_reserved(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        before = await session.dump()
        reply = await session.units.reserve(1, 2, [line()])
        assert (reply.status, reply.lines) == (UnitsStatus.STALE, ())
        assert await session.dump() == before


async def test_projection_of_a_lower_offset_changes_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(offset=3, status=Status.ENDED))
        before = await session.dump()
        assert await session.units.push(1, projection(offset=2)) is UnitsStatus.OK
        assert await session.dump() == before


async def test_the_offset_alone_moves_on_where_nothing_since_changes_what_is_sold(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(offset=3))
        assert (await session.units.reserve(1, 7, [line()])).status is UnitsStatus.STALE
        assert await session.units.move(1, sells_offset=3, offset=7) is UnitsStatus.OK
        (reply,) = (await session.units.reserve(1, 7, [line()])).lines
        assert reply.reservation is not None
        before = await session.dump()
        for sells_offset, offset in ((3, 5), (7, 7)):
            status = await session.units.move(1, sells_offset=sells_offset, offset=offset)
            assert status is UnitsStatus.OK
        assert await session.dump() == before


async def test_the_offset_stays_while_the_projection_lacks_what_has_changed(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(offset=3))
        before = await session.dump()
        assert await session.units.move(1, sells_offset=4, offset=7) is UnitsStatus.STALE
        assert await session.units.move(2, sells_offset=3, offset=7) is UnitsStatus.FENCED
        assert await session.dump() == before


async def test_without_a_projection_every_room_is_told_to_push(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = OpenSession(link)
        await session.units.fence(1)
        await session.units.load(1, now_ms_min=START_MS, rows=[], totals=NOTHING)
        assert (await session.units.reserve(1, 0, [line()])).status is UnitsStatus.STALE


async def test_large_prices_and_instants_come_back_to_the_unit(redis_url: str) -> None:
    async with linked(redis_url) as link:
        running = sale(prices={"S": 10**12}, ends_at_ms=253_402_300_799_999)
        session = await OpenSession.start(link, projection(sale=running))
        await session.set_clock(253_402_300_000_000)
        (reply,) = await session.reserve(line(rid="r1"))
        assert reply.reservation is not None
        assert reply.reservation.price == 10**12
        assert reply.reservation.deadline_ms == 253_402_300_000_000 + HOLD_MS
        assert await session.units.peek(["r1"]) == {"r1": reply.reservation}
