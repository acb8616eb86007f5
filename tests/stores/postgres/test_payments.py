"""Money that was reported ends in a confirmed order or a refund, and in one of them only."""

import asyncio

import asyncpg
import pytest

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.model import OrderStatus, Row
from liveshop.stores.postgres.order_records import Verdict
from liveshop.stores.postgres.payment_records import PaymentReply, PaymentStatus, RefundReason
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, order, somebody_waits, undecided

LATER = NOW + 60_000
APPLIED, REFUND_DUE = PaymentStatus.APPLIED, PaymentStatus.REFUND_DUE


@pytest.fixture
async def paying(shop: StoredShop) -> StoredShop:
    """The shop with an order `r1` of 2 units that waits for its money."""
    pending = order("r1", quantity=2, sale="@1", pay_until_ms=LATER, limit=3)
    await shop.orders.pend("s1", 0, [pending], now_ms=NOW)
    return shop


async def pay(
    shop: StoredShop, payment_id: str = "p1", amount: int = 2 * PRICE, *, now_ms: int = NOW + 1
) -> PaymentReply:
    return await shop.payments.confirm("r1", payment_id, amount, now_ms=now_ms)


def answer(reply: PaymentReply) -> tuple[PaymentStatus, RefundReason | None, OrderStatus]:
    return reply.payment.status, reply.payment.reason, reply.order.status


async def test_a_payment_confirms_its_order(paying: StoredShop) -> None:
    reply = await pay(paying)
    assert answer(reply) == (APPLIED, None, OrderStatus.CONFIRMED)
    assert reply.order.at_ms == NOW + 1
    assert await paying.sold() == {"@1": (2, 5), "sA": (2, 10), "sB": (0, 10)}
    assert await paying.bought("ada") == {"@1": 2, "sA": 2}
    assert {row.row: row.sold for row in reply.copies.rows} == {"@1": 2, "sA": 2}
    assert (reply.copies.totals.orders, reply.copies.totals.revenue) == (1, 2 * PRICE)


async def test_a_payment_sent_again_gets_the_same_answer(paying: StoredShop) -> None:
    first, again = await pay(paying), await pay(paying, now_ms=LATER + 1)
    assert answer(again) == answer(first)
    assert again.copies == first.copies


async def test_a_payment_sent_twice_at_once_is_applied_once(paying: StoredShop) -> None:
    replies = await asyncio.gather(*(pay(paying) for _ in range(4)))
    assert {answer(reply) for reply in replies} == {(APPLIED, None, OrderStatus.CONFIRMED)}
    assert (await paying.row("sA")).sold == 2


async def test_of_two_payments_one_is_applied_and_one_goes_back(paying: StoredShop) -> None:
    replies = await asyncio.gather(pay(paying, "p1"), pay(paying, "p2"))
    assert sorted(answer(reply)[:2] for reply in replies) == sorted(
        [(APPLIED, None), (REFUND_DUE, RefundReason.SECOND)]
    )
    assert (await paying.row("sA")).sold == 2


async def test_a_wrong_amount_goes_back_and_the_order_waits_on(paying: StoredShop) -> None:
    reply = await pay(paying, amount=2 * PRICE - 1)
    assert answer(reply) == (REFUND_DUE, RefundReason.WRONG_AMOUNT, OrderStatus.PENDING)
    assert answer(await pay(paying, "p2")) == (APPLIED, None, OrderStatus.CONFIRMED)


async def test_a_payment_at_the_deadline_is_late(paying: StoredShop) -> None:
    reply = await pay(paying, now_ms=LATER)
    assert answer(reply) == (REFUND_DUE, RefundReason.EXPIRED, OrderStatus.PENDING)
    reply = await pay(paying, "p2", now_ms=LATER - 1)
    assert answer(reply) == (APPLIED, None, OrderStatus.CONFIRMED)


