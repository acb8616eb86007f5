"""Runs the obvious ways next to ours, in the same stores."""

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen

from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop
from loadtests.kit.frames import Target
from loadtests.kit.shop import Shop, wait_until


@contextmanager
def rival(shop: Shop, way: str, sku: str) -> Iterator[tuple[Popen[bytes], Target]]:
    """Run a server of `loadtests.stampede.obvious` that sells one SKU."""
    target, log = Target(free_port(), "/"), shop.folder / f"{way}.log"
    stores = (shop.stores.valkey.url, shop.stores.postgres.url)
    module = "loadtests.stampede.obvious"
    process = spawn(
        [sys.executable, "-m", module, way, str(target.port), *stores, sku],
        log=log,
        death_signal=signal.SIGKILL,
    )
    try:
        wait_until(lambda: _listens(target.port), lambda: f"{way} starts: {last_lines(log)}")
        yield process, target
    finally:
        stop(process, signal.SIGTERM)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
