"""A server of any checkout, on fresh stores of its own."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop
from loadtests.kit.checkout import Checkout
from loadtests.kit.worker import WorkerFailed
from tests.cli.programs import SECRET, is_ready, serving
from tests.recording.catalogue_scenes import FRIEND

_START_S_MAX: Final = 60.0


class Server(NamedTuple):
    """A server that can serve: its address, its secret, and what asks it to stop."""

    url: str
    secret: str
    stop: Callable[[], None]


@contextmanager
def open_server(
    checkout: Checkout, redis_url: str, postgres_url: str, folder: Path
) -> Iterator[Server]:
    """Run `liveshop serve` of a checkout on stores which have its tables."""
    port, log = free_port(), folder / "server.log"
    environment = {
        **checkout.environment,
        **serving(redis_url, postgres_url, port),
        "LIVESHOP_ORIGINS": FRIEND,
        "LIVESHOP_DRAIN_MS": "1000",
    }
    process = spawn(
        [*checkout.liveshop, "serve"],
        log=log,
        environment=environment,
        death_signal=signal.SIGKILL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        give_up_at_s = time.monotonic() + _START_S_MAX
        while not is_ready(url):
            if process.poll() is not None or time.monotonic() > give_up_at_s:
                raise WorkerFailed(f"the server does not start: {last_lines(log)}")
            time.sleep(0.02)
        yield Server(url, SECRET, process.terminate)
    finally:
        stop(process, signal.SIGKILL)