async def test_a_payment_of_a_void_order_goes_back(paying: StoredShop) -> None:
    await paying.orders.void("s1", [undecided("r1")], Verdict.EXPIRED, now_ms=LATER)
    assert answer(await pay(paying)) == (REFUND_DUE, RefundReason.EXPIRED, OrderStatus.VOID)
    assert await paying.sold() == {"@1": (0, 5), "sA": (0, 10), "sB": (0, 10)}


async def test_where_the_units_are_gone_the_money_goes_back_for_good(paying: StoredShop) -> None:
    await paying.commit(order("r2", quantity=9, buyer="bo"))
    reply = await pay(paying)
    assert answer(reply) == (REFUND_DUE, RefundReason.SOLD_OUT, OrderStatus.VOID)
    assert await paying.row("sA") == Row(row="sA", units=10, sold=9, version=2)
    assert await paying.row("@1") == Row(row="@1", units=5, sold=0, version=1)
    await paying.orders.cancel("r2")
    assert answer(await pay(paying, "p2"))[0] is REFUND_DUE


async def test_where_the_limit_is_reached_the_money_goes_back(paying: StoredShop) -> None:
    await paying.commit(order("r2", quantity=2))
    assert answer(await pay(paying)) == (REFUND_DUE, RefundReason.LIMIT, OrderStatus.VOID)
    assert await paying.bought("ada") == {"sA": 2}
    assert (await paying.row("sA")).sold == 2


async def test_a_payment_id_belongs_to_one_order_and_amount(paying: StoredShop) -> None:
    pending = order("r2", buyer="bo", pay_until_ms=LATER)
    await paying.orders.pend("s1", 0, [pending], now_ms=NOW)
    await pay(paying)
    with pytest.raises(Conflict):
        await paying.payments.confirm("r2", "p1", PRICE, now_ms=NOW)
    with pytest.raises(Conflict):
        await pay(paying, amount=PRICE)
    assert (await paying.orders.get("r2")).status is OrderStatus.PENDING
    assert len((await paying.payments.page(APPLIED, after=None, limit=9)).payments) == 1


async def test_a_payment_of_an_unknown_order_is_refused_and_not_recorded(shop: StoredShop) -> None:
    with pytest.raises(NotFound):
        await pay(shop)
    assert await shop.database.fetch("SELECT FROM payment") == []


