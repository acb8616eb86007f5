"""A repair computes again what can be computed, says what it did, and leaves the rest as it is."""

import pytest

from liveshop.stores.audit.books import audit_books
from liveshop.stores.audit.repair import repair
from liveshop.stores.redis.link import RedisLink
from tests.stores.audit.market import SEPARATOR, SESSION, Market, told
from tests.stores.postgres.shop import NOW, StoredShop, order

REBUILT = "epoch 0 → 1: Redis is rebuilt from Postgres"


async def findings(shop: StoredShop) -> list[str]:
    return [told(finding) for finding in await audit_books(shop.database, now_ms=NOW)]


async def mend(shop: StoredShop, link: RedisLink) -> list[str]:
    return await repair(shop.database, link, await audit_books(shop.database, now_ms=NOW))


@pytest.mark.parametrize(
    ("damage", "done"),
    [
        (
            "UPDATE stock SET sold = 3 WHERE session_id = 's1' AND \"row\" = 'sA'",
            ["session s1: row sA: sold 3 → 2", f"session s1: {REBUILT}"],
        ),
        (
            "DELETE FROM stock WHERE session_id = 's1' AND \"row\" = 'sB'",
            [
                "session s1: SKU B: units 0 → 10",
                "session s1: row sB: sold 0 → 1",
                f"session s1: {REBUILT}",
            ],
        ),
        (
            "UPDATE buyer_quota SET bought = 1 WHERE scope = '@1'",
            ["session s1: what ada bought of @1: 1 → 2", f"session s1: {REBUILT}"],
        ),
        (
            "DELETE FROM buyer_quota WHERE scope = 'sB'",
            ["session s1: what ada bought of sB: 0 → 1", f"session s1: {REBUILT}"],
        ),
        (
            "UPDATE variant SET stock = stock + 1 WHERE sku = 'C'",
            ["the catalogue: SKU C: stock 31 → 30"],
        ),
        (
            "UPDATE stock SET units = 11 WHERE session_id = 's1' AND \"row\" = 'sB'",
            ["session s1: SKU B: units 11 → 10", f"session s1: {REBUILT}"],
        ),
        (
            "UPDATE session SET revenue = 1 WHERE id = 's1'",
            [
                "session s1: orders 2 → 2, units 3 → 3, revenue 1 → 15000",
                f"session s1: {REBUILT}",
            ],
        ),
        (
            "UPDATE orders SET seq = 99 WHERE id = 'r1'",
            ["session s1: number of the newest change 3 → 99", f"session s1: {REBUILT}"],
        ),
        (
            "UPDATE session SET head_offset = 7 WHERE id = 's1'",
            ["session s1: head 7 → 1", f"session s1: {REBUILT}"],
        ),
        (
            "UPDATE session SET status = 'paused' WHERE id = 's1'",
            ["session s1: status paused → live", f"session s1: {REBUILT}"],
        ),
        (
            "UPDATE event SET body = jsonb_set(body, '{offset}', '77') WHERE session_id = 's1'",
            ["session s1: event 1 says so again", f"session s1: {REBUILT}"],
        ),
    ],
)
async def test_what_can_be_counted_is_counted_again(
    worked: StoredShop, link: RedisLink, damage: str, done: list[str]
) -> None:
    await worked.database.commit(damage)
    assert await mend(worked, link) == done
    assert await findings(worked) == []


@pytest.mark.parametrize(
    ("constraint", "damage"),
    [
        ("stock DROP CONSTRAINT stock_sold_within_units", "UPDATE stock SET units = 0"),
        ("buyer_quota DROP CONSTRAINT buyer_quota_within_cap", "UPDATE buyer_quota SET cap = 0"),
    ],
)
async def test_without_its_constraint_too(
    worked: StoredShop, link: RedisLink, constraint: str, damage: str
) -> None:
    await worked.database.commit(f"ALTER TABLE {constraint}")
    await worked.database.commit(f"{damage} WHERE session_id = 's1'")
    assert await findings(worked) != []
    await mend(worked, link)
    after = await findings(worked)
    # Nobody knows any longer how many units a sale had: it stays as it is.
    assert after == (["P1 session s1: row @1 has sold 2 of 0"] if "units" in damage else [])


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (
            "UPDATE orders SET total = 1 WHERE id = 'c2'",
            "P2 session s2: order c2: total is 1, its lines say 5000",
        ),
        (
            "DELETE FROM event WHERE session_id = 's1'",
            "P2 session s1: head is 1, the log has 0 events up to 0",
        ),
        (
            "UPDATE payment SET status = 'received'",
            "P3 session s2: payment p1 of order c1 was received and no more",
        ),
        (
            "UPDATE payment SET amount = 1",
            "P3 session s2: payment p1 of 1 is applied, order c1 is confirmed over 5000",
        ),
        ("DELETE FROM payment", "P3 session s2: order c1 is confirmed without a payment"),
        (
            "UPDATE orders SET currency = 'USD' WHERE id = 'r1'",
            "P3 session s1: order r1 is in USD, the session in EUR",
        ),
        (
            "UPDATE order_line SET sku_limit = 1 WHERE rid = 'r1'",
            "P1 session s1: ada has orders of 2 of sA, the limit is 1",
        ),
        (
            "UPDATE orders SET pay_until_ms = 1 WHERE id = 'c2'",
            "P4 session s2: order c2 waits for money since before its deadline, 1",
        ),
    ],
)
async def test_orders_and_money_are_left_as_they_are(
    worked: StoredShop, link: RedisLink, damage: str, finding: str
) -> None:
    await worked.database.commit(damage)
    before = await findings(worked)
    assert finding in before
    assert await mend(worked, link) == []
    assert await findings(worked) == before


