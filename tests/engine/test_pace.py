"""An estimate needs evidence, and no outlier stays in it."""

from typing import Final

from liveshop.core.limits import PACE_BATCHES_MIN, PACE_KEPT_MS
from liveshop.engine.purchase.pace import Pace

_MS: Final = 1_000_000


def _after_batches(count: int, *, item_ms: int = 1, items: int = 64) -> tuple[Pace, int]:
    """Return a pace that has seen so many full batches, and the instant of the last."""
    pace, now_ns = Pace(), 10_000 * _MS
    pace.begin(now_ns)
    since_ns = now_ns
    for _ in range(count):
        now_ns += items * item_ms * _MS
        pace.done(items, since_ns=since_ns, now_ns=now_ns, full=True)
    return pace, now_ns


def test_nothing_is_estimated_before_there_is_evidence() -> None:
    pace, now_ns = _after_batches(PACE_BATCHES_MIN - 1)
    assert pace.item_ns == 0
    assert pace.wait_ns(1_000_000, now_ns) == 0


def test_an_item_waits_for_as_many_departures_as_there_are_items_ahead() -> None:
    pace, now_ns = _after_batches(PACE_BATCHES_MIN)
    assert pace.item_ns == _MS
    assert pace.wait_ns(500, now_ns) == 500 * _MS
    assert pace.wait_ns(0, now_ns) == 0


def test_while_nothing_leaves_nothing_is_expected_to_leave_for_as_long() -> None:
    pace, now_ns = _after_batches(PACE_BATCHES_MIN)
    assert pace.wait_ns(100, now_ns + 700 * _MS) == 800 * _MS
    pace.begin(now_ns + 1_000 * _MS)
    assert pace.wait_ns(100, now_ns + 1_200 * _MS) == 300 * _MS


def test_a_stall_that_is_over_is_forgotten_within_some_twenty_batches() -> None:
    pace, now_ns = _after_batches(PACE_BATCHES_MIN)
    now_ns += 2_000 * _MS
    pace.done(64, since_ns=0, now_ns=now_ns, full=True)
    assert pace.item_ns == _MS + (2_000 * _MS // 64 - _MS >> 3)
    for _ in range(20):
        now_ns += 64 * _MS
        pace.done(64, since_ns=0, now_ns=now_ns, full=True)
    assert _MS <= pace.item_ns < 4 * _MS // 3


def test_a_batch_that_left_nobody_waiting_can_only_make_it_better() -> None:
    pace, now_ns = _after_batches(PACE_BATCHES_MIN, item_ms=31)
    now_ns += 10_000 * _MS  # idle, or slow: nobody can tell
    pace.done(1, since_ns=now_ns - 100 * _MS, now_ns=now_ns, full=False)
    assert pace.item_ns == 0, "what was known is of another time"
    pace, now_ns = _after_batches(PACE_BATCHES_MIN, item_ms=31)
    pace.done(1, since_ns=now_ns, now_ns=now_ns + 100 * _MS, full=False)
    assert pace.item_ns == 31 * _MS
    pace.done(4, since_ns=now_ns, now_ns=now_ns + 108 * _MS, full=False)
    assert pace.item_ns == 2 * _MS


def test_evidence_is_of_its_time() -> None:
    pace, now_ns = _after_batches(PACE_BATCHES_MIN)
    later_ns = now_ns + (PACE_KEPT_MS + 1) * _MS
    pace.done(64, since_ns=later_ns, now_ns=later_ns + 64 * 5 * _MS, full=True)
    assert pace.item_ns == 0
