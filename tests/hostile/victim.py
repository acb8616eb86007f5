"""The node under attack: `liveshop serve` of any checkout, with stores and a live session."""

import asyncio
import http.client
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import asyncpg
import redis

from liveshop.cli.local_stores import LocalStores, local_stores
from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit import system
from loadtests.kit.checkout import Checkout
from loadtests.kit.worker import WorkerFailed

SECRET: Final = "s" * 32
_TOKEN_S: Final = 36_000
_START_S_MAX: Final = 30.0
_UNITS: Final = 900_000
_VARIANTS: Final = 9
_LOG_KINDS: Final = 3
# Of the attackers, and as much below the usual of all others where that is allowed.
NICE: Final = 15
# Addresses of visitors where IPv6 matters: made for documents, so nobody has one of them.
NETWORK: Final = "2001:db8"


@dataclass(frozen=True)
class HostileShow:
    """A live session, and what is bought and repriced in it."""

    session_id: str
    product_id: str
    skus: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """The resources of the machine that a node and its stores have taken until now."""

    at_s: float
    cpu_ns: int
    waited_ns: int  # for a processor that others had
    rss_bytes: int
    descriptors: int
    log_lines: int
    redis_bytes: int
    postgres_transactions: int


class Victim:
    """One server process; leave the `with` and it is gone."""

    def __init__(
        self, checkout: Checkout, stores: LocalStores, folder: Path, **settings: str
    ) -> None:
        self.port = free_port()
        self.stores = stores
        self._host = settings.get("LIVESHOP_HOST", "127.0.0.1")
        self._log = folder / f"node-{self.port}.log"
        environment = {
            **checkout.environment,
            "LIVESHOP_HOST": "127.0.0.1",
            "LIVESHOP_REDIS_URL": stores.valkey.url,
            "LIVESHOP_POSTGRES_URL": stores.postgres.url,
            "LIVESHOP_SECRET": SECRET,
            "LIVESHOP_PORT": str(self.port),
            **checkout.known(settings),
        }
        self.process = spawn(
            [*checkout.liveshop, "serve"],
            log=self._log,
            environment=environment,
            death_signal=signal.SIGKILL,
        )
        prefer(self.process.pid)
        self._token = make_token(SECRET, viewer_id="host", role=Role.ADMIN, ttl_s=_TOKEN_S)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + _START_S_MAX
        while not self._ready():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.__exit__()
                raise WorkerFailed(f"the node does not start: {last_lines(self._log)}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        stop(self.process, signal.SIGKILL)

    @property
    def lives(self) -> bool:
        """Whether the process that was started still runs."""
        return self.process.poll() is None

    def last_words(self) -> str:
        """Return the end of its log."""
        return last_lines(self._log)

    def log_since(self, lines: int) -> list[str]:
        """Return what most lines after so many are like, and how many are like it."""
        told = self._log.read_text(errors="replace").splitlines()[lines:]
        # The time and what differs from one to the next are left out.
        kinds = Counter(re.sub(r"[0-9a-f]{6,}|[0-9.:]+", "#", line[24:])[:120] for line in told)
        return [f"{count} × {kind}" for kind, count in kinds.most_common(_LOG_KINDS)]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request as an admin; raises WorkerFailed if it is refused."""
        status, answer = self.answer(method, path, body)
        if status >= 400:
            raise WorkerFailed(f"{method} {path}: {status} {answer[:200]!r}")
        return json.loads(answer)

    def answer(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send a request as an admin, on a connection of its own; return status and body."""
        connection = http.client.HTTPConnection(self._host, self.port, timeout=10)
        headers = {"Authorization": f"Bearer {self._token}", "Connection": "close"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def command(self, session_id: str, kind: str, **fields: Any) -> None:
        """Carry out a host's command."""
        self.ask("POST", f"/api/sessions/{session_id}/commands", {"type": kind, **fields})

    def open_show(self, name: str) -> HostileShow:
        """Make a product with units enough, and a live session that sells it."""
        skus = tuple(f"{name}-{number}" for number in range(_VARIANTS))
        variants = [{"sku": sku, "label": sku, "price": 5_000, "stock": _UNITS} for sku in skus]
        product = {"product_id": name, "title": name, "variants": variants}
        self.ask("POST", "/api/products", product)
        session_id = str(self.ask("POST", "/api/sessions", {"title": name})["id"])
        units = dict.fromkeys(skus, _UNITS)
        self.command(session_id, "product.add", product_id=name, units=units, limit=1_000)
        self.command(session_id, "session.start")
        return HostileShow(session_id, name, skus)

    def read(self) -> Reading:
        """Return what the node and its stores have taken until now."""
        return Reading(
            at_s=time.monotonic(),
            cpu_ns=system.cpu_ns(self.process.pid),
            waited_ns=int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[1]),
            rss_bytes=system.rss_bytes(self.process.pid),
            descriptors=system.descriptors(self.process.pid),
            log_lines=self._log.read_bytes().count(b"\n"),
            redis_bytes=_redis_bytes(self.stores.valkey.url),
            postgres_transactions=asyncio.run(_transactions(self.stores.postgres.url)),
        )

    def _ready(self) -> bool:
        try:
            return self.answer("GET", "/readyz")[0] == 200
        except OSError:
            return False


@contextmanager
def open_stores(checkout: Checkout, folder: Path) -> Iterator[LocalStores]:
    """Run stores with the tables of a checkout."""
    with local_stores(folder) as stores:
        checkout.run("migrate", LIVESHOP_POSTGRES_URL=stores.postgres.url)
        prefer_descendants()
        yield stores


def audit(checkout: Checkout, stores: LocalStores) -> str:
    """Run the checkout's `liveshop audit`; return what it found, empty if nothing."""
    sound, said = checkout.audit(stores.valkey.url, stores.postgres.url)
    return "" if sound else said


def prefer(pid: int) -> None:
    """Let a process run before all else on this machine, if that is allowed.

    The work of others here is not to be taken for the effect of an attack.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, -NICE)
        # Where the kernel groups processes by session, it compares the groups first.
        Path(f"/proc/{pid}/autogroup").write_text(str(-NICE))


def prefer_descendants(besides: int = 0) -> None:
    """Let all processes of ours that run by now go first, as `prefer` does, but for one.

    PostgreSQL's have a session each, so each has to be told.
    """
    waiting = [os.getpid()]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):  # it has ended meanwhile
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            waiting += [int(child) for child in children if int(child) != besides]
            prefer(pid)


def _redis_bytes(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("memory")["used_memory"])


async def _transactions(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval(
            "SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database"
        )
        return int(found)
    finally:
        await connection.close()
