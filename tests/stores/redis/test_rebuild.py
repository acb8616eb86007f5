"""The loss of Redis: its detection, the survivors, and that nothing goes on in between."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from liveshop.cli.local_valkey import LocalValkey
from liveshop.core.errors import Unavailable
from liveshop.core.model import PurchaseWord, Reservation, ReservationState
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.packing import SEPARATOR, session_key
from liveshop.stores.redis.unit_records import UnitsStatus
from liveshop.stores.redis.units import SessionUnits
from tests.stores.redis.harness import (
    HOLD_MS,
    NOTHING,
    START_MS,
    OpenSession,
    line,
    linked,
    projection,
    row,
    sale,
)
from tests.waiting import until


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[LocalValkey]:
    """A Valkey of the test's own, to be killed."""
    server = LocalValkey(tmp_path)
    server.start()
    yield server
    server.stop()


async def statuses(session: OpenSession, epoch: int) -> set[UnitsStatus]:
    """Return the answers of all functions that change something."""
    units = session.units
    return {
        (await units.reserve(epoch, 1, [line()])).status,
        (await units.pay(epoch, buyer="ada", order_id="o", rids=["r1"])).status,
        (await units.release(epoch, buyer="ada", rid="r1")).status,
        await units.settle(epoch, [], [row("sS", 99, version=99)]),
        await units.copy(epoch, [row("sS", 99, version=99)]),
        await units.push(epoch, projection(offset=99)),
        (await units.sweep(epoch)).status,
    }


async def reload(session: OpenSession, epoch: int, units: int = 10, **more: object) -> None:
    assert await session.units.fence(epoch) is UnitsStatus.OK
    rows = [row("sS", units), row("sM", units)]
    reply = await session.units.load(
        epoch,
        now_ms_min=START_MS,
        rows=rows,
        totals=NOTHING,
        **more,  # type: ignore[arg-type]
    )
    assert reply.status is UnitsStatus.OK
    assert await session.units.push(epoch, projection()) is UnitsStatus.OK


