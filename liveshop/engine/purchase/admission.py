"""Admission by estimated wait: a purchase that would be answered too late is refused at once.

Beyond what the stores carry a queue only grows. Every purchase behind it is then carried out for a
buyer who has given up or asks a second time. None is in time: the node works as hard as it can and
sells nothing. Therefore a purchase is admitted while its answer is expected within
`LIVESHOP_BUY_WAIT_MS_MAX`. If the estimate was too good, the combiner drops what has waited too
long before it asks Redis. From then on nothing is dropped.
"""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

from liveshop.core import limits
from liveshop.core.errors import Busy
from liveshop.engine.metrics import Metrics
from liveshop.engine.purchase.lateness import Lateness
from liveshop.engine.purchase.pace import Pace

_NS_PER_MS: Final = 1_000_000
_RENEW_NS: Final = 100 * _NS_PER_MS
_SECOND_NS: Final = 1_000 * _NS_PER_MS
# Refusals of one instant name different instants, so that not all come back at once.
_SPREAD: Final = 8
_REST_BITS: Final = 2  # a new transaction counts for a quarter
_CHECKOUTS_PER_SAMPLE: Final = 32


class Checkouts:
    """Counts the checkouts under way, each a task with a call of its own, and their pace."""

    def __init__(self) -> None:
        self.under_way = 0
        self.pace = Pace()
        self._done = 0

    def begin(self, now_ns: int) -> None:
        """Note that one has begun."""
        if not self.under_way:
            self.pace.begin(now_ns)
        self.under_way += 1

    def end(self, since_ns: int, now_ns: int) -> None:
        """Note that one has reached the order writer, or was refused."""
        self.under_way -= 1
        self._done += 1
        if self._done == _CHECKOUTS_PER_SAMPLE or not self.under_way:
            full = self.under_way >= _CHECKOUTS_PER_SAMPLE
            self.pace.done(self._done, since_ns=since_ns, now_ns=now_ns, full=full)
            self._done = 0


