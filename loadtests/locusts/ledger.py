"""Failures that must not happen, counted over all users: of this process, on the master of all."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

# A user that has not seen by then what another one has, has missed it.
_SEEN_S_MAX: Final = 30.0

FAULTS: Final = {
    "gaps": "events came out of order or left one out",
    "missed": "events never came to a viewer that others had seen",
    "contradicted": "rids had two answers",
    "unanswered": "purchases had no answer",
}


class Ledger:
    """Counts, to be sent to the master and added up there."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self.counts: Counter[str] = Counter()
        self._first_seen_s: dict[int, float] = {}

    def seen(self, offset: int) -> None:
        """Note that a user has seen an event."""
        self.counts["events seen"] += 1
        self._first_seen_s.setdefault(offset, self._now_s())

    def leaves(self, joined_at: int, last: int) -> None:
        """Note how far a user has come that leaves now: it missed what others saw long ago."""
        long_ago_s = self._now_s() - _SEEN_S_MAX
        self.counts["missed"] += sum(
            offset > last and seen_s < long_ago_s
            for offset, seen_s in self._first_seen_s.items()
            if offset > joined_at
        )

    def take(self) -> dict[str, int]:
        """Return what has been counted, and forget it."""
        taken, self.counts = dict(self.counts), Counter()
        return taken

    def faults(self) -> list[str]:
        """Return what went wrong, in words."""
        return [f"{self.counts[name]} {what}" for name, what in FAULTS.items() if self.counts[name]]

    def summary(self) -> str:
        """Return what was seen and what went wrong, in a line."""
        names = ("joined", "lost", "events seen", "rids", "confirmed", *FAULTS)
        return ", ".join(f"{self.counts[name]} {name}" for name in names)


LEDGER: Final = Ledger()
