"""The activity log in PostgreSQL: entries stay as they are, whoever wants to change them."""

from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from liveshop.core.activity import Activity, ActorKind
from liveshop.core.limits import REF_MAX
from liveshop.stores.postgres.activity import ActivityStore
from liveshop.stores.postgres.database import Database


def an_entry(at_ms: int = 1, address: str | None = "192.0.2.1") -> Activity:
    """Return an entry that is like no other."""
    return Activity(
        activity_id=uuid4().hex,
        at_ms=at_ms,
        subject="host",
        name="Ada",
        role="host",
        kind=ActorKind.TOKEN,
        action="session.end",
        object=None,
        session_id="s1",
        shop="a",
        outcome="ok",
        address=address,
    )


async def _all(store: ActivityStore) -> list[Activity]:
    page = await store.page(before=REF_MAX, limit=100)
    return [each.activity for each in page.entries]


async def test_an_entry_that_is_written_again_is_there_once(database: Database) -> None:
    store, first, second = ActivityStore(database), an_entry(), an_entry()
    await store.add([first])
    await store.add([first, second])
    assert await _all(store) == [second, first]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE activity SET subject = 'somebody else'",
        "UPDATE activity SET outcome = 'ok', address = NULL, at_ms = 2",
        "UPDATE activity SET address = '192.0.2.99'",
        "DELETE FROM activity",
        "TRUNCATE activity",
    ],
)
async def test_no_statement_changes_an_entry(database: Database, change: str) -> None:
    store, entry = ActivityStore(database), an_entry()
    await store.add([entry])
    with pytest.raises(asyncpg.RestrictViolationError, match="added to, never changed"):
        await database.commit(change)
    assert await _all(store) == [entry]


async def test_old_addresses_are_forgotten_and_nothing_else(database: Database) -> None:
    store = ActivityStore(database)
    old, older, young = an_entry(at_ms=9), an_entry(at_ms=8), an_entry(at_ms=10)
    none = an_entry(at_ms=1, address=None)
    await store.add([old, older, young, none])
    assert await store.forget_addresses(10, 1) == 1
    assert await store.forget_addresses(10, 5) == 1
    assert await store.forget_addresses(10, 5) == 0
    forgotten = [replace(each, address=None) for each in (older, old)]
    assert await _all(store) == [none, young, *forgotten]
