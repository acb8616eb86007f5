"""Units that an order takes besides its lines: under the same constraints, taken and given back."""

from collections.abc import Sequence

import asyncpg
import pytest

from liveshop.core.decision import Decision, NewRow
from liveshop.core.events import SessionPaused
from liveshop.core.model import Bought, Charge, Row, Status
from liveshop.stores.postgres.order_records import NewOrder, Verdict
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, line

CONFIRMED, LIMIT, SOLD_OUT = Verdict.CONFIRMED, Verdict.LIMIT, Verdict.SOLD_OUT
USE = Charge(row="@9", units=1, limit=2)


@pytest.fixture
async def offering(shop: StoredShop) -> StoredShop:
    """The shop, whose session also has a row of three units that no SKU and no sale has."""
    decision = Decision(
        events=(SessionPaused(offset=2, at_ms=NOW),), rows=(NewRow(row="@9", units=3),)
    )
    assert await shop.sessions.append("s1", decision, Status.LIVE, expected_offset=1)
    return shop


def order(
    order_id: str,
    *charges: Charge,
    buyer: str = "ada",
    sale: str = "",
    quantity: int = 1,
    pay_until_ms: int | None = None,
) -> NewOrder:
    return NewOrder(
        order_id=order_id,
        buyer=buyer,
        lines=[line(f"r-{order_id}", "A", quantity, sale=sale)],
        charges=charges,
        pay_until_ms=pay_until_ms,
    )


async def taken(shop: StoredShop) -> list[tuple[str, str, int]]:
    records = await shop.database.fetch(
        'SELECT order_id, "row", n FROM order_charge ORDER BY order_id, "row"'
    )
    return [tuple(record) for record in records]


async def test_charges_count_with_the_lines_in_rows_and_limits(offering: StoredShop) -> None:
    reply = await offering.orders.commit(
        "s1", 0, [order("o1", USE), order("o2", Charge(row="@9", units=1), buyer="bo")], now_ms=NOW
    )
    assert sorted(reply.copies.rows, key=lambda row: row.row) == [
        Row(row="@9", units=3, sold=2, version=2),
        Row(row="sA", units=10, sold=2, version=2),
    ]
    assert sorted(reply.copies.bought, key=lambda each: (each.buyer, each.scope)) == [
        Bought(buyer="ada", scope="@9", quantity=1, version=1),
        Bought(buyer="ada", scope="sA", quantity=1, version=1),
        Bought(buyer="bo", scope="sA", quantity=1, version=1),
    ]
    assert reply.copies.totals.units == 2
    assert (await offering.orders.get("o1")).charges == (USE,)


async def test_a_replay_gets_the_counters_of_its_charges_and_takes_none_again(
    offering: StoredShop,
) -> None:
    await offering.commit(order("o1", USE))
    reply = await offering.orders.commit("s1", 0, [order("o1", USE)], now_ms=NOW)
    assert {row.row: row.sold for row in reply.copies.rows} == {"sA": 1, "@9": 1}
    assert ("@9", 1) in {(each.scope, each.quantity) for each in reply.copies.bought}
    assert await taken(offering) == [("o1", "@9", 1)]


@pytest.mark.parametrize(
    ("charges", "verdict"),
    [
        ([Charge(row="@9", units=4)], SOLD_OUT),
        ([Charge(row="@9", units=1), Charge(row="@10", units=1)], SOLD_OUT),
        ([Charge(row="@9", units=3, limit=2)], LIMIT),
    ],
)
async def test_an_order_whose_charges_do_not_fit_is_refused_whole(
    offering: StoredShop, charges: Sequence[Charge], verdict: Verdict
) -> None:
    before = await offering.sold()
    assert await offering.verdicts(order("o1", *charges), order("o2", USE)) == {
        "o1": verdict,
        "o2": CONFIRMED,
    }
    assert await offering.sold() == before | {"sA": (1, 10), "@9": (1, 3)}
    assert await taken(offering) == [("o2", "@9", 1)]
    assert (await offering.orders.get("o1")).status == "void"


