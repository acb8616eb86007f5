"""A worker next to the demo's node, as a process of its own, as it is in earnest."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from liveshop.cli.subprocesses import spawn, stop
from liveshop.core.settings import Settings

_COMMAND: Final = (sys.executable, "-m", "liveshop.cli.commands", "work")


@contextmanager
def local_worker(settings: Settings, log: Path) -> Iterator[None]:
    """Run a worker on the stores of some settings for a block; nobody asks for its metrics."""
    environment = {
        "LIVESHOP_REDIS_URL": settings.redis_url,
        "LIVESHOP_POSTGRES_URL": settings.postgres_url,
        "LIVESHOP_SECRET": settings.secret,
        "LIVESHOP_WORK_PORT": "0",
        "LIVESHOP_EGRESS_ALLOW": ",".join(map(str, settings.egress_allow)),
    }
    process = spawn(_COMMAND, log=log, environment=environment)
    try:
        yield
    finally:
        stop(process, signal.SIGTERM)