async def test_a_ledger_that_lost_a_move_is_not_believed(
    worked: StoredShop, link: RedisLink
) -> None:
    await worked.database.commit("DELETE FROM stock_ledger WHERE session_id = 's1' AND sku = 'B'")
    assert await mend(worked, link) == []
    assert await findings(worked) == [
        "P1 the catalogue: SKU B: stock is 20, imported 30 and moved 0",
        "P1 session s1: SKU B has 10 units, the ledger says 0",
    ]


async def test_a_session_that_was_settled_and_kept_units_is_settled_again(
    worked: StoredShop, link: RedisLink
) -> None:
    await worked.end("s1")
    await worked.database.commit("UPDATE session SET settled = true WHERE id = 's1'")
    assert await mend(worked, link) == [
        "session s1: settled → not yet: a node gives what was not sold back",
        f"session s1: {REBUILT}",
    ]
    assert await worked.sessions.settle("s1")
    assert await findings(worked) == []
    assert await worked.stock() == {"A": 18, "B": 29, "C": 30}


async def test_what_is_wrong_in_one_session_is_not_mended_in_another(
    worked: StoredShop, link: RedisLink
) -> None:
    await worked.open("s3", {"C": 1})
    await worked.end("s1")
    assert await worked.sessions.settle("s1")
    await worked.database.commit("UPDATE session SET revenue = 1 WHERE id = 's1'")
    await worked.database.commit("UPDATE session SET status = 'paused' WHERE id = 's2'")
    await worked.end("s3")
    await worked.database.commit("UPDATE session SET settled = true WHERE id = 's3'")
    assert await mend(worked, link) == [
        "session s1: orders 2 → 2, units 3 → 3, revenue 1 → 15000",
        "session s2: status paused → live",
        f"session s2: {REBUILT}",
        "session s3: settled → not yet: a node gives what was not sold back",
        f"session s3: {REBUILT}",
    ]
    assert await findings(worked) == []


async def test_what_was_mended_is_sold_on(worked: StoredShop, link: RedisLink) -> None:
    await worked.database.commit("UPDATE stock SET sold = 9 WHERE session_id = 's1' AND sku = 'A'")
    await mend(worked, link)
    reply = await worked.orders.commit("s1", 1, [order("r9", quantity=8)], now_ms=NOW)
    assert reply.outcomes["r9"].verdict == "confirmed"
    assert (await worked.sold())["sA"] == (10, 10)


@pytest.mark.parametrize(
    "damage",
    [
        ("HSET", "stock", f"sA{SEPARATOR}sold", "1"),
        ("HSET", "stock", f"sA{SEPARATOR}held", "2"),
        ("HSET", "held", f"eve{SEPARATOR}sA", "1"),
        ("HSET", "bought", f"eve{SEPARATOR}sA", f"1{SEPARATOR}1"),
        ("HDEL", "bought", f"ada{SEPARATOR}sA"),
        ("HSET", "totals", "revenue", "1"),
        ("ZADD", "due", "1", "r7"),
        ("ZREM", "paying", "r2"),
    ],
    ids=" ".join,
)
async def test_redis_is_rebuilt_from_postgres(market: Market, damage: tuple[str, ...]) -> None:
    command, name, *args = damage
    await market.link.call(command, SESSION + name, *args)
    assert await market.findings() != []
    done = await market.mend()
    assert done[-1] == "session s1: epoch 1 → 2: Redis is rebuilt from Postgres"
    # Nobody sells by what Redis has until it is loaded again.
    assert await market.findings() == []
    await market.rebuild()
    assert await market.findings() == []
    assert [each.rid for each in await market.units.mine("bo")] == ["r2"]


async def test_an_answer_that_was_given_is_not_taken_back(market: Market) -> None:
    await market.units.settle(1, [market.sold("r9")])
    assert await market.mend() == []
    assert await market.findings() == ["P2 session s1: r9 of bo is sold, and has no order"]
