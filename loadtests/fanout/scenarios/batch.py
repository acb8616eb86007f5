"""Twenty events in one flush against twenty single ones.

A session that ends while it has nineteen sales has twenty events at once. The commands go to
another node, so that their own work is not measured.
"""

import statistics
import time
from typing import Final

from loadtests.fanout.bench import Bench, Listeners, ratio
from loadtests.kit.shop import Node, Room

_VIEWERS: Final = 5_000
_QUICK_VIEWERS: Final = 200
_EVENTS: Final = 20
_PRODUCTS: Final = tuple(f"batch-{number:02d}" for number in range(_EVENTS))
_SALE_MS: Final = 3_600_000
_HEARD_S: Final = 0.5


def run(bench: Bench) -> None:
    """Fill a session for each round, publish one by one, and end it."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    together: list[float] = []
    single: list[float] = []
    frames: list[float] = []
    with (
        bench.shop.node() as node,
        bench.shop.node() as other,
        bench.crowd("batch") as listeners,
    ):
        for product_id in _PRODUCTS:
            variants = [{"sku": product_id, "label": "", "price": 5_000, "stock": 1_000}]
            product = {"product_id": product_id, "title": product_id, "variants": variants}
            other.post("/api/products", product)
        for _ in range(bench.size.rounds):
            session_id = _session(other)
            listeners.join(Room(session_id, "", ()).target(node.port), viewers)
            time.sleep(_HEARD_S)  # until the pulses have told how many came
            single.append(_single(node, other, session_id, listeners, viewers))
            listeners.worker.ask("usage")
            together.append(_together(node, other, session_id, listeners, viewers))
            frames.append(listeners.worker.ask("usage")["frames"] / viewers)
            listeners.leave()
            listeners.arrivals()
    _report(bench, viewers, together, single, frames)


def _session(other: Node) -> str:
    offers = [{"product_id": each, "units": {each: 1}} for each in _PRODUCTS]
    session_id = other.go_live("Twenty at once", offers)
    for product_id in _PRODUCTS[1:]:
        _start_sale(other, session_id, product_id)
    return session_id


def _start_sale(other: Node, session_id: str, product_id: str) -> int:
    sale = {"product_id": product_id, "percent": 20, "duration_ms": _SALE_MS}
    return other.command(session_id, "sale.start", **sale)


def _single(node: Node, other: Node, session_id: str, listeners: Listeners, viewers: int) -> float:
    product_id = _PRODUCTS[0]
    before = node.cpu_ns()
    for _ in range(_EVENTS // 2):
        listeners.wait([_start_sale(other, session_id, product_id)], viewers)
        offset = other.command(session_id, "sale.end", product_id=product_id)
        listeners.wait([offset], viewers)
    return (node.cpu_ns() - before) / 1_000 / viewers


def _together(
    node: Node, other: Node, session_id: str, listeners: Listeners, viewers: int
) -> float:
    before = node.cpu_ns()
    last = other.command(session_id, "session.end")
    listeners.wait(list(range(last - _EVENTS + 1, last + 1)), viewers)
    return (node.cpu_ns() - before) / 1_000 / viewers


def _report(
    bench: Bench, viewers: int, together: list[float], single: list[float], frames: list[float]
) -> None:
    ratios = [ratio(*pair) for pair in zip(together, single, strict=True)]
    note = f"median of {len(ratios)} rounds, {viewers:,} viewers"
    add = bench.report.add
    add("batch", "20 events in one flush", statistics.median(together), "µs/viewer")
    add("batch", "20 single events", statistics.median(single), "µs/viewer")
    add("batch", "frames that the 20 took", statistics.median(frames), "", "1")
    add("batch", "one flush to singles", statistics.median(ratios), "×", "≤ 0.08", note)
    bench.report.raw["batch"] = {"together_us": together, "single_us": single, "frames": frames}
