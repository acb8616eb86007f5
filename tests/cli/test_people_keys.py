"""`liveshop reseal` and `liveshop doctor`: the keys under which names are sealed."""

from typing import Final

import pytest
from click.testing import CliRunner, Result

from liveshop.cli.commands import main
from liveshop.features.people import Contact, KnownPeople, MasterKeys
from liveshop.stores.postgres.database import Database
from tests.stores.postgres.conftest import running

pytestmark = pytest.mark.feature("people", "guests")

_SECRET: Final = "s" * 32
_OLD: Final = "o" * 32
_NEW: Final = "n" * 32


def _run(command: str, postgres_url: str, **settings: str) -> Result:
    given = {"postgres_url": postgres_url, "redis_url": "redis://127.0.0.1:1", **settings}
    environment = {f"LIVESHOP_{name.upper()}": value for name, value in given.items()}
    return CliRunner().invoke(main, [command], env=environment)


async def _keep(postgres_url: str, key: str) -> None:
    async with running(Database(postgres_url)) as database, database.transaction() as connection:
        people = KnownPeople(database, MasterKeys([key]))
        await people.keep(connection, "ada", Contact(name="Ada"), at_ms=1)


@pytest.fixture
async def kept(postgres_url: str) -> str:
    """Return a database in which the name of one person is sealed under the old key."""
    await _keep(postgres_url, _OLD)
    return postgres_url


def test_names_are_resealed_under_the_new_key_and_the_old_one_may_go(kept: str) -> None:
    both = {"people_key": _NEW, "people_key_second": _OLD}
    lost = _run("doctor", kept, secret=_SECRET, people_key=_NEW)
    assert "! The names of 1 people cannot be opened" in lost.output
    done = _run("reseal", kept, **both)
    assert (done.exit_code, done.output) == (
        0,
        "1 people are under the current key now.\n0 webhooks are under the current key now.\n",
    )
    found = _run("doctor", kept, secret=_SECRET, people_key=_NEW)
    assert "✓ Names and mail are sealed under a key of their own." in found.output
    assert "cannot be opened" not in found.output


def test_resealing_says_what_is_lost_and_needs_a_key(kept: str) -> None:
    lost = _run("reseal", kept, people_key=_NEW)
    assert lost.exit_code == 1
    assert "1 cannot be opened" in lost.output
    keyless = _run("reseal", kept)
    assert (keyless.exit_code, keyless.output.count("\n")) == (1, 1)
    assert "LIVESHOP_PEOPLE_KEY is not set" in keyless.output


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "! Names and mail of guests are sealed under LIVESHOP_SECRET, and lost when it"),
        ({"people_key": _SECRET}, "✗ LIVESHOP_PEOPLE_KEY is also a secret that signs tokens."),
        ({"guests": "off"}, "✓ No guests are let in, and no names kept."),
        ({"people_key": _NEW}, "✓ Names and mail are sealed under a key of their own."),
    ],
)
def test_the_doctor_looks_at_the_key(
    postgres_url: str, settings: dict[str, str], line: str
) -> None:
    assert line in _run("doctor", postgres_url, secret=_SECRET, **settings).output


def test_a_key_that_only_opens_does_not_stand_alone(postgres_url: str) -> None:
    found = _run("doctor", postgres_url, secret=_SECRET, people_key_second=_OLD).output
    assert "LIVESHOP_PEOPLE_KEY_SECOND: it opens what was sealed before" in found
