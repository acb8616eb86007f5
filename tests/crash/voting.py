"""One seed of voting: nodes and stores are killed while viewers vote and polls end (P9)."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import anyio
import asyncpg
from anyio.abc import TaskGroup
from anyio.from_thread import BlockingPortal, start_blocking_portal

from liveshop.core.failpoint import Failpoint
from tests.crash.buyers import Buyer, Shelf
from tests.crash.checker import Finding
from tests.crash.faults import Faults, StandStill
from tests.crash.history import History
from tests.crash.hosting import Host, Offer
from tests.crash.schedules import Step
from tests.crash.voters import CHOICES, Polls, Voter
from tests.crash.world import CrashWorld

VOTERS = 60
COMMANDS = 2_400
KINDS = (
    "ballots not answered",
    "box without result",
    "node",
    "valkey emptied",
    "postgres",
    "replies lost",
    "two nodes",
    "node and postgres",
)
_FAILPOINTS = {
    "ballots not answered": Failpoint.AFTER_BALLOTS,
    "box without result": Failpoint.AFTER_BOX_CLOSED,
}
_POLL_MS = 5_000
_OPENING_S = (0.1, 0.8)
_OPEN_MAX = 3
_HOLD_MS = 1_200


@dataclass(frozen=True)
class Votes:
    """The polls of a session as PostgreSQL has them, read without the engine's code."""

    # By poll and voter.
    ballots: dict[tuple[int, str], int]
    # The counts of each event that closes a poll.
    results: dict[int, list[list[int]]]
    opened: set[int]


@dataclass
class VotingReport:
    """The results of a seed."""

    seed: int
    kind: str
    polls: int = 0
    ballots: int = 0
    answered: int = 0
    unanswered: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.kind}; {self.polls} polls, {self.ballots} ballots, "
            f"{self.answered} answered, {self.unanswered} without an answer, killed "
            f"{dict(self.killed)}, failpoints {dict(self.reached)}, {self.seconds:.1f} s"
        ]
        return "\n  ".join([*lines, *map(str, self.findings)])


