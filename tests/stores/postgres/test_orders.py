"""Orders after the batch: void, cancelled, and read in pages."""

import asyncio

import asyncpg
import pytest
from msgspec.structs import replace

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.model import Order, OrderLine, OrderStatus, Reservation, ReservationState, Totals
from liveshop.stores.postgres.order_records import Decided, NewOrder, Outcome, Verdict
from tests.stores.postgres.shop import (
    NOW,
    PRICE,
    StoredShop,
    line,
    order,
    somebody_waits,
    undecided,
)

LATER = NOW + 60_000


async def pend(shop: StoredShop, *orders: NewOrder) -> dict[str, Verdict]:
    reply = await shop.orders.pend("s1", 0, orders, now_ms=NOW)
    return {order_id: outcome.verdict for order_id, outcome in reply.outcomes.items()}


async def void(
    shop: StoredShop, order_id: str, *, buyer: str = "ada", now_ms: int = NOW
) -> Verdict:
    overdue = [undecided(order_id, buyer)]
    reply = await shop.orders.void("s1", overdue, Verdict.EXPIRED, now_ms=now_ms)
    return reply.decided[order_id].verdict


async def test_a_pending_order_moves_no_unit(shop: StoredShop) -> None:
    assert await pend(shop, order("r1", quantity=3, pay_until_ms=LATER)) == {"r1": Verdict.PENDING}
    assert await shop.sold() == {"@1": (0, 5), "sA": (0, 10), "sB": (0, 10)}
    assert await shop.sessions.totals("s1") == Totals(orders=0, units=0, revenue=0, version=1)
    assert (await shop.orders.get("r1")).status is OrderStatus.PENDING


async def test_a_pending_order_sent_again_is_pending_still(shop: StoredShop) -> None:
    await pend(shop, order("r1", pay_until_ms=LATER))
    again = await shop.orders.pend("s1", 0, [order("r1", pay_until_ms=LATER + 9)], now_ms=NOW + 5)
    assert again.outcomes == {"r1": Outcome(verdict=Verdict.PENDING, at_ms=NOW)}


async def test_a_pending_order_with_a_taken_reservation_is_a_conflict(shop: StoredShop) -> None:
    await pend(shop, order("r1", pay_until_ms=LATER))
    cart = NewOrder(order_id="o1", buyer="ada", lines=[line("r2"), line("r1")], pay_until_ms=LATER)
    assert await pend(shop, cart, order("r3", pay_until_ms=LATER)) == {
        "o1": Verdict.CONFLICT,
        "r3": Verdict.PENDING,
    }


async def test_void_wins_over_an_order_that_never_came(shop: StoredShop) -> None:
    assert await void(shop, "r1") is Verdict.EXPIRED
    assert await void(shop, "r1") is Verdict.EXPIRED
    assert (await shop.orders.page("s1", after=0, limit=9)).orders == []


async def test_void_loses_to_a_confirmed_order_and_returns_what_to_settle(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=2, sale="@1"))
    overdue = [undecided("r1", "ada"), undecided("r2", "bo")]
    reply = await shop.orders.void("s1", overdue, Verdict.EXPIRED, now_ms=NOW)
    assert reply.decided == {
        "r1": Decided(order_id="r1", verdict=Verdict.CONFIRMED),
        "r2": Decided(order_id="r2", verdict=Verdict.EXPIRED),
    }
    assert {row.row: row.sold for row in reply.copies.rows} == {"sA": 2, "@1": 2}
    assert (await shop.orders.get("r1")).status is OrderStatus.CONFIRMED


async def test_a_pending_order_is_void_at_its_deadline_and_not_before(shop: StoredShop) -> None:
    await pend(shop, order("r1", pay_until_ms=LATER))
    assert await void(shop, "r1", now_ms=LATER - 1) is Verdict.PENDING
    assert await void(shop, "r1", now_ms=LATER) is Verdict.EXPIRED
    assert (await shop.orders.get("r1")).status is OrderStatus.VOID


async def test_another_buyers_order_is_not_made_void(shop: StoredShop) -> None:
    await pend(shop, order("r1", pay_until_ms=LATER))
    assert await void(shop, "r1", buyer="eve", now_ms=LATER) is Verdict.CONFLICT
    assert (await shop.orders.get("r1")).status is OrderStatus.PENDING


