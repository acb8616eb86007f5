"""Stores ballots in batches: none is answered before its COMMIT has returned."""

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeAlias

import anyio

from liveshop.core.errors import (
    Busy,
    Expired,
    InternalError,
    LiveshopError,
    OutcomeUnknown,
    Unavailable,
)
from liveshop.core.failpoint import Failpoint
from liveshop.engine.rooms.session import Session
from liveshop.engine.signal import Signal
from liveshop.engine.until_known import until_known
from liveshop.features.ballots.room_metrics import BallotMetrics
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
        self._metrics = session.node.metrics[BallotMetrics]
        self._shard = zlib.crc32(session.node.node_id.encode()) % TALLY_SHARDS
        # Each with the instant at which it came.
        self._queue: deque[tuple[Ballot, float]] = deque()
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
            self._metrics.by_node.inc()
            reply(known)
            return
        if not self._session.node.postgres_answers:
            raise self._counted(Unavailable())
        if self._asked >= BALLOTS_QUEUED_MAX:
            raise self._counted(Busy())
        self._asked += 1
        key = (ballot.thing, ballot.voter)
        askers = self._askers.get(key)
        if askers is not None:
            askers.append(reply)
            return
        self._askers[key] = [reply]
        self._queue.append((ballot, perf_counter()))
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
            self._metrics.wait.observe(perf_counter() - self._queue[0][1])
            size = min(len(self._queue), BALLOTS_PER_COMMIT_MAX)
            await self._write([self._queue.popleft()[0] for _ in range(size)])

    async def _write(self, batch: Sequence[Ballot]) -> None:
        epoch, began_s = self._session.epochs.newest, perf_counter()
        try:
            cast = await self._cast(batch)
            self._session.node.reach(Failpoint.AFTER_BALLOTS)
        except LiveshopError as failure:
            self._refuse(batch, failure)
        except Exception:
            self._session.failed("ballots")
            self._refuse(batch, InternalError())
        else:
            self._metrics.commit.observe(perf_counter() - began_s)
            self._metrics.batches.observe(len(batch))
            self._tallies.rise(cast.counted)
            self._tell(batch, cast, known=epoch == self._epoch)

    async def _cast(self, batch: Sequence[Ballot]) -> Cast:
        """Store a batch; what an earlier attempt has stored is answered as it is stored."""
        session_id, clock = self._session.session_id, self._session.clock

        async def cast(again: bool) -> Cast:
            try:
                for ballot in batch:
                    if ballot.thing not in self._boxes:
                        await self._store.open(session_id, ballot.thing, ballot.closes_ms)
                        self._boxes.add(ballot.thing)
                return await self._store.cast(
                    session_id, batch, shard=self._shard, now_ms=clock.now_ms()
                )
            except LiveshopError as failure:
                outcome = "unknown" if isinstance(failure, OutcomeUnknown) else "not_written"
                self._metrics.failures.labels(outcome).inc()
                raise

        return await until_known(cast)

    def _tell(self, batch: Sequence[Ballot], cast: Cast, *, known: bool) -> None:
        """Answer each ballot by what is stored of it, if anything is."""
        answered = 0
        for ballot, choice in zip(batch, cast.choices, strict=True):
            if choice is None:
                # It is closed; or it is gone with an older copy of PostgreSQL, and is made again.
                self._boxes.discard(ballot.thing)
                self._refuse([ballot], Expired("the time to choose"))
                continue
            if known:
                key = (self._session.session_id, ballot.thing, ballot.voter)
                self._store.known.put(key, choice)
            answered += self._answer(ballot, choice)
        self._metrics.by_store.inc(answered)

    def _refuse(self, batch: Sequence[Ballot], failure: LiveshopError) -> None:
        refused = sum(self._answer(ballot, failure) for ballot in batch)
        self._metrics.refused.labels(failure.code).inc(refused)

    def _answer(self, ballot: Ballot, answer: int | LiveshopError) -> int:
        """Answer everyone who waits for a ballot, and return how many they are."""
        askers = self._askers.pop((ballot.thing, ballot.voter))
        self._asked -= len(askers)
        for reply in askers:
            try:
                reply(answer)
            except Exception:
                self._session.failed("ballots")
        return len(askers)

    def _counted(self, refusal: LiveshopError) -> LiveshopError:
        self._metrics.refused.labels(refusal.code).inc()
        return refusal

    def _forget(self) -> None:
        """Believe nothing from before: PostgreSQL may have gone back to an older copy."""
        self._epoch = self._session.epochs.newest
        self._store.known.forget(self._session.session_id)
        self._boxes.clear()
