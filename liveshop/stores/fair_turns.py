"""The turns of what a node does for shops: bounded for each of them, and fair among all."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from liveshop.core.errors import Busy


@dataclass(eq=False, slots=True)
class _Waiter:
    shop: str | None
    decided: anyio.Event = field(default_factory=anyio.Event)
    begins: bool = False


class FairTurns:
    """Of all shops `of_all_max` have a turn at a time, of a shop `of_shop_max`.

    A turn may last for long, and none is taken back. So a shop has a further one only while as many
    stay free as it has then. A turn that is free goes to the shop that has the fewest, and of those
    to the one whose last began first. Work for no shop is of one shop here.
    """

    def __init__(
        self, *, of_all_max: int, of_shop_max: int, waiting_max: int, wait_ms: int
    ) -> None:
        """Let `waiting_max` wait for a turn, each for `wait_ms`."""
        self._of_all_max = of_all_max
        self._of_shop_max = of_shop_max
        self._waiting_max = waiting_max
        self._wait_s = wait_ms / 1000
        self._running: Counter[str | None] = Counter()
        self._waiting: list[_Waiter] = []
        self._begun = 0
        self._last: dict[str | None, int] = {}  # of shops that have a turn or wait for one

    @asynccontextmanager
    async def turn(self, shop: str | None) -> AsyncIterator[None]:
        """Have a turn for the block.

        Raises Busy if none is free in time, or `waiting_max` wait already: then the newest of
        the shop with the most makes way for one with fewer.
        """
        await self._take(shop)
        try:
            yield
        finally:
            self._leave(shop)

    async def _take(self, shop: str | None) -> None:
        # If it were waited for, a node that is busy for a moment would refuse a free turn.
        if self._may_begin(shop) and all(each.shop != shop for each in self._waiting):
            self._begin(shop)
            return
        if len(self._waiting) >= self._waiting_max:
            self._make_way(shop)
        waiter = _Waiter(shop)
        self._waiting.append(waiter)
        try:
            with anyio.move_on_after(self._wait_s):
                await waiter.decided.wait()
        except BaseException:
            # The client hung up; in the same moment its turn may have come.
            if waiter.begins:
                self._leave(shop)
            raise
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._forget(shop)
        if not waiter.begins:
            raise Busy

    def _may_begin(self, shop: str | None) -> bool:
        own, free = self._running[shop], self._of_all_max - self._running.total()
        return own < self._of_shop_max and free > own

    def _begin(self, shop: str | None) -> None:
        self._running[shop] += 1
        self._begun += 1
        self._last[shop] = self._begun

    def _leave(self, shop: str | None) -> None:
        self._running[shop] -= 1
        while ready := [each for each in self._waiting if self._may_begin(each.shop)]:
            waiter = min(ready, key=lambda each: (self._running[each.shop], self._last_of(each)))
            self._waiting.remove(waiter)
            self._begin(waiter.shop)
            waiter.begins = True
            waiter.decided.set()
        self._forget(shop)

    def _last_of(self, waiter: _Waiter) -> int:
        return self._last.get(waiter.shop, 0)

    def _make_way(self, shop: str | None) -> None:
        waiting = Counter(each.shop for each in self._waiting)
        most, count = waiting.most_common(1)[0]
        if waiting[shop] + 1 >= count:
            raise Busy
        newest = next(each for each in reversed(self._waiting) if each.shop == most)
        self._waiting.remove(newest)
        newest.decided.set()

    def _forget(self, shop: str | None) -> None:
        """Keep nothing of a shop that has no turn and waits for none."""
        if not self._running[shop]:
            del self._running[shop]
            if all(each.shop != shop for each in self._waiting):
                self._last.pop(shop, None)
