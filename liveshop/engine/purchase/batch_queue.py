"""A bounded queue whose taker gets all that has gathered, up to a batch."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import anyio

from liveshop.core import limits
from liveshop.core.errors import Busy

T = TypeVar("T")


class BatchQueue(Generic[T]):
    """Items wait in order; `put` never waits, since a full queue is an answer too."""

    def __init__(self, items_max: int) -> None:
        self._items: deque[T] = deque()
        self._items_max = items_max
        self._filled = anyio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add an item, or raise Busy."""
        if len(self._items) >= self._items_max:
            raise Busy()
        self._items.append(item)
        self._filled.set()

    async def take(self, most: int, wanted: Callable[[T], bool] = lambda _: True) -> list[T]:
        """Wait for an item and return it with those behind it, at most `most`.

        Items that are no longer `wanted` are dropped. If there are many of them the batch may
        come out short, or empty, so that the loop goes on in between.
        """
        while not self._items:
            if self._filled.is_set():  # else others wait for it already
                self._filled = anyio.Event()
            await self._filled.wait()
        batch: list[T] = []
        looked_at = most + limits.DROPPED_PER_BATCH_MAX
        while self._items and len(batch) < most and looked_at:
            looked_at -= 1
            item = self._items.popleft()
            if wanted(item):
                batch.append(item)
        return batch
