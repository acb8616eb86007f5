"""The wait that a purchase is admitted by, and how long a refusal counts as recent."""

from typing import Final

from liveshop.core import limits
from liveshop.engine.metrics import Metrics
from liveshop.engine.purchase.admission import Admission
from liveshop.engine.purchase.lateness import Lateness
from tests.samples import sample

_MS: Final = 1_000_000
_WAIT_MS: Final = 1_000
_LINES: Final = limits.RESERVE_LINES_PER_CALL_MAX


class _AdmissionWorld:
    """An admission by a clock that is set, with a call of Redis that takes a millisecond a line."""

    def __init__(self) -> None:
        self.now_ns = 10_000 * _MS
        self.metrics = Metrics()
        self.admission = Admission(self.metrics, Lateness(), _WAIT_MS, lambda: self.now_ns)
        self.admission.reserving.begin(since_ns := self.now_ns)
        for _ in range(limits.PACE_BATCHES_MIN):
            self.now_ns += _LINES * _MS
            self.admission.reserving.done(_LINES, since_ns=since_ns, now_ns=self.now_ns, full=True)

    def refuses(self, purchases: int, *, buys: bool) -> bool:
        return self.admission.refuse_purchase(purchases, 0, buys=buys) is not None


def test_a_buy_waits_for_its_call_and_then_for_its_transaction() -> None:
    world = _AdmissionWorld()
    assert not world.refuses(900, buys=True)
    for _ in range(50):
        world.admission.confirmed(400 * _MS)
    # Taken in, it would wait for longer than `patience_ns`, and be dropped when its turn comes.
    assert world.refuses(700, buys=True)
    assert not world.refuses(500, buys=True)
    assert not world.refuses(700, buys=False)
    assert world.admission.patience_ns(0, world.now_ns) // _MS in range(600, 602)


def test_one_slow_transaction_leaves_half_of_the_time_for_the_wait() -> None:
    world = _AdmissionWorld()
    for _ in range(50):
        world.admission.confirmed(30_000 * _MS)
    assert not world.refuses(400, buys=True)
    assert world.refuses(600, buys=True)


def test_refusals_are_recent_for_a_second() -> None:
    world = _AdmissionWorld()
    assert not world.admission.refused_lately
    assert world.refuses(1_100, buys=True)
    assert world.admission.refused_lately
    world.now_ns += 999 * _MS
    assert world.admission.refused_lately
    world.now_ns += _MS
    assert not world.admission.refused_lately


def test_refusals_are_told_to_the_metrics_together_and_once() -> None:
    world = _AdmissionWorld()
    for _ in range(3):
        assert world.refuses(1_100, buys=True)
    for _ in range(2):
        world.admission.count()
        assert sample(world.metrics, "busy_total", reason="wait") == 3
        assert sample(world.metrics, "refusals_total", code="busy") == 3
    world.admission.refuse_overdue(world.now_ns)
    world.admission.count()
    assert sample(world.metrics, "busy_total", reason="overdue") == 1
