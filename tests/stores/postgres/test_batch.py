"""The order writer's batch: orders that fit are confirmed, others are refused and leave nothing."""

import asyncio

import asyncpg
import pytest

from liveshop.core.errors import NotFound, OutcomeUnknown
from liveshop.core.model import Bought, Row, Totals
from liveshop.stores.postgres.order_records import NewOrder, Outcome, Verdict
from tests.stores.postgres.shop import (
    NOW,
    PRICE,
    StoredShop,
    line,
    order,
    somebody_waits,
    undecided,
)

FORGETS = """
    CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN DELETE FROM order_line; DELETE FROM orders; RETURN NULL; END
    $$;
    CREATE TRIGGER forget AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION forget();
"""
CONFIRMED, CONFLICT, EXPIRED = Verdict.CONFIRMED, Verdict.CONFLICT, Verdict.EXPIRED
LIMIT, SOLD_OUT = Verdict.LIMIT, Verdict.SOLD_OUT


async def test_a_batch_raises_what_is_sold_bought_and_counted(shop: StoredShop) -> None:
    reply = await shop.orders.commit(
        "s1",
        0,
        [order("r1", "A", 2, sale="@1"), order("r2", "B", buyer="bo"), order("r3", "A")],
        now_ms=NOW,
    )
    confirmed = Outcome(verdict=CONFIRMED, at_ms=NOW, new=True)
    assert reply.outcomes == {"r1": confirmed, "r2": confirmed, "r3": confirmed}
    assert (reply.epoch, reply.head_offset) == (0, 1)
    assert sorted(reply.copies.rows, key=lambda row: row.row) == [
        Row(row="@1", units=5, sold=2, version=2),
        Row(row="sA", units=10, sold=3, version=2),
        Row(row="sB", units=10, sold=1, version=2),
    ]
    assert sorted(reply.copies.bought, key=lambda count: (count.buyer, count.scope)) == [
        Bought(buyer="ada", scope="@1", quantity=2, version=1),
        Bought(buyer="ada", scope="sA", quantity=3, version=1),
        Bought(buyer="bo", scope="sB", quantity=1, version=1),
    ]
    assert reply.copies.totals == Totals(orders=3, units=4, revenue=4 * PRICE, version=3)
    assert await shop.sessions.totals("s1") == reply.copies.totals


async def test_a_replay_gets_the_stored_answer_and_the_counters_as_they_are(
    shop: StoredShop,
) -> None:
    await shop.commit(order("r1", sale="@1"))
    await shop.commit(order("r2", buyer="bo"))
    reply = await shop.orders.commit("s1", 0, [order("r1", sale="@1")], now_ms=NOW + 99)
    assert reply.outcomes == {"r1": Outcome(verdict=CONFIRMED, at_ms=NOW)}
    assert {row.row: row.sold for row in reply.copies.rows} == {"sA": 2, "@1": 1}
    assert {(c.buyer, c.scope): c.quantity for c in reply.copies.bought} == {
        ("ada", "sA"): 1,
        ("ada", "@1"): 1,
    }
    assert reply.copies.totals == Totals(orders=2, units=2, revenue=2 * PRICE, version=2)


async def test_new_and_known_orders_share_a_batch(shop: StoredShop) -> None:
    await shop.commit(order("r1"))
    assert await shop.verdicts(order("r1"), order("r2")) == {"r1": CONFIRMED, "r2": CONFIRMED}
    assert await shop.sold() == {"@1": (0, 5), "sA": (2, 10), "sB": (0, 10)}


@pytest.mark.parametrize(
    "other", [order("r1", quantity=2), order("r1", "B"), order("r1", buyer="bo")]
)
async def test_a_known_id_with_other_arguments_is_a_conflict(
    shop: StoredShop, other: NewOrder
) -> None:
    await shop.commit(order("r1"))
    assert await shop.verdicts(other) == {"r1": CONFLICT}
    assert await shop.sold() == {"@1": (0, 5), "sA": (1, 10), "sB": (0, 10)}


async def test_another_price_is_not_another_argument(shop: StoredShop) -> None:
    await shop.commit(order("r1"))
    assert await shop.verdicts(order("r1", sale="@1")) == {"r1": CONFIRMED}
    assert await shop.row("@1") == Row(row="@1", units=5, sold=0, version=1)


async def test_an_id_of_another_session_is_a_conflict(shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5})
    await shop.commit(order("r1"))
    assert await shop.verdicts(order("r1"), session_id="s2") == {"r1": CONFLICT}
    assert await shop.sold("s2") == {"sA": (0, 5)}


