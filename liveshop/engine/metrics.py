"""The counts of a node: Prometheus metrics in a registry of the node's own.

The workers of one port count in files of a folder that they share, which is how prometheus_client
does it where the environment names one: then each of them tells the sums of all.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# The library's name; it has to be there before the library is imported.
WORKERS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"

_STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 200, 400)


class FeatureMetrics:
    """The metrics of a feature on one node: made of the node's `Metrics`, and found there.

    Its `Feature` names the class. It makes each metric by `counter`, `gauge`, `sizes` or `seconds`
    at once, so that Prometheus is told of it before anything was counted.
    """

    def __init__(self, metrics: "Metrics") -> None:
        """Make them."""

    def sample(self, parts: Collection[Any]) -> None:
        """Set the gauges of states: twice a second, from the feature's parts of all rooms."""


Of = TypeVar("Of", bound=FeatureMetrics)


class Metrics:
    """The metrics of one node; every name has its line in `docs/operations.md`.

    `metrics[BallotMetrics]` are those of a feature, of the classes that were given.
    """

    def __init__(self, of_features: Iterable[type[FeatureMetrics]] = ()) -> None:
        self.registry = CollectorRegistry()
        self._of_connections()
        self._of_admission()
        self.viewers = self.gauge("viewers", "Viewers that have joined a room.", "livesum")
        self._of_rooms()
        self.joins = self.counter("joins", "Viewers that got their snapshot.")
        self.flushes = self.counter("flushes", "Frames made for a whole room.")
        self.deliveries = self.counter("deliveries", "Room frames handed to a connection.")
        self.bytes = self.counter("delivered_bytes", "Bytes of the room frames handed over.")
        self.flush_seconds = self.seconds("flush_seconds", "One frame to a whole room.")
        self.events = self.counter("events", "Events shown to viewers.")
        self.chat_messages = self.counter("chat_messages", "Chat messages shown to viewers.")
        self.reserved = self.counter("reservations", "Reservations made.")
        self.confirmed = self.counter("orders_confirmed", "Orders confirmed.")
        self.units_sold = self.counter("units_sold", "Units in orders confirmed.")
        self.held = self.gauge("held_units", "Units in open reservations.", "livemax")
        self.refunds = self.counter("refunds_due", "Payments that have to be given back.")
        self.refused = self.counter("refusals", "Purchases refused, by error code.", "code")
        self.failures = self.counter("failures", "Failures by bugs of ours, by part.", "part")
        self.rebuilds = self.counter("rebuilds", "Rebuilds of a session's units in Redis.")
        self.epochs = self.counter("epoch_changes", "Newer epochs of sessions met here.")
        self.unknown_events = self.counter(
            "unknown_events", "Events of a type that this release does not know."
        )
        self.catch_ups = self.counter("catch_ups", "Gaps in the events filled from Postgres.")
        self.bus_lost = self.counter("bus_lost", "Messages that the bus did not take.")
        self.bus_lag = self.seconds("bus_lag_seconds", "Age of another node's message on arrival.")
        self.postgres_rollbacks = self.counter(
            "postgres_rollbacks", "Times that Postgres was found to be an older copy."
        )
        self.clock_jumps = self.counter("clock_jumps", "Jumps of Redis' clock over 5 s.")
        self.store_up = self.gauge("store_up", "1 while a store answers.", "livemin", ["store"])
        self.tasks = self.gauge("tasks", "Tasks of the event loop.", "livesum")
        self.loop_lag = self.seconds("loop_lag_seconds", "How late the event loop was.")
        self.connections = self.gauge(
            "postgres_connections", "Connections of the orders' pool.", "livesum", ["state"]
        )
        self.queues = self.gauge("queue_length", "Items waiting, by queue.", "livesum", ["queue"])
        self.writer_lag = self.gauge(
            "writer_lag_seconds", "Age of the oldest order that is not committed.", "livemax"
        )
        self._of_stages()
        self._of_features = {kind: kind(self) for kind in of_features}

    def __getitem__(self, kind: type[Of]) -> Of:
        found = self._of_features[kind]
        assert isinstance(found, kind)
        return found

    def _of_stages(self) -> None:
        self.reserve_lines = self.sizes("reserve_batch_lines", "Purchases in one reserve call.")
        self.commit_orders = self.sizes("commit_batch_orders", "Orders in one transaction.")
        self.reserve_wait = self.seconds("reserve_wait_seconds", "Longest wait for a call.")
        self.reserve_seconds = self.seconds("reserve_seconds", "One reserve call.")
        self.commit_wait = self.seconds("commit_wait_seconds", "Longest wait for a transaction.")
        self.commit_seconds = self.seconds("commit_seconds", "One order transaction.")
        self.settle_seconds = self.seconds("settle_seconds", "One settle call.")
        self.purchase_seconds = self.seconds("purchase_seconds", "From command to confirmed.")

    def _of_rooms(self) -> None:
        self.rooms = self.gauge("rooms", "Sessions loaded.", "livesum")
        self.quiet_rooms = self.gauge("quiet_rooms", "Rooms in which nothing goes on.", "livesum")
        self.stills = self.gauge("stills", "Settled sessions shown without a room.", "livesum")
        self.redis_used = self.gauge("redis_memory_used_bytes", "Memory of Redis.", "livemax")
        self.redis_max = self.gauge(
            "redis_memory_max_bytes", "Memory that Redis may take.", "livemax"
        )

    def _of_admission(self) -> None:
        self.busy = self.counter("busy", "Purchases refused with busy, by reason.", "reason")
        self.dropped = self.counter(
            "purchases_dropped", "Purchases dropped before Redis was asked, by reason.", "reason"
        )
        self.estimated_wait = self.gauge(
            "estimated_wait_seconds", "How long a purchase that comes now would wait.", "livemax"
        )

    def _of_connections(self) -> None:
        self.sockets = self.gauge("connections", "Viewers' connections that are open.", "livesum")
        self.sockets_max = self.gauge(
            "connections_max", "Connections that a node takes at most.", "livesum"
        )
        self.closes = self.counter("disconnects", "Connections closed, by close code.", "code")
        self.unreadable_clients = self.counter(
            "unreadable_clients", "Requests whose X-Forwarded-For could not be read."
        )
        self.activity_dropped = self.counter(
            "activity_dropped", "Entries of the activity log that were not kept."
        )
        self.commands_refused = self.counter(
            "commands_refused", "Viewers' messages that were refused as they came."
        )

    def exposed(self) -> CollectorRegistry:
        """Return what is shown to Prometheus: of this node, or of all workers of its port."""
        if WORKERS_FOLDER not in os.environ:
            return self.registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry

    def gauge(
        self,
        name: str,
        text: str,
        of_workers: Literal["livesum", "livemin", "livemax"],
        labels: Sequence[str] = (),
    ) -> Gauge:
        """Make a gauge; `of_workers` is what those of several processes come to."""
        return Gauge(
            f"liveshop_{name}",
            text,
            labels,
            registry=self.registry,
            multiprocess_mode=of_workers,
        )

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Make a counter, by labels if there are any."""
        return Counter(f"liveshop_{name}", text, labels, registry=self.registry)

    def sizes(self, name: str, text: str, buckets: Sequence[int] = _BATCH_SIZES) -> Histogram:
        """Make a histogram of how many go together."""
        return Histogram(f"liveshop_{name}", text, buckets=buckets, registry=self.registry)

    def seconds(self, name: str, text: str) -> Histogram:
        """Make a histogram of how long something takes."""
        return Histogram(f"liveshop_{name}", text, buckets=_STAGE_SECONDS, registry=self.registry)


def forget_worker(pid: int, folder: str) -> None:
    """Take a worker that has ended out of the gauges; its counts stay."""
    mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
