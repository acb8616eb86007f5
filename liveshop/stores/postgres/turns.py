"""Takes turns: of one session so many transactions at once, however many want to change it."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from liveshop.core.errors import Unavailable
from liveshop.core.limits import POSTGRES_CALL_MS_MAX, SESSION_TRANSACTIONS_AT_ONCE_MAX

_TURN_S = POSTGRES_CALL_MS_MAX / 1000


class Turns:
    """Changes of a session have to wait for the lock of its row: here first, without a connection.

    Otherwise those who wait for one session could have all connections of the pool, and the
    other sessions none.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, anyio.Semaphore] = {}
        self._wanted: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, session_id: str | None) -> AsyncIterator[None]:
        """Wait for a turn, and have it for the block; Unavailable where none comes in time."""
        if session_id is None:
            yield
            return
        turns = self._sessions.setdefault(
            session_id, anyio.Semaphore(SESSION_TRANSACTIONS_AT_ONCE_MAX, fast_acquire=True)
        )
        self._wanted[session_id] += 1
        try:
            with anyio.move_on_after(_TURN_S) as waiting:
                await turns.acquire()
            if waiting.cancelled_caught:
                raise Unavailable()
            try:
                yield
            finally:
                turns.release()
        finally:
            self._wanted[session_id] -= 1
            if not self._wanted[session_id]:
                del self._wanted[session_id], self._sessions[session_id]
