"""The pace of a node's imports: they leave most of the time to viewers and buyers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

from liveshop.features.catalogue_import import limits

_REST_S_MAX: Final = limits.IMPORT_REST_MS_MAX / 1000


class Pace:
    """The moments at which a node's imports may begin, and may write to the catalogue.

    A file begins IMPORT_GAP_MS after the one before, because each starts a process. Portions are
    written one at a time, and the next one waits for IMPORT_REST_PERCENT of the time that the last
    one took. So PostgreSQL and the event loop, which know no lower priority, have nothing of it for
    three quarters of the time. If the stores are busy, a portion takes longer, and the rest does
    too. It has a limit, or a large file would not end in time.
    """

    def __init__(
        self,
        gap_ms: int = limits.IMPORT_GAP_MS,
        now_s: Callable[[], float] = anyio.current_time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._gap_s = gap_ms / 1000
        self._now_s = now_s
        self._sleep = sleep
        self._next_s = 0.0
        self._rested_s = 0.0
        self._writing = anyio.Lock()

    async def begin(self) -> None:
        """Wait until another file may begin."""
        now_s = self._now_s()
        begins_s = max(now_s, self._next_s)
        self._next_s = begins_s + self._gap_s
        await self._sleep(begins_s - now_s)

    @asynccontextmanager
    async def portion(self) -> AsyncIterator[None]:
        """Write a portion within this, once all have rested from the one before."""
        async with self._writing:
            await self._sleep(max(0.0, self._rested_s - self._now_s()))
            begun_s = self._now_s()
            try:
                yield
            finally:
                ended_s = self._now_s()
                rest_s = (ended_s - begun_s) * limits.IMPORT_REST_PERCENT / 100
                self._rested_s = ended_s + min(rest_s, _REST_S_MAX)
