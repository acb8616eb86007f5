"""Sessions: an offset is a lock, units move once, and what is not sold comes back."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from liveshop.core.decision import Decision, Move
from liveshop.core.errors import Conflict, NotFound, SoldOut
from liveshop.core.events import SessionPaused, SessionResumed, SessionStarted, SessionUpdated
from liveshop.core.model import Bought, OrderStatus, Row, Status
from liveshop.core.session import SessionInfo
from liveshop.stores.postgres.session_records import Head
from tests.stores.postgres.shop import NOW, StoredShop, order

LATER = NOW + 60_000
DRAFT = SessionInfo(id="s2", title="T", currency="EUR", payment="direct", hold_ms=1_000)


def paused(*, moves: dict[str, int] | None = None) -> Decision:
    """The second event of a session, with moves that a pause would not have."""
    units = moves or {}
    return Decision(
        events=(SessionPaused(offset=2, at_ms=NOW + 5),),
        moves=tuple(Move(sku=sku, units=n) for sku, n in units.items()),
    )


async def append(
    shop: StoredShop, decision: Decision, *, expected_offset: int = 1
) -> list[Row] | None:
    return await shop.sessions.append(
        "s1", decision, Status.PAUSED, expected_offset=expected_offset
    )


async def test_a_session_is_read_as_it_was_made(shop: StoredShop) -> None:
    info = SessionInfo(
        id="s9",
        title="Autumn drop",
        currency="EUR",
        payment="checkout",
        hold_ms=1_000,
        starts_at_ms=NOW + 1,
        stream_url="https://example.org/s",
        cover_url="https://example.org/c.jpg",
        checkout_url="https://example.org/{order_id}",
    )
    made = await shop.sessions.create(info, Status.SCHEDULED, NOW)
    assert await shop.sessions.get("s9") == made
    assert (made.info, made.status, made.created_ms) == (info, Status.SCHEDULED, NOW)
    assert (made.head_offset, made.stock_epoch, made.settled) == (0, 0, False)
    with pytest.raises(Conflict):
        await shop.sessions.create(info, Status.DRAFT, NOW)
    with pytest.raises(NotFound):
        await shop.sessions.get("nowhere")


async def test_pages_show_the_newest_first_and_drafts_only_if_asked(shop: StoredShop) -> None:
    await shop.sessions.create(DRAFT, Status.DRAFT, NOW)
    await shop.open("s3", {})
    everything = await shop.sessions.page(after=None, limit=2, drafts=True)
    assert [s.info.id for s in everything.sessions] == ["s3", "s2"]
    rest = await shop.sessions.page(after=everything.next, limit=2, drafts=True)
    assert ([s.info.id for s in rest.sessions], rest.next) == (["s1"], None)
    public = await shop.sessions.page(after=None, limit=9, drafts=False)
    assert [s.info.id for s in public.sessions] == ["s3", "s1"]


async def test_units_move_from_the_catalogue_to_the_session(shop: StoredShop) -> None:
    rows = await append(shop, paused(moves={"A": 5, "C": 30}))
    assert rows == [await shop.row("sA"), await shop.row("sC")]
    assert await shop.stock() == {"A": 15, "B": 20, "C": 0}
    assert await shop.row("sA") == Row(row="sA", units=15, sold=0, version=2)
    assert await shop.row("sC") == Row(row="sC", units=30, sold=0, version=1)
    record = await shop.sessions.get("s1")
    assert (record.status, record.head_offset) == (Status.PAUSED, 2)


async def test_more_than_the_catalogue_has_is_sold_out_and_changes_nothing(
    shop: StoredShop,
) -> None:
    with pytest.raises(SoldOut) as refusal:
        await append(shop, paused(moves={"C": 1, "A": 21}))
    assert refusal.value.fields == {"left": 20}
    assert await shop.stock() == {"A": 20, "B": 20, "C": 30}
    assert (await shop.sessions.get("s1")).head_offset == 1
    assert len(await shop.sessions.events("s1", after=0, limit=9)) == 1
    with pytest.raises(NotFound):
        await append(shop, paused(moves={"Z": 1}))


async def test_an_offset_that_is_taken_is_not_appended(shop: StoredShop) -> None:
    assert await append(shop, paused()) == []
    assert await append(shop, paused(moves={"A": 5})) is None
    assert (await shop.stock())["A"] == 20
    assert (await shop.sessions.get("s1")).head_offset == 2


async def test_of_nodes_that_decide_at_once_one_appends(shop: StoredShop) -> None:
    appended = await asyncio.gather(*(append(shop, paused(moves={"A": 1})) for _ in range(6)))
    assert [rows is None for rows in appended].count(True) == 5
    assert (await shop.stock())["A"] == 19


async def test_sessions_that_take_the_last_units_at_once_take_them_once(shop: StoredShop) -> None:
    async def take(session_id: str) -> str:
        try:
            await shop.open(session_id, {"A": 15, "B": 5})
        except SoldOut:
            return "sold out"
        return "taken"

    assert sorted(await asyncio.gather(take("s2"), take("s3"))) == ["sold out", "taken"]
    assert await shop.stock() == {"A": 5, "B": 15, "C": 30}


async def test_what_a_session_says_of_itself_is_in_its_row_with_the_event(
    shop: StoredShop,
) -> None:
    details: dict[str, Any] = {
        "title": "Spring drop",
        "starts_at_ms": NOW + 9,
        "stream_url": "https://example.org/s",
        "cover_url": "/uploads/c.jpg",
    }
    updated = SessionUpdated(offset=2, at_ms=NOW + 5, status=Status.LIVE, **details)
    before = (await shop.sessions.get("s1")).info
    decision = Decision(events=(updated,))
    assert await shop.sessions.append("s1", decision, Status.LIVE, expected_offset=1) == []
    record = await shop.sessions.get("s1")
    assert record.info == replace(before, **details)
    assert await shop.sessions.events("s1", after=1, limit=9) == [updated]
    page = await shop.sessions.page(after=None, limit=1, drafts=False)
    assert page.sessions == [record]
    late = Decision(events=(replace(updated, title="Too late"),))
    assert await shop.sessions.append("s1", late, Status.LIVE, expected_offset=1) is None
    assert await shop.sessions.get("s1") == record


async def test_events_are_read_back_in_order(shop: StoredShop) -> None:
    resumed = Decision(events=(SessionResumed(offset=3, at_ms=NOW + 6),))
    await append(shop, paused())
    await shop.sessions.append("s1", resumed, Status.LIVE, expected_offset=2)
    assert await shop.sessions.events("s1", after=0, limit=2) == [
        SessionStarted(offset=1, at_ms=NOW),
        SessionPaused(offset=2, at_ms=NOW + 5),
    ]
    assert await shop.sessions.events("s1", after=2, limit=9) == list(resumed.events)


async def test_heads_say_how_far_sessions_are(shop: StoredShop) -> None:
    await append(shop, paused())
    await shop.sessions.raise_epoch("s1", 0)
    assert await shop.sessions.heads(["s1", "nowhere"]) == {
        "s1": Head(offset=2, epoch=1, settled=False, seq=0)
    }


async def test_a_rebuild_reads_what_redis_needs(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=2))
    waiting = order("r2", buyer="bo", pay_until_ms=LATER)
    await shop.orders.pend("s1", 0, [waiting], now_ms=NOW + 7)
    rebuild = await shop.sessions.raise_epoch("s1", 0)
    assert rebuild is not None
    assert (rebuild.epoch, rebuild.newest_ms) == (1, NOW + 7)
    assert [(row.row, row.sold) for row in rebuild.rows] == [("@1", 0), ("sA", 2), ("sB", 0)]
    (pending,) = rebuild.pending
    assert (pending.order_id, pending.viewer_id) == ("r2", "bo")
    assert pending.pay_until_ms == LATER


async def test_one_node_wins_the_epoch(shop: StoredShop) -> None:
    rebuilds = await asyncio.gather(*(shop.sessions.raise_epoch("s1", 0) for _ in range(5)))
    assert [rebuild.epoch for rebuild in rebuilds if rebuild] == [1]


async def test_quotas_come_in_batches(shop: StoredShop) -> None:
    await shop.commit(order("r1", sale="@1"), order("r2", "B", 2, buyer="bo"))
    first = await shop.sessions.quotas("s1", after=None, limit=2)
    assert first == [
        Bought(buyer="ada", scope="@1", quantity=1, version=1),
        Bought(buyer="ada", scope="sA", quantity=1, version=1),
    ]
    assert await shop.sessions.quotas("s1", after=("sA", "ada"), limit=2) == [
        Bought(buyer="bo", scope="sB", quantity=2, version=1)
    ]


async def test_settling_returns_what_was_not_sold(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=4, sale="@1"))
    await shop.end("s1")
    assert await shop.sessions.unsettled() == ["s1"]
    assert await shop.sessions.settle("s1")
    assert await shop.stock() == {"A": 26, "B": 30, "C": 30}
    assert await shop.sold() == {"@1": (4, 4), "sA": (4, 4), "sB": (0, 0)}
    assert await shop.sessions.unsettled() == []
    assert await shop.sessions.settle("s1")
    assert await shop.stock() == {"A": 26, "B": 30, "C": 30}


async def test_units_that_are_added_move_with_their_event_or_not_at_all(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=10))
    before = await shop.row("sA")
    await shop.add_stock("s1", {"A": 20})
    assert await shop.row("sA") == replace(before, units=30, version=before.version + 1)
    assert (await shop.row("@1")).units == 5
    assert await shop.stock() == {"A": 0, "B": 20, "C": 30}
    with pytest.raises(SoldOut) as refusal:
        await shop.add_stock("s1", {"A": 1, "B": 1})
    assert refusal.value.fields == {"left": 0}
    assert await shop.stock() == {"A": 0, "B": 20, "C": 30}
    assert [event.offset for event in await shop.sessions.log("s1")] == [1, 2]
    assert await shop.verdicts(order("r2", quantity=20)) == {"r2": "confirmed"}
    assert await shop.verdicts(order("r3")) == {"r3": "sold_out"}


async def test_nothing_is_settled_while_it_can_still_be_sold(shop: StoredShop) -> None:
    assert not await shop.sessions.settle("s1")
    waiting = order("r1", pay_until_ms=LATER)
    await shop.orders.pend("s1", 0, [waiting], now_ms=NOW)
    await shop.end("s1")
    assert not await shop.sessions.settle("s1")
    assert await shop.stock() == {"A": 20, "B": 20, "C": 30}
    await shop.payments.confirm("r1", "p1", waiting.total, now_ms=NOW)
    assert await shop.sessions.settle("s1")
    assert await shop.stock() == {"A": 29, "B": 30, "C": 30}


async def test_nothing_is_sold_after_settling(shop: StoredShop) -> None:
    await shop.end("s1")
    await shop.sessions.settle("s1")
    assert await shop.verdicts(order("r1")) == {"r1": "sold_out"}


async def test_a_cancel_after_settling_goes_to_the_catalogue(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=4, sale="@1"))
    await shop.end("s1")
    await shop.sessions.settle("s1")
    reply = await shop.orders.cancel("r1")
    assert reply.order.status is OrderStatus.CANCELLED
    assert await shop.stock() == {"A": 30, "B": 30, "C": 30}
    assert await shop.sold() == {"@1": (0, 0), "sA": (0, 0), "sB": (0, 0)}
    ledger = await shop.database.fetch(
        "SELECT sku, sum(delta) AS delta FROM stock_ledger GROUP BY 1"
    )
    assert {record["sku"]: record["delta"] for record in ledger} == {"A": 0, "B": 0}