async def test_a_lost_reservation_is_never_ordered_and_always_told_as_lost(
    shop: StoredShop,
) -> None:
    lost = await shop.orders.void("s1", [undecided("r1")], Verdict.UNAVAILABLE, now_ms=NOW)
    assert lost.decided["r1"].verdict is Verdict.UNAVAILABLE
    cart = NewOrder(order_id="o1", buyer="ada", lines=[line("r1"), line("r2")])
    for _ in range(2):
        assert await shop.verdicts(cart, order("r1"), order("r3")) == {
            "o1": Verdict.UNAVAILABLE,
            "r1": Verdict.UNAVAILABLE,
            "r3": Verdict.CONFIRMED,
        }
    # The others of the cart are told the same, and may not be ordered otherwise either.
    assert await shop.verdicts(NewOrder(order_id="o2", buyer="ada", lines=[line("r2")])) == {
        "o2": Verdict.UNAVAILABLE
    }
    overdue = [undecided("r1", order_id="o1"), undecided("r2", order_id="o1")]
    reply = await shop.orders.void("s1", overdue, Verdict.EXPIRED, now_ms=LATER)
    assert {each.verdict for each in reply.decided.values()} == {Verdict.UNAVAILABLE}
    assert (await shop.row("sA")).sold == 1


async def test_what_redis_still_has_open_is_in_the_order_that_has_its_line(
    shop: StoredShop,
) -> None:
    await shop.commit(NewOrder(order_id="o1", buyer="ada", lines=[line("r1"), line("r2")]))
    await pend(shop, order("r3", pay_until_ms=LATER))
    await void(shop, "r4")
    held = Reservation(
        rid="r1",
        buyer="ada",
        command="reserve",
        sku="A",
        quantity=1,
        price=PRICE,
        state=ReservationState.HELD,
        deadline_ms=LATER,
    )
    survivors = [
        held,
        # Ordered by the same name, from other reservations: it is not in the order.
        replace(held, rid="r9", state=ReservationState.PAYING, order_id="o1"),
        replace(held, rid="r3"),
        replace(held, rid="r4"),
        replace(held, rid="unknown"),
        replace(held, rid="r2", buyer="bo"),
    ]
    assert await shop.orders.decided("s1", survivors) == {
        "r1": Decided(order_id="o1", verdict=Verdict.CONFIRMED),
        "r9": Decided(order_id="o1", verdict=Verdict.CONFLICT),
        "r3": Decided(order_id="r3", verdict=Verdict.PENDING),
        "r4": Decided(order_id="r4", verdict=Verdict.EXPIRED),
        "r2": Decided(order_id="o1", verdict=Verdict.CONFLICT),
    }


async def test_a_lost_reservation_is_what_its_order_says(shop: StoredShop) -> None:
    cart = NewOrder(order_id="o1", buyer="ada", lines=[line("r1"), line("r2")])
    await shop.commit(cart)
    await pend(shop, order("r3", pay_until_ms=LATER))
    rids = [undecided(f"r{n}") for n in range(1, 5)]
    reply = await shop.orders.void("s1", rids, Verdict.UNAVAILABLE, now_ms=NOW)
    assert reply.decided == {
        "r1": Decided(order_id="o1", verdict=Verdict.CONFIRMED),
        "r2": Decided(order_id="o1", verdict=Verdict.CONFIRMED),
        "r3": Decided(order_id="r3", verdict=Verdict.PENDING),
        "r4": Decided(order_id="r4", verdict=Verdict.UNAVAILABLE),
    }
    assert {row.row: row.sold for row in reply.copies.rows} == {"sA": 2}
    with pytest.raises(NotFound):
        await shop.orders.get("r1")


async def test_void_and_commit_at_once_give_one_answer(shop: StoredShop) -> None:
    for n in range(20):
        rid = f"r{n:02}"
        committed, voided = await asyncio.gather(
            shop.verdicts(order(rid, "AB"[n % 2])), void(shop, rid)
        )
        assert committed[rid] is voided


