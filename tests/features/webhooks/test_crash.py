"""Workers that die between two steps: nothing is missing, and nothing double at who remembers."""

import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from liveshop.core.failpoint import Failpoint
from liveshop.features.change_feed.store_audit import AUDIT as FEED_AUDIT
from liveshop.features.webhooks.store_audit import AUDIT
from liveshop.stores.failpoints import EXIT_CODE
from tests.cli.programs import program
from tests.features.webhooks.conftest import SETTINGS, Sender
from tests.features.webhooks.receiver import CUT, Receiver, receiver
from tests.waiting import until

_ROUNDS = 3
_ORDERS = 7


@asynccontextmanager
async def _worker(sender: Sender, **settings: str) -> AsyncIterator[subprocess.Popen[str]]:
    """Run `liveshop work` as a process of its own."""
    environment = {
        "LIVESHOP_POSTGRES_URL": sender.url,
        "LIVESHOP_WORK_PORT": "0",
        **{f"LIVESHOP_{name.upper()}": text for name, text in (SETTINGS | settings).items()},
    }
    with program("work", environment=environment) as process:
        yield process


async def _pinged(sender: Sender, shop: Receiver) -> None:
    """Make a webhook, and have a worker ping it that lives."""
    webhook_id = await sender.hook(shop.url, ordering="subject")
    async with _worker(sender):
        await sender.until(webhook_id, "done", 1, "ping")


async def _ended(process: subprocess.Popen[str]) -> int:
    return await anyio.to_thread.run_sync(lambda: process.wait(60))


async def _leases_have_run_out(sender: Sender) -> None:
    # A worker that has died keeps its webhooks for a minute.
    await sender.shop.database.commit("UPDATE webhook SET lease_until_ms = 0")


async def _expect_all(sender: Sender, shop: Receiver, rids: list[str]) -> None:
    """Every step reached the receiver, each once in its table, in order; the audit agrees."""
    await until(lambda: len(shop.applied) == len(rids) * 2 + 1)
    for rid in rids:
        assert [n for subject, n in shop.applied if subject == f"order/{rid}"] == [1, 2]
    # The first message, of the show's begin, is told as of two months ago: it was forgotten.
    numbers = await sender.shop.database.fetch("SELECT number FROM message ORDER BY number")
    assert [each["number"] for each in numbers] == list(range(2, len(rids) * 2 + 3))
    for file in (FEED_AUDIT, AUDIT):
        for name, query in file.queries.items():
            assert await sender.shop.database.fetch(query, None) == [], name


@pytest.mark.parametrize(
    "place", [Failpoint.BEFORE_MESSAGES, Failpoint.AFTER_MESSAGES, Failpoint.AFTER_SEND]
)
async def test_workers_that_end_at_a_failpoint_lose_nothing(sender: Sender, place: str) -> None:
    async with receiver() as shop:
        await _pinged(sender, shop)
        rids: list[str] = []
        for _ in range(_ROUNDS):
            sold = await sender.sell(_ORDERS)
            rids += sold
            async with _worker(sender, failpoint=place) as doomed:
                assert await _ended(doomed) == EXIT_CODE
            for rid in sold:
                await sender.shop.orders.cancel(rid)
            await _leases_have_run_out(sender)
        async with _worker(sender) as process:
            await _expect_all(sender, shop, rids)
            process.send_signal(signal.SIGTERM)
            assert await _ended(process) == 0
    # A message that was sent and not marked comes again, under its id.
    assert place != Failpoint.AFTER_SEND or len(shop.requests) > len(shop.applied)


async def test_workers_that_are_killed_and_a_receiver_that_breaks_off_lose_nothing(
    sender: Sender,
) -> None:
    async with receiver() as shop:
        await _pinged(sender, shop)
        rids: list[str] = []
        for round_ in range(1, _ROUNDS + 1):
            # It applies these, and dies before it answers.
            shop.behaviour.extend([CUT, 200, CUT])
            sold = await sender.sell(_ORDERS)
            rids += sold
            shop.wanted = len(shop.requests) + round_
            async with _worker(sender) as process:
                await until(lambda: len(shop.requests) >= shop.wanted)
                process.kill()
                await _ended(process)
            for rid in sold:
                await sender.shop.orders.cancel(rid)
            await _leases_have_run_out(sender)
        shop.behaviour.clear()
        async with _worker(sender) as process:
            await _expect_all(sender, shop, rids)
            process.send_signal(signal.SIGTERM)
            assert await _ended(process) == 0
    assert len(shop.requests) > len(shop.applied)


async def test_a_worker_that_is_told_to_stop_finishes_what_it_is_sending(sender: Sender) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with _worker(sender) as process:
            await sender.until(webhook_id, "done", 1, "ping")
            shop.gate = anyio.Event()
            await sender.sell()
            await until(lambda: len(shop.requests) == 2)
            process.send_signal(signal.SIGTERM)
            await anyio.to_thread.run_sync(_has_heard, process)
            assert process.poll() is None
            shop.gate.set()
            assert await _ended(process) == 0
        assert (await sender.deliveries(webhook_id))[0].state == "done"


def _has_heard(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if "stopping: what is under way is finished" in line:
            return
    raise AssertionError("the worker ended without a word")
