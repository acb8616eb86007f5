"""API keys of the merchant's backend."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

import asyncpg

from liveshop.core.errors import NotFound
from liveshop.core.limits import KEY_USE_MS
from liveshop.core.roles import Scope
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL = queries("keys")
# Tells a key from a token at a glance, to people and to scanners of leaked secrets.
PREFIX = "lsk_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret.

    It is bound to `shop`, has the `scopes`, and ends at `expires_ms`; None is all shops, all scopes
    and never. `used_ms` is its last use, to the minute, None if there was none.
    """

    key_id: str
    name: str
    shop: str | None = None
    scopes: frozenset[Scope] | None = None
    created_ms: int = 0
    expires_ms: int | None = None
    used_ms: int | None = None

    def expired(self, now_ms: int) -> bool:
        """Whether the key has ended; its last instant is the one before `expires_ms`."""
        return self.expires_ms is not None and now_ms >= self.expires_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made; `secret` is shown once and kept nowhere."""

    key: Key
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPage:
    """Keys by id; `next` is the `after` of the next page, None on the last."""

    keys: list[Key]
    next: str | None


class Keys:
    """The API keys in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self,
        name: str,
        *,
        now_ms: int,
        shop: str | None = None,
        scopes: Collection[Scope] | None = None,
        expires_ms: int | None = None,
    ) -> NewKey:
        """Make a key and return its secret, the only time that it is seen."""
        key = Key(
            key_id=secrets.token_hex(8),
            name=name,
            shop=shop,
            scopes=None if scopes is None else frozenset(scopes),
            created_ms=now_ms,
            expires_ms=expires_ms,
        )
        secret = PREFIX + secrets.token_urlsafe(32)
        stored = None if key.scopes is None else sorted(key.scopes)
        limits = (shop, stored, expires_ms)
        await self._database.commit(
            _SQL["insert_key"], key.key_id, name, _hash(secret), now_ms, *limits
        )
        return NewKey(key=key, secret=secret)

    async def find(self, secret: str) -> Key | None:
        """Return the key with this secret, expired or not; None where there is none."""
        record = await self._database.fetchrow(_SQL["find_key"], _hash(secret))
        return None if record is None else _key(record)

    async def page(self, *, after: str | None, limit: int, shop: str | None = None) -> KeyPage:
        """Return keys, those bound to one `shop` or all, by id, from the one after `after`."""
        records = await self._database.fetch(_SQL["page_of_keys"], after or "", limit + 1, shop)
        keys = [_key(record) for record in records[:limit]]
        return KeyPage(keys=keys, next=keys[-1].key_id if len(records) > limit else None)

    async def note_use(self, key_id: str, now_ms: int) -> None:
        """Keep when a key was used, unless a use of the last minute is kept."""
        await self._database.commit(_SQL["note_use"], key_id, now_ms, KEY_USE_MS)

    async def remove(self, key_id: str) -> str:
        """Take a key away and return its name; raises NotFound.

        May be repeated if the outcome is unknown: a key that is not found then was taken away.
        """
        rows = await self._database.commit(_SQL["delete_key"], key_id)
        if not rows:
            raise NotFound("key", key_id)
        return str(rows[0]["name"])


def _key(record: asyncpg.Record) -> Key:
    scopes = record["scopes"]
    # A scope of a newer release is of operations that are not here.
    known = None if scopes is None else frozenset(map(Scope, {*scopes} & {*Scope}))
    return Key(
        key_id=record["id"],
        name=record["name"],
        shop=record["shop"],
        scopes=known,
        created_ms=record["created_ms"],
        expires_ms=record["expires_ms"],
        used_ms=record["used_ms"],
    )


def _hash(secret: str) -> bytes:
    # A plain hash is enough: 256 random bits cannot be guessed, however fast one guesses.
    return sha256(secret.encode()).digest()