async def test_cancel_gives_back_units_limits_and_totals(shop: StoredShop) -> None:
    await shop.commit(order("r1", quantity=2, sale="@1"), order("r2"))
    reply = await shop.orders.cancel("r1")
    assert reply.order.status is OrderStatus.CANCELLED
    assert await shop.sold() == {"@1": (0, 5), "sA": (1, 10), "sB": (0, 10)}
    assert await shop.bought("ada") == {"@1": 0, "sA": 1}
    assert {row.row: (row.sold, row.version) for row in reply.copies.rows} == {
        "sA": (1, 3),
        "@1": (0, 3),
    }
    assert reply.copies.totals == Totals(orders=1, units=1, revenue=PRICE, version=3)


async def test_a_cancelled_order_is_not_cancelled_again(shop: StoredShop) -> None:
    await shop.commit(order("r1"))
    await shop.orders.cancel("r1")
    with pytest.raises(Conflict, match="the order is cancelled"):
        await shop.orders.cancel("r1")
    assert (await shop.row("sA")).sold == 0
    assert await shop.verdicts(order("r1")) == {"r1": Verdict.CONFIRMED}


async def test_cancelling_twice_at_once_gives_the_units_back_once(
    shop: StoredShop, postgres_url: str
) -> None:
    await shop.commit(order("r1", quantity=3), order("r2", quantity=3))
    other = await asyncpg.connect(postgres_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT FROM session WHERE id = 's1' FOR UPDATE")
        cancels = [asyncio.create_task(shop.orders.cancel("r1")) for _ in range(2)]
        await somebody_waits(other, transactions=2)
        await transaction.rollback()
    finally:
        await other.close()
    replies = await asyncio.gather(*cancels, return_exceptions=True)
    assert sorted(type(reply).__name__ for reply in replies) == ["CancelReply", "Conflict"]
    assert (await shop.row("sA")).sold == 3


async def test_what_is_unknown_is_not_found(shop: StoredShop) -> None:
    with pytest.raises(NotFound):
        await shop.orders.cancel("nothing")
    with pytest.raises(NotFound):
        await shop.orders.get("nothing")
    with pytest.raises(NotFound):
        await shop.orders.void("nowhere", [undecided("r")], Verdict.EXPIRED, now_ms=NOW)


async def test_an_order_is_read_as_it_was_sent(shop: StoredShop) -> None:
    cart = NewOrder(order_id="o1", buyer="ada", lines=[line("r2", "B", 2), line("r1", sale="@1")])
    await shop.commit(cart)
    assert await shop.orders.get("o1") == Order(
        order_id="o1",
        session_id="s1",
        viewer_id="ada",
        status=OrderStatus.CONFIRMED,
        lines=[
            OrderLine(rid="r1", sku="A", quantity=1, price=PRICE, final=PRICE, sale="@1"),
            OrderLine(rid="r2", sku="B", quantity=2, price=PRICE, final=2 * PRICE),
        ],
        total=3 * PRICE,
        currency="EUR",
        at_ms=NOW,
    )


async def test_pages_follow_the_last_change(shop: StoredShop) -> None:
    await shop.commit(order("r1"), order("r2", buyer="bo"), order("r3"))
    first = await shop.orders.page("s1", after=0, limit=2)
    assert [o.order_id for o in first.orders] == ["r1", "r2"]
    await shop.orders.cancel("r1")
    second = await shop.orders.page("s1", after=first.next, limit=9)
    assert [(o.order_id, o.status) for o in second.orders] == [
        ("r3", OrderStatus.CONFIRMED),
        ("r1", OrderStatus.CANCELLED),
    ]
    last = await shop.orders.page("s1", after=second.next, limit=9)
    assert (last.orders, last.next) == ([], second.next)


async def test_a_buyer_sees_its_own_orders(shop: StoredShop) -> None:
    await shop.commit(order("r1"), order("r2", buyer="bo"), order("r3"))
    page = await shop.orders.page("s1", after=0, limit=9, buyer="ada")
    assert [o.order_id for o in page.orders] == ["r1", "r3"]
    assert [o.order_id for o in await shop.orders.of_buyer("s1", "ada")] == ["r3", "r1"]
    assert [o.order_id for o in await shop.orders.of_buyer("s1", "ada", 1)] == ["r3"]
