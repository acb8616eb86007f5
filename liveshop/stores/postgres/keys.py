"""API keys of the merchant's backend."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from liveshop.core.errors import NotFound
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("keys")
# Tells a key from a token at a glance, to people and to scanners of leaked secrets.
PREFIX = "lsk_"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made; `secret` is shown once and kept nowhere."""

    key_id: str
    name: str
    secret: str


class Keys:
    """The API keys in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, name: str, *, now_ms: int) -> NewKey:
        """Make a key and return its secret, the only time that it is seen."""
        key = NewKey(
            key_id=secrets.token_hex(8), name=name, secret=PREFIX + secrets.token_urlsafe(32)
        )
        await self._database.commit(_SQL["insert_key"], key.key_id, name, _hash(key.secret), now_ms)
        return key

    async def find(self, secret: str) -> str | None:
        """Return the name of the key with this secret, None where there is none."""
        record = await self._database.fetchrow(_SQL["find_key"], _hash(secret))
        return None if record is None else str(record["name"])

    async def remove(self, key_id: str) -> str:
        """Take a key away and return its name; raises NotFound.

        May be repeated if the outcome is unknown: a key that is not found then was taken away.
        """
        rows = await self._database.commit(_SQL["delete_key"], key_id)
        if not rows:
            raise NotFound("key", key_id)
        return str(rows[0]["name"])


def _hash(secret: str) -> bytes:
    # A plain hash is enough: 256 random bits cannot be guessed, however fast one guesses.
    return sha256(secret.encode()).digest()
