"""Something that the pulse wants to know of a store, and never waits long for."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from liveshop.core.errors import LiveshopError
from liveshop.engine.signal import Signal

# A store that answers takes a few milliseconds; the gauges of all viewers wait meanwhile.
_PATIENCE_S = 0.1


class Asked:
    """Reads when asked, in a task of its own: a store that hangs holds no pulse up."""

    def __init__(self, read: Callable[[], Awaitable[None]]) -> None:
        self._read = read
        self._wanted = Signal()
        self._answered = anyio.Event()

    async def run(self) -> None:
        """Read whenever somebody asks, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                # Without an answer, what was read before stands; the next pulse asks again.
                with suppress(LiveshopError):
                    await self._read()
            finally:
                answered, self._answered = self._answered, anyio.Event()
                answered.set()

    async def ask(self) -> None:
        """Have it read, and return once it was, or after a tenth of a second."""
        answered = self._answered
        self._wanted.set()
        with anyio.move_on_after(_PATIENCE_S):
            await answered.wait()
