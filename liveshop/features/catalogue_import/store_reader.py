"""The parent's side of the process that reads a product CSV."""

import logging
import signal
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

import anyio

from liveshop.core.errors import BadRequest, InternalError
from liveshop.features.catalogue_import.rules import Reading, reading_of
from liveshop.stores.child import Child, command_of

_COMMAND: Final = command_of("liveshop.features.catalogue_import.store_process")

_logger: Final = logging.getLogger(__name__)

Take = Callable[[Reading], Awaitable[None]]


async def read_products(
    chunks: AsyncIterable[bytes], currency: str, take: Take, command: Sequence[str] = _COMMAND
) -> None:
    """Read a product CSV in a process of its own, and await `take` for each portion of it.

    A thread would not do: it holds the interpreter's lock for 5 ms at a time, and each of a
    node's writes to a viewer has to win the lock back. Raises BadRequest for a file that is no
    such CSV or has a row that takes too long to read, and what `chunks` or `take` raise. The
    process has ended when this returns.
    """
    async with Child([*command, currency]) as child:
        exchange = _Exchange(child, take)
        await exchange.run(chunks)
        if exchange.failure is not None:
            raise exchange.failure
        if not exchange.whole:
            raise _why_ended(await child.ended())


class _Exchange:
    """A file on its way into the process, and its readings on their way out."""

    def __init__(self, child: Child, take: Take) -> None:
        self._child = child
        self._take = take
        self.whole = False
        # Carried out of the task group, which would wrap it up with others.
        self.failure: Exception | None = None

    async def run(self, chunks: AsyncIterable[bytes]) -> None:
        """Send and receive at once, until the process or a failure ends it."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send, chunks)
            try:
                await self._receive()
            except Exception as failure:
                self.failure = failure
            tasks.cancel_scope.cancel()

    async def _send(self, chunks: AsyncIterable[bytes]) -> None:
        try:
            async for chunk in chunks:
                if not await self._child.send(chunk):
                    return  # the process reads no further, and its last reading says why
            self._child.send_end()
        except Exception as failure:
            self.failure = self.failure or failure
            # Rows that came before the end that is missing are no reading of the whole file.
            self._child.kill()

    async def _receive(self) -> None:
        async for line in _lines(self._child):
            reading = reading_of(line)
            if self.failure is not None:
                return
            if reading.refusal is not None:
                self.failure = BadRequest(reading.refusal)
            elif reading.whole:
                self.whole = True
            else:
                await self._take(reading)


async def _lines(child: Child) -> AsyncIterator[bytes]:
    rest = bytearray()
    while chunk := await child.receive():
        rest += chunk
        if b"\n" in chunk:
            *whole, last = bytes(rest).split(b"\n")
            for line in whole:
                yield line
            rest[:] = last


def _why_ended(code: int) -> Exception:
    if code == -signal.SIGVTALRM:
        return BadRequest("a row of the file takes too long to read")
    _logger.error("the process that reads a product CSV ended with %s", code)
    return InternalError()
