"""The node's estimate of the one clock, that of Redis."""

import time

from liveshop.core.limits import CLOCK_JUMP_ALARM_MS


class Clock:
    """Tells Redis' time between two readings, and goes on by itself while Redis is away.

    It only stamps messages: what is due is decided by Redis inside its functions. It never goes
    back; a slower reading makes it stand still until the time is reached. The first reading is
    believed at once: before it there is only this machine's clock, which may be days ahead.
    """

    def __init__(self) -> None:
        self._offset_ms = time.time_ns() // 1_000_000 - _monotonic_ms()
        self._last_ms = 0
        # Whether Redis' clock is known, so that the time is not just this machine's guess.
        self.observed = False

    def observe(self, redis_ms: int) -> int:
        """Take a reading of Redis' clock; return by how many ms it jumped, 0 if it did not.

        A jump is a difference of more than `CLOCK_JUMP_ALARM_MS` from what was expected.
        """
        offset_ms = redis_ms - _monotonic_ms()
        jump_ms = offset_ms - self._offset_ms
        known, self.observed = self.observed, True
        if not known:
            self._last_ms = 0
        self._offset_ms = offset_ms
        return jump_ms if known and abs(jump_ms) > CLOCK_JUMP_ALARM_MS else 0

    def now_ms(self) -> int:
        """Return the time now, in Unix milliseconds."""
        self._last_ms = max(self._last_ms, _monotonic_ms() + self._offset_ms)
        return self._last_ms


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
