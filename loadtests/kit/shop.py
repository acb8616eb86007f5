"""The server under measurement: real stores, a node of `liveshop serve`, sessions to watch."""

import asyncio
import http.client
import itertools
import json
import os
import re
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from liveshop.cli.demo_folder import DemoFolder
from liveshop.cli.demo_show import prepare_show
from liveshop.cli.local_stores import LocalStores, local_stores
from liveshop.cli.subprocesses import free_port, last_lines, spawn, stop
from loadtests.kit import system
from loadtests.kit.checkout import THIS, Checkout
from loadtests.kit.frames import Target
from loadtests.kit.worker import WorkerFailed

_UNITS: Final = 200_000
_WAIT_S_MAX: Final = 30.0
_KEPT_S: Final = 2.0
_LIMIT: Final = 1_000
# Everybody comes from one address.
_NO_LIMITS: Final = {
    "LIVESHOP_CONNECTIONS_PER_ADDRESS_MAX": "1000000",
    "LIVESHOP_HTTP_CONNECTIONS_PER_ADDRESS_MAX": "10000",
    "LIVESHOP_JOINS_PER_SECOND_MAX": "1000000",
}
_IDLE_NS_MAX: Final = 5_000_000


@dataclass(frozen=True)
class Room:
    """A session, and the product in it that is repriced, which makes an event."""

    session_id: str
    product_id: str
    skus: tuple[str, ...]

    def target(self, port: int, *, deflate: bool = False, head_bytes: int = 900) -> Target:
        """Return how viewers come in."""
        return Target(port, f"/ws/sessions/{self.session_id}", deflate, head_bytes)


class Node:
    """One server process; leave the `with` and it is gone."""

    def __init__(
        self,
        stores: LocalStores,
        folder: Path,
        secret: str,
        prices: Iterator[int],
        core: int | None,
        checkout: Checkout,
        **settings: str,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_key = ""
        self._asked_s = 0.0
        self._prices = prices
        self._collected = folder / f"collected-{self.port}"
        self._log = folder / f"node-{self.port}.log"
        self._http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_WAIT_S_MAX)
        environment = {
            "LIVESHOP_REDIS_URL": stores.valkey.url,
            "LIVESHOP_POSTGRES_URL": stores.postgres.url,
            "LIVESHOP_SECRET": secret,
            "LIVESHOP_PORT": str(self.port),
            **checkout.environment,
            **checkout.known(_NO_LIMITS | settings),
        }
        arguments = [checkout.python, "-m", "loadtests.kit.node", str(self._collected)]
        self.process = spawn(
            arguments, log=self._log, environment=environment, death_signal=signal.SIGKILL
        )
        if core is not None:
            os.sched_setaffinity(self.process.pid, {core})

    def __enter__(self) -> Self:
        try:
            wait_until(self._ready, lambda: f"the server starts: {last_lines(self._log)}")
        except WorkerFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self.process.send_signal(signal.SIGCONT)
        stop(self.process, signal.SIGKILL)

    def end_in_order(self) -> None:
        """Let the process finish what it has begun: Redis hears of an order after its buyer."""
        stop(self.process, signal.SIGTERM)

    def cpu_ns(self) -> int:
        """Return the process's CPU time so far."""
        return system.cpu_ns(self.process.pid)

    def collect(self) -> None:
        """Let the process collect its garbage, and return when it has."""
        self._collected.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR2)
        wait_until(self._collected.exists, "the server collects its garbage")

    def counter(self, name: str) -> float:
        """Read a counter or gauge; 0 where it has not been counted yet."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.metrics(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def metrics(self) -> str:
        """Read everything that is counted."""
        return self._ask("GET", "/metrics").decode()

    def get(self, path: str) -> Any:
        """Read something."""
        return json.loads(self._ask("GET", path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post something; raises WorkerFailed if it is refused."""
        return json.loads(self._ask("POST", path, json.dumps(body).encode()))

    def command(self, session_id: str, kind: str, **fields: Any) -> int:
        """Carry out a host's command; return the offset of its event."""
        answer = self.post(f"/api/sessions/{session_id}/commands", {"type": kind, **fields})
        offset: int = answer["events"][-1]["offset"]
        return offset

    def go_live(self, title: str, offers: Iterable[dict[str, Any]], **fields: Any) -> str:
        """Make a session, add products by the fields of `product.add`, start it; return its id."""
        made = self.post("/api/sessions", {"title": title, "currency": "EUR", **fields})
        session_id: str = made["id"]
        for offer in offers:
            self.command(session_id, "product.add", **offer)
        self.command(session_id, "session.start")
        return session_id

    def publish(self, room: Room) -> int:
        """Make an event, of some 300 bytes in most rooms; return its offset."""
        prices = dict.fromkeys(room.skus, next(self._prices))
        return self.command(
            room.session_id, "product.reprice", product_id=room.product_id, prices=prices
        )

    def _ready(self) -> bool:
        try:
            self._ask("GET", "/readyz")
        except (OSError, WorkerFailed):
            self._http.close()
            return False
        return True

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        # The server hangs up on those who are silent for too long.
        if time.monotonic() - self._asked_s > _KEPT_S:
            self._http.close()
        self._asked_s = time.monotonic()
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        self._http.request(method, path, body, headers)
        response = self._http.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise WorkerFailed(f"{method} {path}: {response.status} {answer.decode()[:200]}")
        return answer


