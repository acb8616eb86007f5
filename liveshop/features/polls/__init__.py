"""Polls: the host asks, each viewer chooses once, and everyone sees the result."""

from liveshop.core.feature import Feature
from liveshop.engine.rooms.stills import Still
from liveshop.features.ballots import BALLOTS
from liveshop.features.polls.rehearsal import PollsRehearsal
from liveshop.features.polls.room import PollsRoom
from liveshop.features.polls.rules import PollsPart, PollView, SaveRight
from liveshop.features.polls.store import save_right
from liveshop.features.polls.store_audit import AUDIT
from liveshop.features.polls.vocabulary import COMMANDS, EVENTS, NAME, Vote


def _refuse(still: Still, command: Vote) -> None:
    raise still.ended


POLLS = Feature(
    name=NAME,
    commands=COMMANDS,
    events=EVENTS,
    part=PollsPart(),
    room=PollsRoom,
    still={Vote: _refuse},
    # Left out where none is open.
    shown=(("polls", list[PollView], []),),
    rehearsal=PollsRehearsal,
    writers={SaveRight: save_right},
    audit=AUDIT,
    uses=(BALLOTS,),
)
