"""The ballots of a session on this node, for the features that have something to choose from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from liveshop.core.errors import LiveshopError
from liveshop.core.failpoint import Failpoint
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.features.ballots.room_metrics import BallotMetrics
from liveshop.features.ballots.room_tallies import Tallies
from liveshop.features.ballots.room_writer import BallotWriter, Reply
from liveshop.features.ballots.rules import NAME, Ballot, Counts
from liveshop.features.ballots.store import Ballots


class SessionBallots(RoomPart):
    """Casts, counts and closes, for every feature of the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store = session.node.stores[Ballots]
        self._metrics = session.node.metrics[BallotMetrics]
        self._tallies = Tallies(session)
        self._writer = BallotWriter(session, self._tallies)

    @classmethod
    def of(cls, session: Session) -> "SessionBallots":
        """Return those of a session."""
        return cast(SessionBallots, session.parts[NAME])

    async def run(self) -> None:
        """Store ballots, until cancelled."""
        await self._writer.run()

    def under_way(self) -> int:
        """Return how many ballots wait for an answer."""
        return len(self._writer)

    @property
    def things(self) -> int:
        """How many things take ballots, as far as their features have said."""
        return self._tallies.watched

    def refused(self, refusal: LiveshopError) -> None:
        """Count a ballot that a feature refuses before it is cast."""
        self._metrics.refused.labels(refusal.code).inc()

    async def refresh(self) -> None:
        """Exchange the counts with those of other nodes."""
        await self._tallies.exchange()

    def cast(self, ballot: Ballot, reply: Reply) -> None:
        """Have a ballot stored; `reply` is told the choice that is stored, or a refusal.

        Raises Busy where too many wait, Unavailable while PostgreSQL is away. It is counted here.
        """
        self._writer.offer(ballot, reply)

    def watch(self, feature: str, things: Iterable[str]) -> None:
        """Keep the counts of a feature's things up to date, and forget its others."""
        self._tallies.watch(feature, things)

    def counts(self, thing: str) -> Counts:
        """Return the counts of a watched thing, to be shown; they are no result."""
        return self._tallies.counts(thing)

    async def close(self, things: Iterable[str]) -> Mapping[str, Counts]:
        """Refuse more ballots for these things for good, and return the result; idempotent.

        Append the event that tells the result next: a node that dies before that leaves a closed
        box, which `closed` finds.
        """
        counts = await self._store.close(self._session.session_id, things)
        self._session.node.reach(Failpoint.AFTER_BOX_CLOSED)
        return counts

    async def closed(self, things: Iterable[str]) -> set[str]:
        """Return which of the things no longer take ballots."""
        return await self._store.closed(self._session.session_id, things)

    async def of_voter(self, things: Sequence[str], voter: str) -> dict[str, int]:
        """Return a voter's stored choices, by thing."""
        known = {thing: self._writer.choice(thing, voter) for thing in things}
        found = {thing: choice for thing, choice in known.items() if choice is not None}
        unknown = [thing for thing in things if thing not in found]
        if unknown:
            found |= await self._store.of_voter(self._session.session_id, unknown, voter)
        return found
