"""The parent's side of the process that reads a product CSV."""

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process

from liveshop.core import wire
from liveshop.core.errors import BadRequest, InternalError
from liveshop.features.catalogue_import.rules import Reading

_CHUNK_BYTES: Final = 65_536
# `-P`: a file called `csv.py` where the node was started is no module of ours.
_COMMAND: Final = (sys.executable, "-P", "-m", "liveshop.features.catalogue_import.store_process")

_NICENESS: Final = 10

# How to find the interpreter's modules and the libraries that they link, and the language.
_ENVIRONMENT: Final = re.compile(
    "PATH|HOME|LANG|LC_.*|TZ|TMPDIR|SYSTEMROOT|VIRTUAL_ENV|PYTHON.*|LD_.*|DYLD_.*|COVERAGE_.*"
)

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
    async with await anyio.open_process(
        [*command, currency],
        stdin=subprocess.PIPE,
        stderr=None,
        env=_environment(),
        # Ctrl-C at a terminal reaches a whole group: this process ends the other, and quietly.
        start_new_session=True,
    ) as process:
        # Here and not there, where half a second is over before a line of ours is run.
        _lower(process.pid)
        exchange = _Exchange(process, take)
        try:
            await exchange.run(chunks)
        finally:
            # One that has closed its output ends on its own. To kill it would reap it unseen, and
            # why it ended would be lost.
            if not exchange.over:
                with suppress(ProcessLookupError):
                    process.kill()
    if exchange.failure is not None:
        raise exchange.failure
    if not exchange.whole:
        raise _why_ended(process.returncode)


def _lower(pid: int) -> None:
    """Let viewers and buyers come first where there is not enough of the processor."""
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
    # Linux may weigh sessions against each other, and niceness only within one: the process, which
    # has a session of its own, would take as much of the processor as the node.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICENESS))


class _Exchange:
    """A file on its way into the process, and its readings on their way out."""

    def __init__(self, process: Process, take: Take) -> None:
        assert process.stdin is not None, "it was asked for"
        assert process.stdout is not None, "it was asked for"
        self._process = process
        self._stdin: ByteSendStream = process.stdin
        self._stdout: ByteReceiveStream = process.stdout
        self._take = take
        self.over = False  # all that it ever says is read
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
                try:
                    await self._stdin.send(chunk)
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    return  # the process reads no further, and its last reading says why
            await self._stdin.aclose()
        except Exception as failure:
            self.failure = self.failure or failure
            # Rows that came before the end that is missing are no reading of the whole file.
            self._process.kill()

    async def _receive(self) -> None:
        async for line in _lines(self._stdout):
            reading: Reading = wire.decode_as(wire.decode_object(line), Reading)
            if self.failure is not None:
                return
            if reading.refusal is not None:
                self.failure = BadRequest(reading.refusal)
            elif reading.whole:
                self.whole = True
            else:
                await self._take(reading)
        self.over = True


async def _lines(source: ByteReceiveStream) -> AsyncIterator[bytes]:
    rest = bytearray()
    with suppress(anyio.EndOfStream):
        while True:
            chunk = await source.receive(_CHUNK_BYTES)
            rest += chunk
            if b"\n" in chunk:
                *whole, last = bytes(rest).split(b"\n")
                for line in whole:
                    yield line
                rest[:] = last


def _environment() -> dict[str, str]:
    """Return what an interpreter and its libraries go by: to read strangers' files takes no secret.

    Everything else stays here. Passwords are not only in our own settings: PostgreSQL's and those
    of the clouds have names of their own.
    """
    return {name: text for name, text in os.environ.items() if _ENVIRONMENT.fullmatch(name)}


def _why_ended(code: int | None) -> Exception:
    if code == -signal.SIGVTALRM:
        return BadRequest("a row of the file takes too long to read")
    _logger.error("the process that reads a product CSV ended with %s", code)
    return InternalError()
