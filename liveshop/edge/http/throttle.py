"""How often each caller may ask: those without a token are counted by address."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter

from liveshop.core import limits
from liveshop.core.errors import Busy, RateLimited
from liveshop.core.rate import Buckets
from liveshop.core.roles import Role
from liveshop.edge.http.callers import Caller


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
        self._take(name, _rate_of(caller))

    def admit_purchase(self, caller: Caller) -> None:
        """Raise RateLimited if a buyer reserves too often; a backend's many buyers are one."""
        if not caller.api_key:
            self._take(f"buyer {caller.identity().viewer_id}", limits.PURCHASE_RATE)

    def admit_rehearsal(self, caller: Caller) -> None:
        """Raise RateLimited if a host rehearses faster than a show goes."""
        self._take(f"rehearsal of {caller.name}", limits.REHEARSAL_RATE)

    def _take(self, name: str, rate: tuple[int, int]) -> None:
        now_ms = self.now_ms()
        if retry_after_ms := self._buckets.of(name, rate, now_ms).take(now_ms):
            raise RateLimited(retry_after_ms=retry_after_ms)


class RehearsalTurns:
    """The rehearsals under way on a node: a body that is read, waits for a worker or is decided."""

    def __init__(self) -> None:
        self.workers = CapacityLimiter(limits.REHEARSAL_WORKERS_MAX)
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def turn(self, caller: Caller) -> Iterator[None]:
        """Count one of the caller's; raises Busy where it, or the node, has too many."""
        name, counts = caller.name, self._under_way
        if (
            counts[name] >= limits.REHEARSALS_PER_CALLER_MAX
            or counts.total() >= limits.REHEARSALS_AT_ONCE_MAX
        ):
            raise Busy("a rehearsal is under way, try again")
        counts[name] += 1
        try:
            yield
        finally:
            counts[name] -= 1
            if not counts[name]:
                del counts[name]


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
