"""The time of workers: PostgreSQL has the only clock, and each estimates it."""

import time


class Clock:
    """Tells PostgreSQL's time between two readings.

    Workers share leases, and delete what is old. If each went by the clock of its machine, one that
    is a minute fast would take the leases of all others, and one that is a month fast would delete
    what nobody was told yet.
    """

    def __init__(self) -> None:
        self._offset_ms: int | None = None

    @property
    def observed(self) -> bool:
        """Whether it was read: before that there is no time."""
        return self._offset_ms is not None

    def observe(self, postgres_ms: int) -> None:
        """Take a reading of PostgreSQL's clock."""
        self._offset_ms = postgres_ms - _monotonic_ms()

    def now_ms(self) -> int:
        """Return the time now, in Unix milliseconds."""
        assert self._offset_ms is not None, "the clock was never read"
        return _monotonic_ms() + self._offset_ms


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
