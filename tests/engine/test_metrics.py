"""A node counts what happened."""

import pytest

from liveshop.core.errors import Conflict
from tests.engine.world import EngineShop
from tests.samples import find_sample, sample
from tests.waiting import until


async def test_a_purchase_is_seen_at_every_stage(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    shop.buy(ada, "OBS-M", 2)
    await ada.sees("confirmed")
    metrics = shop.engine.node.metrics
    await until(lambda: sample(metrics, "settle_seconds_count") >= 1)
    stages = ("reserve_wait", "reserve", "commit_wait", "commit", "purchase")
    assert {name: sample(metrics, f"{name}_seconds_count") for name in stages} == dict.fromkeys(
        stages, 1
    )
    whole = sample(metrics, "purchase_seconds_sum")
    parts = sum(sample(metrics, f"{name}_seconds_sum") for name in stages[:-1])
    assert whole >= parts > 0
    assert sample(metrics, "units_sold_total") == 2
    await until(lambda: sample(metrics, "writer_lag_seconds") == 0)  # read twice a second


async def test_what_is_held_shows_until_it_is_given_back(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    rid = shop.reserve(ada, "OBS-M", 3)
    await until(lambda: sample(shop.engine.node.metrics, "held_units") == 3)
    shop.send(ada, "release", rid=rid)
    await until(lambda: sample(shop.engine.node.metrics, "held_units") == 0)


async def test_every_queue_and_the_pool_are_told_of_before_there_is_a_room(
    shop: EngineShop,
) -> None:
    metrics = shop.engine.node.metrics
    await until(lambda: find_sample(metrics, "queue_length", queue="outgoing_messages") is not None)
    for queue in ("purchases", "orders", "settlements", "outgoing_messages"):
        assert sample(metrics, "queue_length", queue=queue) == 0
    opened = sample(metrics, "postgres_connections", state="open")
    assert sample(metrics, "postgres_connections", state="allowed") >= opened >= 1


async def test_a_message_of_another_node_tells_how_long_it_took(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(OBS_M=5)
    await other.join(session_id)
    await shop.opened(session_id)
    await shop.host(session_id, "product.pin", product_id="shirt")
    await until(lambda: sample(other.engine.node.metrics, "bus_lag_seconds_count") >= 1)
    assert 0 <= sample(other.engine.node.metrics, "bus_lag_seconds_sum") < 60


async def test_a_newer_epoch_is_counted_once(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    session = (await shop.engine.rooms.get(session_id)).session
    # That a session's units are there for the first time is neither a change nor a repair.
    assert sample(shop.engine.node.metrics, "epoch_changes_total") == 0
    assert sample(shop.engine.node.metrics, "rebuilds_total") == 0
    epoch = session.epochs.newest
    await shop.database.commit(
        "UPDATE session SET stock_epoch = stock_epoch + 1 WHERE id = $1 RETURNING id", session_id
    )
    await until(lambda: session.epochs.newest > epoch and session.epochs.good)
    assert sample(shop.engine.node.metrics, "epoch_changes_total") == session.epochs.newest - epoch
    assert sample(shop.engine.node.metrics, "rebuilds_total") >= 1


async def test_money_that_has_to_be_given_back_is_counted_once(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5, payment="checkout")
    await shop.opened(session_id)
    ada = await shop.join(session_id, "ada")
    order_id = shop.buy(ada, "OBS-M")
    await ada.sees("checkout")
    for _ in range(2):
        with pytest.raises(Conflict):
            await shop.engine.orders.confirm(order_id, "pay-1", 4999)
    assert sample(shop.engine.node.metrics, "refunds_due_total") == 1
