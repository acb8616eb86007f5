"""Names and mail in PostgreSQL, all of it sealed: only nodes with the master key read it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import asyncpg

from liveshop.core import wire
from liveshop.core.settings import Settings
from liveshop.features.people.rules import Contact, same_mail
from liveshop.features.people.store_keys import MasterKeys, NoKey, Sealed
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.postgres.stores import Stores

_SQL: Final = load_queries(Path(__file__).with_name("people.sql"))
_WRAPPED_AT_ONCE_MAX: Final = 500

_logger: Final = logging.getLogger(__name__)


class KnownPeople:
    """The people that something is kept of in one database."""

    def __init__(self, database: Database, keys: MasterKeys) -> None:
        self.keys: Final = keys
        self._database = database
        self._missed: set[bytes] = set()  # master keys that the log has named

    async def keep(self, connection: Connection, sub: str, contact: Contact, *, at_ms: int) -> None:
        """Keep the name and mail of a person under a new key, in a transaction."""
        sealed = self.keys.seal(sub, wire.encode_one(contact))
        digest = self._digest(contact)
        await connection.execute(
            _SQL["keep"], sub, sealed.master, sealed.key, sealed.content, digest, at_ms
        )

    async def names_of(self, subs: Sequence[str], /) -> Mapping[str, str]:
        """Return the names of people, of those that are known and can be opened."""
        return {sub: contact.name for sub, contact in (await self._read(subs)).items()}

    async def read(self, sub: str) -> Contact | None:
        """Return what is kept of a person, None if there is nothing, or nothing that opens."""
        return (await self._read([sub])).get(sub)

    async def known(self, subs: Iterable[str]) -> set[str]:
        """Return those people of whom something is kept, whether or not it can be opened."""
        return {each["sub"] for each in await self._database.fetch(_SQL["known"], list(subs))}

    async def of_mail(self, mail: str) -> list[str]:
        """Return the `sub` of each person who is kept with an address of mail."""
        digests = self.keys.digests("mail", same_mail(mail))
        return [each["sub"] for each in await self._database.fetch(_SQL["of_mail"], digests)]

    async def forget(self, subs: Sequence[str]) -> None:
        """Destroy the keys of people and what is kept of them; idempotent."""
        await self._database.commit(_SQL["forget"], list(subs))

    async def forget_in(self, connection: Connection, subs: Sequence[str]) -> list[str]:
        """Destroy them in the transaction of a connection; return those who were known."""
        return [each["sub"] for each in await connection.fetch(_SQL["forget"], list(subs))]

    async def lost(self) -> int:
        """Return the number of people whose records no key that is set can open."""
        (record,) = await self._database.fetch(_SQL["count_lost"], self.keys.names)
        return int(record["lost"])

    async def wrap_again(self) -> tuple[int, int]:
        """Wrap the keys that are under another than the current master key under that.

        Returns how many, and of how many the key is lost. It may be broken off and run again, and
        nodes may keep, read and forget people meanwhile.
        """
        done, lost, after = 0, 0, ""
        current = [self.keys.current.name]
        while records := await self._database.fetch(
            _SQL["under_others"], current, after, _WRAPPED_AT_ONCE_MAX
        ):
            for record in records:
                try:
                    done += await self._wrap_one_again(record["sub"], _sealed(record))
                except NoKey:
                    lost += 1
            after = records[-1]["sub"]
        return done, lost

    async def _wrap_one_again(self, sub: str, sealed: Sealed) -> int:
        contact = _contact(self.keys.open(sub, sealed))
        again = self.keys.wrap_again(sub, sealed)
        args = (sub, sealed.key, again.master, again.key, self._digest(contact))
        return len(await self._database.commit(_SQL["wrap_again"], *args))

    async def _read(self, subs: Sequence[str]) -> dict[str, Contact]:
        if not subs:
            return {}
        found: dict[str, Contact] = {}
        for record in await self._database.fetch(_SQL["read"], list(subs)):
            try:
                found[record["sub"]] = _contact(self.keys.open(record["sub"], _sealed(record)))
            except NoKey:
                self._miss(record["master"])
        return found

    def _miss(self, master: bytes) -> None:
        """Log once that a master key is missing: orders are read often."""
        if master not in self._missed:
            self._missed.add(master)
            _logger.warning(
                "names are sealed under a key that is not set (%s): `liveshop doctor` says more",
                master.hex(),
            )

    def _digest(self, contact: Contact) -> bytes | None:
        if contact.mail is None:
            return None
        return self.keys.current.digest("mail", same_mail(contact.mail))


def known_people(settings: Settings, stores: Stores) -> KnownPeople:
    """Return the people in the database of these stores, by the keys of the settings."""
    return KnownPeople(stores.database, MasterKeys.of(settings))


def _sealed(record: asyncpg.Record) -> Sealed:
    return Sealed(record["master"], record["key"], record["sealed"])


def _contact(content: bytes) -> Contact:
    return cast(Contact, wire.decode_as(wire.decode_object(content), Contact))
