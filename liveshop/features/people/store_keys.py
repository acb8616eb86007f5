"""Master keys, and what is sealed under them: the key of each person, which seals the rest.

A master key is any text of 32 bytes or more. Three keys are derived from it (HKDF, RFC 5869): one
that wraps the keys of people, one for digests by which something is found without being kept, and
one that only names it. The sealed form is a nonce and then AES-256-GCM, with the person's `sub` as
additional data, so that no row can be passed off as another's.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from liveshop.core.settings import Settings

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_NAME_BYTES: Final = 8


class NoKey(Exception):
    """No master key that is set opens it: it is lost, unless the key is found again."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The keys derived from one master key; `name` tells which it was, and nothing of it."""

    name: bytes
    wraps: bytes
    finds: bytes

    @classmethod
    def of(cls, text: str) -> "MasterKey":
        """Derive the keys from a setting."""
        return cls(
            name=_derived(text, b"name")[:_NAME_BYTES],
            wraps=_derived(text, b"wrap"),
            finds=_derived(text, b"find"),
        )

    def digest(self, kind: str, what: str) -> bytes:
        """Return a keyed digest, by which something of a kind is found and cannot be read."""
        return hmac.digest(self.finds, f"{kind}\0{what}".encode(), sha256)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something sealed under a key of its own, which is wrapped under the master key named."""

    master: bytes
    key: bytes
    content: bytes


class MasterKeys:
    """The master keys that are set: the first seals, and any of them opens."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._keys: Final = tuple(MasterKey.of(text) for text in dict.fromkeys(texts))

    @classmethod
    def of(cls, settings: Settings) -> "MasterKeys":
        """Return those of the settings.

        Without keys of its own a server seals under its secrets. They open it still
        once there are keys.
        """
        keys = (settings.people_key, settings.people_key_second)
        return cls(filter(None, (*keys, settings.secret, settings.secret_second)))

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def names(self) -> list[bytes]:
        """The names of all keys that open."""
        return [key.name for key in self._keys]

    @property
    def current(self) -> MasterKey:
        """The key that seals."""
        assert self._keys, "nothing is sealed without a key"
        return self._keys[0]

    def digests(self, kind: str, what: str) -> list[bytes]:
        """Return the digests by which something may be found, that of the current key first."""
        return [key.digest(kind, what) for key in self._keys]

    def seal(self, sub: str, content: bytes) -> Sealed:
        """Seal something of a person under a new key of the person's."""
        key = secrets.token_bytes(_KEY_BYTES)
        wrapped = _encrypt(self.current.wraps, key, sub)
        return Sealed(self.current.name, wrapped, _encrypt(key, content, sub))

    def open(self, sub: str, sealed: Sealed) -> bytes:
        """Return what was sealed; raises NoKey."""
        try:
            return _decrypt(self._unwrap(sub, sealed), sealed.content, sub)
        except InvalidTag as exc:
            raise NoKey from exc

    def wrap_again(self, sub: str, sealed: Sealed) -> Sealed:
        """Return it with its key wrapped under the current master key; raises NoKey."""
        try:
            key = self._unwrap(sub, sealed)
        except InvalidTag as exc:
            raise NoKey from exc
        return Sealed(self.current.name, _encrypt(self.current.wraps, key, sub), sealed.content)

    def _unwrap(self, sub: str, sealed: Sealed) -> bytes:
        for master in self._keys:
            if master.name == sealed.master:
                return _decrypt(master.wraps, sealed.key, sub)
        raise NoKey


def _derived(text: str, purpose: bytes) -> bytes:
    info = b"liveshop people " + purpose
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(text.encode())


def _encrypt(key: bytes, content: bytes, sub: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, sub.encode())


def _decrypt(key: bytes, sealed: bytes, sub: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], sub.encode())
