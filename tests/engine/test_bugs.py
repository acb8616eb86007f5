"""A bug of ours on the way of a purchase: everyone who waits is answered, and selling goes on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest

from liveshop.core.commands import Reserve
from liveshop.core.errors import InternalError, OutcomeUnknown, Unavailable
from liveshop.core.model import Reservation
from liveshop.core.pricing.price import Priced, price
from liveshop.core.roles import Identity, Role
from liveshop.engine.purchase.purchase_limits import PurchaseLimits
from liveshop.engine.purchase.reply import Reply
from liveshop.stores.postgres.orders import Orders
from tests.engine.world import EngineShop, held_up
from tests.samples import find_sample, sample
from tests.waiting import until

BUG = "a bug on purpose"


def _once(broken: Callable[..., Awaitable[Any]]) -> Any:
    """Return what does the same, but is broken the first time, after it was done."""
    calls = 0

    async def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        result = await broken(*args, **kwargs)
        if calls == 1:
            raise RuntimeError(BUG)
        return result

    return call


async def test_who_is_in_a_batch_that_fails_is_told_and_may_ask_again(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    room.session.units.reserve = _once(room.session.units.reserve)  # type: ignore[method-assign]
    rid, bo = shop.buy(ada, "OBS-M", ref=1), Identity(viewer_id="bo", name="Bo", role=Role.VIEWER)
    command = Reserve(rid=str(uuid4()), sku="OBS-M", quantity=1)
    with pytest.raises(InternalError):
        await shop.engine.reserve(session_id, bo, command)
    assert (await ada.sees("error", ref=1))["code"] == "internal"
    assert sample(shop.engine.node.metrics, "failures_total", part="purchases") == 1
    shop.buy(ada, "OBS-M", rid=rid, ref=2)
    await ada.sees("confirmed", order_id=rid)
    _, known = await shop.engine.reserve(session_id, bo, command)
    assert known


async def test_a_purchase_that_cannot_be_answered_costs_the_others_nothing(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    room = await shop.engine.rooms.get(session_id)
    tell = room.session.mailbox.tell

    def fail_for_ada(buyer: str, message: dict[str, Any], **kwargs: Any) -> None:
        if buyer == "ada":
            raise RuntimeError(BUG)
        tell(buyer, message, **kwargs)

    room.session.mailbox.tell = fail_for_ada  # type: ignore[method-assign]
    rid = shop.buy(ada, "OBS-M", ref=1)
    shop.buy(bo, "OBS-M", ref=1)
    await bo.sees("confirmed")
    await ada.sees("reserved", ref=1)
    assert ada.of("error") == []
    assert (await room.session.node.stores[Orders].get(rid)).viewer_id == "ada"


async def test_a_checkout_whose_batch_fails_is_told_and_may_be_sent_again(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    rid, order_id = shop.reserve(ada, "OBS-M"), str(uuid4())
    await ada.sees("reserved", rid=rid)
    orders = room.session.node.stores[Orders]
    orders.commit = _once(orders.commit)  # type: ignore[method-assign]
    shop.send(ada, "checkout", order_id=order_id, rids=[rid], ref=1)
    assert (await ada.sees("error", ref=1))["code"] == "internal"
    await until(lambda: not room.under_way)
    assert sample(shop.engine.node.metrics, "failures_total", part="orders") == 1
    shop.send(ada, "checkout", order_id=order_id, rids=[rid], ref=2)
    assert (await ada.sees("confirmed", ref=2))["order_id"] == order_id


async def test_a_cart_that_cannot_be_priced_costs_the_others_nothing(
    shop: EngineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    room = await shop.engine.rooms.get(session_id)

    def price_but_for_ada(lines: Sequence[Reservation]) -> Priced:
        assert lines[0].buyer != "ada", BUG
        return price(lines)

    monkeypatch.setattr("liveshop.engine.purchase.writer.price", price_but_for_ada)
    held = shop.reserve(ada, "OBS-M")
    await ada.sees("reserved", rid=held)
    async with held_up(room.command_log, "catch_up"):
        # Nothing is written until the log tells the limits: both are in one batch.
        room.session.limits = PurchaseLimits()
        order_id = str(uuid4())
        shop.send(ada, "checkout", order_id=order_id, rids=[held], ref=1)
        shop.buy(bo, "OBS-M")
        await until(lambda: len(room.writer) == 2)
    assert (await ada.sees("error", ref=1))["code"] == "internal"
    await bo.sees("confirmed")
    await until(lambda: not room.under_way)
    assert sample(shop.engine.node.metrics, "failures_total", part="orders") == 1
    # The same once more, with nobody else in its batch; then the bug is mended.
    shop.send(ada, "checkout", order_id=order_id, rids=[held], ref=2)
    assert (await ada.sees("error", ref=2))["code"] == "internal"
    monkeypatch.undo()
    shop.send(ada, "checkout", order_id=order_id, rids=[held], ref=3)
    assert (await ada.sees("confirmed", ref=3))["order_id"] == order_id


async def test_a_bug_while_orders_wait_for_postgres_leaves_buying_open(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=3)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    room = await shop.engine.rooms.get(session_id)
    orders, failures = room.session.node.stores[Orders], [Unavailable(), RuntimeError(BUG)]
    commit = orders.commit

    async def fail_first(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop(0)
        return await commit(*args, **kwargs)

    orders.commit = fail_first  # type: ignore[method-assign]
    rid = shop.buy(ada, "OBS-M")
    await until(lambda: find_sample(shop.engine.node.metrics, "failures_total", part="orders") == 1)
    await until(lambda: room.session.epochs.buying)
    shop.buy(ada, "OBS-M", rid=rid)
    await ada.sees("confirmed", order_id=rid)


async def test_an_answer_over_http_is_not_waited_for_without_end() -> None:
    with pytest.raises(OutcomeUnknown):
        await Reply().wait(timeout_ms=1)
