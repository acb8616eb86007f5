"""The audit holds what Redis believes against what Postgres knows."""

import asyncio

from liveshop.core.model import ReservationState, Row
from liveshop.stores.audit.look import audit
from tests.stores.audit.market import SEPARATOR, SESSION, Market
from tests.stores.postgres.shop import NOW, order


async def test_a_copy_that_lags_behind_is_found_until_it_is_made(market: Market) -> None:
    reply = await market.shop.orders.commit("s1", 1, [order("r3")], now_ms=NOW)
    assert await market.findings() == [
        "P1 session s1: row sA (units, sold, version): Redis [10, 2, 2], Postgres [10, 3, 3]",
        "P1 session s1: what ada bought of sA: Redis [2, 1], Postgres [3, 2]",
        "P1 session s1: orders, units, revenue: Redis [1, 2, 10000], Postgres [2, 3, 15000]",
    ]
    await market.units.copy(1, reply.copies.rows, reply.copies.bought, reply.copies.totals)
    assert await market.findings() == []


async def test_a_copy_that_is_newer_than_the_truth_is_found(market: Market) -> None:
    await market.units.copy(1, [Row(row="sA", units=10, sold=1, version=9)])
    assert await market.findings() == [
        "P1 session s1: row sA (units, sold, version): Redis [10, 1, 9], Postgres [10, 2, 2]"
    ]


async def test_a_hold_that_nobody_has_is_found(market: Market) -> None:
    await market.link.call("HSET", SESSION + "stock", f"sA{SEPARATOR}held", 2)
    assert await market.findings() == ["P4 session s1: row sA holds 2, its reservations 1"]


async def test_a_buyers_hold_that_nobody_has_is_found(market: Market) -> None:
    await market.link.call("HSET", SESSION + "held", f"eve{SEPARATOR}sA", 1)
    assert await market.findings() == ["P4 session s1: eve holds 1 of sA, reserved 0"]


async def test_a_reservation_long_past_its_deadline_is_found(market: Market) -> None:
    packed = await market.link.call("HGET", SESSION + "res", "r2")
    deadline = str(market.reservation().deadline_ms)
    await market.link.call("HSET", SESSION + "res", "r2", packed.replace(deadline, "1"))
    assert await market.findings() == ["P4 session s1: r2 is long overdue"]


async def test_what_redis_does_not_sell_by_is_not_believed(market: Market) -> None:
    await market.link.call("HSET", SESSION + "stock", f"sA{SEPARATOR}held", 2)
    await market.units.fence(2)
    assert await market.findings() == []


async def test_what_is_gone_at_the_second_look_was_on_its_way(market: Market) -> None:
    reply = await market.shop.orders.commit("s1", 1, [order("r3")], now_ms=NOW)
    looking = asyncio.create_task(audit(market.shop.database, market.link, looks=2))
    done, _ = await asyncio.wait([looking], timeout=0.2)
    assert not done
    await market.units.copy(1, reply.copies.rows, reply.copies.bought, reply.copies.totals)
    assert await looking == []


async def test_many_that_are_on_their_way_do_not_hide_one_that_stays(market: Market) -> None:
    passing = [f"b{n:02}{SEPARATOR}sA" for n in range(25)]
    for field in (*passing, f"zoe{SEPARATOR}sA"):
        await market.link.call("HSET", SESSION + "bought", field, f"1{SEPARATOR}1")
    looking = asyncio.create_task(audit(market.shop.database, market.link, looks=2))
    done, _ = await asyncio.wait([looking], timeout=0.2)
    assert not done
    await market.link.call("HDEL", SESSION + "bought", *passing)
    assert [finding.what for finding in await looking] == [
        "what zoe bought of sA: Redis counts it, Postgres does not"
    ]


async def test_a_count_that_postgres_does_not_know_is_found(market: Market) -> None:
    await market.link.call("HSET", SESSION + "bought", f"eve{SEPARATOR}sA", f"1{SEPARATOR}1")
    assert await market.findings() == [
        "P1 session s1: what eve bought of sA: Redis counts it, Postgres does not"
    ]


async def test_redis_that_is_ahead_of_a_postgres_that_has_gone_back_is_found(
    market: Market,
) -> None:
    await market.shop.database.commit("UPDATE session SET stock_epoch = 0")
    assert await market.findings() == [
        "P1 session s1: Redis sells at epoch 1, Postgres has raised it to 0"
    ]


async def test_what_redis_says_is_sold_without_an_order_is_found(market: Market) -> None:
    await market.units.settle(1, [market.sold("r9")])
    assert await market.findings() == ["P2 session s1: r9 of bo is sold, and has no order"]


async def test_two_final_answers_to_one_rid_are_found(market: Market) -> None:
    told = market.reservation(ReservationState.EXPIRED, rid="r1", buyer="ada")
    await market.units.settle(1, [told])
    assert await market.findings() == ["P5 session s1: r1 of ada is expired, its order confirmed"]


async def test_a_reservation_that_no_sweep_would_find_is_found(market: Market) -> None:
    packed = await market.link.call("HGET", SESSION + "res", "r2")
    deadline = str(market.reservation().deadline_ms)
    await market.link.call("HSET", SESSION + "res", "r8", packed.replace(deadline, "1"))
    assert await market.findings() == ["P4 session s1: r8 is paying and has no deadline"]


async def test_a_deadline_of_nothing_is_found(market: Market) -> None:
    await market.link.call("ZADD", SESSION + "due", 1, "r7")
    assert await market.findings() == ["P4 session s1: r7 has a deadline and is not on record"]
