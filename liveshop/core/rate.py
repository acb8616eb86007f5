"""How often something may be done: token buckets in integers, told the time."""


class Bucket:
    """A bucket of `burst` tokens that fills up by `per_second` a second; it starts full."""

    __slots__ = ("_at_ms", "_burst_milli", "_level_milli", "_per_second")

    def __init__(self, per_second: int, burst: int, now_ms: int) -> None:
        self._per_second = per_second
        self._burst_milli = burst * 1000
        self._level_milli = self._burst_milli
        self._at_ms = now_ms

    def take(self, now_ms: int, tokens: int = 1, *, leaving: int = 0) -> int:
        """Take tokens and return 0, or take none and return in how many ms there will be enough.

        At least `leaving` tokens stay; if that is negative, so many are taken in advance.
        """
        # A token is a thousand milli-tokens, so a rate per second is one of milli-tokens per ms.
        gained_milli = max(0, now_ms - self._at_ms) * self._per_second
        self._level_milli = min(self._burst_milli, self._level_milli + gained_milli)
        self._at_ms = max(self._at_ms, now_ms)
        if self._level_milli >= (tokens + leaving) * 1000:
            self._level_milli -= tokens * 1000
            return 0
        return -((self._level_milli - (tokens + leaving) * 1000) // self._per_second)
