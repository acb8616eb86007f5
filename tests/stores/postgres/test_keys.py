"""API keys: the secret is shown once, and a hash of it kept."""

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.keys import Keys


async def test_a_key_is_found_by_its_secret_alone(database: Database) -> None:
    keys = Keys(database)
    key = await keys.make("the shop's backend", now_ms=1)
    assert await keys.find(key.secret) == "the shop's backend"
    assert await keys.find(key.secret[:-1]) is None
    assert await keys.find(key.key_id) is None


async def test_two_keys_of_one_name_are_two(database: Database) -> None:
    keys = Keys(database)
    first, second = await keys.make("a", now_ms=1), await keys.make("a", now_ms=1)
    assert first.secret != second.secret
    assert await keys.find(first.secret) == await keys.find(second.secret) == "a"


async def test_the_secret_is_not_in_the_database(database: Database) -> None:
    key = await Keys(database).make("a", now_ms=1)
    (record,) = await database.fetch("SELECT * FROM api_key")
    assert key.secret not in str(dict(record))
