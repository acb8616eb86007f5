"""Two nodes behind a load balancer, and the stores, as many machines have them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.world import World
from tests.topology.programs import Balancer

DRAIN_MS = 3_000


class Topology(World):
    """A world whose clients know one address alone, that of a load balancer."""

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


@contextmanager
def opened(world: World) -> Iterator[World]:
    """Run a world."""
    try:
        world.open()
        yield world
    finally:
        world.close()
