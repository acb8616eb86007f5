"""A purchase compared with the obvious ways, and among many orders and many products."""

from collections.abc import Sequence
from typing import Final

from loadtests.kit.frames import Target
from loadtests.kit.shop import wait_until
from loadtests.stampede.arena import Arena, Run, open_arena
from loadtests.stampede.bench import UNITS, Bench, cpu_us, durable, p99_ms, shares
from loadtests.stampede.history import buyers_counted, fill
from loadtests.stampede.rivals import rival

_REBUILD_S_MAX: Final = 120.0
_WAYS: Final = {
    "scripts": "one `EVALSHA` and one `INSERT` each",
    "rows": "only a row lock in Postgres",
}


def obvious(bench: Bench) -> None:
    """Let the same load buy from the same stores the obvious way, and from us."""
    ours: list[Run] = []
    with bench.shop.node(pinned=False) as node, open_arena(bench.shop, node) as arena:
        skus = arena.stock("obvious", 1, UNITS)
        rush, buyers = bench.rush(skus)
        with arena.buyers(arena.session(skus, UNITS), buyers):
            ours = [arena.rush(rush) for _ in range(bench.size.rounds)]
        for run in ours:
            bench.check("obvious", run)
        _tell_way(bench, "liveshop", ours)
        for way, name in _WAYS.items():
            with (
                rival(bench.shop, way, skus[0]) as (process, target),
                arena.buyers(target, buyers),
            ):
                runs = [arena.rush(rush, process.pid) for _ in range(bench.size.rounds)]
            _tell_way(bench, name, runs, ours)


def _tell_way(
    bench: Bench, name: str, runs: Sequence[Run], ours: Sequence[Run] | None = None
) -> None:
    rate = durable(runs)
    note = f"median of {len(runs)}, p99 {p99_ms(runs):,.0f} ms"
    bench.report.add("obvious", f"{name}: durable orders", rate, "/s", "", note)
    label = f"{name}: CPU of server and stores"
    bench.report.add("obvious", label, cpu_us(runs), "µs/order", "", shares(runs))
    if ours is not None:
        bench.report.add("obvious", "liveshop sells", durable(ours) / rate, "×")


def orders(bench: Bench) -> None:
    """Measure a purchase among few orders and among many, all of them in its own session."""
    size, shop = bench.size, bench.shop
    with shop.node(pinned=False) as node, open_arena(shop, node) as arena:
        new, past = arena.stock("new", 2, UNITS), arena.stock("past", 1, UNITS)
        few_runs = _rushes(bench, arena, arena.session(new[:1], UNITS), new[:1], warm=True)
        many = arena.session((*new[1:], *past), UNITS).path
    session_id = many.rpartition("/")[2]
    fill(shop.stores, session_id, past[0], size.past_orders)
    with shop.node(pinned=False) as node, open_arena(shop, node) as arena:
        target = Target(node.port, many)
        with arena.buyers(target, 1):
            wait_until(
                lambda: buyers_counted(shop.stores, session_id) >= size.past_orders,
                "Redis has its buyers again",
                _REBUILD_S_MAX,
            )
        many_runs = _rushes(bench, arena, target, new[1:], warm=True)
    for name, runs in (("few", few_runs), (f"{size.past_orders:,}", many_runs)):
        label = f"CPU with {name} orders stored"
        bench.report.add("orders", label, cpu_us(runs), "µs/order", "", shares(runs))
    ratio = cpu_us(many_runs) / cpu_us(few_runs)
    bench.report.add("orders", "many to few", ratio, "×", "0.8 to 1.2")


def shelf(bench: Bench) -> None:
    """Measure a purchase in a session with one product, and in one with many that all sell."""
    size = bench.size
    runs: dict[int, list[Run]] = {1: [], size.products: []}
    with bench.shop.node(pinned=False) as node, open_arena(bench.shop, node) as arena:
        skus = arena.stock("shelf", size.products, 200_000)
        rooms = {count: arena.session(skus[:count], 100_000) for count in runs}
        for _ in range(bench.size.rounds):
            for count, target in rooms.items():
                runs[count] += _rushes(bench, arena, target, skus[:count], 1)
    for count, each in runs.items():
        label = f"CPU, {count} on the shelf"
        bench.report.add("shelf", label, cpu_us(each), "µs/order", "", shares(each))
    ratio = cpu_us(runs[size.products]) / cpu_us(runs[1])
    bench.report.add("shelf", f"{size.products} to 1", ratio, "×", "0.8 to 1.2")


def _rushes(
    bench: Bench,
    arena: Arena,
    target: Target,
    skus: Sequence[str],
    rounds: int = 0,
    *,
    warm: bool = False,
) -> list[Run]:
    rush, buyers = bench.rush(skus)
    with arena.buyers(target, buyers):
        if warm:
            arena.rush(rush)  # Postgres writes each page as a whole after a checkpoint
        runs = [arena.rush(rush) for _ in range(rounds or bench.size.rounds)]
    for run in runs:
        bench.check("a rush", run)
    return runs
