"""Workers go by PostgreSQL's clock, however wrong those of their machines are."""

import os
import time

from liveshop.features.change_feed.store import Feed
from tests.cli.programs import program
from tests.faults.test_clock import DAY_S, SHIM
from tests.features.webhooks.conftest import SETTINGS, Sender, database, sender, shop
from tests.features.webhooks.receiver import receiver

__all__ = ("database", "sender", "shop")


async def test_a_worker_that_is_a_month_fast_forgets_nothing_and_sends_as_of_now(
    sender: Sender,
) -> None:
    now_ms = time.time_ns() // 1_000_000
    path = os.pathsep.join([str(SHIM), os.environ.get("PYTHONPATH", "")])
    environment = {
        "LIVESHOP_POSTGRES_URL": sender.url,
        "LIVESHOP_WORK_PORT": "0",
        "PYTHONPATH": path,
        "CLOCK_SHIFT_S": str(40 * DAY_S),
        **{f"LIVESHOP_{name.upper()}": text for name, text in SETTINGS.items()},
    }
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        rids = await sender.sell()
        assert (await Feed(sender.shop.database).follow("s1", now_ms)).made == 1
        with program("work", environment=environment):
            await sender.until(webhook_id, "done", 1)
            rids += await sender.sell()
            # The first look of a worker at what is old is over by then.
            while len(await sender.deliveries(webhook_id)) < 2:
                pass
            await sender.until(webhook_id, "done", 1)
    told = [each for each in shop.requests if each.message["type"] == "order.confirmed"]
    assert [each.message["data"]["order_id"] for each in told] == rids
    assert abs(int(told[-1].headers["webhook-timestamp"]) - time.time()) < 60
    kept = await sender.shop.database.fetch("SELECT FROM message WHERE type = 'order.confirmed'")
    assert len(kept) == 2
