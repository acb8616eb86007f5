"""Webhooks in PostgreSQL: fair shares, leases, secrets under new keys, and what the audit finds."""

from dataclasses import replace
from typing import Any

import anyio
import asyncpg
import pytest

from liveshop.core.errors import Conflict, LimitReached
from liveshop.features.change_feed.store import Feed
from liveshop.features.change_feed.store_audit import AUDIT as FEED_AUDIT
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import (
    REPLAYED_AT_ONCE_MAX,
    WEBHOOKS_OF_A_SHOP_MAX,
    Fate,
    Outcome,
    State,
)
from liveshop.features.webhooks.store import Wanted, Webhooks
from liveshop.features.webhooks.store_audit import AUDIT
from liveshop.features.webhooks.store_deliveries import (
    LEASE_MS,
    Deliveries,
    Leased,
    Marked,
    Served,
    Tried,
)
from liveshop.stores.postgres.database import Database
from tests.features.webhooks.conftest import SETTINGS, Sender
from tests.stores.postgres.shop import NOW, somebody_waits

_OLD, _NEW = SETTINGS["secret"], "n" * 32
_DONE = Outcome(fate=Fate.DONE)


async def told(sender: Sender, deliveries: Deliveries) -> None:
    """Make messages of all that happened, and deliveries of the messages."""
    feed = Feed(sender.shop.database)
    await feed.empty_outbox(NOW)
    while (await feed.follow("s1", NOW)).made:
        pass
    while (await deliveries.fan_out(NOW))[0]:
        pass


def _tried(leased: Leased, outcome: Outcome = _DONE) -> list[Tried]:
    return [
        Tried(number=due.number, outcome=outcome, status=200, took_ms=1, answer="")
        for due in leased.due
    ]


async def _mark(
    deliveries: Deliveries, leased: Leased, outcome: Outcome = _DONE, now_ms: int = NOW
) -> Marked:
    served = Served(leased=leased, tried=_tried(leased, outcome))
    return (await deliveries.mark([served], now_ms))[leased.webhook_id]


async def test_a_webhook_with_a_thousand_deliveries_gets_its_share_and_others_theirs(
    sender: Sender, deliveries: Deliveries
) -> None:
    busy = await sender.hook("https://busy.example/")
    for _ in range(3):
        await sender.sell(400)
        await told(sender, deliveries)
    quiet = await sender.hook("https://quiet.example/", "session.*")
    await told(sender, deliveries)
    leased = {each.webhook_id: len(each.due) for each in await deliveries.lease(50, NOW)}
    # Twice what is sent at once, which is four at the start.
    assert leased == {busy: 8, quiet: 1}
    assert (await sender.webhooks.get(busy)).waiting == 1_201


async def test_a_lease_is_one_workers_until_it_ends(sender: Sender, deliveries: Deliveries) -> None:
    await sender.hook("https://shop.example/")
    await told(sender, deliveries)
    (first,) = await deliveries.lease(50, NOW)
    assert await deliveries.lease(50, NOW + LEASE_MS - 1) == []
    (second,) = await deliveries.lease(50, NOW + LEASE_MS)
    assert [due.number for due in second.due] == [due.number for due in first.due]
    # The first has stood still: of what it says now, only a success is believed.
    failed = Outcome(fate=Fate.WAITING, next_ms=NOW)
    assert await _mark(deliveries, first, failed) == Marked()
    assert (await sender.deliveries(first.webhook_id, "ping"))[0].tries == 0
    assert await _mark(deliveries, first) == Marked()
    assert (await sender.deliveries(first.webhook_id, "ping"))[0].state == "done"
    await _mark(deliveries, second, failed)
    # It was done, and stays so.
    assert (await sender.deliveries(first.webhook_id, "ping"))[0].state == "done"
    assert await deliveries.lease(50, NOW + 2 * LEASE_MS) == []


