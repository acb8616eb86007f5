"""Polls: a question with some choices, open for a while, one vote a viewer, and a result."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, assert_never, cast

from msgspec import Struct, field, to_builtins
from msgspec.structs import replace

from liveshop.core import errors
from liveshop.core.commands import HostCommand
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import KnownEvent
from liveshop.core.messages import answer
from liveshop.core.session import Part, SessionState
from liveshop.core.wire import Message
from liveshop.features.ballots.rules import Counts
from liveshop.features.polls.vocabulary import (
    NAME,
    POLLS_OPEN_MAX,
    SCORE_MAX,
    ClosePoll,
    CloseReason,
    EndPoll,
    Kind,
    OpenPoll,
    PollChoice,
    PollClosed,
    PollOpened,
    Show,
)

# A voter who asks again, after the end of one of the newest, is answered what is stored.
_CLOSED_KEPT_MAX: Final = 200
# A guest's ballot is of the choice and this: guests are counted apart.
GUESTS: Final = 100


class Results(Struct, frozen=True, kw_only=True):
    """The facts of a close: the counts of closed boxes, and the right answers."""

    counts: Mapping[int, Counts]
    right: Mapping[int, int]


class SaveRight(Struct, frozen=True, kw_only=True):
    """The right answer of a poll, kept next to the log: its readers are viewers."""

    poll: int
    choice: int


class Poll(Struct, frozen=True, kw_only=True):
    """An open poll."""

    poll: int
    question: str
    choices: list[PollChoice]
    kind: Kind
    show: Show
    ends_at_ms: int | None
    guests: bool

    @property
    def thing(self) -> str:
        """The thing that its ballots are about."""
        return thing_of(self.poll)

    @property
    def size(self) -> int:
        """How many choices it has."""
        return SCORE_MAX + 1 if self.kind == "score" else len(self.choices)

    def by_choice(self, counts: Counts) -> list[int]:
        """Return the counts of all choices in their order, guests' among them."""
        return [counts.get(each, 0) + counts.get(GUESTS + each, 0) for each in range(self.size)]

    def gauge(self, counts: Counts) -> list[int] | int:
        """Return what viewers may know by now: the counts, or only how many have voted."""
        by_choice = self.by_choice(counts)
        return sum(by_choice) if self.show == "end" else by_choice


