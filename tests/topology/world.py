"""Two nodes behind a load balancer, and the stores, as many machines have them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.world import CrashWorld
from tests.topology.postgres import Pair, PgBouncer
from tests.topology.programs import Balancer
from tests.valkeys import Cluster, Member, Sentinels

DRAIN_MS = 3_000


class Topology(CrashWorld):
    """A world whose clients know only one address, that of a load balancer."""

    def __init__(self, folder: Path, *, balancer: str) -> None:
        super().__init__(folder)
        self.balancer = Balancer(balancer, folder)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where clients connect."""
        return (self.balancer.url,)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a node whose port is its own."""
        more = {"LIVESHOP_TRUSTED_PROXIES": "127.0.0.1", "LIVESHOP_DRAIN_MS": str(DRAIN_MS)}
        return super().environment | more

    def open(self) -> None:
        """Start everything and wait until both nodes serve."""
        super().open()
        self.balancer.start(node.url for node in self.nodes)

    def close(self) -> None:
        """End everything."""
        self.balancer.stop()
        super().close()


class SentinelTopology(Topology):
    """A topology whose Redis is a primary with two replicas, watched by three Sentinels."""

    def __init__(self, folder: Path, *, balancer: str = "nginx") -> None:
        super().__init__(folder, balancer=balancer)
        self._sentinels = Sentinels(folder)

    @property
    def redis_url(self) -> str:
        """The URL of Redis that nodes are given."""
        return self._sentinels.url

    def start_stores(self) -> None:
        """Start Redis and PostgreSQL."""
        self._sentinels.start()
        self.valkey = self._sentinels.members[0]
        self.postgres.start()

    def stop_stores(self) -> None:
        """End Redis and PostgreSQL."""
        self._sentinels.stop()
        self.postgres.stop()

    def fail_over(self, session_id: str) -> bool:
        """Kill the primary, and wait until another is one."""
        assert isinstance(self.valkey, Member)
        self.valkey = self._sentinels.fail_over(self.valkey)
        return True


class ClusterTopology(Topology):
    """A topology whose Redis is a cluster of three primaries with a replica each."""

    def __init__(self, folder: Path, *, balancer: str = "nginx") -> None:
        super().__init__(folder, balancer=balancer)
        self._cluster = Cluster(folder)

    @property
    def redis_url(self) -> str:
        """The URL of Redis that nodes are given."""
        return self._cluster.url

    def copies_url(self, session_id: str) -> str:
        """Return the URL of the server that has a session's keys now."""
        primary = self._cluster.primary(session_id)
        assert primary is not None
        return primary.url

    def start_stores(self) -> None:
        """Start Redis and PostgreSQL."""
        self._cluster.start()
        self.valkey = self._cluster.members[0]
        self.postgres.start()

    def stop_stores(self) -> None:
        """End Redis and PostgreSQL."""
        self._cluster.stop()
        self.postgres.stop()

    def fail_over(self, session_id: str) -> bool:
        """Kill the session's primary, and wait until its replica is one."""
        self._cluster.fail_over(session_id)
        return True


class StandbyTopology(Topology):
    """A topology whose PostgreSQL has a synchronous standby; it fails over once."""

    def __init__(self, folder: Path, *, balancer: str = "nginx") -> None:
        super().__init__(folder, balancer=balancer)
        self._pair = Pair(folder)
        self.postgres = self._pair.primary

    @property
    def postgres_url(self) -> str:
        """The URL of PostgreSQL that nodes are given."""
        return self._pair.url

    def start_stores(self) -> None:
        """Start Redis and PostgreSQL."""
        self.valkey.start()
        asyncio.run(self._pair.start())

    def stop_stores(self) -> None:
        """End Redis and PostgreSQL."""
        self.valkey.stop()
        self._pair.stop()

    def fail_over(self, session_id: str) -> bool:
        """Kill the primary, and promote the standby, which has all that was committed."""
        asyncio.run(self._pair.fail_over())
        self.postgres = self._pair.standby
        return False


class PgBouncerTopology(Topology):
    """A topology whose nodes reach PostgreSQL through a PgBouncer in transaction mode."""

    def __init__(self, folder: Path, *, balancer: str = "nginx") -> None:
        super().__init__(folder, balancer=balancer)
        self._pgbouncer = PgBouncer(folder)

    @property
    def postgres_url(self) -> str:
        """The URL of PostgreSQL that nodes are given."""
        return self._pgbouncer.url(self.postgres)

    def start_stores(self) -> None:
        """Start Redis and PostgreSQL."""
        super().start_stores()
        asyncio.run(self._pgbouncer.start(self.postgres))

    def stop_stores(self) -> None:
        """End Redis and PostgreSQL."""
        self._pgbouncer.stop()
        super().stop_stores()


@contextmanager
def opened(world: CrashWorld) -> Iterator[CrashWorld]:
    """Run a world."""
    try:
        world.open()
        yield world
    finally:
        world.close()