class Admission:
    """Estimates what a purchase in one room would wait for, from what is ahead of it.

    `purchases` are those unanswered by Redis, `orders` those unanswered by PostgreSQL.
    """

    def __init__(
        self,
        metrics: Metrics,
        lateness: Lateness,
        wait_ms_max: int,
        now_ns: Callable[[], int] = perf_counter_ns,
    ) -> None:
        self.now_ns = now_ns
        self.wait_ns_max = wait_ms_max * _NS_PER_MS
        self.reserving = Pace()
        self.committing = Pace()
        self.checkouts = Checkouts()
        self._lateness = lateness
        # Refusals are thousands a second while there are any: `count` counts them together.
        self._too_long = metrics.busy.labels("wait")
        self._full = metrics.busy.labels("queue")
        self._overdue = metrics.busy.labels("overdue")
        self._refused = metrics.refused.labels(Busy.code)
        self._late_ones = self._overdue_ones = self._refused_ones = 0
        self._answers = [Busy()]
        self._renewed_ns = -_SECOND_NS
        self._given = 0
        self._recently = 0
        self._rest_ns = 0

    def refuse_purchase(self, purchases: int, orders: int, *, buys: bool) -> Busy | None:
        """Return the refusal of a `buy` or `reserve`; None admits it."""
        if self._lateness.waited_ns > self.wait_ns_max:
            # No estimate: it has waited so long before it could be read.
            self._refused_ones += 1
            return self.refuse_overdue(self.now_ns())
        # A `reserve` waits for Redis only.
        behind = orders if buys else 0
        if purchases < limits.RESERVE_LINES_PER_CALL_MAX and behind < limits.ORDERS_PER_COMMIT_MAX:
            # It is in the next call and the next transaction, however long these take. If it
            # were refused after one slow call, there would be none to show that it is over.
            return None
        now_ns = self.now_ns()
        if purchases >= limits.PURCHASES_QUEUED_MAX:
            self._full.inc()
            self._refused_ones += 1
            return self._busy(self.wait_ns_max, now_ns)
        if buys:
            wait_ns = self._until_bought_ns(purchases, orders, now_ns)
        else:
            wait_ns = self.reserving.wait_ns(purchases, now_ns)
        return self._unless_in_time(wait_ns, now_ns)

    def refuse_checkout(self, orders: int) -> Busy | None:
        """Return the refusal of a `checkout`; None admits it."""
        if self._lateness.waited_ns > self.wait_ns_max:
            self._refused_ones += 1
            return self.refuse_overdue(self.now_ns())
        ahead = self.checkouts.under_way
        if ahead < limits.RESERVE_LINES_PER_CALL_MAX and orders < limits.ORDERS_PER_COMMIT_MAX:
            return None
        now_ns = self.now_ns()
        wait_ns = self.checkouts.pace.wait_ns(ahead, now_ns)
        return self._unless_in_time(
            max(wait_ns, self._until_confirmed_ns(ahead, orders, now_ns)), now_ns
        )

    def count(self) -> None:
        """Tell the metrics of what was refused since the last call; comes with each pulse."""
        self._too_long.inc(self._late_ones)
        self._overdue.inc(self._overdue_ones)
        self._refused.inc(self._refused_ones)
        self._late_ones = self._overdue_ones = self._refused_ones = 0

    @property
    def refused_lately(self) -> bool:
        """Whether a purchase was refused in the last second because of the load."""
        return self.now_ns() - self._renewed_ns < _SECOND_NS

    def refuse_overdue(self, now_ns: int) -> Busy:
        """Return the refusal of a purchase that has waited too long already."""
        self._overdue_ones += 1
        return self._busy(self.wait_ns_max, now_ns)

    def patience_ns(self, orders: int, now_ns: int) -> int:
        """Return how long a `buy` may have waited before its call, to be confirmed in time.

        Half of the time is always left for the wait: one slow transaction must not make
        everything look overdue.
        """
        rest_ns = self._rest_ns
        if orders >= limits.ORDERS_PER_COMMIT_MAX:
            rest_ns = max(rest_ns, self.committing.wait_ns(orders, now_ns))
        return self.wait_ns_max - min(rest_ns, self.wait_ns_max // 2)

    def confirmed(self, since_reserve_ns: int) -> None:
        """Note how long a `buy` took from its call of Redis to its answer by PostgreSQL."""
        self._rest_ns += (since_reserve_ns - self._rest_ns) >> _REST_BITS

    def wait_ns(self, purchases: int, orders: int) -> int:
        """Return in how long a `buy` that comes now would be confirmed, as far as is known."""
        return self._until_bought_ns(purchases, orders, self.now_ns())

    def _until_bought_ns(self, purchases: int, orders: int, now_ns: int) -> int:
        """Return in how long a `buy` behind so many would be confirmed.

        If what comes after its call of Redis were left out, it would be taken in and then dropped
        as overdue, by `patience_ns`.
        """
        rest_ns = min(self._rest_ns, self.wait_ns_max // 2)
        return max(
            self.reserving.wait_ns(purchases, now_ns) + rest_ns,
            self._until_confirmed_ns(purchases, orders, now_ns),
        )

    def _until_confirmed_ns(self, ahead: int, orders: int, now_ns: int) -> int:
        """Return how long PostgreSQL takes for all orders, those included that are to come.

        Both halves of the path work at the same time, and the slower one decides.
        """
        to_come_ns = ahead * self.committing.item_ns
        return to_come_ns + self.committing.wait_ns(orders, now_ns)

    def _unless_in_time(self, wait_ns: int, now_ns: int) -> Busy | None:
        wait_ns += self._lateness.loop_ns + self._lateness.waited_ns
        if wait_ns <= self.wait_ns_max:
            return None
        self._late_ones += 1
        self._refused_ones += 1
        return self._busy(wait_ns, now_ns)

    def _busy(self, wait_ns: int, now_ns: int) -> Busy:
        self._given += 1
        if now_ns - self._renewed_ns >= _RENEW_NS:
            self._renew(wait_ns, now_ns)
        return self._answers[self._given % len(self._answers)]

    def _renew(self, wait_ns: int, now_ns: int) -> None:
        """Work out when to come back: once all that were refused lately could be served."""
        passed_ns = now_ns - self._renewed_ns
        self._renewed_ns = now_ns
        kept = self._recently * max(0, _SECOND_NS - passed_ns) // _SECOND_NS
        self._recently, self._given = kept + self._given, 0
        item_ns = max(self.reserving.item_ns, self.committing.item_ns)
        base_ms = (wait_ns + self._recently * item_ns) // _NS_PER_MS
        base_ms = min(max(base_ms, limits.RETRY_AFTER_MS_MIN), limits.RETRY_AFTER_MS_MAX)
        self._answers = [
            Busy(retry_after_ms=base_ms + base_ms * number // (2 * _SPREAD))
            for number in range(_SPREAD)
        ]
