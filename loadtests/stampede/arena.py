"""Where a stampede takes place: a node, its stores, the buyers, and what each of them costs."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from loadtests.kit import system
from loadtests.kit.frames import Target
from loadtests.kit.report import percentile
from loadtests.kit.shop import Node, Shop
from loadtests.kit.worker import Worker
from loadtests.stampede import PRICE, buyers
from loadtests.stampede.rush import Outcome, Rush

_LIMIT: Final = 1_000
_SPARE_S: Final = 30.0


@dataclass(frozen=True)
class Costs:
    """CPU in nanoseconds, of who serves."""

    server: int
    redis: int
    postgres: int

    def __sub__(self, other: "Costs") -> "Costs":
        return Costs(
            self.server - other.server, self.redis - other.redis, self.postgres - other.postgres
        )

    @property
    def total(self) -> int:
        """The CPU of all of them together."""
        return self.server + self.redis + self.postgres


@dataclass(frozen=True)
class Window:
    """The part of a rush in which arrivals came: its ends by the monotonic clock, and its CPU.

    `load_s` and `others_s` are the CPU of the load and of strangers.
    """

    began_ns: int
    ended_ns: int
    costs: Costs
    load_s: float
    others_s: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.ended_ns - self.began_ns) / 1e9

    def count(self, instants: Sequence[int]) -> int:
        """Return how many instants are in it."""
        return sum(self.began_ns < each <= self.ended_ns for each in instants)


@dataclass(frozen=True)
class Run:
    """One rush and what it cost."""

    outcome: Outcome
    costs: Costs

    @property
    def orders(self) -> int:
        """How many purchases were confirmed."""
        return len(self.outcome.confirmed_ns)

    @property
    def seconds(self) -> float:
        """How long it took until the last answer."""
        return (self.outcome.ended_ns - self.outcome.began_ns) / 1e9

    def per_second(self, instants: Sequence[int], seconds: float = 0.0) -> float:
        """Return how many there were a second, in all or in the first `seconds`."""
        seconds = seconds or self.seconds
        ends_ns = self.outcome.began_ns + seconds * 1e9
        return sum(each <= ends_ns for each in instants) / seconds

    def cpu_us(self) -> dict[str, float]:
        """Return the CPU for one order, of who serves."""
        orders, costs = max(1, self.orders), self.costs
        return {
            "server": costs.server / 1e3 / orders,
            "redis": costs.redis / 1e3 / orders,
            "postgres": costs.postgres / 1e3 / orders,
            "all": costs.total / 1e3 / orders,
        }

    def percentiles(self, latencies_ms: Sequence[float]) -> tuple[float, float, float]:
        """Return p50, p99 and p99.9."""
        return (
            percentile(latencies_ms, 50),
            percentile(latencies_ms, 99),
            percentile(latencies_ms, 99.9),
        )


class Arena:
    """A node with everything switched on, perhaps more of them, and buyers to set on them."""

    def __init__(self, shop: Shop, node: Node, load: Worker, others: Sequence[Node] = ()) -> None:
        self.shop = shop
        self.node = node
        self._nodes = (node, *others)
        self._load = load

    @contextmanager
    def buyers(self, target: Target, count: int) -> Iterator[None]:
        """Have so many buyers in a session, the same number at each node; until the block ends."""
        each = count // len(self._nodes)
        try:
            for node in self._nodes:
                at = replace(target, port=node.port)
                self._load.ask("join", at, self.shop.secret, each, seconds=_SPARE_S + each / 100)
            yield
        finally:
            self._load.ask("leave")

    def rush(self, rush: Rush, server_pid: int | None = None) -> Run:
        """Let the buyers buy."""
        before = self.costs(server_pid)
        self._begin(rush)
        outcome = self._end(rush)
        return Run(outcome, self.costs(server_pid) - before)

    def rush_for(self, seconds: float, rush: Rush) -> tuple[Run, Window]:
        """Let the buyers buy, and look at the first seconds besides."""
        before, ticks = self.costs(), system.busy_and_all_ticks()
        load_ns = system.cpu_ns(self._load.pid)
        self._begin(rush)
        began_ns = time.monotonic_ns()
        time.sleep(seconds)
        ended_ns, costs = time.monotonic_ns(), self.costs() - before
        load_s = (system.cpu_ns(self._load.pid) - load_ns) / 1e9
        busy, passed = (
            now - then for now, then in zip(system.busy_and_all_ticks(), ticks, strict=True)
        )
        cores_s = system.machine()["cores"] * (ended_ns - began_ns) / 1e9
        others_s = max(0.0, busy / max(1, passed) * cores_s - load_s - costs.total / 1e9)
        window = Window(began_ns, ended_ns, costs, load_s, others_s)
        outcome = self._end(rush)
        return Run(outcome, self.costs() - before), window

    def _begin(self, rush: Rush) -> None:
        self._load.ask("prepare", rush)
        self._load.begin("rush", rush)

    def _end(self, rush: Rush) -> Outcome:
        outcome: Outcome = self._load.end(seconds=rush.seconds_max + 2 * _SPARE_S)
        return outcome

    def session(self, skus: Sequence[str], units: int) -> Target:
        """Open a session with a product for each SKU; they are in the catalogue already."""
        offers = [{"product_id": sku, "units": {sku: units}, "limit": _LIMIT} for sku in skus]
        session_id = self.node.go_live("Stampede", offers)
        return Target(self.node.port, f"/ws/sessions/{session_id}")

    def stock(self, name: str, count: int, units: int) -> tuple[str, ...]:
        """Put products into the catalogue, each of one SKU of the same name; return the SKUs."""
        skus = tuple(f"{name}-{number:03d}" for number in range(count))
        for sku in skus:
            row = {"sku": sku, "label": sku, "price": PRICE, "stock": units}
            self.node.post("/api/products", {"product_id": sku, "title": sku, "variants": [row]})
        return skus

    def costs(self, server_pid: int | None = None) -> Costs:
        """Return the CPU that the server and the stores have taken so far."""
        stores = self.shop.stores
        redis, postgres = stores.valkey.process, stores.postgres.process
        assert redis is not None and postgres is not None, "the stores run"
        pids = [server_pid] if server_pid else [node.process.pid for node in self._nodes]
        return Costs(
            server=sum(map(system.cpu_ns, pids)),
            redis=system.cpu_ns(redis.pid),
            postgres=system.tree_cpu_ns(postgres.pid),
        )


@contextmanager
def open_arena(
    shop: Shop,
    node: Node,
    serve: Callable[..., None] = buyers.serve,
    others: Sequence[Node] = (),
) -> Iterator[Arena]:
    """Start the load's process for nodes that run; they end in order after it.

    If it was killed with an order that its buyer knows of and Redis does not yet, the audit would
    find that.
    """
    with Worker(serve, None) as load:
        yield Arena(shop, node, load, others)
    for each in (node, *others):
        each.end_in_order()
