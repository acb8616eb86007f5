"""Ballots in PostgreSQL, which decides.

A ballot is answered after its COMMIT. A box is closed in two steps: it refuses more, which waits
for the ballots under way, and only then its counts are read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from liveshop.features.ballots.known import KnownBallots
from liveshop.features.ballots.rules import BALLOTS_KNOWN_MAX, Ballot, Counts, Tally
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import load_queries

_SQL: Final = load_queries(Path(__file__).with_name("ballots.sql"))


@dataclass(frozen=True, slots=True)
class Cast:
    """The outcome of a batch: each ballot's stored choice, None where its box is closed.

    `choices` are in the order of the ballots, `counted` the counts that have risen.
    """

    choices: list[int | None]
    counted: list[Tally]


class Ballots:
    """The boxes of sessions in one database; `known` are ballots that are stored there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.known = KnownBallots(BALLOTS_KNOWN_MAX)

    async def open(self, session_id: str, thing: str, closes_ms: int | None) -> None:
        """Have a box for a thing, unless there is one, open or closed; idempotent."""
        await self._database.commit(_SQL["open_box"], session_id, thing, closes_ms)

    async def cast(
        self, session_id: str, ballots: Sequence[Ballot], *, shard: int, now_ms: int
    ) -> Cast:
        """Store the first ballot of each voter and thing, each of which comes once in `ballots`.

        Idempotent: what was stored before is answered as it is stored. Raises OutcomeUnknown if
        the connection is lost on the way: cast the same again.
        """
        records = await self._database.commit(
            _SQL["cast_ballots"],
            session_id,
            now_ms,
            shard,
            [ballot.thing for ballot in ballots],
            [ballot.voter for ballot in ballots],
            [ballot.choice for ballot in ballots],
        )
        choices: list[int | None] = [ballot.choice for ballot in ballots]
        unseen = []
        for number, choice, is_open in records[0]["others"]:
            choices[number - 1] = choice
            if choice is None and is_open:
                unseen.append(number - 1)
        if unseen:
            # Another node has stored these since the statement began.
            stored = await self._stored(session_id, [ballots[index] for index in unseen])
            for index in unseen:
                choices[index] = stored.get((ballots[index].thing, ballots[index].voter))
        counted = [
            Tally(thing=thing, choice=choice, shard=shard, n=n)
            for thing, choice, n in records[0]["counted"]
        ]
        return Cast(choices, counted)

    async def close(self, session_id: str, things: Iterable[str]) -> dict[str, Counts]:
        """Have boxes refuse more ballots, then return what is in them; idempotent.

        Every ballot that was answered is in the counts, and none comes after.
        """
        names = sorted(set(things))
        await self._database.commit(_SQL["close_boxes"], session_id, names)
        # A statement of its own, which sees the ballots that the close has waited for.
        tallies = await self.tallies(session_id, names)
        counts: dict[str, dict[int, int]] = {name: {} for name in names}
        for tally in tallies:
            of_thing = counts[tally.thing]
            of_thing[tally.choice] = of_thing.get(tally.choice, 0) + tally.n
        return dict(counts)

    async def closed(self, session_id: str, things: Iterable[str]) -> set[str]:
        """Return which of the things have a closed box."""
        rows = await self._database.fetch(_SQL["closed_boxes"], session_id, list(things))
        return {row["thing"] for row in rows}

    async def tallies(self, session_id: str, things: Iterable[str]) -> list[Tally]:
        """Return the counts of things, part by part."""
        rows = await self._database.fetch(_SQL["tallies"], session_id, list(things))
        return [
            Tally(thing=row["thing"], choice=row["choice"], shard=row["shard"], n=row["n"])
            for row in rows
        ]

    async def of_voter(self, session_id: str, things: Sequence[str], voter: str) -> dict[str, int]:
        """Return what a voter has chosen, by thing."""
        rows = await self._database.fetch(
            _SQL["stored_choices"], session_id, list(things), [voter] * len(things)
        )
        return {row["thing"]: row["choice"] for row in rows}

    async def _stored(
        self, session_id: str, ballots: Sequence[Ballot]
    ) -> Mapping[tuple[str, str], int]:
        rows = await self._database.fetch(
            _SQL["stored_choices"],
            session_id,
            [ballot.thing for ballot in ballots],
            [ballot.voter for ballot in ballots],
        )
        return {(row["thing"], row["voter"]): row["choice"] for row in rows}
