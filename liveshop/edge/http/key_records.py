"""API keys in requests and answers."""

from typing import Annotated

from msgspec import Meta

from liveshop.core import limits
from liveshop.core.fields import PLAIN, Id, Instant
from liveshop.core.roles import Scope
from liveshop.edge.http.base_records import Input, Output
from liveshop.stores.postgres.keys import Key


class NewKey(Input, frozen=True, kw_only=True):
    """An API key to make; `name` says what it is for."""

    name: Annotated[str, Meta(max_length=limits.KEY_NAME_CHARS_MAX, pattern=PLAIN)]
    shop: Id | None = None
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=len(Scope))] | None = None
    expires_at_ms: Instant | None = None


class MadeKey(Output, frozen=True, kw_only=True, omit_defaults=True):
    """An API key: `key` is shown this once. Limits that it has not are left out."""

    id: str
    name: str
    key: str
    shop: str | None = None
    scopes: list[Scope] | None = None
    expires_at_ms: int | None = None


class KeyView(Output, frozen=True, kw_only=True):
    """An API key without its secret; `used_at_ms` is its last use, to the minute."""

    id: str
    name: str
    shop: str | None
    scopes: list[Scope] | None
    created_at_ms: int
    expires_at_ms: int | None
    used_at_ms: int | None

    @classmethod
    def of(cls, key: Key) -> "KeyView":
        """Return a key as it is shown, its scopes in the order of their list."""
        return cls(
            id=key.key_id,
            name=key.name,
            shop=key.shop,
            scopes=None if key.scopes is None else [each for each in Scope if each in key.scopes],
            created_at_ms=key.created_ms,
            expires_at_ms=key.expires_ms,
            used_at_ms=key.used_ms,
        )


class KeyList(Output, frozen=True, kw_only=True):
    """A page of API keys."""

    keys: list[KeyView]
    next: str | None


class RemovedKey(Output, frozen=True, kw_only=True):
    """An API key that no longer lets anybody in."""

    id: str
    name: str
