"""From the first schema to the newest while orders come in: none is refused, none is lost."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import anyio
import asyncpg

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.migrate import current, head, migrate
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.postgres.queries import load_queries
from tests.cli.programs import program
from tests.engine.world import open_shop
from tests.stores.postgres.shop import NOW, PRICE, StoredShop
from tests.waiting import until

_INSERT = load_queries(Path(__file__).with_name("first_release.sql"))["insert_orders"]
_SESSION = "s1"
_UNITS = 100_000
_WRITERS = 3


@dataclass
class _OldNode:
    """Commits one order after the other as the first release does, until it is stopped."""

    url: str
    confirmed: list[str] = field(default_factory=list)
    running: bool = True

    async def run(self) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            while self.running:
                await self._sell(connection)
        finally:
            await connection.close()

    async def _sell(self, connection: asyncpg.Connection) -> None:
        rid = str(uuid4())
        hashed = hashlib.sha256(rid.encode()).digest()
        lines = ([rid], [rid], ["MUG"], [""], [1], [PRICE], [1_000], [None])
        order = ([rid], [f"buyer-{rid}"], [PRICE], [hashed], [None])
        answer = await connection.fetchrow(_INSERT, _SESSION, 0, NOW, "confirmed", *order, *lines)
        assert answer["made"] == [rid]
        self.confirmed.append(rid)


async def _open_the_shop(url: str) -> None:
    database = Database(url)
    async with anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        shop = StoredShop(database)
        await shop.stock_catalogue({"MUG": _UNITS + 10})
        # As a node of the first release makes it: this one's knows newer columns.
        await database.commit(
            "INSERT INTO session (id, title, status, currency, payment, hold_ms, created_ms,"
            " newest_ms) VALUES ($1, 'T', 'scheduled', 'EUR', 'direct', 300000, $2, $2)",
            _SESSION,
            NOW,
        )
        await shop.start(_SESSION, {"MUG": _UNITS})
        tasks.cancel_scope.cancel()


async def _audit_is_clean(redis_url: str, postgres_url: str) -> None:
    environment = {"LIVESHOP_REDIS_URL": redis_url, "LIVESHOP_POSTGRES_URL": postgres_url}
    with program("audit", environment=environment) as process:
        told, _ = await anyio.to_thread.run_sync(process.communicate)
    assert (process.returncode, told) == (0, "Every promise is kept.\n")


async def test_old_nodes_sell_while_a_new_one_migrates_and_new_ones_sell_on(
    bare_postgres_url: str, redis_url: str
) -> None:
    url = bare_postgres_url
    await migrate(url, to="0001")
    await _open_the_shop(url)
    nodes = [_OldNode(url) for _ in range(_WRITERS)]
    async with anyio.create_task_group() as tasks:
        for node in nodes:
            tasks.start_soon(node.run)
        await until(lambda: all(len(node.confirmed) >= 20 for node in nodes))
        await migrate(url)
        assert await current(url) == head() != "0001"
        before = [len(node.confirmed) for node in nodes]
        await until(
            lambda: all(
                len(node.confirmed) >= count + 20 for node, count in zip(nodes, before, strict=True)
            )
        )
        for node in nodes:
            node.running = False
    confirmed = {rid for node in nodes for rid in node.confirmed}
    await _audit_is_clean(redis_url, url)
    async with open_shop(redis_url, url) as shop:
        await shop.opened(_SESSION)
        await shop.host(_SESSION, "product.add", product_id="p", units={"MUG": 10}, limit=10)
        ada = await shop.join(_SESSION, "ada")
        confirmed.add(shop.buy(ada, "MUG"))
        await ada.sees("confirmed")
        stored = await shop.database.fetch("SELECT id FROM orders WHERE status = 'confirmed'")
        assert {record["id"] for record in stored} == confirmed
        assert len(stored) == len(confirmed)
        # The first release knows of no final: its lines come to what their units cost.
        sold = await shop.engine.node.stores[Orders].get(nodes[0].confirmed[-1])
        assert [(line.final, sold.total) for line in sold.lines] == [(PRICE, PRICE)]
        await _audit_is_clean(redis_url, url)
