"""The floor: bare loops of `send` over duplicates of a server's own connections.

They are held in a process of their own, since a process may have only so many descriptors, and
theirs are all taken.
"""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from loadtests.kit.crowd import ADDRESSES
from loadtests.kit.worker import answer_requests

_PIDFD_GETFD: Final = 438  # its number on every architecture
_SOURCE: Final = Path(__file__).with_name("send_all.c")


class Floor:
    """Duplicates of every connection that a server has accepted on a port."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._send_all: Any = None

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return what can be asked of it."""
        return {
            "duplicate": self.duplicate,
            "compile": self.compile,
            "send": self.send,
            "send_in_c": self.send_in_c,
        }

    def duplicate(self, pid: int, port: int) -> int:
        """Take a duplicate of each viewer's connection; raises OSError if that is forbidden."""
        libc = ctypes.CDLL(None, use_errno=True)
        pidfd = os.pidfd_open(pid)
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                    fd = libc.syscall(_PIDFD_GETFD, pidfd, int(name), 0)
                    if fd < 0:
                        code = ctypes.get_errno()
                        raise OSError(code, f"pidfd_getfd: {os.strerror(code)}")
                    self._keep(socket.socket(fileno=fd), port)
        finally:
            os.close(pidfd)
        return len(self._sockets)

    def compile(self) -> bool:
        """Make the loop in C; False where there is no compiler."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            return False
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "send_all.so")
            subprocess.run(
                [compiler, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE], check=True
            )
            self._send_all = ctypes.CDLL(str(library)).send_all
        self._send_all.argtypes = (
            ctypes.POINTER(ctypes.c_int), ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t,
        )  # fmt: skip
        return True

    def send(self, frame: bytes) -> int:
        """Send a frame to all; return the CPU nanoseconds that it took."""
        started = time.process_time_ns()
        for each in self._sockets:
            each.send(frame)
        return time.process_time_ns() - started

    def send_in_c(self, frame: bytes) -> int:
        """Do the same without an interpreter."""
        count = len(self._sockets)
        descriptors = (ctypes.c_int * count)(*(each.fileno() for each in self._sockets))
        started = time.process_time_ns()
        whole = self._send_all(descriptors, count, frame, len(frame))
        took = time.process_time_ns() - started
        if whole != count:
            raise OSError(f"{count - whole} of {count} connections did not take the frame")
        return took

    def _keep(self, duplicate: socket.socket, port: int) -> None:
        if duplicate.family == socket.AF_INET and duplicate.getsockname()[1] == port:
            with contextlib.suppress(OSError):  # the listener has no peer
                if duplicate.getpeername()[0] in ADDRESSES:
                    self._sockets.append(duplicate)
                    return
        duplicate.close()


def serve(pipe: Connection) -> None:
    """Send until the pipe is closed."""
    answer_requests(pipe, Floor().handlers())
