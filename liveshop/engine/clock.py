"""The time: Redis has the only clock, and a node estimates it."""

import time

from liveshop.core.limits import CLOCK_JUMP_ALARM_MS


class Clock:
    """Tells Redis' time between two readings, and runs on its own while Redis is away.

    If Redis' clock goes back, so does this one: it is a session's time that must not.
    """

    def __init__(self) -> None:
        self._offset_ms = time.time_ns() // 1_000_000 - _monotonic_ms()
        # Whether Redis' clock is known, so that the time is not just this machine's guess.
        self.observed = False

    def observe(self, redis_ms: int) -> int:
        """Take a reading of Redis' clock; return by how many ms it jumped, 0 if it did not.

        A jump is a difference of more than `CLOCK_JUMP_ALARM_MS` from what was expected. The first
        reading is no jump: before it there is only this machine's clock, which may be days off.
        """
        offset_ms = redis_ms - _monotonic_ms()
        jump_ms = offset_ms - self._offset_ms
        known, self.observed = self.observed, True
        self._offset_ms = offset_ms
        return jump_ms if known and abs(jump_ms) > CLOCK_JUMP_ALARM_MS else 0

    def now_ms(self) -> int:
        """Return the time now, in Unix milliseconds."""
        return _monotonic_ms() + self._offset_ms


class SessionClock:
    """Tells a session's time: Redis' clock, but never behind the newest instant that was used.

    It only stamps messages and wakes tasks: Redis decides what is due, inside its functions, which
    keep to the same rule. If one session's time is ahead, it stands still until the clock has come
    up to it. Other sessions and tokens keep the right time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used_ms = 0
        self._told_ms = 0

    def observe(self, used_ms: int) -> None:
        """Note an instant that Redis has used for this session."""
        self._used_ms = max(self._used_ms, used_ms)

    def begin_again(self) -> None:
        """Forget what was used: Redis has been loaded again, and says what its time is now."""
        self._used_ms = self._told_ms = 0

    def now_ms(self) -> int:
        """Return the session's time now, in Unix milliseconds; it goes back only at new epochs."""
        if self._clock.observed:
            self._told_ms = max(self._told_ms, self._used_ms, self._clock.now_ms())
            return self._told_ms
        return self._clock.now_ms()

    def at(self, redis_ms: int) -> int:
        """Return the session's time at a reading of Redis' clock, as its functions have it."""
        return max(self._used_ms, redis_ms)


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