class Shop:
    """Stores with a catalogue, and the rooms `demo`, `bench` and `wide`, and one that is empty.

    `demo` is the demo's session; `bench` has its shelf and a product for events of 300 bytes and
    for purchases, `wide` one for events of 2,000.
    """

    def __init__(self, stores: LocalStores, folder: Path, checkout: Checkout) -> None:
        self.stores = stores
        self.folder = folder
        self._checkout = checkout
        # Never the same twice running, and all of one length: so are the events.
        self._prices = itertools.cycle(range(1_000, 9_999))
        keys = DemoFolder(folder).keys(secrets.token_hex(32))
        self.secret = keys.secret
        checkout.run("migrate", LIVESHOP_POSTGRES_URL=stores.postgres.url)
        with self.node() as node:
            show = asyncio.run(prepare_show(node.url, DemoFolder(folder), keys))
            self.api_key = node.api_key = show.api_key
            self.demo = Room(show.session_id, "", ())
            shelf = node.get(f"/api/sessions/{show.session_id}")["shelf"]
            shirt, wide = make_product(node, "bench-shirt", 9), make_product(node, "bench-wide", 80)
            self.bench = _session(node, shirt, shelf)
            self.alone = _session(node, shirt)  # the empty room
            self.wide = _session(node, wide)

    def node(self, *, pinned: bool = True, **settings: str) -> Node:
        """Return a fresh server process, to be entered; it has a core of its own or (not) any."""
        core = system.cores()[0] if pinned else None
        node = Node(
            self.stores, self.folder, self.secret, self._prices, core, self._checkout, **settings
        )
        node.api_key = getattr(self, "api_key", "")
        return node

    def audit(self) -> tuple[bool, str]:
        """Run `liveshop audit`; return whether every promise is kept, and what it says."""
        return self._checkout.audit(self.stores.valkey.url, self.stores.postgres.url)


@contextmanager
def open_shop(checkout: Checkout = THIS) -> Iterator[Shop]:
    """Run stores in a folder that goes with them, for the servers of a checkout."""
    with tempfile.TemporaryDirectory(prefix="liveshop-load-") as name:
        folder = Path(name)
        with local_stores(folder) as stores:
            yield Shop(stores, folder, checkout)


def wait_until(
    condition: Callable[[], bool], what: str | Callable[[], str], seconds: float = _WAIT_S_MAX
) -> None:
    """Return when a condition holds; raises WorkerFailed after a while.

    `what` is waited for; it is a function where it tells of a log, which is empty before.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            told = what if isinstance(what, str) else what()
            raise WorkerFailed(f"waited {seconds:.0f} s in vain: {told}")
        time.sleep(0.01)


def wait_until_idle(pid: int) -> None:
    """Wait until a process has nothing to do, so that what comes next has the core for itself."""

    def idle() -> bool:
        before = system.cpu_ns(pid)
        time.sleep(0.05)
        return system.cpu_ns(pid) - before < _IDLE_NS_MAX

    wait_until(idle, "the server has nothing to do")


def make_product(node: Node, product_id: str, variants: int) -> Room:
    """Put a product into the catalogue, with units for several sessions."""
    skus = tuple(f"{product_id}-{number:02d}" for number in range(variants))
    rows = [{"sku": sku, "label": sku, "price": 5_000, "stock": 3 * _UNITS} for sku in skus]
    node.post("/api/products", {"product_id": product_id, "title": product_id, "variants": rows})
    return Room("", product_id, skus)


def _session(node: Node, product: Room, shelf: Sequence[dict[str, Any]] = ()) -> Room:
    one_each = [
        {
            "product_id": each["product_id"],
            "units": dict.fromkeys((variant["sku"] for variant in each["variants"]), 1),
        }
        for each in shelf
    ]
    session_id = node.go_live("Benchmark", [*one_each, offer(product, _UNITS, _LIMIT)])
    return Room(session_id, product.product_id, product.skus)


def offer(product: Room, units: int, limit: int) -> dict[str, Any]:
    """Return the fields of `product.add` for so many units of every variant."""
    units_of = dict.fromkeys(product.skus, units)
    return {"product_id": product.product_id, "units": units_of, "limit": limit}
