"""API keys: the secret is shown once, and a hash of it kept."""

from liveshop.core import limits
from liveshop.core.roles import Scope
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.keys import Keys


async def test_a_key_is_found_by_its_secret_alone(database: Database) -> None:
    keys = Keys(database)
    key = await keys.make("the shop's backend", now_ms=1)
    assert await keys.find(key.secret) == key.key
    assert key.key.name == "the shop's backend"
    assert await keys.find(key.secret[:-1]) is None
    assert await keys.find(key.key.key_id) is None


async def test_two_keys_of_one_name_are_two(database: Database) -> None:
    keys = Keys(database)
    first, second = await keys.make("a", now_ms=1), await keys.make("a", now_ms=1)
    assert first.secret != second.secret
    assert await keys.find(first.secret) == first.key
    assert await keys.find(second.secret) == second.key
    assert first.key.key_id != second.key.key_id


async def test_a_use_is_kept_to_the_minute(database: Database) -> None:
    keys, minute_ms = Keys(database), limits.KEY_USE_MS
    made = await keys.make("a", now_ms=1)
    kept = []
    for now_ms in (10, 10 + minute_ms - 1, 10 + minute_ms, 5):
        await keys.note_use(made.key.key_id, now_ms)
        found = await keys.find(made.secret)
        assert found is not None
        kept.append(found.used_ms)
    assert kept == [10, 10, 10 + minute_ms, 10 + minute_ms]


async def test_a_scope_of_a_newer_release_is_of_nothing_here(database: Database) -> None:
    keys = Keys(database)
    made = await keys.make("a", now_ms=1, scopes=[Scope.ORDERS])
    await database.commit("UPDATE api_key SET scopes = ARRAY['orders', 'newer']")
    assert await keys.find(made.secret) == made.key
    await database.commit("UPDATE api_key SET scopes = ARRAY['newer']")
    found = await keys.find(made.secret)
    assert found is not None
    assert found.scopes == frozenset()


async def test_the_secret_is_not_in_the_database(database: Database) -> None:
    key = await Keys(database).make("a", now_ms=1)
    (record,) = await database.fetch("SELECT * FROM api_key")
    assert key.secret not in str(dict(record))
