"""The last use of each API key, kept to the minute: no request waits for that."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final

from liveshop.core import limits
from liveshop.core.errors import LiveshopError, reason
from liveshop.stores.postgres.keys import Keys

_logger: Final = logging.getLogger(__name__)


class KeyUses:
    """Writes at most once a minute for a key; a use that cannot be written is left to the next."""

    def __init__(
        self,
        keys: Keys,
        start: Callable[[Callable[[], Coroutine[Any, Any, None]]], None],
        now_ms: Callable[[], int],
    ) -> None:
        """Take what carries out a task that nobody waits for, and the stores' clock."""
        self._keys = keys
        self._start = start
        self._now_ms = now_ms
        self._noted: OrderedDict[str, int] = OrderedDict()

    def note(self, key_id: str) -> None:
        """Note that a key is used now."""
        now_ms = self._now_ms()
        noted_ms = self._noted.get(key_id)
        if noted_ms is not None and now_ms - noted_ms < limits.KEY_USE_MS:
            return
        self._noted[key_id] = now_ms
        self._noted.move_to_end(key_id)
        if len(self._noted) > limits.KEYS_KNOWN_MAX:
            self._noted.popitem(last=False)

        async def write() -> None:
            try:
                await self._keys.note_use(key_id, now_ms)
            except LiveshopError as failure:
                _logger.info("the use of the key %s is not kept: %s", key_id, reason(failure))
            except Exception:
                # It would end the group of tasks that payments are carried out in.
                _logger.exception("the use of the key %s is not kept", key_id)

        self._start(write)
