"""The change feed in PostgreSQL: every step once, in order, whoever follows and whenever."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import anyio
import asyncpg
import pytest

from liveshop.features.change_feed import tell
from liveshop.features.change_feed.rules import LOOKED_AT_MAX
from liveshop.features.change_feed.store import Feed, Turn
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.order_records import Verdict
from tests.stores.postgres.conftest import database, running, shop
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, order, undecided

__all__ = ("database", "shop")

LATER = NOW + 50


@pytest.fixture
def feed(database: Database) -> Feed:
    """The feed of the database."""
    return Feed(database)


async def _all(feed: Feed) -> list[dict[str, Any]]:
    page = await feed.changes(0, 1_000, types=None, shop=None)
    return [json.loads(body) for body in page.bodies]


async def _told(feed: Feed, subject: str) -> list[tuple[str, int]]:
    return [(m["type"], m["sequence"]) for m in await _all(feed) if m["subject"] == subject]


async def test_events_and_orders_are_told_in_their_order_and_once(
    feed: Feed, shop: StoredShop
) -> None:
    first, second = str(uuid4()), str(uuid4())
    await shop.commit(order(first), order(second, "B", 2, buyer="bob"))
    assert await feed.behind(everywhere=False) == ["s1"]
    assert await feed.follow("s1", LATER) == Turn(made=3)
    assert await feed.behind(everywhere=False) == []
    messages = await _all(feed)
    assert [(m["type"], m["subject"], m["sequence"]) for m in messages] == [
        ("session.started", "session/s1", 1),
        ("order.confirmed", f"order/{first}", 1),
        ("order.confirmed", f"order/{second}", 1),
    ]
    assert messages[2]["data"]["total"] == 2 * PRICE
    assert messages[2]["timestamp"] == "2026-09-21T14:13:20.000Z"
    assert await feed.follow("s1", LATER) == Turn()
    await shop.orders.cancel(first)
    assert await feed.follow("s1", LATER) == Turn(made=1)
    assert await _told(feed, f"order/{first}") == [("order.confirmed", 1), ("order.cancelled", 2)]


async def test_steps_that_nobody_saw_are_told_too(feed: Feed, shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5}, payment="checkout")
    paid, overdue = str(uuid4()), str(uuid4())
    orders = [order(paid, pay_until_ms=NOW + 10), order(overdue, buyer="b", pay_until_ms=NOW + 10)]
    await shop.orders.pend("s2", 0, orders, now_ms=NOW)
    await shop.payments.confirm(paid, "m1", PRICE, now_ms=NOW + 5)
    await shop.orders.cancel(paid)
    await shop.orders.void(
        "s2", [undecided(overdue, "b", order_id=overdue)], Verdict.EXPIRED, now_ms=NOW + 20
    )
    await feed.follow("s2", LATER)
    assert await _told(feed, f"order/{paid}") == [
        ("order.pending", 1),
        ("order.confirmed", 2),
        ("order.cancelled", 3),
    ]
    assert await _told(feed, f"order/{overdue}") == [("order.pending", 1), ("order.void", 2)]


async def test_an_order_that_was_void_from_the_start_was_none_to_anybody(
    feed: Feed, shop: StoredShop
) -> None:
    await shop.orders.void("s1", [undecided(str(uuid4()))], Verdict.EXPIRED, now_ms=NOW)
    assert await feed.follow("s1", LATER) == Turn(made=1)
    assert await feed.behind(everywhere=False) == []


async def test_a_number_that_no_order_has_is_passed(feed: Feed, shop: StoredShop) -> None:
    first, second = order(str(uuid4())), order(str(uuid4()), buyer="bob")
    await shop.commit(first)
    # The second number of this batch is the first order's, which has one already.
    await shop.commit(second, first)
    assert await feed.follow("s1", LATER) == Turn(made=3)
    assert await feed.behind(everywhere=False) == []


async def test_a_long_list_is_told_in_turns_without_a_gap(feed: Feed, shop: StoredShop) -> None:
    await shop.database.commit("UPDATE stock SET units = 2000 WHERE row = 'sA'")
    rids = [str(uuid4()) for _ in range(221)]
    await shop.commit(*(order(rid, buyer=rid) for rid in rids))
    turns = []
    while (turn := await feed.follow("s1", LATER)).made:
        turns.append((turn.made, turn.more))
    assert turns == [(101, True), (100, True), (21, False)]
    numbers = await shop.database.fetch("SELECT number, subject FROM message ORDER BY number")
    assert [each["number"] for each in numbers] == list(range(1, 223))
    assert [each["subject"] for each in numbers[1:]] == [f"order/{rid}" for rid in rids]


async def test_pages_of_changes_pass_nothing_by_and_filter_by_type_and_shop(
    feed: Feed, shop: StoredShop
) -> None:
    await shop.commit(*(order(str(uuid4())) for _ in range(3)))
    await feed.follow("s1", LATER)
    after, seen = 0, []
    for _ in range(4):
        page = await feed.changes(after, 2, types=None, shop=None)
        seen += page.bodies
        after = page.next
    assert (len(seen), after) == (4, 4)
    orders = await feed.changes(0, 2, types=["order.*"], shop=None)
    assert (len(orders.bodies), orders.next) == (2, 3)
    assert (await feed.changes(0, 9, types=["sale.*"], shop=None)).next == 4
    assert (await feed.changes(0, 9, types=None, shop="x")).bodies == []
    # PostgreSQL went back to an older copy: a reader that is ahead of it goes back, too.
    assert (await feed.changes(99, 9, types=None, shop=None)).next == 4


async def test_old_messages_are_forgotten_and_their_numbers_are_not_given_again(
    feed: Feed, shop: StoredShop
) -> None:
    await shop.commit(order(str(uuid4())))
    await feed.follow("s1", LATER)
    await shop.commit(order(str(uuid4()), buyer="bob"))
    await feed.follow("s1", LATER + 1)
    assert await feed.forget(LATER + 1) is False
    page = await feed.changes(0, 9, types=None, shop=None)
    assert (len(page.bodies), page.next) == (1, 3)
    assert await feed.forget(LATER + 2) is False
    assert (await feed.changes(0, 9, types=None, shop=None)).next == 3
    await shop.commit(order(str(uuid4()), buyer="cy"))
    await feed.follow("s1", LATER + 2)
    assert (await feed.changes(3, 9, types=None, shop=None)).next == 4


async def test_one_worker_at_a_time_has_the_turn(
    feed: Feed, shop: StoredShop, postgres_url: str
) -> None:
    other = await asyncpg.connect(postgres_url)
    try:
        async with other.transaction():
            await other.fetch("SELECT number FROM feed FOR UPDATE")
            assert await feed.follow("s1", LATER) == Turn(had=False)
            assert await feed.empty_outbox(LATER) == Turn(had=False)
        assert (await feed.follow("s1", LATER)).made == 1
    finally:
        await other.close()


@pytest.fixture
async def slow(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose transaction lasts."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def test_what_a_slow_transaction_tells_comes_before_what_a_quick_one_told(
    feed: Feed, database: Database, slow: asyncpg.Connection
) -> None:
    begun = slow.transaction()
    await begun.start()
    await tell(slow, subject="thing/1", kind="thing.made", at_ms=NOW, data={"n": 1})
    async with database.transaction() as quick:
        await tell(quick, subject="thing/2", kind="thing.made", at_ms=NOW, data={"n": 2})
    # A reader that went by the ids of the rows would take the second, and never see the first.
    assert await feed.empty_outbox(LATER) == Turn()
    await begun.commit()
    assert await feed.empty_outbox(LATER) == Turn(made=2)
    assert [m["data"]["n"] for m in await _all(feed)] == [1, 2]
    assert await feed.empty_outbox(LATER) == Turn()


async def test_steps_of_a_subject_follow_its_lock_whichever_transaction_began_first(
    feed: Feed, database: Database, slow: asyncpg.Connection, postgres_url: str
) -> None:
    older = await asyncpg.connect(postgres_url)
    try:
        begun, other = slow.transaction(), older.transaction()
        for each, connection in ((begun, slow), (other, older)):
            await each.start()
            await connection.fetch("SELECT pg_current_xact_id()")
        # Its number is higher than that of the transaction that has the subject's lock after it.
        async with database.transaction() as quick:
            await tell(quick, subject="thing/1", kind="thing.made", at_ms=NOW, data={})
        await tell(slow, subject="thing/1", kind="thing.sold", at_ms=NOW, data={})
        await begun.commit()
        # The second step may be read now, the first one may not.
        assert await feed.empty_outbox(LATER) == Turn()
        await other.commit()
    finally:
        await older.close()
    assert await feed.empty_outbox(LATER) == Turn(made=2)
    assert await _told(feed, "thing/1") == [("thing.made", 1), ("thing.sold", 2)]


async def test_steps_that_have_a_log_of_their_own_are_not_told_by_features(
    database: Database,
) -> None:
    for subject in ("order/1", "session/s1"):
        with pytest.raises(AssertionError):
            async with database.transaction() as connection:
                await tell(connection, subject=subject, kind="thing.made", at_ms=NOW, data={})
    with pytest.raises(AssertionError):
        async with database.transaction() as connection:
            long = {"text": "x" * 20_000}
            await tell(connection, subject="thing/1", kind="thing.made", at_ms=NOW, data=long)
    assert await database.fetch("SELECT * FROM outbox") == []


async def test_every_session_has_its_turn_however_many_have_something_to_tell(
    feed: Feed, shop: StoredShop
) -> None:
    await shop.database.commit(
        "INSERT INTO session OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(s,"
        " jsonb_build_object('id', 't' || n, 'number', 1000 + n))).*"
        " FROM session AS s, generate_series(1, 450) AS n"
    )
    for everywhere in (False, True):
        seen: list[str] = []
        while page := await feed.behind(everywhere=everywhere, after=seen[-1] if seen else ""):
            seen += page
        assert len(seen) == len(set(seen)) == 451


async def test_a_reader_for_whom_there_is_little_goes_on_page_by_page(
    feed: Feed, shop: StoredShop
) -> None:
    many = LOOKED_AT_MAX + 1
    await shop.database.commit(
        "INSERT INTO message (number, id, type, subject, sequence, shop, made_ms, body)"
        " SELECT n, 'm' || n, 'thing.made', 'thing/' || n, 1,"
        " CASE WHEN n = $1 THEN 'ours' ELSE 'theirs' END, $2, convert_to('{}', 'UTF8')"
        " FROM generate_series(1, $1) AS n",
        many,
        LATER,
    )
    await shop.database.commit("UPDATE feed SET number = $1", many)
    first = await feed.changes(0, 5, types=None, shop="ours")
    assert (first.bodies, first.next) == ([], LOOKED_AT_MAX)
    last = await feed.changes(first.next, 5, types=None, shop="ours")
    assert (last.bodies, last.next) == ([b"{}"], many)
    assert (await feed.changes(last.next, 5, types=["thing.made"], shop="ours")).next == many


async def test_the_steps_of_a_told_subject_are_counted(feed: Feed, database: Database) -> None:
    for kinds in (["thing.made", "thing.sold"], ["thing.lost"]):
        async with database.transaction() as connection:
            for kind in kinds:
                await tell(connection, subject="thing/1", kind=kind, at_ms=NOW, data={}, shop="x")
        await feed.empty_outbox(LATER)
    assert await _told(feed, "thing/1") == [("thing.made", 1), ("thing.sold", 2), ("thing.lost", 3)]


async def test_what_is_rolled_back_is_not_told(feed: Feed, database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as connection:
            await tell(connection, subject="thing/1", kind="thing.made", at_ms=NOW, data={})
            raise LookupError
    assert await feed.empty_outbox(LATER) == Turn()


async def test_two_followers_at_once_make_each_message_once(
    feed: Feed, shop: StoredShop, postgres_url: str
) -> None:
    await shop.database.commit("UPDATE stock SET units = 500 WHERE row = 'sA'")
    rids = [str(uuid4()) for _ in range(60)]

    async def sell() -> None:
        for rid in rids:
            await shop.commit(order(rid, buyer=rid))

    async def follow(own: Feed, done: anyio.Event) -> None:
        while not done.is_set():
            await own.follow("s1", LATER)

    async with running(Database(postgres_url)) as second:
        done = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for each in (feed, Feed(second)):
                tasks.start_soon(follow, each, done)
            await sell()
            done.set()
    await feed.follow("s1", LATER)
    messages = await _all(feed)
    assert [m["subject"] for m in messages[1:]] == [f"order/{rid}" for rid in rids]


async def test_what_becomes_of_a_payment_is_told_a_step_each(feed: Feed, shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5}, payment="checkout")
    rid = str(uuid4())
    await shop.orders.pend("s2", 0, [order(rid, pay_until_ms=NOW + 10)], now_ms=NOW)
    for _ in range(2):  # it is reported again, and is the same
        await shop.payments.confirm(rid, "pay-1", PRICE, now_ms=NOW + 5)
    await shop.orders.cancel(rid)
    await shop.payments.refunded("pay-1")
    await feed.empty_outbox(LATER)
    subject = f"payment/{rid}/pay-1"
    assert await _told(feed, subject) == [
        ("payment.received", 1),
        ("payment.applied", 2),
        ("payment.refund_due", 3),
        ("payment.refunded", 4),
    ]
    told = [each for each in await _all(feed) if each["subject"] == subject]
    assert told[0]["timestamp"] == "2026-09-21T14:13:20.005Z"
    assert told[2]["data"] == {
        **{"payment_id": "pay-1", "order_id": rid, "session_id": "s2", "viewer_id": "ada"},
        **{"status": "refund_due", "reason": "cancelled", "amount": PRICE, "currency": "EUR"},
    }


async def test_a_purchase_that_is_paid_nowhere_else_tells_nothing_of_payments(
    feed: Feed, shop: StoredShop
) -> None:
    await shop.commit(order(str(uuid4())))
    assert await feed.empty_outbox(LATER) == Turn()
    assert await shop.database.fetch("SELECT FROM payment") == []


async def test_a_feed_that_went_back_says_so_first_and_once(feed: Feed, shop: StoredShop) -> None:
    other = Feed(shop.database)
    await shop.commit(order(str(uuid4())))
    await feed.follow("s1", NOW)
    await shop.commit(order(str(uuid4()), buyer="bo"))
    await feed.follow("s1", NOW + 1)
    assert await other.empty_outbox(NOW + 2) == Turn()
    # As an older copy has it: the newest messages, the cursor and the order are not there.
    await shop.database.commit("DELETE FROM message WHERE number > 1")
    await shop.database.commit("UPDATE feed SET number = 1")
    assert await feed.empty_outbox(LATER) == Turn(made=1)
    assert await other.empty_outbox(LATER + 1) == Turn()
    assert await feed.empty_outbox(LATER + 2) == Turn()
    (told,) = [each for each in await _all(feed) if each["type"] == "system.restored"]
    assert (told["subject"], told["sequence"], told["data"]) == (
        *("system", 1),
        {"newest": 1, "known": 3},
    )
    # A shop's own reader and webhooks are told, too.
    page = await feed.changes(0, 10, types=["system.*"], shop="ours")
    assert [json.loads(body)["type"] for body in page.bodies] == ["system.restored"]
    await shop.database.commit("UPDATE feed SET number = 1")
    await shop.database.commit("DELETE FROM message WHERE number > 1")
    assert await feed.empty_outbox(LATER + 3) == Turn(made=1)
    assert await _told(feed, "system") == [("system.restored", 2)]
