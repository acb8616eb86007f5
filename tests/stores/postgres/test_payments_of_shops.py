"""Each shop has payment ids of its own: those of two may both count 1, 2, 3."""

import asyncio

import pytest

from liveshop.core.errors import Conflict, NotFound
from liveshop.core.model import OrderStatus, Status
from liveshop.core.session import SessionInfo
from liveshop.stores.audit.books import audit_books
from liveshop.stores.postgres.payment_records import PaymentStatus, RefundReason
from liveshop.stores.postgres.shops import Owner, Shops
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, order

LATER = NOW + 60_000
SHOPS = {"n": None, "a": "ash", "b": "birch"}
APPLIED, REFUND_DUE = PaymentStatus.APPLIED, PaymentStatus.REFUND_DUE


@pytest.fixture
async def shops(shop: StoredShop) -> StoredShop:
    """Three shows, of no shop and of two shops, each with orders `<show>1` … `<show>3` to pay."""
    for show, name in SHOPS.items():
        info = SessionInfo(
            id=show, title="T", currency="EUR", payment="checkout", hold_ms=300_000, shop=name
        )
        await shop.sessions.create(info, Status.SCHEDULED, NOW)
        await shop.start(show, {"C": 5})
        orders = [order(f"{show}{n}", "C", pay_until_ms=LATER) for n in (1, 2, 3)]
        await shop.orders.pend(show, 0, orders, now_ms=NOW)
    return shop


async def pay(
    shops: StoredShop, order_id: str, payment_id: str, amount: int = PRICE
) -> PaymentStatus:
    reply = await shops.payments.confirm(order_id, payment_id, amount, now_ms=NOW + 1)
    assert (reply.payment.payment_id, reply.payment.order_id) == (payment_id, order_id)
    assert reply.shop == SHOPS[order_id[0]]
    return reply.payment.status


async def rows(shops: StoredShop) -> list[tuple[str, str]]:
    records = await shops.database.fetch("SELECT id, order_id FROM payment ORDER BY at_ms, id")
    return sorted(tuple(record) for record in records)


async def audited(shops: StoredShop) -> list[str]:
    return [finding.what for finding in await audit_books(shops.database, now_ms=NOW)]


async def test_two_shops_and_none_each_get_a_payment_with_the_same_id(shops: StoredShop) -> None:
    for show in SHOPS:
        assert await pay(shops, f"{show}1", "1") is APPLIED
    for show in SHOPS:
        assert (await shops.orders.get(f"{show}1")).status is OrderStatus.CONFIRMED
    assert await audited(shops) == []


@pytest.mark.parametrize("first", SHOPS)
async def test_the_same_id_of_the_same_shop_is_the_same_payment(
    shops: StoredShop, first: str
) -> None:
    order_of_shows = [first, *(show for show in SHOPS if show != first)]
    for _ in range(2):
        for show in order_of_shows:
            assert await pay(shops, f"{show}1", "1") is APPLIED
    assert len(await rows(shops)) == len(SHOPS)
    for show in SHOPS:
        with pytest.raises(Conflict, match="another order or amount"):
            await pay(shops, f"{show}2", "1")
        with pytest.raises(Conflict, match="another order or amount"):
            await pay(shops, f"{show}1", "1", PRICE + 1)
        assert (await shops.orders.get(f"{show}2")).status is OrderStatus.PENDING
    assert len(await rows(shops)) == len(SHOPS)


async def test_shops_that_report_an_id_at_the_same_time_each_get_it_once(
    shops: StoredShop,
) -> None:
    reports = [pay(shops, f"{show}1", "1") for show in SHOPS for _ in range(3)]
    assert set(await asyncio.gather(*reports)) == {APPLIED}
    assert [order_id for _, order_id in await rows(shops)].count("a1") == 1
    assert len(await rows(shops)) == len(SHOPS)
    assert await audited(shops) == []


async def test_an_id_is_stored_as_it_was_given_unless_another_shop_has_it(
    shops: StoredShop,
) -> None:
    await pay(shops, "a1", "1")
    await pay(shops, "b1", "1")
    await pay(shops, "n1", "1")
    await pay(shops, "b2", "2")
    assert await rows(shops) == [
        ("\x1f1", "n1"),
        ("1", "a1"),
        ("2", "b2"),
        ("birch\x1f1", "b1"),
    ]


async def test_what_a_node_of_the_release_before_has_recorded_is_known(
    shops: StoredShop,
) -> None:
    insert = (
        "INSERT INTO payment (id, order_id, amount, status, at_ms)"
        " VALUES ($1, $2, $3, 'received', $4)"
    )
    await shops.database.commit(insert, "1", "a1", PRICE, NOW)
    assert await pay(shops, "a1", "1") is APPLIED
    assert await pay(shops, "b1", "1") is APPLIED
    assert await rows(shops) == [("1", "a1"), ("birch\x1f1", "b1")]
    # And such a node finds what this one recorded: it looks for the id as it was given.
    await pay(shops, "a2", "2")
    (found,) = await shops.database.fetch("SELECT order_id FROM payment WHERE id = '2'")
    assert found["order_id"] == "a2"