async def test_a_delivery_that_comes_while_others_are_marked_is_due(
    sender: Sender, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/")
    await told(sender, deliveries)
    (leased,) = await deliveries.lease(50, NOW)
    await sender.sell()
    await told(sender, deliveries)
    assert await _mark(deliveries, leased) == Marked(due_ms=NOW)
    (again,) = await deliveries.lease(50, NOW)
    assert len(again.due) == 1


async def test_a_delivery_that_comes_while_its_webhook_is_given_up_is_parked(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    await told(sender, deliveries)
    (leased,) = await deliveries.lease(50, NOW)
    await _mark(deliveries, leased)
    await sender.sell()
    await feed.follow("s1", NOW)
    giving_up = await asyncpg.connect(sender.url)
    try:
        begun = giving_up.transaction()
        await begun.start()
        await giving_up.execute("UPDATE webhook SET state = 'disabled', due_ms = NULL")
        async with anyio.create_task_group() as tasks:
            # It has read that the webhook is on, and waits for its row.
            tasks.start_soon(deliveries.fan_out, NOW)
            await somebody_waits(giving_up)
            await begun.commit()
    finally:
        await giving_up.close()
    (parked,) = await sender.deliveries(webhook_id)
    assert parked.state == "parked"
    assert await deliveries.lease(50, NOW) == []
    assert (await sender.webhooks.get(webhook_id)).waiting == 0


async def test_a_success_that_is_told_late_makes_the_next_of_its_subject_due(
    sender: Sender, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/", ordering="subject")
    await told(sender, deliveries)
    (leased,) = await deliveries.lease(50, NOW)
    await _mark(deliveries, leased)
    (rid,) = await sender.sell()
    await sender.shop.orders.cancel(rid)
    await told(sender, deliveries)
    (first,) = await deliveries.lease(50, NOW)
    (second,) = await deliveries.lease(50, NOW + LEASE_MS)
    later = NOW + 2 * LEASE_MS
    await _mark(deliveries, second, Outcome(fate=Fate.WAITING, next_ms=later + 3_600_000), later)
    assert await deliveries.lease(50, later) == []
    # It stood still for minutes, and what it had sent has arrived.
    await _mark(deliveries, first, now_ms=later)
    (third,) = await deliveries.lease(50, later)
    assert [due.number for due in third.due] == [first.due[0].number + 1]


async def test_outcomes_of_many_webhooks_are_marked_together_each_by_its_own_lease(
    sender: Sender, deliveries: Deliveries
) -> None:
    names = [await sender.hook(f"https://shop.example/{n}") for n in range(4)]
    await told(sender, deliveries)
    leased = {each.webhook_id: each for each in await deliveries.lease(50, NOW)}
    good, failed, lost, removed = (leased[name] for name in names)
    await sender.webhooks.remove(removed.webhook_id)
    await sender.shop.database.commit(
        "UPDATE webhook SET lease = 'x' WHERE id = $1", lost.webhook_id
    )
    never = Outcome(fate=Fate.WAITING, next_ms=NOW + 9)
    outcomes = ((good, _DONE), (failed, never), (lost, never), (removed, _DONE))
    served = [Served(leased=each, tried=_tried(each, outcome)) for each, outcome in outcomes]
    assert await deliveries.mark(served, NOW) == {
        good.webhook_id: Marked(),
        failed.webhook_id: Marked(due_ms=NOW + 9),
        lost.webhook_id: Marked(),
        removed.webhook_id: Marked(),
    }
    pings = [(await sender.deliveries(name, "ping"))[0] for name in names[:3]]
    assert [(each.state, each.tries) for each in pings] == [
        ("done", 1),
        ("waiting", 1),
        ("waiting", 0),
    ]
    webhooks = [await sender.webhooks.get(name) for name in names[:3]]
    assert [each.failures for each in webhooks] == [0, 1, 0]


async def test_of_webhooks_that_are_slow_only_some_are_leased_besides_the_others(
    sender: Sender, deliveries: Deliveries
) -> None:
    slow = [await sender.hook(f"https://slow.example/{n}") for n in range(3)]
    quick = await sender.hook("https://shop.example/")
    await told(sender, deliveries)
    leased = await deliveries.lease(1, NOW, slow=slow, slow_limit=2)
    names = {each.webhook_id for each in leased}
    assert quick in names
    assert len(names - {quick}) == 2
    assert {each.until_ms for each in leased} == {NOW + LEASE_MS}


async def test_a_webhook_that_is_removed_while_deliveries_are_made_holds_up_no_other(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    going = await sender.hook("https://going.example/")
    staying = await sender.hook("https://staying.example/")
    await told(sender, deliveries)
    await sender.sell()
    await feed.follow("s1", NOW)
    removing = await asyncpg.connect(sender.url)
    try:
        begun = removing.transaction()
        await begun.start()
        await removing.execute("DELETE FROM webhook WHERE id = $1", going)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(deliveries.fan_out, NOW)
            await somebody_waits(removing)
            await begun.commit()
    finally:
        await removing.close()
    assert len(await sender.deliveries(staying)) == 1


async def test_for_thousands_of_webhooks_the_deliveries_of_few_messages_are_made_at_once(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/", "*")
    await told(sender, deliveries)
    await sender.copy(4_998)
    await sender.sell(12)
    await feed.follow("s1", NOW)
    assert await deliveries.fan_out(NOW) == (10 * 4_999, True)
    assert await deliveries.fan_out(NOW) == (2 * 4_999, False)


async def test_requests_at_once_make_no_more_webhooks_than_a_shop_may_have(sender: Sender) -> None:
    await sender.hook("https://shop.example/", shop="theirs")
    await sender.copy(WEBHOOKS_OF_A_SHOP_MAX - 3, "theirs")
    refused: list[LimitReached] = []

    async def make() -> None:
        try:
            await sender.hook("https://shop.example/", shop="theirs")
        except LimitReached as limit:
            refused.append(limit)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(make)
    assert len(refused) == 8


async def test_one_shop_does_not_take_the_webhooks_of_all(sender: Sender) -> None:
    await sender.hook("https://shop.example/")
    await sender.copy(WEBHOOKS_OF_A_SHOP_MAX, "theirs")
    with pytest.raises(LimitReached) as refused:
        await sender.hook("https://shop.example/", shop="theirs")
    assert "the limit is 100" in str(refused.value)
    await sender.hook("https://shop.example/", shop="ours")
    await sender.hook("https://shop.example/")


async def test_a_long_replay_goes_on_after_what_it_has_replayed(sender: Sender) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    many = REPLAYED_AT_ONCE_MAX + 5
    await sender.shop.database.commit(
        "INSERT INTO message (number, id, type, subject, sequence, made_ms, body)"
        " SELECT n, 'm' || n, 'thing.made', 'thing/' || n, 1, $2, ''::bytea"
        " FROM generate_series(2, $1 + 1) AS n",
        many,
        NOW,
    )
    done = "UPDATE webhook_delivery SET state = 'done', tries = 1"
    await sender.shop.database.commit(
        "INSERT INTO webhook_delivery (webhook_id, number, subject, state, next_ms)"
        " SELECT $1, number, subject, 'done', 0 FROM message WHERE number > 1",
        webhook_id,
    )
    how: dict[str, Any] = {"from_ms": 0, "to_ms": NOW + 1, "states": [Fate.DONE], "types": None}
    first = await sender.webhooks.replay(webhook_id, **how, now_ms=NOW)
    assert first == (REPLAYED_AT_ONCE_MAX, REPLAYED_AT_ONCE_MAX + 1)
    # They were delivered again meanwhile.
    await sender.shop.database.commit(done)
    rest = await sender.webhooks.replay(webhook_id, **how, now_ms=NOW, after=first[1] or 0)
    assert rest == (5, None)


async def test_a_webhook_that_is_off_is_sent_nothing_and_keeps_what_waited(
    sender: Sender, deliveries: Deliveries
) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    await told(sender, deliveries)
    wanted = (await sender.webhooks.get(webhook_id)).wanted
    await sender.webhooks.change(webhook_id, replace(wanted, state=State.OFF))
    await sender.sell()
    await told(sender, deliveries)
    assert await deliveries.lease(50, NOW) == []
    await sender.webhooks.change(webhook_id, wanted)
    (leased,) = await deliveries.lease(50, NOW)
    assert len(leased.due) == 1


async def test_secrets_are_put_under_a_new_master_key_and_the_old_one_may_go(
    sender: Sender, deliveries: Deliveries, database: Database
) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    await sender.webhooks.rotate(webhook_id, NOW)
    await told(sender, deliveries)
    (opened,) = await deliveries.lease(50, NOW)
    assert len(opened.secrets) == 2
    assert await Webhooks(database, MasterKeys([_NEW])).wrap_again() == (0, 1)
    assert await Webhooks(database, MasterKeys([_NEW, _OLD])).wrap_again() == (1, 0)
    assert await Webhooks(database, MasterKeys([_NEW, _OLD])).wrap_again() == (0, 0)
    (lost,) = await deliveries.lease(50, NOW + LEASE_MS)
    assert lost.secrets == ()
    (again,) = await Deliveries(database, MasterKeys([_NEW])).lease(50, NOW + 2 * LEASE_MS)
    assert again.secrets == opened.secrets


async def test_without_a_master_key_there_is_no_webhook(database: Database) -> None:
    wanted = Wanted(url="https://shop.example/", types=["*"], session_id=None, ordering="none")
    with pytest.raises(Conflict, match="LIVESHOP_PEOPLE_KEY"):
        await Webhooks(database, MasterKeys([])).make(wanted, shop=None, now_ms=NOW)


async def _found(sender: Sender, *files: Any) -> list[str]:
    return [
        name
        for file in files
        for name, query in file.queries.items()
        if await sender.shop.database.fetch(query, None)
    ]


async def test_the_audit_finds_a_step_that_is_no_message_and_a_delivery_that_is_never_due(
    sender: Sender, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/")
    (rid,) = await sender.sell()
    await told(sender, deliveries)
    assert await _found(sender, FEED_AUDIT, AUDIT) == []
    await sender.shop.database.commit("UPDATE webhook SET due_ms = NULL")
    assert await _found(sender, FEED_AUDIT, AUDIT) == ["delivery_has_an_end"]
    await sender.shop.database.commit(
        'UPDATE feed_cursor SET seq = seq + 1, "offset" = "offset" + 1'
    )
    await sender.shop.orders.cancel(rid)
    await sender.shop.end("s1")
    assert await _found(sender, FEED_AUDIT) == ["message_for_each_step", "message_for_each_event"]
