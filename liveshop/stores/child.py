"""A process of our own that reads a stranger's file: started, written to, read from, and ended."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import anyio
from anyio import to_thread

_CHUNK_BYTES: Final = 65_536
_NICENESS: Final = 10

# How to find the interpreter's modules and the libraries that they link, and the language.
_ENVIRONMENT: Final = re.compile(
    "PATH|HOME|LANG|LC_.*|TZ|TMPDIR|SYSTEMROOT|VIRTUAL_ENV|PYTHON.*|LD_.*|DYLD_.*|COVERAGE_.*"
)


_PROGRAM: Final = str(Path(__file__).with_name("child_program.py"))


def command_of(module: str) -> tuple[str, ...]:
    """Return the command of a process that carries out a module's `main`, and imports little."""
    # `-P`: a file called `csv.py` where the node was started is no module of ours.
    return sys.executable, "-P", _PROGRAM, module


class Child:
    """A process with a pipe to it and one from it; leave the `async with`, and it has ended.

    It is not started by the event loop. That of a node, uvloop, copies the node's page tables, and
    stands still until the copy has become another program: 3 ms of a processor, and 14 ms of
    everybody's time on two busy cores. Here the child borrows the node's memory until it has one
    of its own (vfork): 0.1 ms.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            # Ctrl-C at a terminal reaches a whole group: this process ends the other, and quietly.
            start_new_session=True,
        )
        assert self._process.stdin is not None, "it was asked for"
        assert self._process.stdout is not None, "it was asked for"
        self._stdin: IO[bytes] = self._process.stdin
        self._stdout: IO[bytes] = self._process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
        # Here and not there, where a tenth of a second is over before a line of ours is run.
        _lower(self._process.pid)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it unless it has ended, and leave nothing of it."""
        self.kill()
        self._stdin.close()
        self._stdout.close()
        with anyio.CancelScope(shield=True):
            await self.ended()

    async def send(self, data: bytes) -> bool:
        """Hand bytes over as fast as it takes them; return whether it still takes any."""
        rest = memoryview(data)
        try:
            while rest:
                # None where the pipe is full.
                if sent := self._stdin.write(rest):
                    rest = rest[sent:]
                else:
                    await anyio.wait_writable(self._stdin)
        except BrokenPipeError:
            return False
        return True

    def send_end(self) -> None:
        """Let it know that nothing more comes."""
        self._stdin.close()

    async def receive(self) -> bytes:
        """Return what it has said, b"" once it has said all."""
        # None where the pipe is empty.
        while (chunk := self._stdout.read(_CHUNK_BYTES)) is None:
            await anyio.wait_readable(self._stdout)
        return chunk

    async def ended(self) -> int:
        """Wait until it has ended; return its exit code, or minus the signal that ended it."""
        code = self._process.poll()
        return await to_thread.run_sync(self._process.wait) if code is None else code

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        self._process.kill()


def _lower(pid: int) -> None:
    """Let viewers and buyers come first where there is not enough of the processor."""
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
    # Linux may weigh sessions against each other, and niceness only within one: the process, which
    # has a session of its own, would take as much of the processor as the node.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICENESS))


def _environment() -> dict[str, str]:
    """Return what an interpreter and its libraries go by: to read strangers' files takes no secret.

    Everything else stays here. Passwords are not only in our own settings: PostgreSQL's and those
    of the clouds have names of their own.
    """
    return {name: text for name, text in os.environ.items() if _ENVIRONMENT.fullmatch(name)}
