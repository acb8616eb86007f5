"""Reservations of a list of rows, an order's charges, and memos."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from liveshop.core.limits import MEMO_BYTES_MAX
from liveshop.core.model import Charge, Reservation, ReservationState, charge_rid
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.packing import SEPARATOR
from liveshop.stores.redis.projection import Projection
from liveshop.stores.redis.unit_records import LineReply, ReserveLine, UnitsStatus
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

USES = "@9"
USE = Charge(row=USES, units=1)
MEMO = '{"claim": "c1"}'


async def opened(link: RedisLink, plan: Projection | None = None) -> OpenSession:
    """A session that also has a row of three units that no SKU and no sale has."""
    rows = [row(USES, 3), row("@7", 5)]
    return await OpenSession.start(link, plan, rows, buyer=UNHURRIED)


def charged(rid: str, *charges: Charge, memo: str | None = None, quantity: int = 1) -> ReserveLine:
    return ReserveLine(
        rid=rid,
        buyer="ada",
        command="reserve",
        sku="S",
        quantity=quantity,
        charges=charges,
        memo=memo,
    )


async def held(session: OpenSession) -> dict[str, int]:
    """Return the units held of each row of which any are."""
    stock = await session.link.call("HGETALL", f"{{s:{session.id}}}:stock")
    counts = dict(zip(stock[::2], map(int, stock[1::2]), strict=True))
    names = (name.removesuffix("\x1fheld") for name in counts if name.endswith("held"))
    return {name: units for name in names if (units := counts[f"{name}\x1fheld"])}


async def raw(session: OpenSession, rid: str) -> list[str]:
    packed: str = await session.link.call("HGET", f"{{s:{session.id}}}:res", rid)
    return packed.split(SEPARATOR)


def refusals(replies: Sequence[LineReply]) -> list[tuple[str, dict[str, Any]]]:
    refused = [each.refusal for each in replies if each.refusal is not None]
    assert len(refused) == len(replies)
    return [(each.code, each.fields) for each in refused]


async def test_a_reservation_holds_each_row_of_its_list_and_gives_each_back(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link, plan=projection(sale=sale()))
        wanted = charged("r1", Charge(row=USES, units=2), Charge(row="@7", units=1), quantity=2)
        [reply] = await session.reserve(wanted)
        assert reply.reservation is not None
        assert reply.reservation.charges == wanted.charges
        assert await held(session) == {"sS": 2, "@7": 3, USES: 2}
        await session.units.release(1, buyer="ada", rid="r1")
        assert await held(session) == {}


async def test_a_charge_without_units_or_above_the_buyers_limit_refuses_its_line_whole(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link, plan=projection(limit=9))
        await session.reserve(charged("r1", Charge(row=USES, units=2)))
        before = await session.dump()
        assert refusals(
            await session.reserve(
                charged("r2", Charge(row=USES, units=2)),
                charged("r3", Charge(row="@8", units=1)),
                charged("r4", Charge(row=USES, units=1, limit=2)),
                charged("r5", Charge(row="@7", units=1), Charge(row=USES, units=2)),
            )
        ) == [
            ("sold_out", {"left": 1}),
            ("sold_out", {"left": 0}),
            ("limit", {"limit": 2, "left": 0}),
            ("sold_out", {"left": 1}),
        ]
        assert await session.dump() == before


async def test_a_charge_of_the_sales_row_counts_with_the_units_bought_in_it(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link, plan=projection(sale=sale(units=5)))
        [reply] = await session.reserve(charged("r1", Charge(row="@7", units=4), quantity=2))
        assert reply.refusal is not None and reply.refusal.fields == {"left": 5}
        [reply] = await session.reserve(charged("r2", Charge(row="@7", units=3), quantity=2))
        assert reply.refusal is None
        assert await held(session) == {"sS": 2, "@7": 5}


async def test_a_memo_stays_with_its_reservation_from_hold_to_sold(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        [reply] = await session.reserve(charged("r1", memo=MEMO))
        assert reply.reservation is not None and reply.reservation.memo == MEMO
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"])
        assert [each.memo for each in paid.reservations] == [MEMO]
        sold = [replace(each, state=ReservationState.SOLD) for each in paid.reservations]
        await session.units.settle(1, sold)
        assert (await session.units.peek(["r1"]))["r1"].memo == MEMO


async def test_a_memo_as_long_as_it_may_be_is_kept_and_a_longer_one_is_a_bug(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        longest = '"' + "x" * (MEMO_BYTES_MAX - 2) + '"'
        [reply] = await session.reserve(charged("r1", memo=longest))
        assert reply.reservation is not None and reply.reservation.memo == longest
        with pytest.raises(AssertionError):
            await session.reserve(charged("r2", memo=longest + " "))


async def test_a_replay_gets_the_charges_and_the_memo_of_the_first(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        [first] = await session.reserve(charged("r1", USE, memo=MEMO))
        [again] = await session.reserve(charged("r1", memo='{"other": 1}'))
        assert (again.known, again.reservation) == (True, first.reservation)
        assert await held(session) == {"sS": 1, USES: 1}


async def test_a_record_without_charges_and_memo_is_what_an_earlier_release_reads(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"), charged("r2", USE))
        assert len(await raw(session, "r1")) == 11
        assert (await raw(session, "r2"))[11:] == [f"{USES}\x1d1\x1d", ""]
        await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"])
        assert len(await raw(session, "r1")) == 11


async def test_checkout_takes_charges_with_its_reservations(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"), line(rid="r2"))
        charges = (Charge(row=USES, units=2, limit=3), Charge(row="@7", units=1))
        args = {"buyer": "ada", "order_id": "o1", "rids": ["r1", "r2"]}
        reply = await session.units.pay(1, **args, charges=charges)  # type: ignore[arg-type]
        assert [each.rid for each in reply.reservations] == ["r1", "r2"]
        assert reply.charge == Reservation(
            rid=charge_rid("o1"),
            buyer="ada",
            command="charge",
            sku="",
            quantity=0,
            price=0,
            charges=charges,
            state=ReservationState.PAYING,
            order_id="o1",
            deadline_ms=START_MS + HOLD_MS + 1,
        )
        assert await held(session) == {"sS": 2, USES: 2, "@7": 1}
        # Sent again, with whatever charges: those of the first.
        again = await session.units.pay(1, **args)  # type: ignore[arg-type]
        assert (again.known, again.charge) == (True, reply.charge)
        assert await held(session) == {"sS": 2, USES: 2, "@7": 1}


@pytest.mark.parametrize(
    ("charge", "code", "lacks"),
    [
        (Charge(row=USES, units=4), "sold_out", USES),
        (Charge(row="@8", units=1), "sold_out", "@8"),
        (Charge(row=USES, units=2, limit=1), "limit", USES),
    ],
)
async def test_a_checkout_whose_charges_do_not_fit_changes_nothing_and_says_which_row(
    redis_url: str, charge: Charge, code: str, lacks: str
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"))
        before = await session.dump()
        charges = (Charge(row="@7", units=1), charge)
        reply = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=charges)
        assert reply.refusal is not None
        assert (reply.refusal.code, reply.lacks) == (code, lacks)
        assert await session.dump() == before


async def test_a_buyer_is_not_shown_charges_and_cannot_touch_them(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"))
        await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        assert [each.rid for each in await session.units.mine("ada")] == ["r1"]
        released = await session.units.release(1, buyer="ada", rid=charge_rid("o1"))
        paid = await session.units.pay(1, buyer="ada", order_id="o2", rids=[charge_rid("o1")])
        assert released.refusal is not None and released.refusal.code == "not_found"
        assert paid.refusal is not None and paid.refusal.code == "not_found"
        assert await held(session) == {"sS": 1, USES: 1}


async def test_charges_end_after_the_lines_of_their_order_in_every_sweep(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="z1"))
        await session.set_clock(START_MS + 5)
        await session.reserve(line(rid="z2"))
        rids = ["z1", "z2"]
        await session.units.pay(1, buyer="ada", order_id="o1", rids=rids, charges=(USE,))
        await session.set_clock(START_MS + 2 * HOLD_MS)
        swept = await session.units.sweep(1)
        assert [each.rid for each in swept.overdue] == [*rids, charge_rid("o1")]
        part = await session.units.sweep(1, 2)
        assert [each.rid for each in part.overdue] == rids


@pytest.mark.parametrize(
    ("state", "kept"), [(ReservationState.SOLD, {}), (ReservationState.EXPIRED, {})]
)
async def test_what_postgres_decides_drops_the_hold_of_charges(
    redis_url: str, state: ReservationState, kept: dict[str, int]
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"))
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        assert paid.charge is not None
        outcomes = [replace(each, state=state) for each in (*paid.reservations, paid.charge)]
        for _ in range(2):
            assert await session.units.settle(1, outcomes) is UnitsStatus.OK
            assert await held(session) == kept


async def test_a_rebuild_holds_the_charges_of_orders_that_wait_once(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(charged("r1", USE, memo=MEMO))
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        assert paid.charge is not None
        # As Postgres has it: what the line was charged is the order's.
        lines = [replace(each, charges=()) for each in paid.reservations]
        stored = replace(paid.charge, charges=(Charge(row=USES, units=2),))
        rows = [row("sS", 10), row("sM", 10), row(USES, 3)]
        for epoch in (2, 3):
            assert await session.units.fence(epoch) is UnitsStatus.OK
            survivors = {each.rid for each in await session.units.survivors()}
            assert survivors == {"r1", charge_rid("o1")}
            reply = await session.units.load(
                epoch, now_ms_min=START_MS, rows=rows, totals=NOTHING, pending=[*lines, stored]
            )
            assert reply.status is UnitsStatus.OK
            assert await held(session) == {"sS": 1, USES: 2}
        assert (await session.units.peek(["r1"]))["r1"].memo == MEMO


async def test_charges_that_survive_and_whose_order_is_not_stored_yet_stay_held(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"))
        await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        rows = [row("sS", 10), row("sM", 10), row(USES, 3)]
        await session.units.fence(2)
        await session.units.load(2, now_ms_min=START_MS, rows=rows, totals=NOTHING)
        assert await held(session) == {"sS": 1, USES: 1}


async def test_a_hold_whose_charge_no_longer_fits_is_refused_in_a_rebuild(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(charged("r1", USE), charged("r2", Charge(row=USES, units=2)))
        rows = [row("sS", 10), row("sM", 10), row(USES, 3, sold=1)]
        await session.units.fence(2)
        reply = await session.units.load(2, now_ms_min=START_MS, rows=rows, totals=NOTHING)
        assert [(each.rid, each.code) for each in reply.resolved] == [("r2", "sold_out")]
        assert await held(session) == {"sS": 1, USES: 1}


async def test_charges_of_a_void_order_do_not_count_as_a_purchase_that_failed(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await opened(link)
        await session.reserve(line(rid="r1"))
        paid = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1"], charges=(USE,))
        assert paid.charge is not None
        over = [
            replace(each, state=ReservationState.EXPIRED)
            for each in (*paid.reservations, paid.charge)
        ]
        await session.units.settle(1, over)
        assert await link.call("HGETALL", f"{{s:{session.id}}}:void") == ["ada", "1"]
