"""Outcomes are stored together, and again if PostgreSQL was away; one that cannot be stops none."""

from collections.abc import Sequence

import anyio
import pytest

from liveshop.core.errors import Unavailable
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import Fate, Outcome
from liveshop.features.webhooks.store_deliveries import Deliveries, Leased, Marked, Served, Tried
from liveshop.features.webhooks.worker_marking import Marking
from liveshop.stores.postgres.database import Database
from tests.faults.proxy import Proxy
from tests.features.webhooks.conftest import SETTINGS, Sender
from tests.features.webhooks.test_store import told
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import NOW


class _Counted(Deliveries):
    """Deliveries that say how many were marked at once, and by how many calls."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, MasterKeys([SETTINGS["secret"]]))
        self.calls: list[int] = []

    async def mark(self, served: Sequence[Served], now_ms: int) -> dict[str, Marked]:
        self.calls.append(len(served))
        return await super().mark(served, now_ms)


def _served(leased: Leased, answer: str = "") -> Served:
    tried = [
        Tried(
            number=due.number,
            outcome=Outcome(fate=Fate.DONE),
            status=200,
            took_ms=1,
            answer=answer,
        )
        for due in leased.due
    ]
    return Served(leased=leased, tried=tried)


async def _leased(sender: Sender, deliveries: Deliveries, count: int) -> list[Leased]:
    for number in range(count):
        await sender.hook(f"https://shop.example/{number}")
    await told(sender, deliveries)
    return await deliveries.lease(50, NOW)


async def test_what_comes_while_others_are_marked_is_marked_together(
    sender: Sender, database: Database
) -> None:
    deliveries = _Counted(database)
    leased = await _leased(sender, deliveries, 20)
    marking = Marking(deliveries, lambda: NOW)
    async with anyio.create_task_group() as tasks:
        for each in leased:
            tasks.start_soon(marking.mark, _served(each))
    assert (sum(deliveries.calls), len(deliveries.calls) <= 3) == (20, True)
    assert {(await sender.webhooks.get(each.webhook_id)).waiting for each in leased} == {0}


async def test_one_outcome_that_cannot_be_stored_stops_no_other(
    sender: Sender, database: Database
) -> None:
    deliveries = _Counted(database)
    leased = await _leased(sender, deliveries, 3)
    marking = Marking(deliveries, lambda: NOW)
    failed: list[str] = []

    async def mark(served: Served) -> None:
        try:
            await marking.mark(served)
        except Unavailable:
            failed.append(served.leased.webhook_id)

    async with anyio.create_task_group() as tasks:
        for number, each in enumerate(leased):
            # No text of PostgreSQL has this character; none that comes from an answer does.
            tasks.start_soon(mark, _served(each, "\0" if number == 1 else ""))
    assert failed == [leased[1].webhook_id]
    waiting = [(await sender.webhooks.get(each.webhook_id)).waiting for each in leased]
    assert waiting == [0, 1, 0]


@pytest.mark.parametrize("committed", [False, True])
async def test_an_outcome_is_stored_once_postgresql_is_back(
    sender: Sender, postgres_url: str, committed: bool
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        deliveries = _Counted(cut)
        (leased,) = await _leased(sender, deliveries, 1)
        if committed:
            proxy.lose_replies(b"COMMIT")
        else:
            proxy.lose_replies(b"FOR NO KEY UPDATE")
        await Marking(deliveries, lambda: NOW).mark(_served(leased))
        assert proxy.replies_lost == 1
    assert deliveries.calls == [1, 1]
    (ping,) = await sender.deliveries(leased.webhook_id, "ping")
    assert (ping.state, ping.tries) == ("done", 1)
    assert await deliveries_of(sender).lease(50, NOW) == []


def deliveries_of(sender: Sender) -> Deliveries:
    """Return the deliveries of the sender's database."""
    return Deliveries(sender.shop.database, MasterKeys([SETTINGS["secret"]]))


async def test_after_its_lease_an_outcome_is_given_up(sender: Sender, postgres_url: str) -> None:
    proxy = Proxy(postgres_url)
    async with proxy.listening(), running(Database(proxy.url)) as cut:
        deliveries = _Counted(cut)
        (leased,) = await _leased(sender, deliveries, 1)
    async with running(Database(proxy.url)) as away:
        marking = Marking(_Counted(away), lambda: leased.until_ms)
        with pytest.raises(Unavailable):
            await marking.mark(_served(leased))
