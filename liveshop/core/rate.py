"""How often something may be done: token buckets in integers, told the time."""


class Bucket:
    """A bucket of `burst` tokens that fills up by `per_second` a second; it starts full."""

    __slots__ = ("_at_ms", "_burst_milli", "_level_milli", "_per_second")

    def __init__(self, per_second: int, burst: int, now_ms: int) -> None:
        self._per_second = per_second
        self._burst_milli = burst * 1000
        self._level_milli = self._burst_milli
        self._at_ms = now_ms

    def take(self, now_ms: int, tokens: int = 1) -> int:
        """Take tokens and return 0, or take none and return in how many ms there will be enough."""
        # A token is a thousand milli-tokens, so a rate per second is one of milli-tokens per ms.
        gained_milli = max(0, now_ms - self._at_ms) * self._per_second
        self._level_milli = min(self._burst_milli, self._level_milli + gained_milli)
        self._at_ms = max(self._at_ms, now_ms)
        if self._level_milli >= tokens * 1000:
            self._level_milli -= tokens * 1000
            return 0
        return -((self._level_milli - tokens * 1000) // self._per_second)


class Turnstile:
    """Lets `per_second` through a second, and twice as many at once after a quiet second or two.

    Who is not let through is given a turn of its own, so that those who come back do not come
    all at once again.
    """

    __slots__ = ("_bucket", "_last_turn_us", "_per_second")

    def __init__(self, per_second: int, now_ms: int) -> None:
        self._bucket = Bucket(per_second, 2 * per_second, now_ms)
        self._per_second = per_second
        self._last_turn_us = now_ms * 1000

    def wait_ms(self, now_ms: int) -> int:
        """Return 0 to let someone through, or in how many ms to come back, more for each."""
        if not self._bucket.take(now_ms):
            return 0
        turn_us = max(self._last_turn_us, now_ms * 1000) + 1_000_000 // self._per_second
        self._last_turn_us = turn_us
        return max(1, turn_us // 1000 - now_ms)