class PollView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open poll in a session: with `counts`, or with the `total` if they are for the end."""

    poll: int
    question: str
    choices: list[PollChoice]
    kind: Kind
    show: Show
    ends_at_ms: int | None
    guests: bool
    counts: list[int] | None = None
    total: int | None = None


class PollsPart(Part, frozen=True, kw_only=True):
    """The polls of a session: those that are open, the oldest first, and the newest closed ones."""

    open: dict[int, Poll] = field(default_factory=dict)
    closed: tuple[int, ...] = ()

    @classmethod
    def of(cls, state: SessionState) -> "PollsPart":
        """Return the polls of a state."""
        return cast(PollsPart, state.parts[NAME])

    def decide(
        self, state: SessionState, command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        """Decide to open a poll, or to close one with the counts of its box."""
        match cast(OpenPoll | ClosePoll | EndPoll, command):
            case OpenPoll() as opening:
                return self._open(state, opening, facts)
            case ClosePoll(poll=poll):
                return self._close(state, poll, "manual", facts)
            case EndPoll(poll=poll, reason=reason):
                ends_at_ms = self._named(poll).ends_at_ms
                if reason == "timer" and (ends_at_ms is None or facts.now_ms < ends_at_ms):
                    raise errors.Conflict("the poll goes on")
                return self._close(state, poll, reason, facts)
            case never:
                assert_never(never)

    def after(self, event: KnownEvent) -> "PollsPart":
        """Return the polls after one was opened or closed."""
        match cast(PollOpened | PollClosed, event):
            case PollOpened() as opened:
                return replace(self, open={**self.open, opened.poll: _poll(opened)})
            case PollClosed(poll=poll):
                kept = {name: each for name, each in self.open.items() if name != poll}
                closed = (*self.closed, poll)[-_CLOSED_KEPT_MAX:]
                return replace(self, open=kept, closed=closed)
            case never:
                assert_never(never)

    def due(self, state: SessionState, now_ms: int) -> Iterator[SystemCommand]:
        """Yield the ends of polls whose time is over."""
        for poll in self.open.values():
            if poll.ends_at_ms is not None and poll.ends_at_ms <= now_ms:
                yield EndPoll(poll=poll.poll, reason="timer")

    def due_ms(self) -> int | None:
        """Return when the next poll ends."""
        ends = [poll.ends_at_ms for poll in self.open.values() if poll.ends_at_ms is not None]
        return min(ends, default=None)

    def ending(self, offsets: Iterator[int], facts: Facts) -> Iterator[KnownEvent]:
        """Close what is open with the session."""
        for poll in self.open.values():
            yield _closed(poll, next(offsets), "session_end", facts)

    def shown(self, gauge: Any) -> Mapping[str, Any]:
        """Return the open polls with what viewers may know of them; nothing where none is open."""
        if not self.open:
            return {}
        known = gauge or {}
        return {
            "polls": [
                _shown(poll, known.get(str(poll.poll), poll.gauge({})))
                for poll in self.open.values()
            ]
        }

    def _named(self, poll: int) -> Poll:
        if poll in self.open:
            return self.open[poll]
        if poll in self.closed:
            raise errors.Conflict("the poll is closed already")
        raise errors.NotFound("poll", str(poll))

    def _open(self, state: SessionState, command: OpenPoll, facts: Facts) -> Decision:
        if not state.status.is_on:
            raise errors.Conflict(f"the session is {state.status}")
        if len(self.open) >= POLLS_OPEN_MAX:
            raise errors.LimitReached("open polls", limit=POLLS_OPEN_MAX, left=0)
        for choice in command.choices:
            if choice.product_id is not None:
                state.product(choice.product_id)
        offset, ms = state.offset + 1, command.duration_ms
        opened = PollOpened(
            offset=offset,
            at_ms=facts.now_ms,
            poll=offset,
            question=command.question,
            choices=command.choices,
            kind=command.kind,
            show=command.show,
            ends_at_ms=None if ms is None else facts.now_ms + ms,
            guests=command.guests,
        )
        right = command.right
        writes = () if right is None else (SaveRight(poll=offset, choice=right),)
        return Decision(events=(opened,), writes=writes)

    def _close(self, state: SessionState, poll: int, reason: CloseReason, facts: Facts) -> Decision:
        return Decision(events=(_closed(self._named(poll), state.offset + 1, reason, facts),))


def thing_of(poll: int) -> str:
    """Return what the ballots of a poll are about."""
    return f"p{poll}"


def voted(poll: int, choice: int, ref: int | None) -> Message:
    """Tell a voter the choice that is stored."""
    return answer("voted", ref, poll=poll, choice=choice % GUESTS)


def _poll(opened: PollOpened) -> Poll:
    return Poll(
        poll=opened.poll,
        question=opened.question,
        choices=opened.choices,
        kind=opened.kind,
        show=opened.show,
        ends_at_ms=opened.ends_at_ms,
        guests=opened.guests,
    )


def _closed(poll: Poll, offset: int, reason: CloseReason, facts: Facts) -> PollClosed:
    results = cast(Results, facts.found[NAME])
    counts = results.counts[poll.poll]
    by_choice = poll.by_choice(counts)
    guests = sum(n for choice, n in counts.items() if choice >= GUESTS)
    return PollClosed(
        offset=offset,
        at_ms=facts.now_ms,
        poll=poll.poll,
        counts=by_choice,
        total=sum(by_choice),
        guests=guests if poll.guests else None,
        right=results.right.get(poll.poll),
        reason=reason,
    )


def _shown(poll: Poll, gauge: list[int] | int) -> dict[str, Any]:
    known = {"total": gauge} if isinstance(gauge, int) else {"counts": gauge}
    return {**to_builtins(poll), **known}
