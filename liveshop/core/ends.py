"""Things that end, the earliest first: to find those that are over costs what they are."""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_FEW: Final = 64


class Ends(Generic[T]):
    """Things by the instant of their end.

    One that was replaced or dropped meanwhile stays until its end, or until half are such.
    """

    def __init__(self, is_current: Callable[[T], bool]) -> None:
        self._is_current = is_current
        self._heap: list[tuple[int, int, T]] = []
        self._numbers = count()  # so that no two things are compared
        self._many = _FEW

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, thing: T, ends_ms: int) -> None:
        """Take in a thing; from `ends_ms` on it is over."""
        heappush(self._heap, (ends_ms, next(self._numbers), thing))
        if len(self._heap) > self._many:
            # Otherwise one that is replaced again and again, each time with an end that is far
            # away, would use up the memory.
            self._heap = [each for each in self._heap if self._is_current(each[2])]
            heapify(self._heap)
            self._many = max(_FEW, 2 * len(self._heap))

    def pop_ended(self, now_ms: int) -> Iterator[T]:
        """Take out and yield what is over."""
        while self._heap and self._heap[0][0] <= now_ms:
            thing = heappop(self._heap)[2]
            if self._is_current(thing):
                yield thing
