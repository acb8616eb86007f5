"""The metrics that a node tells Prometheus are told to nobody who comes through nginx."""

import socket
from pathlib import Path

import httpx
import pytest

from liveshop.cli.subprocesses import free_port
from tests.topology.programs import Balancer, ProgramMissing


def _status(url: str, path: str) -> int:
    """Ask for a path exactly as it is written."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        return int(connection.makefile("rb").readline().split()[1])


def test_metrics_are_not_read_through_nginx_however_the_path_is_written(tmp_path: Path) -> None:
    try:
        nginx = Balancer("nginx", tmp_path)
    except ProgramMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    nowhere = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    try:
        nginx.start(nowhere)
        for path in ("/metrics", "/%6detrics", "//metrics", "/a/../metrics", "/metrics%0a"):
            assert _status(nginx.url, path) == 403, path
        assert httpx.get(f"{nginx.url}/healthz", trust_env=False).status_code == 502
    finally:
        nginx.stop()
