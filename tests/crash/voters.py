"""Voters over real WebSockets, who note every choice that they send and are told."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import anyio

from tests.crash.buyers import Buyer
from tests.crash.history import UNDECIDED, Message

# A connection may vote three times a second.
_PAUSE_S = (0.2, 0.7)
CHOICES = 3


@dataclass
class Polls:
    """The polls of a run, as the host knows them, and what voters sent and were told."""

    # Those that may be open now, and all there were.
    open: list[int] = field(default_factory=list)
    opened: set[int] = field(default_factory=set)
    # By poll and voter: the choices that were sent, and those that were answered.
    sent: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    told: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    refused: dict[tuple[int, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    unanswered: int = 0

    def answer(self, poll: int, voter: str, answer: Message | None) -> None:
        """Note what a vote was answered."""
        if answer is None:
            self.unanswered += 1
        elif answer["type"] == "voted":
            self.told[poll, voter].add(answer["choice"])
        elif answer["code"] not in UNDECIDED:
            self.refused[poll, voter].add(answer["code"])


class Voter:
    """Votes in every poll, often twice and differently, on any node, and again after faults."""

    def __init__(
        self, buyer: Buyer, polls: Polls, random: Random, over: Callable[[], bool]
    ) -> None:
        self._buyer = buyer
        self._polls = polls
        self._random = random
        self._over = over

    async def run(self) -> None:
        """Vote until the run is over."""
        while not self._over():
            if self._polls.open:
                await self._vote(self._random.choice(self._polls.open))
            await anyio.sleep(self._random.uniform(*_PAUSE_S))

    async def _vote(self, poll: int) -> None:
        line = await self._buyer.line()
        if line is None:
            return
        name, choice = self._buyer.name, self._random.randrange(CHOICES)
        self._polls.sent[poll, name].add(choice)
        answer = await self._buyer.ask(line, {"type": "vote", "poll": poll, "choice": choice})
        self._polls.answer(poll, name, answer)
        if answer is not None:
            # As for a purchase: it tells that the run does not stand still.
            self._buyer.history.answers += 1
