"""Webhooks in PostgreSQL: fair shares, leases, secrets under new keys, and what the audit finds."""

from dataclasses import replace
from typing import Any

import anyio
import asyncpg
import pytest

from liveshop.core.errors import Conflict
from liveshop.features.change_feed.store import Feed
from liveshop.features.change_feed.store_audit import AUDIT as FEED_AUDIT
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import Fate, Outcome, State
from liveshop.features.webhooks.store import Wanted, Webhooks
from liveshop.features.webhooks.store_audit import AUDIT
from liveshop.features.webhooks.store_deliveries import (
    LEASE_MS,
    Deliveries,
    Leased,
    Marked,
    Tried,
)
from liveshop.stores.postgres.database import Database
from tests.features.webhooks.conftest import SETTINGS, Sender
from tests.stores.postgres.shop import NOW, somebody_waits

_OLD, _NEW = SETTINGS["secret"], "n" * 32
_DONE = Outcome(fate=Fate.DONE)


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    """The deliveries of the database, without a worker."""
    return Deliveries(database, MasterKeys([_OLD]))


async def _told(sender: Sender, feed: Feed, deliveries: Deliveries) -> None:
    """Make messages of all that happened, and deliveries of the messages."""
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


async def test_a_webhook_with_a_thousand_deliveries_gets_its_share_and_others_theirs(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    busy = await sender.hook("https://busy.example/")
    for _ in range(3):
        await sender.sell(400)
        await _told(sender, feed, deliveries)
    quiet = await sender.hook("https://quiet.example/", "session.*")
    await _told(sender, feed, deliveries)
    leased = {each.webhook_id: len(each.due) for each in await deliveries.lease(50, NOW)}
    # Twice what is sent at once, which is four at the start.
    assert leased == {busy: 8, quiet: 1}
    assert (await sender.webhooks.get(busy)).waiting == 1_201


async def test_a_lease_is_one_workers_until_it_ends(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/")
    await _told(sender, feed, deliveries)
    (first,) = await deliveries.lease(50, NOW)
    assert await deliveries.lease(50, NOW + LEASE_MS - 1) == []
    (second,) = await deliveries.lease(50, NOW + LEASE_MS)
    assert [due.number for due in second.due] == [due.number for due in first.due]
    # The first has stood still: of what it says now, only a success is believed.
    failed = Outcome(fate=Fate.WAITING, next_ms=NOW)
    assert await deliveries.mark(first, _tried(first, failed), NOW) == Marked()
    assert (await sender.deliveries(first.webhook_id, "ping"))[0].tries == 0
    assert await deliveries.mark(first, _tried(first), NOW) == Marked()
    assert (await sender.deliveries(first.webhook_id, "ping"))[0].state == "done"
    await deliveries.mark(second, _tried(second, failed), NOW)
    # It was done, and stays so.
    assert (await sender.deliveries(first.webhook_id, "ping"))[0].state == "done"
    assert await deliveries.lease(50, NOW + 2 * LEASE_MS) == []


async def test_a_delivery_that_comes_while_others_are_marked_is_due(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/")
    await _told(sender, feed, deliveries)
    (leased,) = await deliveries.lease(50, NOW)
    await sender.sell()
    await _told(sender, feed, deliveries)
    assert await deliveries.mark(leased, _tried(leased), NOW) == Marked(due_ms=NOW)
    (again,) = await deliveries.lease(50, NOW)
    assert len(again.due) == 1


async def test_a_delivery_that_comes_while_its_webhook_is_given_up_is_parked(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    await _told(sender, feed, deliveries)
    (leased,) = await deliveries.lease(50, NOW)
    await deliveries.mark(leased, _tried(leased), NOW)
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


async def test_a_webhook_that_is_off_is_sent_nothing_and_keeps_what_waited(
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    await _told(sender, feed, deliveries)
    wanted = (await sender.webhooks.get(webhook_id)).wanted
    await sender.webhooks.change(webhook_id, replace(wanted, state=State.OFF))
    await sender.sell()
    await _told(sender, feed, deliveries)
    assert await deliveries.lease(50, NOW) == []
    await sender.webhooks.change(webhook_id, wanted)
    (leased,) = await deliveries.lease(50, NOW)
    assert len(leased.due) == 1


async def test_secrets_are_put_under_a_new_master_key_and_the_old_one_may_go(
    sender: Sender, feed: Feed, deliveries: Deliveries, database: Database
) -> None:
    webhook_id = await sender.hook("https://shop.example/")
    await sender.webhooks.rotate(webhook_id, NOW)
    await _told(sender, feed, deliveries)
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
    sender: Sender, feed: Feed, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/")
    (rid,) = await sender.sell()
    await _told(sender, feed, deliveries)
    assert await _found(sender, FEED_AUDIT, AUDIT) == []
    await sender.shop.database.commit("UPDATE webhook SET due_ms = NULL")
    assert await _found(sender, FEED_AUDIT, AUDIT) == ["delivery_has_an_end"]
    await sender.shop.database.commit(
        'UPDATE feed_cursor SET seq = seq + 1, "offset" = "offset" + 1'
    )
    await sender.shop.orders.cancel(rid)
    await sender.shop.end("s1")
    assert await _found(sender, FEED_AUDIT) == ["message_for_each_step", "message_for_each_event"]
