"""Deadlines of many, without a timer for each."""

import logging
from typing import Final, Generic, Protocol, TypeVar

_logger: Final = logging.getLogger(__name__)
_SLOT_MS: Final = 100
_SLOTS: Final = 512

T = TypeVar("T")


class Timed(Protocol):
    """An item that waits on a node's wheel."""

    @property
    def due_ms(self) -> int:
        """When time next asks something of it."""

    def tick(self, now_ms: int) -> None:
        """Do what time asks for, if it does; all that had come by `now_ms` was read."""

    def abort(self) -> None:
        """Cut the connection, without which nothing is to be done."""


def tell_time(item: Timed, now_ms: int) -> None:
    """Let one item do what time asks for; a bug in that costs its connection, and nothing else."""
    try:
        item.tick(now_ms)
    except Exception:
        # It may no longer be on the wheel: left open, it would stay for ever.
        _logger.exception("a connection could not do what time asks of it")
        item.abort()


class Wheel(Generic[T]):
    """A ring of slots of a tenth of a second: each item waits in the slot of its next deadline.

    A deadline beyond one turn of the ring waits in the last slot, so an item may come up before
    it is due: the caller that advances the wheel looks at the deadline and schedules again.
    """

    def __init__(self, now_ms: int) -> None:
        self._slots: list[set[T]] = [set() for _ in range(_SLOTS)]
        self._slot_of: dict[T, int] = {}
        self._at = now_ms // _SLOT_MS

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._slot_of)

    def schedule(self, item: T, due_ms: int) -> None:
        """Let an item come up at `due_ms`, in place of when it would have."""
        self.cancel(item)
        # Rounded up, so that what comes up in its own slot is due.
        at = -(-due_ms // _SLOT_MS)
        slot = min(max(at, self._at + 1), self._at + _SLOTS - 1) % _SLOTS
        self._slots[slot].add(item)
        self._slot_of[item] = slot

    def cancel(self, item: T) -> None:
        """Forget an item; idempotent."""
        slot = self._slot_of.pop(item, None)
        if slot is not None:
            self._slots[slot].discard(item)

    def advance(self, now_ms: int) -> list[T]:
        """Turn to `now_ms` and return the items that came up, which the wheel then forgets."""
        came_up: list[T] = []
        target = now_ms // _SLOT_MS
        # A turn looks at every slot, however long nobody advanced.
        for at in range(max(self._at + 1, target - _SLOTS + 1), target + 1):
            slot = self._slots[at % _SLOTS]
            came_up.extend(slot)
            slot.clear()
        self._at = max(self._at, target)
        for item in came_up:
            del self._slot_of[item]
        return came_up