async def test_a_refund_is_of_the_shop_that_made_it(shops: StoredShop) -> None:
    for show in ("a", "b"):
        assert await pay(shops, f"{show}1", "1", PRICE - 1) is REFUND_DUE
    reply = await shops.payments.refunded("1", shop="birch")
    assert (reply.payment.order_id, reply.shop) == ("b1", "birch")
    assert reply.payment.status is PaymentStatus.REFUNDED
    due = await shops.payments.page(REFUND_DUE, after=None, limit=9)
    assert [(each.payment_id, each.order_id) for each in due.payments] == [("1", "a1")]
    with pytest.raises(NotFound, match="payment 1"):
        await shops.payments.refunded("1", shop="cedar")


async def test_of_several_shops_payments_with_an_id_the_order_says_which(
    shops: StoredShop,
) -> None:
    for show in SHOPS:
        await pay(shops, f"{show}1", "1", PRICE - 1)
    with pytest.raises(Conflict, match="several shops have a payment 1: name its `order`"):
        await shops.payments.refunded("1")
    with pytest.raises(NotFound):
        await shops.payments.refunded("1", shop="ash", order_id="b1")
    assert len((await shops.payments.page(REFUND_DUE, after=None, limit=9)).payments) == 3
    for show in SHOPS:
        reply = await shops.payments.refunded("1", order_id=f"{show}1")
        assert (reply.payment.order_id, reply.shop) == (f"{show}1", SHOPS[show])
        assert reply.payment.reason is RefundReason.WRONG_AMOUNT
    assert (await shops.payments.page(REFUND_DUE, after=None, limit=9)).payments == []


async def test_the_owner_of_a_payment_is_the_askers_shop_if_it_has_the_id(
    shops: StoredShop,
) -> None:
    owners = Shops(shops.database)
    assert await owners.of_payment("1", "ash") is None
    await pay(shops, "b1", "1")
    for asker in (None, "ash", "birch"):
        assert await owners.of_payment("1", asker) == Owner("birch")
    await pay(shops, "a1", "1")
    await pay(shops, "n1", "1")
    assert await owners.of_payment("1", "ash") == Owner("ash")
    assert await owners.of_payment("1", "birch") == Owner("birch")
    assert await owners.of_payment("1", None) is None


async def test_pages_of_one_shop_and_of_all_have_every_payment_once(shops: StoredShop) -> None:
    paid = []
    for show in ("b", "n", "a"):
        for n in (3, 1, 2):
            await pay(shops, f"{show}{n}", str(n), PRICE - 1)
            paid.append((str(n), f"{show}{n}"))
    for name in (None, "ash", "birch"):
        listed, after = [], None
        for _ in range(20):
            page = await shops.payments.page(REFUND_DUE, after=after, limit=2, shop=name)
            listed += [(each.payment_id, each.order_id) for each in page.payments]
            after = page.next
            if after is None:
                break
        expected = sorted(paid)
        if name is not None:
            expected = [(n, each) for n, each in expected if SHOPS[each[0]] == name]
            assert listed == expected
        assert sorted(listed) == expected
    first = await shops.payments.page(REFUND_DUE, after=None, limit=2, shop="ash")
    assert first.next == "2"


async def test_payments_left_half_done_come_in_pages_the_oldest_first(shops: StoredShop) -> None:
    insert = (
        "INSERT INTO payment (id, order_id, amount, status, at_ms)"
        " VALUES ($1, $2, 1, 'received', $3)"
    )
    for stored, order_id, at_ms in (("9", "a1", 1), ("ash\x1f1", "a2", 2), ("1", "b1", 3)):
        await shops.database.commit(insert, stored, order_id, at_ms)
    first = await shops.payments.unresolved(2, until_ms=3)
    assert [(each.payment_id, each.order_id) for each in first] == [("9", "a1"), ("1", "a2")]
    rest = await shops.payments.unresolved(2, until_ms=3, after=first[-1])
    assert [(each.payment_id, each.order_id) for each in rest] == [("1", "b1")]
    assert len(await shops.payments.unresolved(9, until_ms=2)) == 2


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (
            "UPDATE payment SET id = 'cedar' || chr(31) || '1' WHERE order_id = 'b1'",
            "payment 1 of order b1 is stored as one of the shop “cedar”, not “birch”",
        ),
        (
            "UPDATE payment SET id = 'ash' || chr(31) || '1' WHERE order_id = 'a2'",
            "payment 1 of order a2 is also stored as one of order a1",
        ),
    ],
)
async def test_the_audit_finds_a_payment_that_is_stored_twice_or_elsewhere(
    shops: StoredShop, damage: str, finding: str
) -> None:
    for order_id, payment_id in (("a1", "1"), ("a2", "2"), ("b1", "1")):
        await pay(shops, order_id, payment_id)
    assert await audited(shops) == []
    await shops.database.commit(damage)
    assert await audited(shops) == [finding]