async def test_of_many_that_want_the_last_uses_the_first_get_them(offering: StoredShop) -> None:
    wanted = [order(f"o{n}", USE, buyer=f"buyer-{n}") for n in range(6)]
    verdicts = await offering.verdicts(*wanted)
    assert list(verdicts.values()) == [CONFIRMED] * 3 + [SOLD_OUT] * 3
    assert (await offering.sold())["@9"] == (3, 3)


async def test_a_charge_of_the_row_of_a_lines_sale_is_added_to_it(offering: StoredShop) -> None:
    both = order("o1", Charge(row="@1", units=2), sale="@1", quantity=2)
    assert await offering.verdicts(both) == {"o1": CONFIRMED}
    assert (await offering.sold())["@1"] == (4, 5)
    assert await offering.verdicts(order("o2", Charge(row="@1", units=1), sale="@1")) == {
        "o2": SOLD_OUT
    }
    await offering.orders.cancel("o1")
    assert (await offering.sold())["@1"] == (0, 5)


async def test_a_sale_without_units_of_its_own_caps_lines_and_no_charge(
    offering: StoredShop,
) -> None:
    assert await offering.verdicts(
        order("o1", sale="@2"), order("o2", Charge(row="@2", units=1), sale="@2")
    ) == {"o1": CONFIRMED, "o2": SOLD_OUT}


async def test_a_cancelled_order_gives_its_charges_back_and_the_limit_too(
    offering: StoredShop,
) -> None:
    await offering.commit(order("o1", USE), order("o2", USE))
    assert (await offering.bought("ada"))["@9"] == 2
    reply = await offering.orders.cancel("o1")
    assert {row.row: row.sold for row in reply.copies.rows} == {"sA": 1, "@9": 1}
    assert (await offering.bought("ada"))["@9"] == 1
    assert await offering.verdicts(order("o3", USE)) == {"o3": CONFIRMED}


async def test_an_order_that_waits_takes_its_charges_when_it_is_paid(shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5}, payment="checkout", sale_units=3)
    use = Charge(row="@1", units=2, limit=2)
    waiting = [order(f"o{n}", use, pay_until_ms=NOW + 9, buyer=f"b{n}") for n in (1, 2)]
    await shop.orders.pend("s2", 0, waiting, now_ms=NOW)
    assert await shop.sold("s2") == {"@1": (0, 3), "sA": (0, 5)}
    paid = await shop.payments.confirm("o1", "p1", PRICE, now_ms=NOW)
    assert {row.row: row.sold for row in paid.copies.rows} == {"@1": 2, "sA": 1}
    assert await shop.bought("b1", "s2") == {"@1": 2, "sA": 1}
    late = await shop.payments.confirm("o2", "p2", PRICE, now_ms=NOW)
    assert (late.payment.reason, late.order.status) == ("sold_out", "void")
    assert await shop.sold("s2") == {"@1": (2, 3), "sA": (1, 5)}


async def test_a_charge_of_a_row_that_is_not_there_refuses_the_money(shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5}, payment="checkout")
    waiting = order("o1", Charge(row="@7", units=1), pay_until_ms=NOW + 9)
    await shop.orders.pend("s2", 0, [waiting], now_ms=NOW)
    late = await shop.payments.confirm("o1", "p1", PRICE, now_ms=NOW)
    assert late.payment.reason == "sold_out"


async def test_a_rebuild_reads_the_charges_of_orders_that_wait(shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5}, payment="checkout", sale_units=3)
    use = Charge(row="@1", units=2, limit=2)
    await shop.orders.pend("s2", 0, [order("o1", use, pay_until_ms=NOW + 9)], now_ms=NOW)
    rebuild = await shop.sessions.raise_epoch("s2", 0)
    assert rebuild is not None
    assert [each.charges for each in rebuild.pending] == [(use,)]


@pytest.mark.parametrize("charge", ["'sA', 1", "'@9', 0"])
async def test_the_schema_refuses_charges_of_skus_and_of_nothing(
    offering: StoredShop, charge: str
) -> None:
    await offering.commit(order("o1"))
    with pytest.raises(asyncpg.CheckViolationError):
        await offering.database.commit(
            f"INSERT INTO order_charge (order_id, \"row\", n) VALUES ('o1', {charge})"
        )
