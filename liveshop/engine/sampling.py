"""The state of a node for Prometheus: it is read twice a second, so that it costs nothing else."""

import asyncio
from collections import Counter
from collections.abc import Collection

from liveshop.engine.node import Node
from liveshop.engine.rooms.room import QUEUES, Room


def sample(node: Node, rooms: Collection[Room], *, stills: int) -> None:
    """Set every gauge that is a state and no event: stores, pool, rooms, queues, holds."""
    metrics = node.metrics
    metrics.store_up.labels("redis").set(node.health.redis)
    metrics.store_up.labels("postgres").set(node.health.postgres)
    metrics.tasks.set(len(asyncio.all_tasks()))
    opened, busy = node.database.connections
    allowed = node.database.connections_max
    for state, count in (("open", opened), ("busy", busy), ("allowed", allowed)):
        metrics.connections.labels(state).set(count)
    metrics.rooms.set(len(rooms))
    metrics.quiet_rooms.set(sum(room.quiet for room in rooms))
    metrics.stills.set(stills)
    for feature in node.vocabulary.features:
        if feature.metrics is not None:
            of_rooms = (room.session.parts.get(feature.name) for room in rooms)
            metrics[feature.metrics].sample([part for part in of_rooms if part is not None])
    metrics.held.set(sum(room.held for room in rooms))
    metrics.writer_lag.set(max((room.writer.lag_s for room in rooms), default=0.0))
    metrics.estimated_wait.set(max((room.estimated_wait_s for room in rooms), default=0.0))
    waiting: Counter[str] = Counter()
    for room in rooms:
        waiting.update(room.queues)
    for queue in QUEUES:  # each is told even while there is no room
        metrics.queues.labels(queue).set(waiting[queue])
