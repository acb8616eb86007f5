"""Run `liveshop` as a fork of a process that has imported it once.

To import it costs a node a second of CPU, more than most tests of the pages spend on all else.
One template for each process of tests does that. Each program is forked from it and handed over
to the process of tests. From then on it is a child like any other: the tests wait for it or kill
it, and it dies with its parent. The command line itself is tested as a program of its own:
`tests/cli/programs.py`.
"""

import atexit
import ctypes
import fcntl
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from liveshop.cli.subprocesses import die_with_parent
from tests.waiting import PROCESS_WAIT_S

_PRELOADED: Final = tuple(f"liveshop.cli.{name}" for name in ("serve", "work", "audit"))
_REQUEST_BYTES_MAX: Final = 65_536
_OUTPUT_BYTES_MAX: Final = 1_048_576  # as much as Linux lets anybody have
_PR_SET_CHILD_SUBREAPER: Final = 36
_PAUSE_S: Final = 0.002


class Forked:
    """A running program, with what tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, output: TextIO) -> None:
        self.pid = pid
        self.stdout = output
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, that of a signal below 0; None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Wait for its end and return the exit code; fail after a minute."""
        give_up_at_s = time.monotonic() + PROCESS_WAIT_S
        while (code := self.poll()) is None:
            assert time.monotonic() < give_up_at_s, f"process {self.pid} does not end"
            time.sleep(_PAUSE_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal; one that has ended is fine."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self) -> tuple[str, None]:
        """Read all that it says until it ends."""
        said = self.stdout.read()
        self.wait()
        return said, None


@contextmanager
def forked(*arguments: str, environment: dict[str, str]) -> Iterator[Forked]:
    """Run `liveshop` with arguments and settings; at the end it is killed if it runs.

    Call it from the main thread: Linux ends the program when the thread that is its parent ends.
    """
    assert all(name.startswith("LIVESHOP_") for name in environment), "Python has begun by then"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("LIVESHOP_")}
    reading, writing = os.pipe()
    try:
        # Nobody reads what a server logs: with 64 KiB it hangs once that is full.
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _OUTPUT_BYTES_MAX)
        pid = _fork([*arguments], inherited | environment, writing)
    finally:
        os.close(writing)
    with open(reading, encoding="utf-8") as output:
        process = Forked(pid, output)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _fork(arguments: list[str], environment: dict[str, str], output: int) -> int:
    """Have the template fork, and adopt what it has forked; return its id."""
    line = _template()
    request = json.dumps([os.getpid(), arguments, environment]).encode()
    assert len(request) <= _REQUEST_BYTES_MAX
    # Only meanwhile: otherwise the orphans of all programs would be ours, never reaped.
    _adopt_orphans(True)
    try:
        socket.send_fds(line, [request], [output])
        answer = line.recv(_REQUEST_BYTES_MAX)
    finally:
        _adopt_orphans(False)
    assert answer, "the template has ended; what it said is above"
    return int(answer)


@functools.cache
def _template() -> socket.socket:
    """Start this process' template; return the line to it, whose end is its end."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(its.fileno())],
            stdout=subprocess.DEVNULL,
            pass_fds=[its.fileno()],
            cwd=Path(__file__).parents[1],
            process_group=0,  # Ctrl-C is for the process of tests, which then ends its programs
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _adopt_orphans(adopt: bool) -> None:
    """Become the parent of descendants whose parent ends, or leave them to `init` again."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


# The rest runs in the template and in its forks.


def _requests(line: socket.socket) -> bool:
    """Fork for each request; return True in a fork, which is to run, and False at the end."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(line, _REQUEST_BYTES_MAX, 1)
        if not request:
            return False
        # The fork of a fork: once the one between has ended, the process of tests adopts it.
        between = os.fork()
        if between == 0:
            between = os.getpid()
            if os.fork() == 0:
                _become(line, between, json.loads(request), descriptors[0])
                return True
            os._exit(0)
        os.waitpid(between, 0)
        os.close(descriptors[0])


def _become(line: socket.socket, between: int, request: Any, output: int) -> None:
    """Make of a fork what the kernel makes of a new program, and answer the request for it."""
    tests, arguments, environment = request
    while os.getppid() == between:
        time.sleep(_PAUSE_S)
    bind = die_with_parent(tests, signal.SIGTERM)
    assert bind is not None
    bind()
    sys.argv = ["liveshop", *arguments]
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.close(output)
    line.send(str(os.getpid()).encode())
    line.close()


def _run() -> None:
    line = socket.socket(fileno=int(sys.argv[1]))
    for each in _PRELOADED:
        importlib.import_module(each)
    # Otherwise each collection of a fork would copy the pages of all that is imported.
    gc.freeze()
    with line:
        is_fork = _requests(line)
    if is_fork:
        sys.exit(importlib.import_module("liveshop.cli.commands").main(prog_name="liveshop"))


if __name__ == "__main__":
    _run()
