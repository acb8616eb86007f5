"""The metrics of ballots: how voting goes on a node, and why votes are refused."""

from collections.abc import Collection
from typing import Any

from liveshop.engine.metrics import FeatureMetrics, Metrics
from liveshop.features.ballots.rules import BALLOTS_PER_COMMIT_MAX

_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, BALLOTS_PER_COMMIT_MAX)


class BallotMetrics(FeatureMetrics):
    """The counts of a node's ballots; those of workers come to their sums."""

    def __init__(self, metrics: Metrics) -> None:
        answered = metrics.counter(
            "ballots_answered", "Ballots answered by the stored choice, by what knew it.", "by"
        )
        self.by_store = answered.labels("store")
        self.by_node = answered.labels("node")
        self.refused = metrics.counter("ballots_refused", "Ballots refused, by error code.", "code")
        self.failures = metrics.counter(
            "ballot_commit_failures", "Transactions of ballots that failed, by outcome.", "outcome"
        )
        self.batches = metrics.sizes(
            "ballot_batch_ballots", "Ballots in one transaction.", _BATCHES
        )
        self.wait = metrics.seconds("ballot_wait_seconds", "Longest wait for a transaction.")
        self.commit = metrics.seconds("ballot_commit_seconds", "One transaction of ballots.")
        self.waiting = metrics.gauge("ballots_waiting", "Ballots without an answer.", "livesum")
        self.boxes = metrics.gauge("ballot_boxes_open", "Things that take ballots.", "livemax")

    def sample(self, parts: Collection[Any]) -> None:
        """Set what waits and what is open, from the ballots of all sessions."""
        self.waiting.set(sum(part.under_way() for part in parts))
        self.boxes.set(sum(part.things for part in parts))
