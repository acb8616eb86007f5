"""Polls in a room: votes on their way, counts to be shown, and results from closed boxes."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from liveshop.core.commands import EndSession
from liveshop.core.decision import SystemCommand
from liveshop.core.errors import LiveshopError
from liveshop.core.events import Event
from liveshop.core.roles import Identity
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.features.ballots import SessionBallots
from liveshop.features.polls.rules import Poll, PollsPart, Results, voted
from liveshop.features.polls.store import Polls
from liveshop.features.polls.vocabulary import NAME, ClosePoll, EndPoll, Vote
from liveshop.features.polls.votes import ballot_of, voter_of

# Between two looks for boxes that are closed without a result: a node may be about to tell it.
_BEATS_PER_LOOK: Final = 4


class PollsRoom(RoomPart):
    """Takes votes, and shows and closes polls."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.at_once = {Vote: self.vote}
        self._beats = 0
        # Polls whose box was closed when it was looked at last, and the time before that.
        self._suspects: set[int] = set()
        self._abandoned: set[int] = set()

    @property
    def _polls(self) -> PollsPart:
        return PollsPart.of(self._session.state)

    @property
    def _ballots(self) -> SessionBallots:
        return SessionBallots.of(self._session)

    def vote(self, command: Vote, asker: Asker) -> None:
        """Cast a viewer's ballot; it is answered once it is stored, by the choice that is."""
        assert asker.viewer is not None, "a vote comes over a connection"
        try:
            ballot = ballot_of(self._polls, command, asker.viewer.identity)
        except LiveshopError as refusal:
            self._ballots.refused(refusal)
            raise
        self._ballots.cast(ballot, partial(_tell, asker, command.poll))

    def applied(self, event: Event) -> None:
        """Count what is open now."""
        if event.feature == NAME:
            self._watch()

    async def welcome(self, identity: Identity) -> Mapping[str, Any]:
        """Tell a viewer its own votes in the polls that are open."""
        if not (polls := self._polls.open.values()):
            return {}
        things = [poll.thing for poll in polls]
        chosen = await self._ballots.of_voter(things, voter_of(identity))
        votes = {str(poll.poll): chosen[poll.thing] for poll in polls if poll.thing in chosen}
        return {"votes": votes}

    async def look_up(self, command: Any) -> Results | None:
        """Close the boxes of the polls that a command ends, and only then read their counts."""
        polls = self._ended_by(command)
        if polls is None:
            return None
        session_id, stores = self._session.session_id, self._session.node.stores
        counts = await self._ballots.close(poll.thing for poll in polls)
        return Results(
            counts={poll.poll: counts[poll.thing] for poll in polls},
            right=await stores[Polls].right(session_id, [poll.poll for poll in polls]),
        )

    async def refresh(self) -> None:
        """Look now and then for polls whose box a node has closed and not told the result."""
        self._watch()
        polls = self._polls.open.values()
        self._beats += 1
        if not polls or self._beats % _BEATS_PER_LOOK:
            return
        found = await self._ballots.closed(poll.thing for poll in polls)
        closed = {poll.poll for poll in polls if poll.thing in found}
        self._abandoned, self._suspects = closed & self._suspects, closed
        if self._abandoned:
            self._session.wake.rows.set()

    def due(self) -> Iterable[SystemCommand]:
        """Return the ends of polls that nobody else tells."""
        return [
            EndPoll(poll=poll, reason="manual")
            for poll in self._abandoned
            if poll in self._polls.open
        ]

    def gauge(self) -> dict[str, Any] | None:
        """Return what viewers may know of each open poll; None where there is none."""
        polls = self._polls.open.values()
        if not polls:
            return None
        return {str(poll.poll): poll.gauge(self._ballots.counts(poll.thing)) for poll in polls}

    def _watch(self) -> None:
        self._ballots.watch(NAME, (poll.thing for poll in self._polls.open.values()))

    def _ended_by(self, command: Any) -> list[Poll] | None:
        match command:
            case ClosePoll(poll=named) | EndPoll(poll=named):
                poll = self._polls.open.get(named)
                return None if poll is None else [poll]
            case EndSession():
                return list(self._polls.open.values())
            case _:
                return None


def _tell(asker: Asker, poll: int, answer: int | LiveshopError) -> None:
    if isinstance(answer, LiveshopError):
        asker.refuse(answer)
    else:
        asker.answer(voted(poll, answer, asker.ref))
