"""The programs of other houses that a topology needs: found, configured from `deploy/`, started."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop
from tests.certificates import Certificate
from tests.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"


class ProgramMissing(Exception):
    """A program is not installed; the message names its package."""


def find(name: str) -> str:
    """Return where a program is; an ordinary user's PATH lacks the folder of servers."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        raise ProgramMissing(
            f"{name} is not installed: run tests/topology/install.sh {name}, as root"
        )
    return path


def rewritten(text: str, changes: dict[str, str]) -> str:
    """Return a configuration with other addresses; each that is changed must be there once."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


class Balancer:
    """nginx or HAProxy on 127.0.0.1, with the configuration that `deploy/` has of it.

    It ends TLS if there is a certificate, and answers plain HTTP at `plain_url` then.
    """

    def __init__(self, name: str, folder: Path, certificate: Certificate | None = None) -> None:
        self.name = name
        self.port = free_port()
        self.plain_port = free_port()
        self._certificate = certificate
        self._folder = folder
        self._log = folder / f"{name}.log"
        self._program = find(name)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        scheme = "http" if self._certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def plain_url(self) -> str:
        """Where clients without TLS come, if there is a certificate."""
        return f"http://127.0.0.1:{self.plain_port}"

    def start(self, node_urls: Iterable[str]) -> None:
        """Start before two nodes, and return when it listens."""
        arguments = self._configure(node_urls)
        self._process = spawn([self._program, *arguments], log=self._log)
        wait_until(lambda: listens(self.port) or not self._running)
        assert self._running, f"{self.name} ended: {last_lines(self._log)}"

    def stop(self) -> None:
        """End it, with the connections that it still has."""
        if self._process is not None:
            stop(self._process, signal.SIGTERM)
            self._process = None

    def checked(self, node_urls: Iterable[str]) -> tuple[int, str]:
        """Return what its own check of the configuration ends with and says."""
        check = {"nginx": "-t", "haproxy": "-c"}[self.name]
        arguments = self._configure(node_urls)
        command = [self._program, *arguments, check]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    @property
    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _configure(self, node_urls: Iterable[str]) -> list[str]:
        nodes = [url.removeprefix("http://") for url in node_urls]
        configure = {"nginx": self._configure_nginx, "haproxy": self._configure_haproxy}
        return configure[self.name](nodes)

    def _deployed(self, path: str, tls: dict[str, str], plain: dict[str, str]) -> str:
        """Return a configuration at ports of ours, without TLS as its `plain.sed` makes it."""
        file = DEPLOY / path
        if self._certificate is not None:
            return rewritten(file.read_text(), tls)
        command = ["sed", "-f", str(file.with_name("plain.sed")), str(file)]
        made = subprocess.run(command, check=True, capture_output=True, text=True)
        return rewritten(made.stdout, plain)

    def _configure_nginx(self, nodes: list[str]) -> list[str]:
        tls = {"listen 80;": f"listen 127.0.0.1:{self.plain_port};"}
        if self._certificate is not None:
            tls |= {
                "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
                "/etc/nginx/tls/liveshop.crt": str(self._certificate.certificate),
                "/etc/nginx/tls/liveshop.key": str(self._certificate.key),
            }
        plain = {"listen 80;": f"listen 127.0.0.1:{self.port};"}
        addresses = {
            "server 10.0.0.11:8000 ": f"server {nodes[0]} ",
            "server 10.0.0.12:8000 ": f"server {nodes[1]} ",
        }
        site = rewritten(self._deployed("nginx/liveshop.conf", tls, plain), addresses)
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        main = self._folder / "nginx.conf"
        lines = [
            "user root;" if os.geteuid() == 0 else "",
            f"pid {self._folder}/nginx.pid;",
            "events { worker_connections 4096; }",
            "http {",
            "access_log off;",
            *(f"{name}_temp_path {self._folder}/{name};" for name in folders),
            site,
            "}",
        ]
        main.write_text("\n".join(lines))
        return ["-c", str(main), "-e", "stderr", "-g", "daemon off;"]

    def _configure_haproxy(self, nodes: list[str]) -> list[str]:
        tls = {"bind :80": f"bind 127.0.0.1:{self.plain_port}"}
        if self._certificate is not None:
            tls |= {
                "bind :443 ssl": f"bind 127.0.0.1:{self.port} ssl",
                "/etc/haproxy/tls/liveshop.pem": str(self._certificate.both),
            }
        plain = {"bind :80": f"bind 127.0.0.1:{self.port}"}
        addresses = {
            "10.0.0.11:8000": nodes[0],
            "10.0.0.12:8000": nodes[1],
            "maxconn 50000": "maxconn 400",
        }
        main = self._folder / "haproxy.cfg"
        main.write_text(rewritten(self._deployed("haproxy/haproxy.cfg", tls, plain), addresses))
        return ["-db", "-f", str(main)]


def listens(port: int) -> bool:
    """Return True if something accepts connections at a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
