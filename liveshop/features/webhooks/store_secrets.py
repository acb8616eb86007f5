"""The secrets of webhooks, each sealed under a key of its own that the master key wraps."""

import asyncpg

from liveshop.core.errors import Conflict
from liveshop.features.people import MasterKeys, NoKey, Sealed


class WebhookSecrets:
    """Seals secrets, and opens those that a webhook signs with."""

    def __init__(self, keys: MasterKeys) -> None:
        self._keys = keys

    @property
    def current(self) -> bytes:
        """The name of the master key that seals."""
        return self._keys.current.name

    def seal(self, webhook_id: str, secret: bytes) -> Sealed:
        """Seal a secret so that it opens for this webhook only; Conflict without a master key."""
        if not self._keys:
            raise Conflict("webhooks need LIVESHOP_PEOPLE_KEY, which seals their secrets")
        return self._keys.seal(_named(webhook_id), secret)

    def open(self, record: asyncpg.Record, now_ms: int) -> tuple[bytes, ...]:
        """Return the secrets that sign now: for a day the old one does, too; raises NoKey."""
        sealed = [_sealed_of(record, "")]
        if record["old_until_ms"] is not None and now_ms < record["old_until_ms"]:
            sealed.append(_sealed_of(record, "old_"))
        named = _named(record["id"])
        return tuple(self._keys.open(named, each) for each in sealed)

    def wrap_again(
        self, record: asyncpg.Record
    ) -> tuple[bytes, bytes, bytes | None, bytes | None, bytes] | None:
        """Return both secrets' new seals, and the one that was read; None if a key is lost."""
        named = _named(record["id"])
        try:
            new = self._keys.wrap_again(named, _sealed_of(record, ""))
            old = None
            if record["old_master"] is not None:
                old = self._keys.wrap_again(named, _sealed_of(record, "old_"))
        except NoKey:
            return None
        was: bytes = record["sealed_key"]
        old_seal = (None, None) if old is None else (old.master, old.key)
        return new.master, new.key, *old_seal, was


def _named(webhook_id: str) -> str:
    return f"webhook/{webhook_id}"


def _sealed_of(record: asyncpg.Record, prefix: str) -> Sealed:
    return Sealed(
        record[f"{prefix}master"], record[f"{prefix}sealed_key"], record[f"{prefix}secret"]
    )