async def test_a_reservation_of_another_order_is_a_conflict_and_the_rest_goes_on(
    shop: StoredShop,
) -> None:
    await shop.commit(order("r1"))
    cart = NewOrder(order_id="o1", buyer="ada", lines=[line("r1"), line("r2")])
    assert await shop.verdicts(cart, order("r3")) == {"o1": CONFLICT, "r3": CONFIRMED}
    with pytest.raises(NotFound):
        await shop.orders.get("o1")
    assert (await shop.row("sA")).sold == 2


async def test_orders_beyond_the_units_are_refused_first_come_first_served(
    shop: StoredShop,
) -> None:
    wanted = [order(f"r{n:02}", buyer=f"b{n}") for n in range(15)]
    verdicts = await shop.verdicts(*wanted)
    assert [rid for rid, verdict in verdicts.items() if verdict is SOLD_OUT] == [
        "r10",
        "r11",
        "r12",
        "r13",
        "r14",
    ]
    assert list(verdicts.values()).count(CONFIRMED) == 10
    assert await shop.row("sA") == Row(row="sA", units=10, sold=10, version=2)
    assert await shop.bought("b14") == {}
    assert (await shop.sessions.totals("s1")).orders == 10


async def test_a_refusal_is_final_even_if_units_come_back(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=10))
    assert await shop.verdicts(order("r2"), order("r3", "B", limit=1, quantity=2)) == {
        "r2": SOLD_OUT,
        "r3": LIMIT,
    }
    await shop.orders.cancel("r1")
    assert await shop.verdicts(order("r2"), order("r3", "B", quantity=2)) == {
        "r2": SOLD_OUT,
        "r3": LIMIT,
    }
    assert await shop.sold() == {"@1": (0, 5), "sA": (0, 10), "sB": (0, 10)}


async def test_a_smaller_order_still_fits_behind_one_that_does_not(shop: StoredShop) -> None:
    assert await shop.verdicts(order("r1", quantity=8), order("r2", quantity=5), order("r3")) == {
        "r1": CONFIRMED,
        "r2": SOLD_OUT,
        "r3": CONFIRMED,
    }


async def test_a_sale_caps_what_is_sold_in_it_only(shop: StoredShop) -> None:
    verdicts = await shop.verdicts(
        order("r1", "A", 3, sale="@1"), order("r2", "B", 3, sale="@1"), order("r3", "B", 3)
    )
    assert verdicts == {"r1": CONFIRMED, "r2": SOLD_OUT, "r3": CONFIRMED}
    assert await shop.sold() == {"@1": (3, 5), "sA": (3, 10), "sB": (3, 10)}


async def test_a_sale_without_units_caps_nothing(shop: StoredShop) -> None:
    assert await shop.verdicts(order("r1", "A", 9, sale="@7")) == {"r1": CONFIRMED}
    assert await shop.bought("ada") == {"sA": 9, "@7": 9}


async def test_a_sku_that_was_never_allocated_is_sold_out(shop: StoredShop) -> None:
    assert await shop.verdicts(order("r1", "C"), order("r2")) == {"r1": SOLD_OUT, "r2": CONFIRMED}
    assert await shop.sold() == {"@1": (0, 5), "sA": (1, 10), "sB": (0, 10)}


async def test_a_buyers_limit_holds_over_orders_and_batches(shop: StoredShop) -> None:
    assert await shop.verdicts(order("r1", limit=2), order("r2", quantity=2, limit=2)) == {
        "r1": CONFIRMED,
        "r2": LIMIT,
    }
    assert await shop.verdicts(order("r3", limit=2), order("r4", limit=2)) == {
        "r3": CONFIRMED,
        "r4": LIMIT,
    }
    assert await shop.bought("ada") == {"sA": 2}


async def test_the_limit_is_checked_before_the_units(shop: StoredShop) -> None:
    assert await shop.verdicts(order("r1", quantity=11, limit=3)) == {"r1": LIMIT}


async def test_a_lowered_limit_refuses_increases_only(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=3, limit=5))
    assert await shop.verdicts(order("r2", limit=2)) == {"r2": LIMIT}
    await shop.orders.cancel("r1")
    assert await shop.verdicts(order("r3", quantity=2, limit=2)) == {"r3": CONFIRMED}


async def test_another_epoch_writes_nothing_and_says_the_current_one(shop: StoredShop) -> None:
    rebuild = await shop.sessions.raise_epoch("s1", 0)
    assert rebuild is not None
    assert rebuild.epoch == 1
    reply = await shop.orders.commit("s1", 0, [order("r1")], now_ms=NOW)
    assert (reply.epoch, reply.outcomes) == (1, {})
    with pytest.raises(NotFound):
        await shop.orders.get("r1")
    reply = await shop.orders.commit("s1", 1, [order("r1")], now_ms=NOW)
    assert reply.outcomes["r1"].verdict is CONFIRMED


