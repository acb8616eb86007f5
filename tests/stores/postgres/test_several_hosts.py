"""Of several hosts the one is used that can be written to, wherever it stands in the URL."""

from urllib.parse import urlsplit

from liveshop.cli.checks import check_postgres
from liveshop.cli.local_stores import LocalStores
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.migrate import current, head, migrate
from tests.conftest import store_folder
from tests.stores.postgres.conftest import running
from tests.topology.postgres import Standby

INSERT = "INSERT INTO api_key (id, name, hash, created_ms) VALUES ('a', '', '\\x00', 0)"


async def test_the_standby_may_stand_first(stores: LocalStores, bare_postgres_url: str) -> None:
    # The database is there before the copy is made, so that the standby has it too.
    with store_folder() as folder:
        standby = Standby(folder / "standby", durable=False)
        try:
            standby.follow(stores.postgres)
            await _use(_first(standby, bare_postgres_url))
        finally:
            standby.stop()


async def _use(url: str) -> None:
    await migrate(url)
    assert await current(url) == head()
    async with running(Database(url)) as database, running(Database(url)) as reading:
        await database.commit(INSERT)
        assert await reading.fetch("SELECT id FROM api_key") == [("a",)]
        assert await reading.fetch("SELECT pg_is_in_recovery()") == [(False,)]
    found = " ".join(check.found for check in await check_postgres(url))
    assert " answers. " in found and "standby" not in found


def _first(standby: Standby, url: str) -> str:
    login, _, host = urlsplit(url).netloc.rpartition("@")
    return url.replace(f"{login}@{host}", f"{login}@127.0.0.1:{standby.port},{host}")
