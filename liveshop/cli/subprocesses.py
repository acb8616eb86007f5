"""Start server processes that end when we do, and find out where they may listen."""

import contextlib
import ctypes
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

START_S_MAX = 30.0
STOP_S_MAX = 15.0
_POLL_S = 0.02
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class LocalStoreError(Exception):
    """A local store cannot run here; the message is one line that says what to do."""


def wheel_folder(package: str) -> Path:
    """Return where an installed package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LocalStoreError(
            f"the package {package} is not installed: run `make install`, "
            "or `pip install 'liveshop[demo]'`"
        )
    return Path(spec.submodule_search_locations[0])


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def spawn(
    arguments: Sequence[str | Path],
    *,
    log: Path,
    user: str | None = None,
    stdin: bytes = b"",
    environment: dict[str, str] | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a server that outlives neither this process nor, where the OS can, its `kill -9`.

    Call it from the main thread: Linux sends `death_signal` when the starting *thread* ends.
    The server has a session of its own, so that Ctrl-C reaches only us and we stop it in order.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=None if user is None else 0,
            extra_groups=None if user is None else [],
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid(), death_signal),
        )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(stdin)
    return process


def die_with_parent(parent: int, death_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before it becomes another program, so as not to outlive us."""
    libc = _LIBC
    if libc is None:
        return None

    def ask_kernel() -> None:
        # After the change of user, which would clear it.
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    """Ask a server to end, insist after a while, and reap it; one that has ended is fine."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def attempts(seconds: float) -> Iterator[None]:
    """Yield now and then every few milliseconds until `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() >= deadline:
            return
        time.sleep(_POLL_S)


def last_lines(log: Path, count: int = 3) -> str:
    """Return the end of a log in one line, for an error message."""
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").splitlines()
        return " | ".join(line.strip() for line in lines[-count:] if line.strip())
    return "no log"
