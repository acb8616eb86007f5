"""Stores ballots in batches: none is answered before its COMMIT has returned."""

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

import anyio

from liveshop.core.errors import Busy, Expired, InternalError, LiveshopError, Unavailable
from liveshop.core.failpoint import Failpoint
from liveshop.engine.rooms.session import Session
from liveshop.engine.signal import Signal
from liveshop.engine.until_known import until_known
from liveshop.features.ballots.room_tallies import Tallies
from liveshop.features.ballots.rules import (
    BALLOTS_GATHERED_MS_MAX,
    BALLOTS_PER_COMMIT_MAX,
    BALLOTS_QUEUED_MAX,
    TALLY_SHARDS,
    Ballot,
)
from liveshop.features.ballots.store import Ballots, Cast

_GATHERED_S = BALLOTS_GATHERED_MS_MAX / 1000

# Told the choice that is stored, or why there is none.
Reply: TypeAlias = Callable[[int | LiveshopError], None]
_Key: TypeAlias = tuple[str, str]


class BallotWriter:
    """A session's ballots on their way from this node into PostgreSQL.

    One batch at a time. The first ballot after a pause is stored at once; those that come within
    BALLOTS_GATHERED_MS_MAX of the last batch wait for each other, or until a batch is full.
    """

    def __init__(self, session: Session, tallies: Tallies) -> None:
        self._session = session
        self._tallies = tallies
        self._store = session.node.stores[Ballots]
        self._shard = zlib.crc32(session.node.node_id.encode()) % TALLY_SHARDS
        self._queue: deque[Ballot] = deque()
        # Those in the queue and those that are being stored, with all who wait for each.
        self._askers: dict[_Key, list[Reply]] = {}
        self._asked = 0
        self._boxes: set[str] = set()
        self._epoch = session.epochs.newest
        self._filled = Signal()
        self._full = Signal()

    def __len__(self) -> int:
        """Return how many wait for an answer."""
        return self._asked

    def offer(self, ballot: Ballot, reply: Reply) -> None:
        """Have a ballot stored; `reply` is told the voter's stored choice, maybe at once.

        Raises Busy where too many wait, Unavailable while PostgreSQL is away.
        """
        known = self.choice(ballot.thing, ballot.voter)
        if known is not None:
            reply(known)
            return
        if not self._session.node.postgres_answers:
            raise Unavailable()
        if self._asked >= BALLOTS_QUEUED_MAX:
            raise Busy()
        self._asked += 1
        key = (ballot.thing, ballot.voter)
        askers = self._askers.get(key)
        if askers is not None:
            askers.append(reply)
            return
        self._askers[key] = [reply]
        self._queue.append(ballot)
        if len(self._queue) == 1:
            self._filled.set()
        elif len(self._queue) == BALLOTS_PER_COMMIT_MAX:
            self._full.set()

    def choice(self, thing: str, voter: str) -> int | None:
        """Return a voter's stored choice if this node knows it."""
        if self._session.epochs.newest != self._epoch:
            self._forget()
        return self._store.known.get((self._session.session_id, thing, voter))

    async def run(self) -> None:
        """Store batches, one after the other, until cancelled."""
        started = 0.0
        while True:
            while not self._queue:
                await self._filled.wait()
            self._full.clear()
            if len(self._queue) < BALLOTS_PER_COMMIT_MAX:
                with anyio.move_on_at(started + _GATHERED_S):
                    await self._full.wait()
            started = anyio.current_time()
            size = min(len(self._queue), BALLOTS_PER_COMMIT_MAX)
            await self._write([self._queue.popleft() for _ in range(size)])

    async def _write(self, batch: Sequence[Ballot]) -> None:
        epoch = self._session.epochs.newest
        try:
            cast = await self._cast(batch)
            self._session.node.reach(Failpoint.AFTER_BALLOTS)
        except LiveshopError as failure:
            self._refuse(batch, failure)
        except Exception:
            self._session.failed("ballots")
            self._refuse(batch, InternalError())
        else:
            self._tallies.rise(cast.counted)
            for ballot, choice in zip(batch, cast.choices, strict=True):
                self._stored(ballot, choice, known=epoch == self._epoch)

    async def _cast(self, batch: Sequence[Ballot]) -> Cast:
        """Store a batch; what an earlier attempt has stored is answered as it is stored."""
        session_id, clock = self._session.session_id, self._session.clock
        for ballot in batch:
            if ballot.thing not in self._boxes:
                await self._store.open(session_id, ballot.thing, ballot.closes_ms)
                self._boxes.add(ballot.thing)

        async def cast(again: bool) -> Cast:
            return await self._store.cast(
                session_id, batch, shard=self._shard, now_ms=clock.now_ms()
            )

        return await until_known(cast)

    def _refuse(self, batch: Sequence[Ballot], failure: LiveshopError) -> None:
        for ballot in batch:
            self._answer(ballot, failure)

    def _stored(self, ballot: Ballot, choice: int | None, *, known: bool) -> None:
        if choice is None:
            # It is closed; or it is gone with an older copy of PostgreSQL, and is made again.
            self._boxes.discard(ballot.thing)
            self._answer(ballot, Expired("the time to choose"))
            return
        if known:
            key = (self._session.session_id, ballot.thing, ballot.voter)
            self._store.known.put(key, choice)
        self._answer(ballot, choice)

    def _answer(self, ballot: Ballot, answer: int | LiveshopError) -> None:
        askers = self._askers.pop((ballot.thing, ballot.voter))
        self._asked -= len(askers)
        for reply in askers:
            try:
                reply(answer)
            except Exception:
                self._session.failed("ballots")

    def _forget(self) -> None:
        """Believe nothing from before: PostgreSQL may have gone back to an older copy."""
        self._epoch = self._session.epochs.newest
        self._store.known.forget(self._session.session_id)
        self._boxes.clear()
