"""Polls in a rehearsal: its client keeps the ballots, which a real show has in its stores."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from liveshop.core import errors, limits
from liveshop.core.commands import Command
from liveshop.core.decision import SystemCommand
from liveshop.core.events import Event
from liveshop.core.fields import PLAIN, Amount, Instant
from liveshop.core.rehearsal import Rehearsal, RehearsalPart, RehearsalRecord
from liveshop.core.roles import Identity
from liveshop.features.ballots.rules import Counts
from liveshop.features.polls.rules import GUESTS, Poll, PollsPart, Results
from liveshop.features.polls.vocabulary import (
    POLLS_OPEN_MAX,
    SCORE_MAX,
    Choices,
    Kind,
    Offset,
    OpenPoll,
    PollOpened,
    Question,
    RightIndex,
    Show,
    Vote,
    refuse_choices,
)
from liveshop.features.polls.votes import ballot_of

# Each step brings them all: of a poll, and of how many that are closed.
REHEARSED_BALLOTS_MAX: Final = 1_000
REHEARSED_CLOSED_POLLS_MAX: Final = 10
_BOXES_MAX: Final = POLLS_OPEN_MAX + REHEARSED_CLOSED_POLLS_MAX
# A voter's name has a prefix of two characters; see `votes.py`.
_Voter = Annotated[str, Meta(max_length=limits.KEY_NAME_CHARS_MAX + 2, pattern=PLAIN)]
_Choice = Annotated[int, Meta(ge=0, le=GUESTS + SCORE_MAX)]


class RehearsedPoll(RehearsalRecord, frozen=True, kw_only=True):
    """An open poll as a session shows it; its ballots are counted again at each step."""

    poll: Offset
    question: Question
    choices: Choices
    kind: Kind
    show: Show
    ends_at_ms: Instant | None
    guests: bool
    counts: Annotated[list[Amount], Meta(max_length=SCORE_MAX + 1)] | None = None
    total: Amount | None = None

    def __post_init__(self) -> None:
        refuse_choices(self.kind, self.choices)

    def open(self) -> Poll:
        """Return the poll as its rules have it."""
        return Poll(
            poll=self.poll,
            question=self.question,
            choices=self.choices,
            kind=self.kind,
            show=self.show,
            ends_at_ms=self.ends_at_ms,
            guests=self.guests,
        )


class RehearsedBox(RehearsalRecord, frozen=True, kw_only=True):
    """The ballots of a poll, open or closed, and its right answer, which no viewer is told."""

    poll: Offset
    ballots: Annotated[dict[_Voter, _Choice], Meta(max_length=REHEARSED_BALLOTS_MAX)]
    right: RightIndex | None = None


class PollsRehearsal(RehearsalPart):
    """Takes votes and counts them as a room and its stores do.

    A vote that names a `visitor` is a guest's: a rehearsal has nobody without a token.
    """

    shown = (("polls", Annotated[list[RehearsedPoll], Meta(max_length=POLLS_OPEN_MAX)], []),)
    keeps = (("ballot_boxes", Annotated[list[RehearsedBox], Meta(max_length=_BOXES_MAX)], []),)
    commands = (Vote,)

    def __init__(self, rehearsal: Rehearsal, before: Any) -> None:
        self._rehearsal = rehearsal
        self._ballots: dict[int, dict[str, int]] = {
            box.poll: dict(box.ballots) for box in before.ballot_boxes
        }
        self._right: dict[int, int] = {
            box.poll: box.right for box in before.ballot_boxes if box.right is not None
        }

    @classmethod
    def restored(cls, before: Any) -> PollsPart:
        """Return the polls' part: those that are shown are open, and other boxes are closed."""
        open_polls = {each.poll: each.open() for each in before.session.polls}
        boxes = [box.poll for box in before.ballot_boxes]
        if len(open_polls) < len(before.session.polls):
            raise errors.BadRequest("`polls` has a poll twice")
        if len({*boxes}) < len(boxes):
            raise errors.BadRequest("`ballot_boxes` has a poll twice")
        return PollsPart(
            open=open_polls, closed=tuple(poll for poll in boxes if poll not in open_polls)
        )

    @property
    def _polls(self) -> PollsPart:
        return PollsPart.of(self._rehearsal.state)

    def execute(self, command: Vote, by: Identity) -> None:
        """Cast a ballot; as in a show, a voter's first one stays."""
        identity = by if command.visitor is None else None
        ballot = ballot_of(self._polls, command, identity)
        ballots = self._ballots.setdefault(command.poll, {})
        if ballot.voter in ballots:
            return
        if command.poll not in self._polls.open:
            raise errors.Expired("the time to choose")
        if len(ballots) >= REHEARSED_BALLOTS_MAX:
            raise errors.LimitReached(
                "votes in a rehearsed poll", limit=REHEARSED_BALLOTS_MAX, left=0
            )
        ballots[ballot.voter] = ballot.choice

    def look_up(self, command: Any) -> Results:
        """Return the counts of the open polls, and the right answers."""
        return Results(
            counts={poll: self._counts(poll) for poll in self._polls.open}, right=self._right
        )

    def decided(self, command: Command | SystemCommand, events: tuple[Event, ...]) -> None:
        """Keep the right answer of a poll that was opened."""
        if isinstance(command, OpenPoll) and command.right is not None:
            opened = (event.poll for event in events if isinstance(event, PollOpened))
            self._right |= dict.fromkeys(opened, command.right)

    def gauge(self) -> dict[str, Any]:
        """Return what viewers may know of each open poll."""
        polls = self._polls.open.values()
        return {str(poll.poll): poll.gauge(self._counts(poll.poll)) for poll in polls}

    def kept(self) -> Mapping[str, Any]:
        """Return the boxes of the newest closed polls and of those that are open."""
        polls = self._polls
        kept = (*polls.closed[-REHEARSED_CLOSED_POLLS_MAX:], *polls.open)
        return {
            "ballot_boxes": [
                {
                    "poll": poll,
                    "ballots": self._ballots.get(poll, {}),
                    "right": self._right.get(poll),
                }
                for poll in kept
            ]
        }

    def _counts(self, poll: int) -> Counts:
        return Counter(self._ballots.get(poll, {}).values())
