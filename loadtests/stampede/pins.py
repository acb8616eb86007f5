"""A host's commands on a long shelf: a pin, which sells nothing, and a new price, which does."""

import random
import statistics
from contextlib import ExitStack
from typing import Final

from loadtests.kit.checkout import AGAINST, OURS
from loadtests.kit.shop import Shop
from loadtests.stampede.arena import Arena, Costs, open_arena
from loadtests.stampede.bench import Bench

_PER_ROUND: Final = 50
_UNITS: Final = 100
_KINDS: Final = ("pin", "new price")


class _Shelf:
    """A live session with many products, and who commands it."""

    def __init__(self, arena: Arena, count: int) -> None:
        self._arena = arena
        self._skus = arena.stock("pins", count, _UNITS)
        self._session_id = arena.session(self._skus, _UNITS).path.rpartition("/")[2]

    def measure(self, kind: str) -> Costs:
        """Carry out a round of commands; return what they cost."""
        before = self._arena.costs()
        for number in range(_PER_ROUND):
            sku = self._skus[number // 2 % len(self._skus)]
            if kind == "new price":
                price = random.randrange(1_000, 9_999)
                self._command("product.reprice", product_id=sku, prices={sku: price})
            else:
                self._command("product.unpin" if number % 2 else "product.pin", product_id=sku)
        return self._arena.costs() - before

    def _command(self, kind: str, **fields: object) -> None:
        self._arena.node.command(self._session_id, kind, **fields)


def pins(bench: Bench) -> None:
    """Measure commands with many products on the shelf, of one checkout or of two by turns."""
    shops: dict[str, Shop] = {OURS: bench.shop}
    if bench.against is not None:
        shops[AGAINST] = bench.against
    costs: dict[tuple[str, str], list[Costs]] = {}
    with ExitStack() as stack:
        shelves = {}
        for name, shop in shops.items():
            node = stack.enter_context(shop.node(pinned=False))
            arena = stack.enter_context(open_arena(shop, node))
            shelves[name] = _Shelf(arena, bench.size.products)
            shelves[name].measure("pin")  # the first are slow
        for _ in range(bench.size.rounds):
            for name in random.sample(list(shelves), len(shelves)):
                for kind in _KINDS:
                    costs.setdefault((name, kind), []).append(shelves[name].measure(kind))
    for kind in _KINDS:
        _report(bench, kind, costs)


def _report(bench: Bench, kind: str, costs: dict[tuple[str, str], list[Costs]]) -> None:
    label = f"{kind}, {bench.size.products} on the shelf"
    for part in ("server", "redis", "postgres"):
        spent = [getattr(each, part) / 1e3 / _PER_ROUND for each in costs[OURS, kind]]
        bench.report.add("pins", f"{label}: CPU of {part}", statistics.median(spent), "µs")
        if bench.against is not None:
            pairs = zip(costs[OURS, kind], costs[AGAINST, kind], strict=True)
            ratios = [getattr(ours, part) / getattr(theirs, part) for ours, theirs in pairs]
            spread = f"{min(ratios):.3g} to {max(ratios):.3g}"
            ratio = statistics.median(ratios)
            bench.report.add("pins", f"{label}: {part} to {AGAINST}", ratio, "×", "", spread)
