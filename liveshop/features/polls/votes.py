"""A vote as a ballot: the same rule decides on it in a show and in a rehearsal."""

from liveshop.core.errors import BadRequest, NotFound, Unauthorized
from liveshop.core.roles import Identity
from liveshop.features.ballots.rules import Ballot
from liveshop.features.polls.rules import GUESTS, Poll, PollsPart, thing_of
from liveshop.features.polls.vocabulary import Vote


def ballot_of(polls: PollsPart, command: Vote, identity: Identity | None) -> Ballot:
    """Return the ballot that a vote is, of a guest without an identity; or raise its refusal.

    Its poll may be closed: a voter who asks again is answered what is stored.
    """
    poll = polls.open.get(command.poll)
    if identity is None and not _may_be_guest(command, poll):
        raise Unauthorized
    if poll is None and command.poll not in polls.closed:
        raise NotFound("poll", str(command.poll))
    if poll is not None and command.choice >= poll.size:
        raise BadRequest(f"`choice`: the poll has {poll.size}, from 0 on")
    return Ballot(
        thing=thing_of(command.poll),
        voter=f"v:{command.visitor}" if identity is None else voter_of(identity),
        choice=command.choice + (GUESTS if identity is None else 0),
        closes_ms=None if poll is None else poll.ends_at_ms,
    )


def voter_of(identity: Identity) -> str:
    """Return the name under which the ballots of somebody with a token are kept."""
    return f"u:{identity.viewer_id}"


def _may_be_guest(command: Vote, poll: Poll | None) -> bool:
    return command.visitor is not None and (poll is None or poll.guests)
