"""API keys that were looked up a moment ago, so that not every request is a query."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from liveshop.core import limits
from liveshop.core.errors import Busy
from liveshop.stores.postgres.keys import Key, Keys


class Found(NamedTuple):
    """The result of a look-up; None if there is no such key."""

    key: Key | None
    until_ms: int


class KnownKeys:
    """The API keys, as one node knows them.

    A key that is taken away is refused at once by the node that was asked to, and within
    `KEY_KNOWN_MS` by all others. The gate compares the end of a key with the clock each time.
    """

    def __init__(self, keys: Keys, now_ms: Callable[[], int]) -> None:
        self._keys = keys
        self._now_ms = now_ms
        self._found: OrderedDict[bytes, Found] = OrderedDict()
        # Apart, so that no flood of made-up keys makes the node forget them.
        self._held: OrderedDict[bytes, None] = OrderedDict()
        # Of those that held when they were last looked up, and of all others.
        self._looking_up = {True: 0, False: 0}
        self._removals = 0

    def recall(self, secret: str) -> Found | None:
        """Return what a look-up told lately, None if there was none."""
        found = self._found.get(_digest(secret))
        return found if found is not None and self._now_ms() < found.until_ms else None

    def held(self, secret: str) -> bool:
        """Whether a key held when it was last looked up; it may have been taken away since."""
        return _digest(secret) in self._held

    async def find(self, secret: str) -> Key | None:
        """Look a key up, None where there is none; raises Busy."""
        held = self.held(secret)
        if self._looking_up[held] >= limits.KEYS_LOOKED_UP_MAX:
            raise Busy
        removals = self._removals
        self._looking_up[held] += 1
        try:
            key = await self._keys.find(secret)
        finally:
            self._looking_up[held] -= 1
        self._note_held(secret, key is not None)
        # If a key was taken away meanwhile, the answer may be the one of before.
        if removals == self._removals:
            self._found[_digest(secret)] = Found(key, self._now_ms() + limits.KEY_KNOWN_MS)
            self._found.move_to_end(_digest(secret))
            if len(self._found) > limits.KEYS_KNOWN_MAX:
                self._found.popitem(last=False)
        return key

    async def remove(self, key_id: str) -> str:
        """Take a key away and return its name; raises NotFound."""
        try:
            return await self._keys.remove(key_id)
        finally:
            # Also if the outcome is unknown.
            self._removals += 1
            self._found.clear()

    def _note_held(self, secret: str, held: bool) -> None:
        self._held.pop(_digest(secret), None)
        if held:
            self._held[_digest(secret)] = None
            if len(self._held) > limits.KEYS_KNOWN_MAX:
                self._held.popitem(last=False)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
