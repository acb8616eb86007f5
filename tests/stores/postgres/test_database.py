"""Postgres may be away: certain and uncertain outcomes are told apart then."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import anyio
import pytest

from liveshop.core.errors import OutcomeUnknown, Unavailable
from liveshop.stores.postgres.database import CLOSE_S, SERVER_SETTINGS, Database
from tests.faults.proxy import Proxy, Then
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import NOW, StoredShop, order

INSERT = "INSERT INTO api_key (id, name, hash, created_ms) VALUES ($1, '', '\\x00', 0)"
KEYS = "SELECT id FROM api_key"


def elsewhere(url: str, **parts: str) -> str:
    """Return a URL with other parts."""
    return urlunsplit(urlsplit(url)._replace(**parts))


async def test_nothing_can_be_asked_before_the_pool_runs(postgres_url: str) -> None:
    with pytest.raises(Unavailable):
        await Database(postgres_url).ping()


async def test_postgres_may_be_away_at_first_and_come_later(
    postgres_url: str, unused_tcp_port: int
) -> None:
    proxy = Proxy(postgres_url)
    proxy.port = unused_tcp_port
    async with running(Database(proxy.url)) as database:
        with pytest.raises(Unavailable):
            await database.ping()
        assert not database.reachable
        async with proxy.listening(unused_tcp_port):
            await database.ping()
            assert database.reachable
        with pytest.raises(Unavailable):
            await database.ping()
        assert not database.reachable


async def test_a_missing_database_and_a_wrong_password_are_unavailable(postgres_url: str) -> None:
    host = urlsplit(postgres_url).netloc.rpartition("@")[2]
    for wrong in (
        elsewhere(postgres_url, path="/nothing"),
        elsewhere(postgres_url, netloc=f"liveshop:wrong@{host}"),
    ):
        async with running(Database(wrong)) as database:
            with pytest.raises(Unavailable):
                await database.ping()


async def test_of_several_hosts_the_one_that_answers_is_used(
    postgres_url: str, unused_tcp_port: int
) -> None:
    user, _, host = urlsplit(postgres_url).netloc.rpartition("@")
    away = f"[::1]:{unused_tcp_port},127.0.0.1:{unused_tcp_port},[::1]"
    several = elsewhere(postgres_url, netloc=f"{user}@{away},{host}")
    async with running(Database(several)) as database:
        await database.ping()


async def test_a_server_that_only_reads_now_is_left_and_looked_for_again(
    database: Database,
) -> None:
    [(before,)] = await database.fetch("SELECT pg_backend_pid()")
    await database.fetch("SET default_transaction_read_only = on")
    with pytest.raises(Unavailable) as raised:
        await database.commit(INSERT, "a")
    assert not isinstance(raised.value, OutcomeUnknown)
    assert not database.reachable
    await database.commit(INSERT, "b")
    assert await database.fetch(KEYS) == [("b",)]
    assert await database.fetch("SELECT pg_backend_pid()") != [(before,)]


async def test_as_if_through_pgbouncer_all_works_the_same(postgres_url: str) -> None:
    async with running(Database(f"{postgres_url}?pgbouncer=true")) as database:
        assert await database.fetch("SELECT name FROM pg_prepared_statements") == []
        shop = StoredShop(database)
        await shop.stock_catalogue({"A": 1})
        await shop.open("s1", {"A": 1})
        assert await shop.verdicts(order("r1"), order("r2")) == {
            "r1": "confirmed",
            "r2": "sold_out",
        }


async def test_the_user_behind_pgbouncer_is_given_what_a_node_asks_for(database: Database) -> None:
    text = (Path(__file__).parents[3] / "deploy" / "pgbouncer" / "role.sql").read_text()
    given = re.findall(r"^ALTER ROLE liveshop_app SET (\w+) = '?([^';]+)'?;$", text, re.MULTILINE)
    assert len(given) == text.count(";")
    async with database.transaction() as connection:
        # Its name is the one thing that PgBouncer would pass on.
        asked = {
            name: await connection.fetchval("SELECT current_setting($1)", name)
            for name in SERVER_SETTINGS
            if name != "application_name"
        }
        meant = {
            name: await connection.fetchval("SELECT set_config($1, $2, true)", name, value)
            for name, value in given
        }
    assert meant == asked


async def test_a_commit_waits_for_the_disk(database: Database) -> None:
    async with database.transaction() as connection:
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
    assert await database.fetch("SHOW synchronous_commit") == [("on",)]


async def test_a_read_survives_the_loss_of_an_idle_connection(postgres_url: str) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as database:
        await database.ping()
        proxy.cut()
        assert await database.fetch("SELECT 7 AS n") == [(7,)]


async def test_a_transaction_that_is_cut_has_not_happened(
    database: Database, postgres_url: str
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        with pytest.raises(Unavailable) as refusal:
            async with cut.transaction() as connection:
                await connection.execute(INSERT, "k1")
                proxy.cut()
                await connection.execute(INSERT, "k2")
        assert not isinstance(refusal.value, OutcomeUnknown)
        assert await database.fetch(KEYS) == []
        assert await cut.fetch(KEYS) == []


async def test_a_commit_whose_answer_is_lost_is_of_unknown_outcome(
    database: Database, postgres_url: str
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        with pytest.raises(OutcomeUnknown):
            async with cut.transaction() as connection:
                await connection.execute(INSERT, "k1")
                proxy.lose_replies(b"COMMIT")
        assert await database.fetch(KEYS) == [("k1",)]


async def test_one_statement_whose_answer_is_lost_is_of_unknown_outcome(
    database: Database, postgres_url: str
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        await cut.ping()
        proxy.lose_replies(b"lost-key")
        with pytest.raises(OutcomeUnknown):
            await cut.commit(INSERT, "lost-key")
        assert await database.fetch(KEYS) == [("lost-key",)]


async def test_a_commit_to_a_server_that_falls_silent_is_of_unknown_outcome(
    database: Database, postgres_url: str
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        with pytest.raises(OutcomeUnknown):
            async with cut.transaction() as connection:
                await connection.execute(INSERT, "k1")
                proxy.lose_replies(b"COMMIT", then=Then.SILENCE_ALL)
        assert await database.fetch(KEYS) == [("k1",)]


async def test_a_database_that_is_cut_off_waits_for_nothing_from_a_silent_server(
    postgres_url: str,
) -> None:
    async with Proxy(postgres_url).listening() as proxy:
        # Half of what giving one connection back to it would take.
        with anyio.fail_after(30), anyio.CancelScope() as limited:
            async with running(Database(proxy.url)) as cut:
                await cut.ping()
                proxy.lose_replies(b"lost-key", then=Then.SILENCE_ALL)
                under_way = asyncio.create_task(cut.commit(INSERT, "lost-key"))
                while proxy.passing:  # noqa: ASYNC110 - it has no event to wait for
                    await asyncio.sleep(0)
                limited.deadline = anyio.current_time() + CLOSE_S / 2
                under_way.cancel()
                await asyncio.wait([under_way], timeout=0)
                cut.cut_off()
                await asyncio.wait([under_way])
        assert not limited.cancelled_caught


async def test_a_refusal_of_the_block_rolls_back(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as connection:
            await connection.execute(INSERT, "k1")
            raise LookupError
    assert await database.fetch(KEYS) == []


async def test_a_batch_whose_answer_is_lost_gets_it_when_it_is_sent_again(
    shop: StoredShop, postgres_url: str
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        await cut.ping()
        proxy.lose_replies(b"lost-order")
        with pytest.raises(OutcomeUnknown):
            await StoredShop(cut).commit(order("lost-order"))
        (outcome,) = (await StoredShop(cut).commit(order("lost-order"))).values()
    assert (outcome.verdict, outcome.at_ms) == ("confirmed", NOW)
    assert (await shop.row("sA")).sold == 1
