"""The counts of a session's ballots on this node: its own, and through Redis those of its peers."""

from collections.abc import Iterable

from liveshop.core.errors import LiveshopError
from liveshop.engine.rooms.session import Session
from liveshop.features.ballots.rules import Counts, Tally
from liveshop.features.ballots.store import Ballots
from liveshop.features.ballots.store_copies import TallyCopies


class Tallies:
    """Counts to be shown. They may be late; only the counts of a closed box are a result.

    While something is watched, they are exchanged with Redis before each pulse. After Redis was
    emptied, and for a thing that is new here, they are read from PostgreSQL first.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._copies = TallyCopies(session.node.link, session.session_id)
        self._wanted: dict[str, frozenset[str]] = {}
        self._watched: frozenset[str] = frozenset()
        # By thing, then choice and shard.
        self._counts: dict[str, dict[tuple[int, int], int]] = {}
        self._news: dict[tuple[str, int, int], Tally] = {}
        self._unread: set[str] = set()
        self._epoch = session.epochs.newest

    @property
    def watched(self) -> int:
        """How many things are watched."""
        return len(self._watched)

    def watch(self, feature: str, things: Iterable[str]) -> None:
        """Keep the counts of a feature's things up to date, and forget its others."""
        self._wanted[feature] = frozenset(things)
        watched = frozenset[str]().union(*self._wanted.values())
        self._unread |= watched - self._watched
        for gone in self._watched - watched:
            self._counts.pop(gone, None)
        self._watched = watched

    def counts(self, thing: str) -> Counts:
        """Return how many ballots each choice of a watched thing has, as far as is known here."""
        counts: dict[int, int] = {}
        for (choice, _), n in self._counts.get(thing, {}).items():
            counts[choice] = counts.get(choice, 0) + n
        return counts

    def rise(self, counted: Iterable[Tally]) -> None:
        """Take in what a COMMIT of this node has counted."""
        for tally in counted:
            if tally.thing in self._watched:
                self._news[tally.thing, tally.choice, tally.shard] = tally
                self._take(tally)

    async def exchange(self) -> None:
        """Copy what is new here to Redis and take in what is there; raises Unavailable or Busy.

        Costs nothing while nothing is watched.
        """
        if not self._watched:
            return
        session, epoch = self._session, self._session.epochs.newest
        if epoch != self._epoch:
            # Redis was loaded again, or PostgreSQL went back to an older copy.
            self._epoch = epoch
            self._counts, self._news, self._unread = {}, {}, set(self._watched)
        things = sorted(self._watched)
        if unread := self._unread & self._watched:
            stored = await session.node.stores[Ballots].tallies(session.session_id, sorted(unread))
            self._unread = self._unread - unread
            self.rise(stored)
        news, self._news = self._news, {}
        try:
            copies = await self._copies.exchange(epoch, things, news.values())
        except LiveshopError:
            self._news = news | self._news
            raise
        if session.epochs.newest == epoch:
            for tally in copies:
                self._take(tally)

    def _take(self, tally: Tally) -> None:
        if tally.thing not in self._watched:
            return
        parts = self._counts.setdefault(tally.thing, {})
        part = (tally.choice, tally.shard)
        parts[part] = max(tally.n, parts.get(part, 0))
