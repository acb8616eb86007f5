"""The networks from which banned viewers came: no new guest is let in from there meanwhile."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from liveshop.core.access import Ban, Place
from liveshop.features.guests.rules import NETWORKS_WAITING_MAX, OVER_DROPPED_MAX
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("guests.sql"))


class ShutNetworks:
    """Those of a node that are not stored yet, and the way into one database.

    Store them before a new guest is looked at: whoever is banned may come back as one within the
    same millisecond.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[tuple[Place, str], set[bytes]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, ban: Ban, networks: Iterable[bytes]) -> None:
        """Shut networks to new guests where a ban holds, and for as long."""
        if len(self._waiting) < NETWORKS_WAITING_MAX:
            self._waiting.setdefault((ban.place, ban.viewer_id), set()).update(networks)

    async def store(self, now_ms: int) -> None:
        """Store what waits, if anything does; raises Unavailable, and the rest waits on.

        Two at once may store the same, which is harmless.
        """
        if not self._waiting:
            return
        while self._waiting:
            (place, viewer_id), networks = next(iter(self._waiting.items()))
            stored = set(networks)
            args = (viewer_id, place[0] or "", place[1] or "", sorted(stored))
            await self._database.commit(_SQL["shut_networks"], *args)
            networks -= stored
            if not networks:
                self._waiting.pop((place, viewer_id), None)
        await self._database.commit(_SQL["open_networks"], now_ms, OVER_DROPPED_MAX)
