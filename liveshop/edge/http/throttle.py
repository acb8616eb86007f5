"""How often each caller may ask: those without a token are counted by address."""

import time
from collections.abc import Callable
from typing import Final

from liveshop.core import limits
from liveshop.core.errors import RateLimited
from liveshop.core.rate import Buckets
from liveshop.core.roles import Role
from liveshop.edge.http.callers import Caller

RATE_HEADERS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Throttle:
    """Token buckets of the callers seen last, `HTTP_CALLERS_KEPT_MAX` of them."""

    def __init__(self, now_ms: Callable[[], int] = _monotonic_ms) -> None:
        self.now_ms = now_ms
        self._buckets = Buckets(limits.HTTP_CALLERS_KEPT_MAX)

    def admit(self, caller: Caller, address: str) -> None:
        """Raise RateLimited if the caller asks too often."""
        name = f"address {address}" if caller.grant is None else caller.name
        self.take(name, _rate_of(caller))

    def headers(self, caller: Caller) -> dict[str, str]:
        """Return how much more one with a token or a key may ask, and in how long it is all."""
        bucket = None if caller.grant is None else self._buckets.get(caller.name)
        if bucket is None:
            return {}
        per_second, burst = _rate_of(caller)
        told = (burst, bucket.left, -(-(burst - bucket.left) // per_second))
        return dict(zip(RATE_HEADERS, map(str, told), strict=True))

    def admit_purchase(self, caller: Caller) -> None:
        """Raise RateLimited if a buyer reserves too often; a backend's many buyers are one."""
        if not caller.api_key:
            self.take(f"buyer {caller.name}", limits.PURCHASE_RATE)

    def take(self, name: str, rate: tuple[int, int]) -> None:
        """Raise RateLimited if what has this name comes faster than its rate: (a second, burst)."""
        now_ms = self.now_ms()
        if retry_after_ms := self._buckets.of(name, rate, now_ms).take(now_ms):
            raise RateLimited(retry_after_ms=retry_after_ms)


def _rate_of(caller: Caller) -> tuple[int, int]:
    if caller.api_key:
        return limits.HTTP_KEY_RATE
    match caller.role:
        case None:
            return limits.HTTP_ANONYMOUS_RATE
        case Role.VIEWER:
            return limits.HTTP_VIEWER_RATE
        case _:
            return limits.HTTP_HOST_RATE
