"""Hosts hear of an order once, however often it is sent, and a batch asks Postgres once."""

from typing import Any

from liveshop.core.errors import OutcomeUnknown
from liveshop.core.roles import Role
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.payments import Payments
from tests.engine.world import EngineShop
from tests.samples import sample


async def test_a_replay_before_its_order_is_settled_is_told_to_its_buyer_alone(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    host = await shop.join(session_id, "host", Role.HOST)
    room = await shop.engine.rooms.get(session_id)
    retry, room.settler.retry = room.settler.retry, _wait  # type: ignore[method-assign]
    rid = shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    shop.buy(ada, "OBS-M", rid=rid)
    await ada.until(lambda: len(ada.of("confirmed")) == 2)
    room.settler.retry = retry  # type: ignore[method-assign]
    other = shop.buy(ada, "OBS-M")
    await host.sees("order", order_id=other)
    assert [order["order_id"] for order in host.of("order")] == [rid, other]
    assert sample(shop.engine.node.metrics, "orders_confirmed_total") == 2


async def test_an_order_whose_commit_was_not_answered_is_told_all_the_same(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    host = await shop.join(session_id, "host", Role.HOST)
    room = await shop.engine.rooms.get(session_id)
    orders = room.session.node.stores[Orders]
    orders.commit = _unanswered(orders.commit)  # type: ignore[method-assign]
    shop.buy(ada, "OBS-M")
    await ada.sees("confirmed")
    await host.sees("order")
    assert (len(host.of("order")), sample(shop.engine.node.metrics, "orders_confirmed_total")) == (
        1,
        1,
    )


async def test_a_payment_that_is_reported_again_is_not_told_to_hosts_again(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=2, payment="checkout")
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    host = await shop.join(session_id, "host", Role.HOST)
    room = await shop.engine.rooms.get(session_id)
    rid, last = shop.buy(ada, "OBS-M"), shop.buy(ada, "OBS-M")
    await ada.until(lambda: len(ada.of("checkout")) == 2)
    payments = room.session.node.stores[Payments]
    payments.confirm = _unanswered(payments.confirm)  # type: ignore[method-assign]
    for _ in range(3):
        await shop.engine.orders.confirm(rid, "pay-1", 5000)
    await shop.engine.orders.confirm(last, "pay-2", 5000)
    await host.sees("order", order_id=last)
    assert [order["order_id"] for order in host.of("order")] == [rid, last]
    assert sample(shop.engine.node.metrics, "orders_confirmed_total") == 2


async def test_replays_of_one_batch_are_looked_up_together(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=30, limit=10)
    await shop.opened(session_id)
    buyers = [await shop.join(session_id, name) for name in ("ada", "bo", "cy")]
    room = await shop.engine.rooms.get(session_id)
    rids = {shop.buy(buyer, "OBS-M"): buyer for _ in range(10) for buyer in buyers}
    for buyer in buyers:
        await buyer.sees_many("confirmed", 10)
        buyer.inbox.clear()
    fetch, asked = room.session.node.database.fetch, []

    async def count(query: str, *args: Any) -> Any:
        asked.append(query)
        return await fetch(query, *args)

    room.session.node.database.fetch = count  # type: ignore[method-assign]
    for rid, buyer in rids.items():
        shop.buy(buyer, "OBS-M", rid=rid)
    for buyer in buyers:
        await buyer.sees_many("confirmed", 10)
        mine = {rid for rid, of in rids.items() if of is buyer}
        assert {confirmed["order_id"] for confirmed in buyer.of("confirmed")} == mine
    assert len([query for query in asked if "order_line" in query]) == 1


async def _wait() -> None:
    """Leave what is to be settled for later."""


def _unanswered(call: Any) -> Any:
    """Return what does the same, but loses its answer the first time."""
    calls = 0

    async def lose(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        answer = await call(*args, **kwargs)
        if calls == 1:
            raise OutcomeUnknown()
        return answer

    return lose
