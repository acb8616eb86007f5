"""A session with polls in memory, for tests of the rules."""

from collections.abc import Mapping

from msgspec.structs import replace

from liveshop.core.commands import HostCommand
from liveshop.core.decision import Facts, SystemCommand
from liveshop.core.model import Status
from liveshop.features.ballots.rules import Counts
from liveshop.features.polls.rules import PollsPart, Results
from liveshop.features.polls.vocabulary import OpenPoll, PollChoice
from tests.core.world import CoreWorld


def opening(*labels: str, **fields: object) -> OpenPoll:
    """Return the command that asks which of some choices; blue or sand where none are given."""
    choices = [PollChoice(label=label) for label in labels or ("Blue", "Sand")]
    return OpenPoll(question="Which?", **{"choices": choices, **fields})  # type: ignore[arg-type]


class PollWorld(CoreWorld):
    """Counts what a test says of each poll."""

    def __init__(self, status: Status = Status.LIVE) -> None:
        self.counts: dict[int, Counts] = {}
        self.right: Mapping[int, int] = {}
        super().__init__(status)

    @property
    def polls(self) -> PollsPart:
        """The polls' part of the state."""
        return PollsPart.of(self.state)

    def open(self, *labels: str, **fields: object) -> int:
        """Open a poll and return its offset."""
        self.do(opening(*labels, **fields))
        return self.state.offset

    def facts(self, command: HostCommand | SystemCommand) -> Facts:
        """Return the counts as if all boxes were closed by now."""
        facts = super().facts(command)
        counts = {poll: self.counts.get(poll, {}) for poll in self.polls.open}
        results = Results(counts=counts, right=self.right)
        return replace(facts, found={**facts.found, "polls": results})
