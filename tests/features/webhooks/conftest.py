"""A worker whose clock a test moves, on a database with a live session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import anyio
import pytest

from liveshop.core.settings import Settings
from liveshop.features import FEATURES
from liveshop.features.change_feed.store import Feed
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.rules import shown_secret
from liveshop.features.webhooks.store import Delivery, Wanted, Webhooks
from liveshop.features.webhooks.store_deliveries import Deliveries
from liveshop.stores.postgres.database import Database
from liveshop.worker.worker import Worker, worker_database
from tests.stores.postgres.conftest import database, running, shop
from tests.stores.postgres.shop import NOW, StoredShop, order

__all__ = ("database", "shop")

SETTINGS = {"secret": "s" * 32, "egress_allow": "127.0.0.0/8"}


@dataclass
class Sender:
    """A worker's database, the means to make webhooks and orders, and a clock."""

    url: str
    shop: StoredShop
    webhooks: Webhooks
    now_ms: int = NOW
    session_id: str = "s1"
    secrets: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Worker]:
        """Run a worker for a block, and have it finish."""
        settings = Settings.read(
            {"LIVESHOP_POSTGRES_URL": self.url}
            | {f"LIVESHOP_{name.upper()}": text for name, text in SETTINGS.items()}
        )
        async with running(worker_database(settings)) as pool:
            worker = Worker(settings, pool, FEATURES, lambda: self.now_ms)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(worker.run)
                yield worker
                worker.stop()

    async def hook(self, url: str, *types: str, **how: Any) -> str:
        """Make a webhook; return its id."""
        shop = how.pop("shop", None)
        ordering = how.pop("ordering", "none")
        wanted = Wanted(
            url=url,
            types=types or ("order.*",),
            session_id=how.pop("session_id", None),
            ordering=ordering,
        )
        webhook_id, secret = await self.webhooks.make(wanted, shop=shop, now_ms=self.now_ms)
        self.secrets[webhook_id] = shown_secret(secret)
        return webhook_id

    async def copy(self, count: int, shop: str | None = None) -> None:
        """Have so many more webhooks like the one that is there, of a shop or none."""
        await self.shop.database.commit(
            "INSERT INTO webhook SELECT (jsonb_populate_record(w, jsonb_build_object("
            "'id', $2::text || n, 'shop', $3::text))).*"
            " FROM webhook AS w, generate_series(1, $1) AS n",
            count,
            f"copy of {shop} ",
            shop,
        )

    async def sell(self, count: int = 1) -> list[str]:
        """Confirm some orders; return their ids."""
        rids = [str(uuid4()) for _ in range(count)]
        await self.shop.database.commit(
            "UPDATE stock SET units = units + $1 WHERE row = 'sA'", count
        )
        await self.shop.commit(*(order(rid, buyer=rid) for rid in rids))
        return rids

    async def deliveries(self, webhook_id: str, kind: str = "order") -> list[Delivery]:
        """Return the deliveries of a webhook, the newest first."""
        found = await self.webhooks.deliveries(webhook_id, before=None, limit=100, state=None)
        return [each for each in found if each.type.startswith(kind)]

    async def settled(self) -> None:
        """Wait until all that is due by the clock was sent and marked."""
        query = """
            SELECT EXISTS (SELECT FROM webhook
                           WHERE lease IS NOT NULL OR (state = 'on' AND due_ms <= $1))
                OR EXISTS (SELECT FROM outbox)
                OR (SELECT number FROM webhook_cursor) < (SELECT number FROM feed)
                OR EXISTS (SELECT FROM session AS s LEFT JOIN feed_cursor AS c
                           ON c.session_id = s.id WHERE s.seq > coalesce(c.seq, 0))
        """
        with anyio.fail_after(60):
            while (await self.shop.database.fetch(query, self.now_ms))[0][0]:
                pass

    async def until(self, webhook_id: str, state: str, tries: int, kind: str = "order") -> Delivery:
        """Wait until the newest delivery of a webhook is in a state after some tries."""
        with anyio.fail_after(30):
            while True:
                found = await self.deliveries(webhook_id, kind)
                if found and (found[0].state, found[0].tries) == (state, tries):
                    return found[0]
                await anyio.sleep(0.01)


@pytest.fixture
async def sender(postgres_url: str, database: Database, shop: StoredShop) -> Sender:
    """A worker's means on the live session `s1`, whose begin is told already."""
    keys = MasterKeys([SETTINGS["secret"]])
    assert (await Feed(database).follow("s1", NOW)).made == 1
    return Sender(postgres_url, shop, Webhooks(database, keys))


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    """The deliveries of the database, without a worker."""
    return Deliveries(database, MasterKeys([SETTINGS["secret"]]))


@pytest.fixture
def feed(database: Database) -> Feed:
    """The feed of the database."""
    return Feed(database)
