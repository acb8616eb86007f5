"""Ballots without a store: what they are, and every limit of theirs."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from liveshop.core.commands import Rate

NAME: Final = "ballots"

# Ballots of one session on a node are committed together: so many, or those of so long.
BALLOTS_PER_COMMIT_MAX: Final = 500
BALLOTS_GATHERED_MS_MAX: Final = 100
BALLOTS_QUEUED_MAX: Final = 20_000
# A voter whose choice is known on a node is answered without a store.
BALLOTS_KNOWN_MAX: Final = 50_000
# Nodes that count in the same row wait for each other.
TALLY_SHARDS: Final = 16
# Of a connection, for all that it has a choice in: (a second, burst).
BALLOT_RATE: Final = (3, 6)

# How many ballots each choice of a thing has.
Counts = Mapping[int, int]


# The rate of each command that casts a ballot.
RATE: Final = Rate(NAME, *BALLOT_RATE)


class Ballot(Struct, frozen=True, kw_only=True):
    """One yes of a voter to a thing; `closes_ms` is when the thing ends, where that is known."""

    thing: str
    voter: str
    choice: int
    closes_ms: int | None = None


class Tally(Struct, frozen=True, kw_only=True):
    """How many ballots of a choice were counted in one part of the counts."""

    thing: str
    choice: int
    shard: int
    n: int
