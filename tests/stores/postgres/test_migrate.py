"""The schema comes up on its own, once, however many ask for it."""

import asyncio

import asyncpg
import pytest

from liveshop.core.errors import Unavailable
from liveshop.stores.postgres.migrate import current, head, migrate


async def test_an_empty_database_is_brought_to_the_newest_step(bare_postgres_url: str) -> None:
    assert await current(bare_postgres_url) is None
    await migrate(bare_postgres_url)
    assert await current(bare_postgres_url) == head()


async def test_processes_that_migrate_at_once_wait_for_each_other(bare_postgres_url: str) -> None:
    await asyncio.gather(*(migrate(bare_postgres_url) for _ in range(3)))
    assert await current(bare_postgres_url) == head()


async def test_a_step_that_fails_leaves_nothing_behind(bare_postgres_url: str) -> None:
    connection = await asyncpg.connect(bare_postgres_url)
    try:
        await connection.execute("CREATE TABLE api_key ()")
        with pytest.raises(Exception, match='relation "api_key" already exists'):
            await migrate(bare_postgres_url)
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        assert [record["tablename"] for record in tables] == ["api_key"]
    finally:
        await connection.close()


async def test_a_check_of_a_table_in_use_is_added_without_a_scan(bare_postgres_url: str) -> None:
    connection = await asyncpg.connect(bare_postgres_url)
    checks = (
        "SELECT conrelid::regclass::text AS of, conname AS name, convalidated AS scanned"
        " FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )
    try:
        await migrate(bare_postgres_url, to="0001")
        first = {record["name"] for record in await connection.fetch(checks)}
        in_use = "SELECT tablename AS of FROM pg_tables WHERE schemaname = 'public'"
        tables = {record["of"] for record in await connection.fetch(in_use)}
        await migrate(bare_postgres_url)
        added = [
            record
            for record in await connection.fetch(checks)
            if record["of"] in tables and record["name"] not in first
        ]
        assert {record["name"] for record in added} >= {
            "orders_given_up_check",
            "product_status_check",
        }
        assert [record["name"] for record in added if record["scanned"]] == []
    finally:
        await connection.close()


async def test_a_database_that_is_away_is_unavailable(unused_tcp_port: int) -> None:
    with pytest.raises(Unavailable):
        await migrate(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/nothing")


async def test_of_several_hosts_the_one_that_answers_is_used(
    postgres_url: str, unused_tcp_port: int
) -> None:
    assert await current(with_dead_host_first(postgres_url, unused_tcp_port)) == head()


def with_dead_host_first(url: str, port: int) -> str:
    """Return an address whose first host does not answer."""
    before, _, after = url.rpartition("@")
    return f"{before}@127.0.0.1:{port},{after}"


async def test_every_promise_of_a_constraint_is_written_on_it(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        comments = await connection.fetch(
            "SELECT conname, obj_description(oid, 'pg_constraint') AS promise FROM pg_constraint"
            " WHERE obj_description(oid, 'pg_constraint') ~ '^P[1-5]: ' ORDER BY 1"
        )
        assert [record["conname"] for record in comments] == [
            "order_line_pkey",
            "orders_pending_ends",
            "orders_pkey",
            "payment_pkey",
            "session_settled_after_end",
            "stock_ledger_pkey",
            "stock_sold_within_units",
            "variant_stock_not_negative",
        ]
    finally:
        await connection.close()
