"""Deliveries that were not taken are found without reading those that were: there are millions."""

from pathlib import Path

import pytest

from liveshop.features.webhooks import store
from liveshop.features.webhooks.rules import Fate
from liveshop.stores.postgres.queries import load_queries
from tests.features.webhooks.conftest import Sender
from tests.stores.postgres.shop import NOW

_SQL = load_queries(Path(store.__file__).with_name("webhooks.sql"))
_DONE = 20_000


@pytest.fixture
async def busy(sender: Sender) -> str:
    """A webhook with many deliveries that were taken, three that wait and three dead letters."""
    webhook_id = await sender.hook("https://shop.example/")
    database = sender.shop.database
    await database.commit(
        "INSERT INTO message (number, id, type, subject, sequence, made_ms, body)"
        " SELECT n, 'm' || n, 'thing.made', 'thing/' || n, 1, $2::bigint + n, ''::bytea"
        " FROM generate_series(2, $1 + 7) AS n",
        _DONE,
        NOW,
    )
    await database.commit(
        "INSERT INTO webhook_delivery (webhook_id, number, subject, state, next_ms)"
        " SELECT $1, number, subject, CASE WHEN number <= $2 THEN 'done'"
        " WHEN number <= $2 + 3 THEN 'waiting' ELSE 'dead' END, 0 FROM message WHERE number > 1",
        webhook_id,
        _DONE + 1,
    )
    for table in ("message", "webhook", "webhook_delivery"):
        await database.commit(f"VACUUM ANALYZE {table}")
    return webhook_id


@pytest.mark.parametrize(
    ("name", "types", "values"),
    [
        ("read", "text, text, int, text", "NULL, '', 50, NULL"),
        ("undelivered", "text, bigint, int, text", "'{webhook_id}', NULL, 50, 'dead'"),
    ],
)
async def test_deliveries_that_were_not_taken_are_looked_up_in_an_index(
    sender: Sender, busy: str, name: str, types: str, values: str
) -> None:
    async with sender.shop.database.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE asked ({types}) AS {_SQL[name]}")
        asked = f"EXPLAIN EXECUTE asked({values.format(webhook_id=busy)})"
        plan = "\n".join(line for (line,) in await connection.fetch(asked))
        await connection.execute("DEALLOCATE asked")
    assert "webhook_delivery_undelivered" in plan
    assert "Seq Scan on webhook_delivery" not in plan
    assert "webhook_delivery_pkey" not in plan, plan


async def test_a_webhook_with_many_deliveries_says_how_it_fares(sender: Sender, busy: str) -> None:
    webhook = await sender.webhooks.get(busy)
    assert (webhook.waiting, webhook.dead, webhook.parked) == (3, 3, 0)
    assert webhook.waiting_since_ms == NOW + _DONE + 2
    dead = await sender.webhooks.deliveries(busy, before=None, limit=2, state=Fate.DEAD)
    assert [each.number for each in dead] == [_DONE + 7, _DONE + 6]
