"""The counts of a worker: Prometheus metrics in a registry of its own."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class WorkerMetrics:
    """The metrics of one worker; every name has its line in `docs/operations.md`.

    Features make theirs by `counter`, `gauge` and `seconds` when their part is made.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.postgres_up = self.gauge("worker_postgres_up", "1 while PostgreSQL answers a worker.")
        self.rounds = self.counter("worker_rounds", "Rounds of a worker's work, by part.", "part")
        self.failures = self.counter(
            "worker_failures", "Rounds that failed by bugs of ours, by part.", "part"
        )

    def gauge(self, name: str, text: str) -> Gauge:
        """Make a gauge."""
        return Gauge(f"liveshop_{name}", text, registry=self.registry)

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Make a counter, by labels if there are any."""
        return Counter(f"liveshop_{name}", text, labels, registry=self.registry)

    def seconds(self, name: str, text: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        """Make a histogram of how long something takes."""
        return Histogram(f"liveshop_{name}", text, buckets=buckets, registry=self.registry)