async def test_money_is_on_record_before_its_order_is_touched(
    paying: StoredShop, postgres_url: str
) -> None:
    other = await asyncpg.connect(postgres_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT FROM session WHERE id = 's1' FOR UPDATE")
        payment = asyncio.create_task(pay(paying))
        await somebody_waits(other)
        assert [left.payment_id for left in await paying.payments.unresolved(9)] == ["p1"]
        await transaction.rollback()
    finally:
        await other.close()
    assert answer(await payment)[0] is APPLIED


async def test_a_payment_left_half_done_by_a_crash_is_listed_and_finished(
    paying: StoredShop,
) -> None:
    await paying.database.commit(
        "INSERT INTO payment (id, order_id, amount, status, at_ms) VALUES ($1, $2, $3, $4, $5)",
        "p1",
        "r1",
        2 * PRICE,
        "received",
        NOW,
    )
    (left,) = await paying.payments.unresolved(9)
    assert (left.payment_id, left.order_id, left.amount) == ("p1", "r1", 2 * PRICE)
    assert answer(await pay(paying))[0] is APPLIED
    assert await paying.payments.unresolved(9) == []


async def test_a_cancelled_orders_money_goes_back_and_then_the_order_is_refunded(
    paying: StoredShop,
) -> None:
    await pay(paying)
    await paying.orders.cancel("r1")
    due = await paying.payments.page(REFUND_DUE, after=None, limit=9)
    assert [(p.payment_id, p.reason) for p in due.payments] == [("p1", RefundReason.CANCELLED)]
    reply = await paying.payments.refunded("p1")
    assert answer(reply) == (
        PaymentStatus.REFUNDED,
        RefundReason.CANCELLED,
        OrderStatus.REFUNDED,
    )
    with pytest.raises(Conflict, match="the payment is refunded"):
        await paying.payments.refunded("p1")


async def test_refunding_a_second_payment_leaves_the_order_confirmed(paying: StoredShop) -> None:
    await pay(paying)
    await pay(paying, "p2")
    reply = await paying.payments.refunded("p2")
    assert reply.order.status is OrderStatus.CONFIRMED


async def test_only_what_is_due_is_refunded(paying: StoredShop) -> None:
    await pay(paying)
    with pytest.raises(Conflict, match="the payment is applied"):
        await paying.payments.refunded("p1")
    with pytest.raises(NotFound):
        await paying.payments.refunded("p9")


async def test_payments_come_in_pages(paying: StoredShop) -> None:
    for n in range(3):
        await pay(paying, f"w{n}", 1)
    first = await paying.payments.page(REFUND_DUE, after=None, limit=2)
    assert ([p.payment_id for p in first.payments], first.next) == (["w0", "w1"], "w1")
    last = await paying.payments.page(REFUND_DUE, after=first.next, limit=2)
    assert ([p.payment_id for p in last.payments], last.next) == (["w2"], None)


@pytest.mark.parametrize("verdict", [Verdict.RELEASED, Verdict.PAYMENT_FAILED])
async def test_money_for_an_order_that_was_given_up_goes_back(
    paying: StoredShop, verdict: Verdict
) -> None:
    given_up = await paying.orders.give_up("r1", verdict)
    assert (given_up.order.status, given_up.verdict, given_up.new) == (
        OrderStatus.VOID,
        verdict,
        True,
    )
    assert answer(await pay(paying)) == (REFUND_DUE, RefundReason.EXPIRED, OrderStatus.VOID)
    assert await paying.sold() == {"@1": (0, 5), "sA": (0, 10), "sB": (0, 10)}


async def test_an_order_is_given_up_once_and_its_first_reason_holds(paying: StoredShop) -> None:
    await paying.orders.give_up("r1", Verdict.PAYMENT_FAILED)
    seq = (await paying.orders.page("s1", after=0, limit=10)).next
    again = await paying.orders.give_up("r1", Verdict.RELEASED)
    assert (again.verdict, again.new) == (Verdict.PAYMENT_FAILED, False)
    assert (await paying.orders.page("s1", after=0, limit=10)).next == seq
    # The same is told of it to anyone who sends it again.
    pending = order("r1", quantity=2, sale="@1", pay_until_ms=LATER, limit=3)
    reply = await paying.orders.pend("s1", 0, [pending], now_ms=NOW)
    assert reply.outcomes["r1"].verdict is Verdict.PAYMENT_FAILED


async def test_an_order_that_was_paid_is_not_given_up(paying: StoredShop) -> None:
    await pay(paying)
    with pytest.raises(Conflict, match="the order is confirmed"):
        await paying.orders.give_up("r1", Verdict.RELEASED)
    with pytest.raises(NotFound):
        await paying.orders.give_up("none", Verdict.RELEASED)
    assert (await paying.row("sA")).sold == 2


async def test_of_a_payment_and_a_giving_up_at_once_the_first_decides(paying: StoredShop) -> None:
    async def give_up() -> bool:
        try:
            return (await paying.orders.give_up("r1", Verdict.RELEASED)).new
        except Conflict:
            return False

    given_up, reply = await asyncio.gather(give_up(), pay(paying))
    assert given_up is (reply.payment.status is REFUND_DUE)
    assert (await paying.row("sA")).sold == (0 if given_up else 2)


async def test_to_a_node_of_the_release_before_a_given_up_order_has_expired(
    paying: StoredShop, postgres_url: str
) -> None:
    await paying.orders.give_up("r1", Verdict.PAYMENT_FAILED)
    connection = await asyncpg.connect(postgres_url)
    stored = await connection.fetchrow("SELECT status, void_code FROM orders WHERE id = 'r1'")
    await connection.close()
    assert tuple(stored) == ("void", None)
