"""Boxes as a test uses them, and the rows behind them."""

import asyncio
from typing import Any

import asyncpg

from liveshop.features.ballots.rules import Ballot, Tally
from liveshop.features.ballots.store import Ballots, Cast
from liveshop.stores.postgres.database import Database

NOW = 1_790_000_000_000


def ballot(voter: str = "u:ada", choice: int = 0, thing: str = "p1") -> Ballot:
    """Make a ballot of a thing without an end."""
    return Ballot(thing=thing, voter=voter, choice=choice)


def part(choice: int, n: int, *, thing: str = "p1", shard: int = 0) -> Tally:
    """Make a part of the counts."""
    return Tally(thing=thing, choice=choice, shard=shard, n=n)


async def held_up(connection: asyncpg.Connection, task: "asyncio.Future[Any]", others: int) -> bool:
    """Return True once a task's transaction and so many others wait, False if it is done first."""
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
    while not task.done():
        if await connection.fetchval(query) == 1 + others:
            return True
    return False


class Boxes:
    """The store, and the rows behind it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = Ballots(database)

    async def cast(self, *ballots: Ballot, shard: int = 0, now_ms: int = NOW) -> Cast:
        """Cast ballots of the session."""
        return await self.store.cast("s1", ballots, shard=shard, now_ms=now_ms)

    async def stored(self, thing: str = "p1") -> dict[str, int]:
        """Return the choice of each voter who has a ballot."""
        query = "SELECT voter, choice FROM ballot WHERE session_id = 's1' AND thing = $1"
        return dict(await self.database.fetch(query, thing))

    async def counts(self, thing: str = "p1") -> dict[int, int]:
        """Return the counts, as they are now."""
        counts: dict[int, int] = {}
        for tally in await self.store.tallies("s1", [thing]):
            counts[tally.choice] = counts.get(tally.choice, 0) + tally.n
        return counts
