"""The pace of a person who never asks more often than the protocol allows."""

import time
from typing import Final

import anyio

# A little under what docs/protocol.md allows a second, and in a burst.
_ALLOWED: Final = {
    **dict.fromkeys(("buy", "reserve", "checkout"), (4.5, 9)),
    "say": (1.8, 4),
}
_KINDS: Final = {"buy": "purchase", "reserve": "purchase", "checkout": "purchase"}


class Pace:
    """Waits before a command that would be refused as too early."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}

    async def turn(self, kind: str) -> None:
        """Wait until a command of this kind may be sent."""
        if kind not in _ALLOWED:
            return
        (rate, burst), bucket = _ALLOWED[kind], _KINDS.get(kind, kind)
        left, since_s = self._left.get(bucket, (float(burst), time.monotonic()))
        now_s = time.monotonic()
        left = min(burst, left + (now_s - since_s) * rate)
        if left < 1:
            await anyio.sleep((1 - left) / rate)
            left, now_s = 1, time.monotonic()
        self._left[bucket] = (left - 1, now_s)