class VotingRun:
    """One seed: call `carry_out` from the main thread; its clients live in another."""

    def __init__(
        self, world: CrashWorld, seed: int, *, commands: int = COMMANDS, faults: int = 3
    ) -> None:
        self._world = world
        self._seed = seed
        self._commands = commands
        self._random = Random(seed)
        self._history = History()
        self._polls = Polls()
        self._host = Host(world.urls, self._history, Random(seed + 1))
        self._over = False
        kind = KINDS[seed % len(KINDS)]
        self._report = VotingReport(seed, kind)
        moments = self._random.sample(range(commands // 10, commands * 9 // 10), faults)
        self._steps = [
            Step(moment, kind, self._random.uniform(0, 1.0), self._random.randrange(2), 0.5)
            for moment in sorted(moments)
        ]

    def carry_out(self) -> VotingReport:
        """Let everyone vote, do what the seed says, and judge."""
        started = time.monotonic()
        with start_blocking_portal() as portal:
            portal.call(self._open)
            faults = Faults(self._world, self._history, self._host.session_id, _HOLD_MS)
            voting = portal.start_task_soon(self._voting)
            try:
                for step in self._steps:
                    self._fault(faults, step)
                faults.wait(self._commands)
            except StandStill as stand_still:
                self._report.findings.append(Finding("P8", str(stand_still)))
            finally:
                self._over = True
                ended = self._world.mend()
            voting.result()
            self._judge(portal, faults, ended)
            portal.call(self._host.close)
        self._report.seconds = time.monotonic() - started
        return self._report

    def _fault(self, faults: Faults, step: Step) -> None:
        failpoint = _FAILPOINTS.get(step.fault)
        if failpoint is None:
            faults.carry_out(step)
        else:
            faults.fail(step, failpoint)

    async def _open(self) -> None:
        sku = f"mug-{self._seed}"
        await self._host.open(
            Offer(
                product_id=sku,
                units={sku: 10},
                limit=1,
                sale_units=1,
                sale_limit=1,
                hold_ms=_HOLD_MS,
            )
        )

    async def _voting(self) -> None:
        shelf = Shelf(self._host.session_id, (), self._world.urls)
        async with anyio.create_task_group() as tasks:
            buyers = [self._buyer(f"v{self._seed}-{n}", shelf, tasks) for n in range(VOTERS)]
            async with anyio.create_task_group() as voting:
                voting.start_soon(self._ask)
                for number, buyer in enumerate(buyers):
                    random = Random(f"{self._seed} voter {number}")
                    voting.start_soon(Voter(buyer, self._polls, random, self._is_over).run)
            for buyer in buyers:
                await buyer.close()

    def _buyer(self, name: str, shelf: Shelf, tasks: TaskGroup) -> Buyer:
        return Buyer(
            name=name,
            shelf=shelf,
            history=self._history,
            random=Random(f"{self._seed} {name}"),
            tasks=tasks,
            over=self._is_over,
        )

    def _is_over(self) -> bool:
        return self._over

    async def _ask(self) -> None:
        """Open polls, some with an end and some to be closed by hand, until the run is over."""
        choices = [{"label": f"Choice {number}"} for number in range(CHOICES)]
        while not self._over:
            timed = {"duration_ms": _POLL_MS} if self._random.random() < 0.6 else {}
            await self._host.command("poll.open", question="Which?", choices=choices, **timed)
            await self._look()
            open_ended = self._polls.open and self._random.random() < 0.4
            if open_ended and len(self._polls.open) == _OPEN_MAX:
                await self._host.command("poll.close", poll=self._polls.open[0])
            await anyio.sleep(self._random.uniform(*_OPENING_S))

    async def _look(self) -> None:
        """Learn which polls are open, from the log: an answer may be lost."""
        try:
            votes = await read_votes(self._world.postgres.url, self._host.session_id)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return
        self._polls.opened |= votes.opened
        # Also one that has just ended: a late vote is to be refused, or answered as it is stored.
        closed = sorted(votes.results)[-1:]
        self._polls.open = sorted(votes.opened - votes.results.keys() | set(closed))

    def _judge(self, portal: BlockingPortal, faults: Faults, ended: dict[str, str]) -> None:
        report = self._report
        portal.call(self._end)
        votes: Votes = portal.call(read_votes, self._world.postgres.url, self._host.session_id)
        report.findings += check_votes(self._polls, votes)
        report.polls, report.ballots = len(votes.opened), len(votes.ballots)
        report.answered = sum(map(len, self._polls.told.values()))
        report.unanswered = self._polls.unanswered
        report.killed, report.reached = faults.killed, faults.reached
        for name, log in ended.items():
            if name not in faults.failed:
                report.findings.append(Finding("P8", f"{name} ended on its own: {log}"))
        code, said = self._world.audit()
        if code != 0:
            report.findings += [Finding("audit", line) for line in said.splitlines()]
        report.findings += [Finding("P6", what) for what in self._history.findings]

    async def _end(self) -> None:
        await self._host.insist("session.end")


def check_votes(polls: Polls, votes: Votes) -> Iterator[Finding]:
    """Yield every contradiction between what voters were told and what is stored and counted."""
    for (poll, voter), told in polls.told.items():
        stored = votes.ballots.get((poll, voter))
        if told != {stored}:
            yield Finding("P9", f"{voter} was told {sorted(told)} in {poll}, stored is {stored}")
    for (poll, voter), choice in votes.ballots.items():
        if choice not in polls.sent.get((poll, voter), ()):
            yield Finding("P9", f"{voter} has never sent {choice} in {poll}")
    counted: dict[int, Counter[int]] = defaultdict(Counter)
    for (poll, _), choice in votes.ballots.items():
        counted[poll][choice] += 1
    for poll in sorted(votes.opened):
        counts = [counted[poll][choice] for choice in range(CHOICES)]
        if votes.results.get(poll) != [counts]:
            yield Finding("P9", f"poll {poll} has {counts}, told was {votes.results.get(poll)}")


async def read_votes(postgres_url: str, session_id: str) -> Votes:
    """Read a session's ballots and results."""
    connection = await asyncpg.connect(postgres_url)
    try:
        ballots = await connection.fetch(
            "SELECT thing, voter, choice FROM ballot WHERE session_id = $1", session_id
        )
        events = await connection.fetch(
            "SELECT type, body FROM event WHERE session_id = $1 AND type LIKE 'poll.%'"
            ' ORDER BY "offset"',
            session_id,
        )
    finally:
        await connection.close()
    results: dict[int, list[list[int]]] = defaultdict(list)
    opened = set()
    for kind, text in events:
        body = json.loads(text)
        if kind == "poll.closed":
            results[body["poll"]].append(body["counts"])
        else:
            opened.add(body["poll"])
    return Votes(
        ballots={
            (int(thing[1:]), voter.removeprefix("u:")): choice for thing, voter, choice in ballots
        },
        results=dict(results),
        opened=opened,
    )
