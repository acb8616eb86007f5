"""The cost of one input, counted and not timed: calls of functions, and bytes at the worst."""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.fuzz.target import Target


def check_cost(target: Target, data: bytes) -> None:
    """Run an input twice more and hold it to the target's bounds."""
    size = target.size(data)
    calls = calls_of(lambda: target.check(data))
    most = target.calls_at_once + target.calls_per_byte * size
    assert calls <= most, f"{calls} calls for {size} bytes, {most} are allowed"
    peak = _peak_bytes(target.check, data)
    most = target.peak_bytes + target.peak_per_byte * size
    assert peak <= most, f"{peak} bytes at the worst for {size} bytes, {most} are allowed"


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions are called, those of C among them.

    Without the garbage collector: its callbacks would be counted with the work that it interrupts.
    """
    count = 0

    def counts(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()
    sys.setprofile(counts)
    try:
        work()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return count


def _peak_bytes(check: Callable[[bytes], None], data: bytes) -> int:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        check(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before
