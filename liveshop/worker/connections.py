"""Connections of requests that go out, each kept for some seconds in case another one follows."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, TypeAlias

import anyio
import httpcore

_IDLE_MAX: Final = 100
# Many servers close what is idle for five seconds: one that is used as it closes fails.
IDLE_S_MAX: Final = 4.0

_Place: TypeAlias = tuple[bytes, bytes, int | None]


class Connections:
    """Idle connections by scheme, host and port, those that were used last.

    The library's own pool asks each idle connection twice a request whether it is still open, which
    costs more than the request where there are a hundred.
    """

    def __init__(self, make: Callable[[httpcore.Origin], httpcore.AsyncHTTPConnection]) -> None:
        """Take what makes a new one."""
        self._make = make
        self._idle: dict[_Place, list[httpcore.AsyncHTTPConnection]] = {}
        # When each became idle, the one that waits longest first.
        self._since: dict[httpcore.AsyncHTTPConnection, tuple[_Place, float]] = {}

    @asynccontextmanager
    async def connection(self, url: httpcore.URL) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """Give a connection for one request; it is kept if it may be used for another one."""
        place = (url.scheme, url.host, url.port)
        connection = await self._take(place) or self._make(url.origin)
        try:
            yield connection
        except BaseException:
            with anyio.CancelScope(shield=True):
                await connection.aclose()
            raise
        if connection.is_idle():
            self._idle.setdefault(place, []).append(connection)
            self._since[connection] = (place, monotonic())
        else:
            await connection.aclose()
        await self._close_old()

    async def aclose(self) -> None:
        """Close all that are idle."""
        for each in list(self._since):
            await self._close(each)

    async def _take(self, place: _Place) -> httpcore.AsyncHTTPConnection | None:
        while waiting := self._idle.get(place):
            connection = waiting[-1]
            if not connection.has_expired():
                self._forget(connection)
                return connection
            await self._close(connection)
        return None

    async def _close_old(self) -> None:
        while self._since:
            oldest, (_, since_s) = next(iter(self._since.items()))
            if len(self._since) <= _IDLE_MAX and monotonic() - since_s < IDLE_S_MAX:
                return
            await self._close(oldest)

    async def _close(self, connection: httpcore.AsyncHTTPConnection) -> None:
        self._forget(connection)
        with anyio.CancelScope(shield=True):
            await connection.aclose()

    def _forget(self, connection: httpcore.AsyncHTTPConnection) -> None:
        place, _ = self._since.pop(connection)
        self._idle[place].remove(connection)
        if not self._idle[place]:
            del self._idle[place]
