"""How often something may be done: token buckets in integers, told the time."""

from collections import OrderedDict


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
        level_milli, passed_ms = self._level_milli, now_ms - self._at_ms
        # Each command comes here three times, and two calls of `min` and `max` are half of it.
        if passed_ms > 0:
            self._at_ms = now_ms
            level_milli += passed_ms * self._per_second
            if level_milli > self._burst_milli:
                level_milli = self._burst_milli
        wanted_milli = (tokens + leaving) * 1000
        if level_milli >= wanted_milli:
            self._level_milli = level_milli - tokens * 1000
            return 0
        self._level_milli = level_milli
        return (wanted_milli - level_milli + self._per_second - 1) // self._per_second

    @property
    def left(self) -> int:
        """The tokens that there were after it was drawn from last."""
        return max(0, self._level_milli) // 1000

    def give_back(self) -> None:
        """Put one token back that was taken for nothing."""
        self._level_milli = min(self._burst_milli, self._level_milli + 1000)


class Buckets:
    """Buckets by name: those drawn from last, `kept_max` of them."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def get(self, name: str) -> Bucket | None:
        """Return a bucket if there is one; it is not drawn from."""
        return self._buckets.get(name)

    def of(self, name: str, rate: tuple[int, int], now_ms: int) -> Bucket:
        """Return the bucket of a name, a full one where there is none."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(*rate, now_ms)
            if len(self._buckets) > self._kept_max:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        return bucket
