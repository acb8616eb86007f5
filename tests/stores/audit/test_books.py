"""The audit finds nothing after honest work, and every kind of damage."""

import random
from contextlib import suppress

import pytest

from liveshop.core.errors import Conflict, NotFound, SoldOut
from liveshop.core.model import Charge
from liveshop.stores.audit import books
from liveshop.stores.audit.books import OVERDUE_MS_MAX, audit_books
from liveshop.stores.audit.findings import CHECKS, FINDINGS_PER_CHECK_MAX
from liveshop.stores.audit.look import first_of_each
from liveshop.stores.postgres.order_records import NewOrder, Verdict
from tests.stores.audit.market import LATER, told
from tests.stores.postgres.shop import NOW, StoredShop, line, order, undecided


async def findings(shop: StoredShop, *, now_ms: int = NOW) -> list[str]:
    return [told(finding) for finding in await audit_books(shop.database, now_ms=now_ms)]


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (
            "UPDATE stock SET sold = 3 WHERE session_id = 's1' AND \"row\" = 'sA'",
            "P1 session s1: row sA says 3 sold, its orders say 2",
        ),
        (
            "DELETE FROM stock WHERE session_id = 's1' AND \"row\" = 'sB'",
            "P1 session s1: row sB says nothing sold, its orders say 1",
        ),
        (
            "UPDATE buyer_quota SET bought = 1 WHERE scope = '@1'",
            "P1 session s1: ada counts as having bought 1 of @1, by orders 2",
        ),
        (
            "DELETE FROM buyer_quota WHERE scope = 'sB'",
            "P1 session s1: ada counts as having bought 0 of sB, by orders 1",
        ),
        (
            "UPDATE variant SET stock = stock + 1 WHERE sku = 'C'",
            "P1 the catalogue: SKU C: stock is 31, imported 30 and moved 0",
        ),
        (
            "UPDATE stock SET units = 11 WHERE session_id = 's1' AND \"row\" = 'sB'",
            "P1 session s1: SKU B has 11 units, the ledger says 10",
        ),
        (
            "UPDATE session SET status = 'ended', settled = true WHERE id = 's2'",
            "P1 session s2: it is settled and keeps 9 units of row sA",
        ),
        (
            "UPDATE session SET revenue = 1 WHERE id = 's1'",
            "P2 session s1: it counts 2 orders, 3 units, 1 money; its orders say 2, 3, 15000",
        ),
        (
            "UPDATE orders SET total = 1 WHERE id = 'c2'",
            "P2 session s2: order c2: total is 1, its lines say 5000",
        ),
        (
            "UPDATE orders SET seq = 99 WHERE id = 'r1'",
            "P2 session s1: order r1 has number 99, the newest is 3",
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
        (
            "UPDATE session SET status = 'paused' WHERE id = 's1'",
            "P2 session s1: it is paused, its log says session.started",
        ),
        (
            "UPDATE order_line SET sku_limit = 1, sale_limit = 1 WHERE rid = 'r1'",
            "P1 session s1: ada has orders of 2 of @1, the limit is 1",
        ),
        ("DELETE FROM payment", "P3 session s2: order c1 is confirmed without a payment"),
        (
            "UPDATE event SET body = jsonb_set(body, '{offset}', '77') WHERE session_id = 's1'",
            "P2 session s1: event 1 says that it is 77",
        ),
        (
            "UPDATE orders SET currency = 'USD' WHERE id = 'r1'",
            "P3 session s1: order r1 is in USD, the session in EUR",
        ),
    ],
)
async def test_damage_is_found(worked: StoredShop, damage: str, finding: str) -> None:
    await worked.database.commit(damage)
    assert finding in await findings(worked)


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (
            "DELETE FROM payment",
            "P3 session s2: order c1 is cancelled, its money is not refund_due",
        ),
        (
            "UPDATE payment SET status = 'refunded'",
            "P3 session s2: order c1 is cancelled, its money is not refund_due",
        ),
        (
            "UPDATE orders SET status = 'refunded' WHERE id = 'c1'",
            "P3 session s2: order c1 is refunded, its money is not refunded",
        ),
    ],
)
async def test_money_that_went_with_a_cancelled_order_is_found(
    worked: StoredShop, damage: str, finding: str
) -> None:
    await worked.orders.cancel("c1")
    assert await findings(worked) == []
    await worked.database.commit(damage)
    assert await findings(worked) == [finding]


@pytest.mark.parametrize(
    ("constraint", "damage", "finding"),
    [
        (
            "stock DROP CONSTRAINT stock_sold_within_units",
            "UPDATE stock SET sold = 11 WHERE session_id = 's1' AND \"row\" = 'sB'",
            "P1 session s1: row sB has sold 11 of 10",
        ),
        (
            "buyer_quota DROP CONSTRAINT buyer_quota_within_cap",
            "UPDATE buyer_quota SET bought = 101 WHERE scope = 'sB'",
            "P1 session s1: ada has bought 101 of sB, the limit was 100",
        ),
    ],
)
async def test_what_a_constraint_forbids_is_found_without_it(
    worked: StoredShop, constraint: str, damage: str, finding: str
) -> None:
    await worked.database.commit(f"ALTER TABLE {constraint}")
    await worked.database.commit(damage)
    assert finding in await findings(worked)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE stock_ledger SET delta = -4 WHERE event_id = 'allocated:s1:2:B'", "4"),
        ("DELETE FROM stock_ledger WHERE event_id = 'allocated:s1:2:B'", "0"),
    ],
)
async def test_an_addition_of_stock_that_the_ledger_tells_otherwise_is_found(
    worked: StoredShop, damage: str, says: str
) -> None:
    await worked.add_stock("s1", {"A": 3, "B": 5})
    assert await findings(worked) == []
    await worked.database.commit(damage)
    what = f"event 2 says 5 more units of SKU B, the ledger says {says}"
    assert f"P1 session s1: {what}" in await findings(worked)


