"""The words of polls: commands, events, and every limit."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from liveshop.core import limits
from liveshop.core.commands import ON, Command, HostCommand
from liveshop.core.decision import SystemCommand
from liveshop.core.events import KnownEvent
from liveshop.core.fields import PLAIN, Id, Url
from liveshop.core.roles import Role
from liveshop.features.ballots.rules import RATE

NAME: Final = "polls"

QUESTION_CHARS_MAX: Final = 120
CHOICE_CHARS_MAX: Final = 40
CHOICES_MIN: Final = 2
CHOICES_MAX: Final = 6
SCORE_MAX: Final = 10
POLL_MS_MIN: Final = 5_000
POLL_MS_MAX: Final = 3_600_000
POLLS_OPEN_MAX: Final = 3

Kind = Literal["choice", "score"]
Show = Literal["live", "voted", "end"]
CloseReason = Literal["timer", "manual", "session_end"]
Offset = Annotated[int, Meta(ge=1, le=limits.OFFSET_MAX)]
ChoiceIndex = Annotated[int, Meta(ge=0, le=SCORE_MAX)]
RightIndex = Annotated[int, Meta(ge=0, lt=CHOICES_MAX)]
Question = Annotated[str, Meta(max_length=QUESTION_CHARS_MAX, pattern=PLAIN)]


class PollChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer to choose: its words, perhaps with a picture, perhaps a product of the shelf."""

    label: Annotated[str, Meta(max_length=CHOICE_CHARS_MAX, pattern=PLAIN)]
    image: Url | None = None
    product_id: Id | None = None


Choices = Annotated[list[PollChoice], Meta(max_length=CHOICES_MAX)]


class OpenPoll(HostCommand, frozen=True, kw_only=True, tag="poll.open"):
    """Ask the viewers something; `kind` "score" has no choices of its own, but 0 to 10.

    `right` is the index of the right answer, which nobody is told before the end.
    """

    feature = NAME
    when = ON
    opens = True
    question: Question
    choices: Choices = field(default_factory=list)
    kind: Kind = "choice"
    duration_ms: Annotated[int, Meta(ge=POLL_MS_MIN, le=POLL_MS_MAX)] | None = None
    show: Show = "live"
    right: RightIndex | None = None
    guests: bool = False

    def __post_init__(self) -> None:
        refuse_choices(self.kind, self.choices, self.right)


def refuse_choices(kind: Kind, choices: Sequence[PollChoice], right: int | None = None) -> None:
    """Raise ValueError for choices that a poll of this kind cannot have."""
    if kind == "score":
        if choices or right is not None:
            raise ValueError("a poll for a score has no `choices` and no `right` one")
        return
    if len(choices) < CHOICES_MIN:
        raise ValueError(f"give at least {CHOICES_MIN} `choices`")
    if len({choice.label for choice in choices}) < len(choices):
        raise ValueError("two `choices` have the same label")
    if right is not None and right >= len(choices):
        raise ValueError("`right` is none of the `choices`")


class ClosePoll(HostCommand, frozen=True, kw_only=True, tag="poll.close"):
    """End a poll before its time; `poll` is the offset of the event that opened it."""

    feature = NAME
    needs = Role.MODERATOR
    when = ON
    about = "poll"
    poll: Offset


class Vote(Command, frozen=True, kw_only=True, tag="vote"):
    """Choose, once: the first vote of a viewer counts, and a later one is told it.

    `visitor` is how a guest's client calls itself; who has a token leaves it out.
    """

    feature = NAME
    rate = RATE
    poll: Offset
    choice: ChoiceIndex
    visitor: Id | None = None


class EndPoll(SystemCommand, frozen=True, kw_only=True):
    """End a poll whose time is over; or one that a node has closed without telling the result."""

    feature = NAME
    poll: int
    reason: Literal["timer", "manual"]


class PollOpened(KnownEvent, frozen=True, kw_only=True, tag="poll.opened"):
    """A poll was opened; `poll` is its offset, by which it is named from here on."""

    feature = NAME
    poll: int
    question: str
    choices: list[PollChoice]
    kind: Kind
    show: Show
    ends_at_ms: int | None
    guests: bool


class PollClosed(KnownEvent, frozen=True, kw_only=True, tag="poll.closed", omit_defaults=True):
    """A poll was closed; `counts` are by choice, of which `guests` were cast without a token.

    `right` is there if there was a right answer, `guests` if guests could vote.
    """

    feature = NAME
    poll: int
    counts: list[int]
    total: int
    guests: int | None = None
    right: int | None = None
    reason: CloseReason


COMMANDS: Final = (OpenPoll, ClosePoll, Vote)
EVENTS: Final = (PollOpened, PollClosed)
