"""The relay in a worker: one session that meets a bug of ours holds up no other."""

from uuid import uuid4

import anyio
import pytest

from liveshop.core.settings import Settings
from liveshop.features import FEATURES
from liveshop.features.change_feed.store import Feed
from liveshop.stores.postgres.database import Database
from liveshop.worker.worker import Worker, worker_database
from tests.stores.postgres.conftest import database, running, shop
from tests.stores.postgres.shop import NOW, StoredShop, order
from tests.waiting import until

__all__ = ("database", "shop")


async def test_a_session_that_cannot_be_told_holds_up_no_other_and_the_lag_says_so(
    shop: StoredShop, database: Database, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.open("a", {"C": 5})
    await database.commit("UPDATE event SET body = '{}' WHERE session_id = 'a'")
    await shop.commit(order(str(uuid4())))
    settings = Settings.read({"LIVESHOP_POSTGRES_URL": postgres_url})
    feed = Feed(database)
    async with running(worker_database(settings)) as pool:
        worker = Worker(settings, pool, FEATURES, lambda: NOW)

        def counted(name: str, **labels: str) -> float:
            return worker.metrics.registry.get_sample_value(f"liveshop_{name}", labels) or 0.0

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            with anyio.fail_after(30):
                while (await feed.changes(0, 9, types=None, shop=None)).next < 2:
                    pass
            await until(lambda: counted("worker_failures_total", part="relay") >= 3)
            await until(lambda: counted("relay_lag_seconds") >= 0.9)
            worker.stop()
    assert [each.message for each in caplog.records if each.exc_info] == [
        "session a: its steps are not told"
    ]
