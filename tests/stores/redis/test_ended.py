"""Redis' memory of a buyer after the end: answers for a day, and never more than so many."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from liveshop.core.limits import RESOLVED_KEPT_MS, SETTLED_KEPT_MS
from liveshop.core.model import PurchaseWord, ReservationState
from liveshop.stores.redis.library import BuyerLimits, Library
from liveshop.stores.redis.packing import session_key, session_keys
from liveshop.stores.redis.unit_records import LineReply, ReserveLine, UnitsStatus
from liveshop.stores.redis.units import SessionUnits
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
)

FEW = replace(UNHURRIED, past_max=3, void_max=2)


async def size(session: OpenSession, name: str) -> int:
    """Return how many fields or members a key of the session has."""
    key = session_key(session.id, name)
    return int(await session.link.call("ZCARD" if name == "done" else "HLEN", key))


async def reserve_and_give_back(session: OpenSession, *lines: ReserveLine) -> None:
    for each in lines:
        (reply,) = await session.reserve(each)
        assert reply.reservation is not None and not reply.known
        released = await session.units.release(1, buyer=each.buyer, rid=each.rid)
        assert released.reservation is not None


async def settle(session: OpenSession, rid: str, state: ReservationState) -> None:
    outcome = changed((await session.units.peek([rid]))[rid], state=state)
    assert await session.units.settle(1, [outcome]) is UnitsStatus.OK


def refusal(reply: LineReply) -> tuple[str, dict[str, object]]:
    assert reply.reservation is None and reply.refusal is not None
    return reply.refusal.code, reply.refusal.fields


async def test_the_oldest_that_was_never_ordered_is_forgotten_first(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, buyer=FEW)
        mine = [line(rid=f"r{n}") for n in range(1, 6)]
        await reserve_and_give_back(session, line(rid="his", buyer="bo"), *mine)
        assert set(await session.units.peek(["his", "r1", "r2", "r3", "r4", "r5"])) == {
            *("his", "r3", "r4", "r5")
        }
        (again,) = await session.reserve(mine[-1])
        assert again.known and again.reservation is not None
        assert again.reservation.state is ReservationState.RELEASED
        (forgotten,) = await session.reserve(mine[0])
        assert forgotten.reservation is not None and not forgotten.known


async def test_reserving_and_giving_back_for_ever_takes_no_more_memory(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, buyer=FEW)
        await reserve_and_give_back(session, *(line() for _ in range(3)))
        before = [await size(session, name) for name in ("res", "done", "past")]
        await reserve_and_give_back(session, *(line() for _ in range(40)))
        assert before == [3, 3, 1]
        assert [await size(session, name) for name in ("res", "done", "past")] == before


async def test_reserving_and_letting_it_expire_takes_no_more_memory(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(limit=10), buyer=FEW)
        for n in range(1, 6):
            await session.reserve(*(line("S"), line("M"), line("M")))
            await session.set_clock(START_MS + n * HOLD_MS)
        assert len((await session.units.sweep(1)).expired) == 3
        assert [await size(session, name) for name in ("res", "done", "past")] == [3, 3, 1]


async def test_a_rid_that_reached_paying_keeps_its_answer_whatever_follows(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, buyer=FEW)
        await session.reserve(line(rid="bought", command="buy"), line(rid="unpaid"))
        await session.units.pay(1, buyer="ada", order_id="o1", rids=["unpaid"])
        await settle(session, "bought", ReservationState.SOLD)
        await settle(session, "unpaid", ReservationState.EXPIRED)
        await reserve_and_give_back(session, *(line() for _ in range(20)))
        kept = await session.units.peek(["bought", "unpaid"])
        assert {rid: each.state for rid, each in kept.items()} == {
            "bought": ReservationState.SOLD,
            "unpaid": ReservationState.EXPIRED,
        }
        (again,) = await session.reserve(line(rid="unpaid"))
        assert again.known and again.reservation == kept["unpaid"]


async def test_a_buyer_of_many_void_orders_gets_nothing_new_until_a_day_later(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, buyer=FEW)
        for rid in ("r1", "r2"):
            await session.reserve(line(rid=rid, command="buy"))
            await settle(session, rid, ReservationState.REFUSED)
        before = await session.dump()
        mine, his, again = await session.reserve(
            line(rid="r3"), line(buyer="bo"), line(rid="r2", command="buy")
        )
        assert refusal(mine) == ("limit", {"limit": 2, "left": 0})
        assert his.reservation is not None and not his.known
        assert again.known and again.reservation is not None
        assert again.reservation.state is ReservationState.REFUSED
        assert await session.units.peek(["r3"]) == {}
        assert {key: before[key] for key in before if key.endswith((":void", ":done"))} == {
            key: value
            for key, value in (await session.dump()).items()
            if key.endswith((":void", ":done"))
        }
        await session.set_clock(START_MS + RESOLVED_KEPT_MS)
        assert (await session.units.sweep(1)).trimmed == 2
        assert await size(session, "void") == 0
        (later,) = await session.reserve(line(rid="r4"))
        assert later.reservation is not None


async def test_what_turns_out_to_be_sold_counts_no_longer_and_is_kept(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, buyer=FEW)
        await session.reserve(line(rid="r1", command="buy"))
        await settle(session, "r1", ReservationState.EXPIRED)
        assert await size(session, "void") == 1
        await settle(session, "r1", ReservationState.SOLD)
        assert await size(session, "void") == 0
        # Sold by an order that Redis had lost, in the call that pushes the list over its end.
        mine = [line(rid=f"p{n}") for n in range(3)]
        await reserve_and_give_back(session, *mine)
        stored = await session.units.peek(["p0", "p1"])
        newer = changed(stored["p1"], rid="p9", state=ReservationState.EXPIRED)
        sold = changed(stored["p0"], state=ReservationState.SOLD)
        assert await session.units.settle(1, [newer, sold]) is UnitsStatus.OK
        kept = await session.units.peek(["p0", "p1", "p2", "p9"])
        assert {rid: each.state.value for rid, each in kept.items()} == {
            "p0": "sold",
            "p1": "released",
            "p2": "released",
            "p9": "expired",
        }


async def test_a_sweep_says_how_many_it_has_forgotten_since_there_may_be_more(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, buyer=UNHURRIED)
        await reserve_and_give_back(session, *(line() for _ in range(5)))
        await session.set_clock(START_MS + RESOLVED_KEPT_MS)
        swept = [await session.units.sweep(1, 2) for _ in range(3)]
        assert [reply.trimmed for reply in swept] == [2, 2, 1]
        assert [await size(session, name) for name in ("res", "done", "past")] == [0, 0, 0]


async def test_a_settled_session_leaves_nothing_in_redis_for_good(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(command="buy", rid="r1"), line(rid="r2"))
        await session.units.release(1, buyer="ada", rid="r2")
        assert await session.units.retire(1) is UnitsStatus.OK
        left_ms = {
            key.rsplit(":")[-1]: await link.call("PTTL", key)
            for key in session_keys(session.id)
            if await link.call("EXISTS", key)
        }
        # `due` and `paying` end with what is in them.
        assert {name for name, ms in left_ms.items() if ms < 0} == {"paying"}
        assert RESOLVED_KEPT_MS - 60_000 < left_ms["res"] <= RESOLVED_KEPT_MS
        assert RESOLVED_KEPT_MS - 60_000 < left_ms["past"] <= RESOLVED_KEPT_MS
        assert SETTLED_KEPT_MS - 60_000 < left_ms["cfg"] <= SETTLED_KEPT_MS
        # An older Postgres in which it goes on takes it back whole.
        assert await session.units.fence(2) is UnitsStatus.OK
        reply = await session.units.load(
            2, now_ms_min=START_MS, rows=[row("sS", 10)], totals=NOTHING
        )
        assert reply.status is UnitsStatus.OK
        for name in ("cfg", "res", "done", "past"):
            assert await link.call("PTTL", session_key(session.id, name)) == -1, name


# The rate of one buyer

TEN_AT_ONCE = 10


async def test_a_buyer_reserves_ten_at_once_and_then_one_in_200_ms(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(limit=100), [row("sX", 1)])
        await session.units.copy(1, [row("sS", 100, version=2)])
        replies = await session.reserve(
            *(line() for _ in range(TEN_AT_ONCE)), line(), line("X"), line(buyer="bo")
        )
        assert all(reply.reservation is not None for reply in replies[:TEN_AT_ONCE])
        assert refusal(replies[10]) == ("rate_limited", {"retry_after_ms": 200})
        assert refusal(replies[11])[0] == "rate_limited"
        assert replies[12].reservation is not None


@pytest.mark.parametrize("command", ["buy", "reserve"])
async def test_connections_and_nodes_do_not_multiply_a_buyers_rate(
    redis_url: str, command: PurchaseWord
) -> None:
    once = replace(BuyerLimits(), rate=(1, 10))  # one a second, or a slow machine would see more
    async with linked(redis_url) as one, linked(redis_url) as other:
        session = await OpenSession.start(one, projection(limit=100), buyer=once)
        await session.units.copy(1, [row("sS", 1000, version=2)])
        elsewhere = SessionUnits(other, Library(once), session.id)
        granted = 0
        begun_ms = await one.now_ms()
        for _ in range(4):
            for node in (session.units, elsewhere):
                reply = await node.reserve(1, 1, [line(command=command) for _ in range(5)])
                granted += sum(each.reservation is not None for each in reply.lines)
        seconds = (await one.now_ms() - begun_ms) // 1000 + 1
        assert TEN_AT_ONCE <= granted <= TEN_AT_ONCE + seconds < 40


async def test_a_known_rid_is_answered_beyond_the_rate_and_not_counted(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(limit=100))
        await session.units.copy(1, [row("sS", 100, version=2)])
        first = line(rid="r1")
        replies = await session.reserve(first, *(first for _ in range(30)))
        assert [reply.known for reply in replies] == [False] + [True] * 30
        replies = await session.reserve(*(line() for _ in range(9)), first, line())
        assert all(reply.reservation is not None for reply in replies[:9])
        assert replies[9].known
        assert refusal(replies[10])[0] == "rate_limited"


async def test_what_is_refused_does_not_count_and_too_often_changes_nothing(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(limit=100))
        await session.units.copy(1, [row("sS", 12, version=2)])
        refused = await session.reserve(*(line(quantity=13) for _ in range(30)))
        assert {refusal(reply)[0] for reply in refused} == {"sold_out"}
        granted = await session.reserve(*(line() for _ in range(TEN_AT_ONCE)))
        assert all(reply.reservation is not None for reply in granted)
        before = await session.dump()
        (late,) = await session.reserve(line(rid="late"))
        assert refusal(late)[0] == "rate_limited"
        assert await session.dump() == before


async def test_a_buyer_has_a_rate_in_each_session(redis_url: str) -> None:
    async with linked(redis_url) as link:
        for _ in range(2):
            session = await OpenSession.start(link, projection(limit=100))
            await session.units.copy(1, [row("sS", 100, version=2)])
            replies = await session.reserve(*(line() for _ in range(TEN_AT_ONCE)))
            assert all(reply.reservation is not None for reply in replies)
