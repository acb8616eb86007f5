"""A schema that the release after this one has made: this release's commands go on with it.

Each pod of a node migrates before it serves. One that is restarted while the next release is rolled
out, or after it was rolled back, has to come up again.
"""

import asyncio

import asyncpg
import pytest
from click.testing import CliRunner

from liveshop.cli.audit import audit
from liveshop.cli.doctor import doctor
from liveshop.cli.migrate import migrate
from liveshop.stores.postgres.migrate import current, fits, head

_LATER = "9999"


async def _expand(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ALTER TABLE session ADD COLUMN later text")
        await connection.execute("UPDATE alembic_version SET version_num = $1", _LATER)
    finally:
        await connection.close()


@pytest.fixture
def later_url(postgres_url: str) -> str:
    """A database whose newest step this release does not know."""
    asyncio.run(_expand(postgres_url))
    return postgres_url


def test_migrating_leaves_the_schema_of_a_later_release_as_it_is(later_url: str) -> None:
    environment = {"LIVESHOP_POSTGRES_URL": later_url}
    result = CliRunner().invoke(migrate, [], env=environment, catch_exceptions=False)
    assert (result.exit_code, result.output) == (0, f"The schema is at {_LATER}, as it was.\n")
    assert asyncio.run(current(later_url)) == _LATER


def test_the_books_are_audited_on_the_schema_of_a_later_release(
    redis_url: str, later_url: str
) -> None:
    environment = {"LIVESHOP_REDIS_URL": redis_url, "LIVESHOP_POSTGRES_URL": later_url}
    result = CliRunner().invoke(audit, [], env=environment, catch_exceptions=False)
    assert (result.exit_code, result.output) == (0, "Every promise is kept.\n")


def test_the_doctor_does_not_complain_of_a_later_releases_schema(
    redis_url: str, later_url: str
) -> None:
    environment = {"LIVESHOP_REDIS_URL": redis_url, "LIVESHOP_POSTGRES_URL": later_url}
    told = CliRunner().invoke(doctor, [], env=environment, catch_exceptions=False).output
    assert f"✓ The schema is at {_LATER}, which a later release has made: this one works too." in (
        told.splitlines()
    )
    assert "Run `liveshop migrate`." not in told


def test_an_empty_database_and_an_earlier_step_do_not_fit() -> None:
    assert [fits(each) for each in (None, "0001", head(), _LATER)] == [False, False, True, True]