async def test_an_order_that_a_rebuild_overtakes_is_of_an_older_epoch_and_writes_nothing(
    shop: StoredShop, postgres_url: str
) -> None:
    other = await asyncpg.connect(postgres_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("UPDATE session SET stock_epoch = 1 WHERE id = 's1'")
        batch = asyncio.create_task(shop.orders.commit("s1", 0, [order("r1")], now_ms=NOW))
        await somebody_waits(other)
        # A rebuild that reads now reads all that there is until the lock goes.
        await transaction.commit()
    finally:
        await other.close()
    reply = await batch
    assert (reply.epoch, reply.outcomes) == (1, {})
    assert await shop.row("sA") == Row(row="sA", units=10, sold=0, version=1)


async def test_an_order_that_is_void_is_expired(shop: StoredShop) -> None:
    await shop.orders.void("s1", [undecided("r1")], EXPIRED, now_ms=NOW)
    assert await shop.verdicts(order("r1")) == {"r1": EXPIRED}
    assert await shop.verdicts(order("r1", buyer="bo")) == {"r1": CONFLICT}
    assert (await shop.row("sA")).sold == 0


async def test_an_unknown_session_is_not_found(shop: StoredShop) -> None:
    with pytest.raises(NotFound):
        await shop.commit(order("r1"), session_id="nowhere")


async def test_of_many_writers_none_oversells_and_none_deadlocks(shop: StoredShop) -> None:
    async def write(writer: int) -> list[Verdict]:
        verdicts: list[Verdict] = []
        for batch in range(5):
            orders = [
                order(f"w{writer}-{batch}-{n}", "AB"[n % 2], buyer=f"u{writer}{n}", sale="@1")
                for n in range(4)
            ]
            verdicts += (await shop.verdicts(*orders)).values()
        return verdicts

    written = await asyncio.gather(*(write(n) for n in range(4)))
    verdicts = [verdict for verdicts in written for verdict in verdicts]
    assert verdicts.count(CONFIRMED) == 5
    assert verdicts.count(SOLD_OUT) == 75
    assert (await shop.row("@1")).sold == 5
    assert (await shop.row("sA")).sold + (await shop.row("sB")).sold == 5


async def test_the_same_ids_sent_to_two_sessions_at_once_are_sold_once(shop: StoredShop) -> None:
    await shop.open("s2", {"A": 20})
    for attempt in range(5):  # neither session is sold out then, which would make some void
        orders = [order(f"{attempt}-{n}") for n in range(2)]
        await asyncio.gather(
            shop.verdicts(*orders), shop.verdicts(*reversed(orders), session_id="s2")
        )
    sold = (await shop.row("sA")).sold + (await shop.row("sA", "s2")).sold
    records = await shop.database.fetch("SELECT count(*) AS n FROM order_line")
    assert sold == records[0]["n"] == 10


async def test_a_reservation_taken_by_another_session_meanwhile_costs_one_order(
    shop: StoredShop, postgres_url: str
) -> None:
    # r1 is taken already, so that the batch is tried again under the lock; r2 is being taken by a
    # transaction that the lock knows nothing of, and which commits when it is waited for.
    await shop.commit(order("r1"))
    await shop.open("s2", {"A": 5})
    other = await asyncpg.connect(postgres_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "INSERT INTO orders (id, session_id, seq, buyer, status, total, currency, epoch,"
            " args_hash, at_ms) VALUES ('x', 's2', 1, 'eve', 'void', 0, 'EUR', 0, '\\x00', 0)"
        )
        await other.execute("INSERT INTO order_line VALUES ('r2', 'x', 'A', '', 1, 1, 9, NULL)")
        carts = [
            NewOrder(order_id=f"o{n}", buyer="ada", lines=[line(f"r{n}")]) for n in range(1, 5)
        ]
        batch = asyncio.create_task(shop.verdicts(*carts))
        await somebody_waits(other)
        await transaction.commit()
    finally:
        await other.close()
    assert await batch == {"o1": CONFLICT, "o2": CONFLICT, "o3": CONFIRMED, "o4": CONFIRMED}
    assert (await shop.row("sA")).sold == 3


async def test_an_order_that_vanishes_under_its_batch_is_of_unknown_outcome(
    shop: StoredShop,
) -> None:
    assert await shop.verdicts(order("r1")) == {"r1": CONFIRMED}
    async with shop.database.transaction() as connection:
        await connection.execute(FORGETS)
    # It was known when the statement began, and is gone when it is looked at.
    with pytest.raises(OutcomeUnknown):
        await shop.commit(order("r1"))
    assert await shop.database.fetch("SELECT id FROM orders") == []
