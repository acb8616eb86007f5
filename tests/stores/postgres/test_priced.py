"""The share of each line in its order's total, why it is so, and a reservation's memo."""

from dataclasses import replace

import asyncpg
import pytest

from liveshop.core.limits import MEMO_BYTES_MAX
from liveshop.core.pricing.price import Reason
from liveshop.stores.postgres.order_records import NewOrder, Undecided, Verdict
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, line, undecided

MEMO = '{"claim": "c1",  "as": "it came"}'


def discounted(order_id: str = "o1", *, pay_until_ms: int | None = None) -> NewOrder:
    """Make an order of two lines, with 10.00 off that falls on both."""
    lines = [
        replace(line("r1", "A", 2), final=2 * PRICE - 700, memo=MEMO),
        replace(line("r2", "B", 1), final=PRICE - 300),
    ]
    why = Reason(stage="codes", label="TEN", amount=-1_000, lines={"r1": -700, "r2": -300})
    return NewOrder(
        order_id=order_id, buyer="ada", lines=lines, why=(why,), pay_until_ms=pay_until_ms
    )


async def test_a_total_is_the_sum_of_finals_wherever_it_is_told(shop: StoredShop) -> None:
    await shop.commit(discounted())
    order = await shop.orders.get("o1")
    assert order.total == 3 * PRICE - 1_000
    assert [(each.rid, each.price, each.final) for each in order.lines] == [
        ("r1", PRICE, 2 * PRICE - 700),
        ("r2", PRICE, PRICE - 300),
    ]
    assert (await shop.sessions.totals("s1")).revenue == order.total
    page = await shop.orders.page("s1", after=0, limit=10)
    assert page.orders == [order]


async def test_the_reasons_are_stored_with_the_order_and_none_without(shop: StoredShop) -> None:
    plain = NewOrder(order_id="o2", buyer="bo", lines=[line("r3")])
    await shop.commit(discounted(), plain)
    stored = await shop.database.fetch("SELECT id, why::text FROM orders ORDER BY id")
    assert [tuple(record) for record in stored] == [
        (
            "o1",
            '[{"label": "TEN", "lines": {"r1": -700, "r2": -300}, "stage": "codes", '
            '"amount": -1000}]',
        ),
        ("o2", None),
    ]


async def test_a_memo_comes_back_as_it_was_given(shop: StoredShop) -> None:
    await shop.commit(discounted())
    order = await shop.orders.get("o1")
    assert [each.memo for each in order.lines] == [MEMO, None]


async def test_a_payment_is_compared_with_what_was_to_be_paid(shop: StoredShop) -> None:
    await shop.open("s2", {"A": 5, "B": 5}, payment="checkout")
    await shop.orders.pend("s2", 0, [discounted(pay_until_ms=NOW + 9)], now_ms=NOW)
    listed = await shop.payments.confirm("o1", "p1", 3 * PRICE, now_ms=NOW)
    assert listed.payment.reason == "wrong_amount"
    paid = await shop.payments.confirm("o1", "p2", 3 * PRICE - 1_000, now_ms=NOW)
    assert (paid.payment.status, paid.copies.totals.revenue) == ("applied", 3 * PRICE - 1_000)


async def test_a_line_that_an_earlier_release_wrote_comes_to_its_price(shop: StoredShop) -> None:
    await shop.commit(discounted())
    await shop.database.commit("UPDATE order_line SET final = NULL")
    lines = (await shop.orders.get("o1")).lines
    assert [each.final for each in lines] == [2 * PRICE, PRICE]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("order_line SET final = price * qty + 1", "order_line_final_within_price"),
        ("order_line SET final = -1", "order_line_final_within_price"),
        (
            f"order_line SET memo = to_json(repeat('x', {MEMO_BYTES_MAX - 1}))",
            "order_line_memo_within_bytes",
        ),
        ("orders SET why = '{}'", "orders_why_is_a_list"),
    ],
)
async def test_the_schema_refuses(shop: StoredShop, change: str, constraint: str) -> None:
    await shop.commit(discounted())
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await shop.database.commit(f"UPDATE {change}")
    assert refusal.value.constraint_name == constraint


async def test_a_memo_of_just_so_many_bytes_is_stored(shop: StoredShop) -> None:
    await shop.commit(discounted())
    await shop.database.commit(
        "UPDATE order_line SET memo = to_json(repeat('x', $1))", MEMO_BYTES_MAX - 2
    )


async def test_a_void_order_says_what_its_reservations_were_told_at(shop: StoredShop) -> None:
    lost = [undecided("r1", order_id="o1"), undecided("r2", order_id="o1")]
    await shop.orders.void("s1", lost, Verdict.EXPIRED, now_ms=NOW)
    order = await shop.orders.get("o1")
    assert (order.status, order.total) == ("void", 2 * PRICE)
    assert [each.final for each in order.lines] == [PRICE, PRICE]


async def test_an_order_of_which_only_charges_are_left_is_void_without_lines(
    shop: StoredShop,
) -> None:
    beside = Undecided(
        rid="o1:charges",
        buyer="ada",
        sku="",
        quantity=0,
        price=0,
        order_id="o1",
        is_purchase=False,
    )
    reply = await shop.orders.void("s1", [beside], Verdict.EXPIRED, now_ms=NOW)
    assert reply.decided["o1:charges"].verdict is Verdict.EXPIRED
    order = await shop.orders.get("o1")
    assert (order.status, order.total, order.lines) == ("void", 0, [])
