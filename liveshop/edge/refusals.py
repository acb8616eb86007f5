"""The pace of refusals: an address that is refused again and again waits for each answer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from liveshop.core import limits
from liveshop.core.rate import Buckets
from liveshop.edge.wheel import Timed, Wheel, tell_time


@dataclass(frozen=True, slots=True, eq=False)
class _Later:
    """An answer that waits for its turn on the wheel."""

    due_ms: int
    say: Callable[[], None]
    transport: asyncio.Transport
    waiting: "dict[_Later, None]"

    def tick(self, now_ms: int) -> None:
        """Give the answer."""
        self.waiting.pop(self, None)
        self.say()

    def abort(self) -> None:
        """Cut the connection."""
        self.transport.abort()


class Refusals:
    """Answers what is refused: at once, or in a second beyond `REFUSALS_RATE` of an address.

    A client that knocks as fast as it is refused would otherwise take what time the node has. Only
    refusals wait, so that nobody else at the same address notices.
    """

    def __init__(self, wheel: Wheel[Timed], now_ms: Callable[[], int]) -> None:
        self._wheel: Final = wheel
        self._now_ms: Final = now_ms
        self._buckets = Buckets(limits.HTTP_CALLERS_KEPT_MAX)
        self._waiting: dict[_Later, None] = {}  # the oldest first

    def wait_ms(self, address: str) -> int:
        """Count a refusal, and return for how long its answer has to wait."""
        now_ms = self._now_ms()
        empty = self._buckets.of(address, limits.REFUSALS_RATE, now_ms).take(now_ms)
        return limits.REFUSAL_WAIT_MS if empty else 0

    def later(self, transport: asyncio.Transport, wait_ms: int, say: Callable[[], None]) -> None:
        """Give an answer in so many ms, whatever has become of the connection by then.

        Nothing more is read: what came could make its reader end what is still to be written to.
        """
        transport.pause_reading()
        later = _Later(self._now_ms() + wait_ms, say, transport, self._waiting)
        if len(self._waiting) >= limits.REFUSALS_WAITING_MAX:
            # Each keeps a connection that nothing else counts.
            self._say(next(iter(self._waiting)))
        self._waiting[later] = None
        self._wheel.schedule(later, later.due_ms)

    def say_all(self) -> None:
        """Give every answer that waits: the node ends."""
        for later in tuple(self._waiting):
            self._say(later)

    def _say(self, later: _Later) -> None:
        self._wheel.cancel(later)
        tell_time(later, later.due_ms)

    def close_with(self, address: str, transport: asyncio.Transport, words: bytes) -> None:
        """Write an answer in its turn and close the connection, of which nothing more is read."""
        wait_ms = self.wait_ms(address)
        if wait_ms:
            self.later(transport, wait_ms, partial(_close_with, transport, words))
        else:
            _close_with(transport, words)


def _close_with(transport: asyncio.Transport, words: bytes) -> None:
    if not transport.is_closing():
        transport.write(words)
        transport.close()
