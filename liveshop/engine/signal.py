"""A wake-up call for a task that does the same work again and again."""

import anyio


class Signal:
    """Wakes the one task that waits for it.

    Setting it while that task works is not lost: its next `wait` returns at once. Setting it
    twice wakes the task once.
    """

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Wake the task that waits, or its next `wait`."""
        self._event.set()

    async def wait(self) -> None:
        """Return once the signal has been set since the last `wait`, and clear it."""
        await self._event.wait()
        self.clear()

    def clear(self) -> None:
        """Forget that the signal was set."""
        self._event = anyio.Event()
