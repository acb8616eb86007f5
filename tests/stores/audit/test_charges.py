"""The audit adds charges up with lines, and finds a final that nothing explains."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as msgspec_replace

from liveshop.core.model import Charge, Reservation, ReservationState, charge_rid
from liveshop.core.pricing.price import Reason
from liveshop.stores.audit.books import audit_books
from liveshop.stores.audit.repair import repair
from liveshop.stores.postgres.order_records import NewOrder
from liveshop.stores.redis.link import RedisLink
from tests.stores.audit.market import SESSION, Market, told
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, line

REBUILT = "session s1: epoch 0 → 1: Redis is rebuilt from Postgres"


@pytest.fixture
async def charged(shop: StoredShop) -> StoredShop:
    """The shop with an order that has 5.00 off, takes two units of a row, and is in its sale."""
    why = Reason(stage="codes", label="FIVE", amount=-500, lines={"r1": -500})
    unit = Reason(stage="unit", label="Flash sale", amount=-900, lines={"r1": -900})
    order = NewOrder(
        order_id="o1",
        buyer="ada",
        lines=[replace(line("r1", sale="@1", limit=4), final=PRICE - 500)],
        charges=[Charge(row="@1", units=2, limit=4)],
        why=(unit, why),
    )
    await shop.commit(order)
    assert await findings(shop) == []
    return shop


async def findings(shop: StoredShop) -> list[str]:
    return [told(finding) for finding in await audit_books(shop.database, now_ms=NOW)]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "UPDATE stock SET sold = 1 WHERE \"row\" = '@1'",
            ["P1 session s1: row @1 says 1 sold, its orders say 3"],
        ),
        (
            "UPDATE buyer_quota SET bought = 1 WHERE scope = '@1'",
            ["P1 session s1: ada counts as having bought 1 of @1, by orders 3"],
        ),
        (
            "DELETE FROM order_charge",
            [
                "P1 session s1: row @1 says 3 sold, its orders say 1",
                "P1 session s1: ada counts as having bought 3 of @1, by orders 1",
            ],
        ),
        (
            "UPDATE order_charge SET cap = 2; UPDATE order_line SET sale_limit = 2",
            ["P1 session s1: ada has orders of 3 of @1, the limit is 2"],
        ),
        (
            "INSERT INTO order_charge VALUES ('o1', '@7', 1)",
            ["P1 session s1: order o1 has taken 1 of row @7, which is not there"],
        ),
        (
            "UPDATE order_line SET final = final - 1",
            [
                "P2 session s1: order o1: total is 4500, its lines say 4499",
                "P2 session s1: order o1: line r1 comes to 4499, its reasons say 4500",
            ],
        ),
        (
            "UPDATE orders SET why = NULL",
            ["P2 session s1: order o1: line r1 comes to 4500, its reasons say 5000"],
        ),
        (
            "UPDATE orders SET why = jsonb_set(why, '{1,amount}', '-499')",
            ["P2 session s1: order o1: reason FIVE is over -499, its lines say -500"],
        ),
    ],
)
async def test_damage_is_found(charged: StoredShop, damage: str, found: list[str]) -> None:
    async with charged.database.transaction() as connection:
        await connection.execute(damage)
    assert await findings(charged) == found


@pytest.mark.parametrize(
    ("damage", "done"),
    [
        ("UPDATE stock SET sold = 1 WHERE \"row\" = '@1'", "row @1: sold 1 → 3"),
        (
            "UPDATE buyer_quota SET bought = 1 WHERE scope = '@1'",
            "what ada bought of @1: 1 → 3",
        ),
    ],
)
async def test_what_charges_took_is_counted_again(
    charged: StoredShop, link: RedisLink, damage: str, done: str
) -> None:
    await charged.database.commit(damage)
    found = await audit_books(charged.database, now_ms=NOW)
    assert await repair(charged.database, link, found) == [f"session s1: {done}", REBUILT]
    assert await findings(charged) == []


async def test_what_an_earlier_release_wrote_is_no_finding(charged: StoredShop) -> None:
    plain = NewOrder(order_id="o2", buyer="bo", lines=[line("r2")])
    await charged.commit(plain)
    await charged.database.commit("UPDATE order_line SET final = NULL WHERE rid = 'r2'")
    assert await findings(charged) == []


async def _with_charges(market: Market) -> Reservation:
    """Have an order under way in Redis that takes a unit of the sale besides its line."""
    charge = charge_beside(market, Charge(row="@1", units=1))
    await market.units.fence(2)
    await market.shop.sessions.raise_epoch("s1", 1)
    rows = await market.shop.sessions.rows("s1")
    totals = await market.shop.sessions.totals("s1")
    pending = [market.reservation(), charge]
    await market.units.load(2, now_ms_min=0, rows=rows, totals=totals, pending=pending)
    counts = await market.shop.sessions.quotas("s1", after=None, limit=9)
    await market.units.copy(2, bought=counts)
    return charge


def charge_beside(market: Market, charge: Charge) -> Reservation:
    line = market.reservation()
    return Reservation(
        rid=charge_rid(line.rid),
        buyer=line.buyer,
        command="charge",
        sku="",
        quantity=0,
        price=0,
        charges=(charge,),
        state=ReservationState.PAYING,
        order_id=line.rid,
        deadline_ms=line.deadline_ms + 1,
    )


async def test_what_charges_hold_in_redis_is_no_finding_and_a_lost_one_is(market: Market) -> None:
    charge = await _with_charges(market)
    assert await market.findings() == []
    await market.link.call("HDEL", SESSION + "res", charge.rid)
    await market.link.call("ZREM", SESSION + "paying", charge.rid)
    assert await market.findings() == [
        "P4 session s1: row @1 holds 2, its reservations 1",
        "P4 session s1: bo holds 2 of @1, reserved 1",
    ]


async def test_charges_that_redis_says_are_sold_have_their_order(market: Market) -> None:
    charge = await _with_charges(market)
    reply = await market.shop.orders.commit(
        "s1",
        2,
        [
            NewOrder(
                order_id="r2",
                buyer="bo",
                lines=[line("r2", sale="@1")],
                charges=charge.charges,
            )
        ],
        now_ms=NOW,
    )
    copies = (reply.copies.rows, reply.copies.bought, reply.copies.totals)
    sold = [market.sold("r2"), msgspec_replace(charge, state=ReservationState.SOLD)]
    await market.units.settle(2, sold, *copies)
    assert await market.findings() == []
    await market.shop.database.commit("DELETE FROM order_charge")
    stray = msgspec_replace(charge, rid="o9:charges", order_id="o9", state=ReservationState.SOLD)
    await market.units.settle(2, [stray])
    assert "P2 session s1: o9:charges of bo is sold, and has no order" in await market.findings()
