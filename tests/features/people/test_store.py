"""Names and mail in PostgreSQL: sealed, found by digest, resealed, and gone for good."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest

from liveshop.core.settings import Settings
from liveshop.features.people import Contact, KnownPeople, MasterKeys
from liveshop.features.people.store_keys import NoKey
from liveshop.stores.postgres.database import Database

_OLD: Final = "o" * 32
_NEW: Final = "n" * 32
_ADA: Final = Contact(name="Ada Lovelace", mail="Ada@Shop.example")
_BO: Final = Contact(name="Bo")


async def _keep(people: KnownPeople, database: Database, **contacts: Contact) -> None:
    async with database.transaction() as connection:
        for sub, contact in contacts.items():
            await people.keep(connection, sub, contact, at_ms=7)


@pytest.fixture
def people(database: Database) -> KnownPeople:
    return _with_keys(database, _OLD)


def _with_keys(database: Database, *keys: str) -> KnownPeople:
    return KnownPeople(database, MasterKeys(keys))


async def _dump(database: Database) -> str:
    rows: list[str] = []
    for table in ("person", "person_key"):
        found = await database.fetch(f"SELECT t::text AS text FROM {table} AS t")
        rows += [row["text"] for row in found]
    return "\n".join(rows)


async def test_what_is_kept_is_read_by_sub_and_the_unknown_are_left_out(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, ada=_ADA, bo=_BO)
    assert await people.names_of(["ada", "bo", "eve"]) == {"ada": "Ada Lovelace", "bo": "Bo"}
    assert await people.read("ada") == _ADA
    assert await people.read("eve") is None
    assert await people.names_of([]) == {}
    await _keep(people, database, ada=_BO)
    assert await people.read("ada") == _BO


async def test_the_tables_show_neither_names_nor_mail_and_no_two_rows_alike(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, one=_ADA, two=_ADA)
    dump = await _dump(database)
    for words in ("Ada Lovelace", "Lovelace", "Ada@Shop.example", "shop.example"):
        assert words.lower() not in dump.lower()
        assert words.encode().hex() not in dump
    sealed = await database.fetch("SELECT sealed FROM person")
    assert sealed[0]["sealed"] != sealed[1]["sealed"]


async def test_people_are_found_by_their_mail_however_it_is_written(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, one=_ADA, two=_BO, three=replace_mail(_ADA, "ada@SHOP.example"))
    assert await people.of_mail("ADA@shop.example") == ["one", "three"]
    assert await people.of_mail("bo@shop.example") == []


def replace_mail(contact: Contact, mail: str) -> Contact:
    return Contact(name=contact.name, mail=mail)


async def test_forgetting_leaves_no_row_and_may_be_repeated(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, ada=_ADA, bo=_BO)
    for _ in range(2):
        await people.forget(["ada"])
        assert await people.read("ada") is None
        assert await people.of_mail("ada@shop.example") == []
        assert await people.known(["ada", "bo"]) == {"bo"}
    rows = await database.fetch("SELECT sub FROM person UNION ALL SELECT sub FROM person_key")
    assert [row["sub"] for row in rows] == ["bo", "bo"]


async def test_a_row_opens_for_nobody_else_and_not_without_its_key(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, ada=_ADA, bo=_BO)
    swap = "UPDATE {0} AS t SET {1} = o.{1} FROM {0} AS o WHERE t.sub = 'bo' AND o.sub = 'ada'"
    await database.commit(swap.format("person", "sealed"))
    assert await people.read("bo") is None
    await database.commit(swap.format("person_key", "key"))
    assert await people.names_of(["ada", "bo"]) == {"ada": "Ada Lovelace"}
    await database.commit("DELETE FROM person_key WHERE sub = 'ada'")
    assert await people.read("ada") is None


async def test_a_new_master_key_opens_what_the_old_one_sealed_and_replaces_it_for_good(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, ada=_ADA, bo=_BO)
    both, new = _with_keys(database, _NEW, _OLD), _with_keys(database, _NEW)
    assert await both.read("ada") == _ADA
    assert await both.of_mail("ada@shop.example") == ["ada"]
    assert await new.read("ada") is None
    assert await new.lost() == 2
    assert await both.wrap_again() == (2, 0)
    assert await both.wrap_again() == (0, 0)
    assert await new.names_of(["ada", "bo"]) == {"ada": "Ada Lovelace", "bo": "Bo"}
    assert await new.of_mail("ada@shop.example") == ["ada"]
    assert (await new.lost(), await people.lost()) == (0, 2)
    assert await people.read("ada") is None


async def test_resealing_counts_what_no_key_opens_and_leaves_it(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, ada=_ADA)
    await _keep(_with_keys(database, "x" * 32), database, bo=_BO)
    assert await _with_keys(database, _NEW, _OLD).wrap_again() == (1, 1)
    assert await _with_keys(database, "x" * 32).read("bo") == _BO


async def test_whoever_is_forgotten_while_keys_are_resealed_stays_forgotten(
    people: KnownPeople, database: Database
) -> None:
    await _keep(people, database, ada=_ADA)
    both = _with_keys(database, _NEW, _OLD)
    (before,) = await database.fetch("SELECT * FROM person_key")
    await people.forget(["ada"])
    await _keep(people, database, ada=_BO)
    (after,) = await database.fetch("SELECT * FROM person_key")
    assert before["key"] != after["key"]
    assert await both.wrap_again() == (1, 0)
    assert await both.read("ada") == _BO


def test_the_keys_of_people_come_before_the_secrets_that_stand_in_for_them() -> None:
    secrets = Settings(secret=_OLD, secret_second="p" * 32)
    own = replace(secrets, people_key=_NEW, people_key_second="m" * 32)
    assert _names(secrets) == _named(_OLD, "p" * 32)
    assert _names(own) == _named(_NEW, "m" * 32, _OLD, "p" * 32)
    assert not MasterKeys.of(Settings())


def _names(settings: Settings) -> list[bytes]:
    return MasterKeys.of(settings).names


def _named(*keys: str) -> list[bytes]:
    return MasterKeys(keys).names


@pytest.mark.parametrize("part", ["master", "key", "content"])
def test_what_was_changed_does_not_open(part: str) -> None:
    keys = MasterKeys([_OLD])
    sealed = keys.seal("ada", b"secret")
    assert keys.open("ada", sealed) == b"secret"
    whole = getattr(sealed, part)
    for at in _some(whole):
        changed = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
        with pytest.raises(NoKey):
            keys.open("ada", replace(sealed, **{part: changed}))
    with pytest.raises(NoKey):
        keys.open("bo", sealed)


def _some(whole: bytes) -> Sequence[int]:
    return (0, len(whole) // 2, len(whole) - 1)