async def test_an_order_that_waits_for_ever_is_found(worked: StoredShop) -> None:
    assert await findings(worked, now_ms=LATER + OVERDUE_MS_MAX) == []
    assert await findings(worked, now_ms=LATER + OVERDUE_MS_MAX + 1) == [
        f"P4 session s2: order c2 waits for money since before its deadline, {LATER}"
    ]


async def test_one_session_is_looked_at_alone_with_the_skus_that_it_sells(
    worked: StoredShop,
) -> None:
    await worked.database.commit("UPDATE variant SET stock = stock + 1")
    await worked.database.commit("UPDATE stock SET sold = sold + 1")
    found = await audit_books(worked.database, now_ms=NOW, session_id="s2")
    assert [told(finding) for finding in found] == [
        "P1 session s2: row sA says 2 sold, its orders say 1",
        "P1 the catalogue: SKU A: stock is 11, imported 30 and moved -20",
    ]


async def test_of_a_kind_the_first_are_told_and_how_many_more_there_are(worked: StoredShop) -> None:
    await worked.open("s3", {"C": 30})
    carts = [order(f"x{n:02}", "C", buyer=f"buyer-{n:02}", limit=2) for n in range(25)]
    await worked.commit(*carts, session_id="s3")
    await worked.database.commit("UPDATE buyer_quota SET bought = 2 WHERE buyer LIKE 'buyer-%'")
    found = [told(each) for each in first_of_each(await audit_books(worked.database, now_ms=NOW))]
    assert len(found) == FINDINGS_PER_CHECK_MAX + 1
    assert found[0] == "P1 session s3: buyer-00 counts as having bought 2 of sC, by orders 1"
    assert found[-1] == "P1 other sessions: and 5 more of this kind"


def test_every_check_of_the_books_says_what_to_do() -> None:
    assert set(books.CHECKS) < set(CHECKS)
    assert all(check.todo for check in CHECKS.values())


@pytest.mark.parametrize("seed", range(5))
async def test_after_anything_that_can_happen_the_books_are_right(
    shop: StoredShop, seed: int
) -> None:
    dice = random.Random(seed)
    await shop.open("s2", {"A": 10, "C": 10}, payment="checkout", sale_units=4)
    # Their payments have the same ids.
    await shop.database.commit("UPDATE session SET shop = 'birch' WHERE id = 's2'")
    for number in range(60):
        await something(shop, dice, number)
    assert await findings(shop) == []
    await shop.end("s1")
    assert await shop.sessions.settle("s1")
    for number in range(60, 80):
        await something(shop, dice, number)
    assert await findings(shop) == []


async def something(shop: StoredShop, dice: random.Random, number: int) -> None:
    """Do one thing, at random, with orders that exist or not, in a state for it or not."""
    known = dice.randrange(number + 1)
    match dice.randrange(7):
        case 6:
            with suppress(SoldOut):
                await shop.add_stock("s2", {dice.choice("AC"): dice.randint(1, 4)})
        case 0 | 1:
            carts = [cart(dice, n, "AB") for n in range(number, number + dice.randint(1, 4))]
            await shop.orders.commit("s1", 0, carts, now_ms=NOW + number)
        case 2:
            waiting = cart(dice, number, "AC", pay_until_ms=NOW + number + 20)
            await shop.orders.pend("s2", 0, [waiting], now_ms=NOW + number)
        case 3:
            overdue = [undecided(f"o{known}")]
            await shop.orders.void(
                dice.choice(["s1", "s2"]), overdue, Verdict.EXPIRED, now_ms=NOW + number
            )
        case 4:
            with suppress(Conflict, NotFound):
                await shop.orders.cancel(f"o{known}")
        case _:
            await pay(shop, dice, f"o{known}", number)


async def pay(shop: StoredShop, dice: random.Random, order_id: str, number: int) -> None:
    with suppress(Conflict, NotFound):
        total = (await shop.orders.get(order_id)).total
        payment_id = f"p{dice.randrange(20)}"
        await shop.payments.confirm(
            order_id, payment_id, total + dice.randrange(2), now_ms=NOW + number
        )
        if dice.randrange(2):
            await shop.payments.refunded(payment_id, order_id=order_id)


def cart(
    dice: random.Random, number: int, skus: str, *, pay_until_ms: int | None = None
) -> NewOrder:
    """Make an order of one or two lines; every few share a reservation with the one before."""
    rids = dice.sample([f"r{number}a", f"r{number}b", f"r{number - 1}a"], dice.randint(1, 2))
    lines = [
        line(rid, dice.choice(skus), dice.randint(1, 3), sale=dice.choice(["", "@1"]), limit=6)
        for rid in rids
    ]
    charges = [Charge(row="@1", units=dice.randint(1, 2), limit=dice.choice([None, 3]))]
    return NewOrder(
        order_id=f"o{number}",
        buyer=dice.choice(["ada", "bo", "cy"]),
        lines=lines,
        pay_until_ms=pay_until_ms,
        charges=charges if dice.randrange(3) == 0 else [],
    )