async def test_callers_of_another_epoch_change_nothing(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await reload(session, 3)
        await session.reserve_in(3, line(rid="r1"))
        before = await session.dump()
        assert await statuses(session, 2) == {UnitsStatus.EPOCH}
        assert await statuses(session, 4) == {UnitsStatus.FENCED}
        assert await session.dump() == before


async def test_lost_keys_are_noticed(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await link.call("FLUSHALL")
        assert await statuses(session, 1) == {UnitsStatus.FENCED}
        assert await link.call("KEYS", "*") == []


async def test_another_process_with_the_old_file_is_noticed(valkey: LocalValkey) -> None:
    async with linked(valkey.url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1"))
        valkey.stop()
        await until(lambda: not link.connected)
        with pytest.raises(Unavailable):
            await session.units.sweep(1)
        valkey.start()
        await until(lambda: link.connected)
        assert set(await session.units.peek(["r1"])) == {"r1"}
        assert await statuses(session, 1) == {UnitsStatus.FENCED}
        await reload(session, 2)
        assert (await session.units.release(2, buyer="ada", rid="r1")).refusal is None


async def test_a_full_redis_is_rebuilt_and_keeps_what_is_held(valkey: LocalValkey) -> None:
    async with linked(valkey.url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1"))
        await link.call("CONFIG", "SET", "maxmemory", 1)
        await reload(session, 2)
        assert {r.rid for r in await session.units.mine("ada")} == {"r1"}
        with pytest.raises(Unavailable):
            await session.reserve_in(2, line())


async def test_promoted_replica_has_the_functions_and_is_noticed(
    valkey: LocalValkey, tmp_path: Path
) -> None:
    """It may lack what its primary did last, and has another run id than the one that loaded."""
    other = LocalValkey(tmp_path / "replica")
    other.start()
    try:
        async with linked(valkey.url) as primary, linked(other.url) as replica:
            session = await OpenSession.start(primary)
            await session.reserve(line(rid="r1"))
            await replica.call("CONFIG", "SET", "masterauth", urlsplit(valkey.url).password or "")
            await primary.call("CONFIG", "SET", "repl-diskless-sync-delay", 0)
            await replica.call("REPLICAOF", "127.0.0.1", valkey.port)
            assert await primary.call("WAIT", 1, 5000, timeout_ms=6000) == 1
            moved = OpenSession(replica)
            moved.units = SessionUnits(replica, Library(), session.id)
            with pytest.raises(Unavailable):
                await moved.units.sweep(1)
            await until(lambda: replica.connected)
            await replica.call("REPLICAOF", "NO", "ONE")
            assert set(await moved.units.peek(["r1"])) == {"r1"}
            assert await statuses(moved, 1) == {UnitsStatus.FENCED}
            await reload(moved, 2)
            assert {r.rid for r in await moved.units.mine("ada")} == {"r1"}
    finally:
        other.stop()


async def test_functions_that_are_gone_are_loaded_again(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await link.call("FUNCTION", "FLUSH")
        assert (await session.reserve(line()))[0].reservation is not None


async def test_nothing_goes_on_between_fence_and_load(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        assert await session.units.fence(2) is UnitsStatus.OK
        assert await statuses(session, 2) == {UnitsStatus.FENCED}
        assert await session.units.fence(1) is UnitsStatus.EPOCH


async def test_load_needs_its_own_fence(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        before = await session.dump()
        for epoch, status in ((0, UnitsStatus.EPOCH), (2, UnitsStatus.FENCED)):
            reply = await session.units.load(epoch, now_ms_min=0, rows=[], totals=NOTHING)
            assert reply.status is status
        assert await session.dump() == before


async def test_repeated_fence_and_load_of_an_open_session_change_nothing(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1"))
        before = await session.dump()
        assert await session.units.fence(1) is UnitsStatus.OK
        reply = await session.units.load(1, now_ms_min=0, rows=[], totals=NOTHING)
        assert (reply.status, reply.resolved) == (UnitsStatus.OK, ())
        assert await session.dump() == before


async def test_clock_goes_on_from_the_newest_instant_in_postgres(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = OpenSession(link)
        await session.units.fence(1)
        await session.units.load(1, now_ms_min=START_MS + 5, rows=[], totals=NOTHING)
        assert (await session.units.sweep(1)).now_ms == START_MS + 5


async def test_holds_that_no_longer_fit_are_refused_the_newest_first(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        for number in range(1, 4):
            await session.set_clock(START_MS + number)
            await session.reserve(line(rid=f"r{number}"))
        await session.units.fence(2)
        reply = await session.units.load(
            2, now_ms_min=0, rows=[row("sS", 10, sold=8, version=9)], totals=NOTHING
        )
        assert [(r.rid, r.state, r.code) for r in reply.resolved] == [
            ("r3", ReservationState.REFUSED, "sold_out")
        ]
        kept = {r.rid for r in await session.units.mine("ada")}
        assert kept == {"r1", "r2"}


@pytest.mark.parametrize(("sold", "kept"), [(1, {"r1"}), (2, set())])
async def test_hold_must_fit_into_its_sale_too(redis_url: str, sold: int, kept: set[str]) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(sale=sale(units=2)), [row("@7", 2)])
        await session.reserve(line(rid="r1"))
        await session.units.fence(2)
        rows = [row("sS", 10), row("@7", 2, sold=sold)]
        await session.units.load(2, now_ms_min=0, rows=rows, totals=NOTHING)
        assert {r.rid for r in await session.units.mine("ada")} == kept


async def test_hold_of_a_sale_without_units_stays(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(sale=sale()))
        await session.reserve(line(rid="r1"))
        await reload(session, 2)
        (kept,) = await session.units.mine("ada")
        assert (kept.rid, kept.sale) == ("r1", "@7")


async def test_overdue_hold_makes_room_for_a_newer_one(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1"))
        await session.set_clock(START_MS + 1)
        await session.reserve(line(rid="r2"))
        await session.units.fence(2)
        reply = await session.units.load(
            2, now_ms_min=START_MS + HOLD_MS, rows=[row("sS", 1)], totals=NOTHING
        )
        assert [(r.rid, r.state) for r in reply.resolved] == [("r1", ReservationState.EXPIRED)]


async def test_paying_reservations_stay_whatever_fits(redis_url: str) -> None:
    """Whether they were sold is for Postgres to say, and it has not said so yet."""
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1", command="buy"), line(rid="r2", buyer="bo"))
        await session.units.fence(2)
        reply = await session.units.load(
            2, now_ms_min=0, rows=[row("sS", 1, sold=1)], totals=NOTHING
        )
        assert [r.rid for r in reply.resolved] == ["r2"]
        assert set(await session.units.peek(["r1"])) == {"r1"}
        await session.units.push(2, projection())
        (late,) = await session.reserve_in(2, line(buyer="cy"))
        assert late.refusal is not None and late.refusal.fields == {"left": 0}


async def test_pending_orders_hold_their_units_after_redis_lost_everything(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1", quantity=2), line("M", rid="r2"))
        reply = await session.units.pay(1, buyer="ada", order_id="o1", rids=["r1", "r2"])
        await link.call("FLUSHALL")
        await reload(session, 2, pending=reply.reservations)
        assert await session.units.survivors() == reply.reservations
        again = await session.units.pay(2, buyer="ada", order_id="o1", rids=["r1", "r2"])
        assert (again.known, again.reservations) == (True, reply.reservations)
        (more,) = await session.reserve_in(2, line(quantity=3))
        assert more.refusal is not None and more.refusal.fields == {"limit": 4, "left": 2}
        other = await session.units.pay(2, buyer="ada", order_id="o1", rids=["r1"])
        assert other.refusal is not None and other.refusal.code == "conflict"


async def test_survivors_that_postgres_has_decided_are_resolved(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.reserve(line(rid="r1", command="buy"), line(rid="r2"), line(rid="r3"))
        survivors = {r.rid: r for r in await session.units.survivors()}
        outcomes: list[Reservation] = [
            replace(survivors["r1"], state=ReservationState.SOLD),
            replace(survivors["r2"], state=ReservationState.SOLD, order_id="o1"),
        ]
        await reload(session, 2, resolved=outcomes)
        assert {r.rid for r in await session.units.survivors()} == {"r3"}
        known = await session.units.peek(["r1", "r2"])
        assert {r.state for r in known.values()} == {ReservationState.SOLD}


async def test_a_deadline_without_a_record_hides_no_survivor(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.units.copy(1, [row("sS", 5_000, version=8)])
        for first in range(0, 576, 64):
            numbers = range(first, first + 64)
            await session.reserve(*(line(rid=f"r{n:04}", buyer=f"b{n}") for n in numbers))
        await link.call("ZADD", session_key(session.id, "due"), 1, "of-nothing")
        survivors = await session.units.survivors()
        assert {each.rid for each in survivors} == {f"r{n:04}" for n in range(576)}
        assert len(survivors) == 576
        await reload(session, 2, 5_000)
        assert len(await session.units.survivors()) == 576


async def test_a_rebuild_of_many_holds_lets_others_in_between(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        await session.units.copy(1, [row("sS", 5_000, version=8)])
        for first in range(0, 1_920, 64):
            await session.set_clock(START_MS + first)
            numbers = range(first, first + 64)
            await session.reserve(
                *(line(rid=f"r{n:04}", buyer=f"b{n // 4}", command=_word(n)) for n in numbers)
            )
        survivors = await session.units.survivors()
        assert {each.rid for each in survivors} == {f"r{n:04}" for n in range(1_920)}
        await link.call("CONFIG", "RESETSTAT")
        await session.units.fence(2)
        reply = await session.units.load(
            2,
            now_ms_min=0,
            rows=[row("sS", 1_000, sold=10, version=9)],
            totals=NOTHING,
            pending=[replace(each, order_id="o1") for each in survivors if each.rid < "r0004"],
            resolved=[
                replace(each, state=ReservationState.SOLD, order_id="o2")
                for each in survivors
                if "r0100" <= each.rid < "r0800"
            ],
        )
        assert reply.status is UnitsStatus.OK
        # 1,220 of 1,920 were left, 100 of them paying; the newest 230 no longer fit.
        assert {(each.rid, each.code) for each in reply.resolved} == {
            (f"r{n:04}", "sold_out") for n in range(1_690, 1_920)
        }
        assert len(await session.units.survivors()) == 990
        stock = (await session.dump())[session_key(session.id, "stock")]
        assert isinstance(stock, dict) and stock[f"sS{SEPARATOR}held"] == "990"
        # In parts of 500, and in as many calls as that takes.
        stats = await link.call("INFO", "commandstats")
        assert "cmdstat_fcall:calls=13," in stats, stats


def _word(number: int) -> PurchaseWord:
    return "buy" if number < 600 else "reserve"
