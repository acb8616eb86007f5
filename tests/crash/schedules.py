"""The faults of a run, and when they come: all of it follows from the seed."""

from dataclasses import dataclass
from random import Random

# Kinds in the order of the seeds: each seed's is the one at its place, and they repeat.
KINDS = (
    "node",
    "valkey emptied",
    "postgres",
    "valkey",
    "replica promoted",
    "commit stalls",
    "two nodes",
    "valkey older",
    "node and valkey",
    "valkey truncated",
    "host command cut",
    "node and postgres",
    "valkey and postgres",
    "replies lost",
    "frozen",
    "failpoint",
    "anything",
)
COMMANDS = 2_400
_PLAIN = ("node", "valkey", "postgres", "two nodes", "node and valkey", "node and postgres")
_ANY = (
    *_PLAIN,
    "valkey and postgres",
    "valkey emptied",
    "frozen",
    "commit stalls",
    "failpoint",
    "replies lost",
)


@dataclass(frozen=True)
class Step:
    """One fault: it comes once clients have sent so many commands, and lasts a while."""

    at_command: int
    fault: str
    lasts_s: float
    node: int
    # A further parameter of the fault, between 0 and 1.
    amount: float

    def __str__(self) -> str:
        return (
            f"at command {self.at_command}: {self.fault} "
            f"(node{self.node}, {self.lasts_s:.2f} s, {self.amount:.3f})"
        )


@dataclass(frozen=True)
class Schedule:
    """The faults of a seed, in their order, and how long the stampede is."""

    seed: int
    kind: str
    commands: int
    payment: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.kind}, payment {self.payment}, {self.commands} commands"]
        return "\n  ".join([*lines, *map(str, self.steps)])


def schedule_of(seed: int, *, commands: int = COMMANDS, faults: int = 3) -> Schedule:
    """Return the schedule of a seed."""
    random = Random(seed)
    kind = KINDS[seed % len(KINDS)]
    # None in the first tenth, so that there is something to lose, nor in the last.
    moments = sorted(random.sample(range(commands // 10, commands * 9 // 10), faults))
    steps = tuple(
        Step(
            at_command=moment,
            fault=random.choice(_ANY) if kind == "anything" else kind,
            lasts_s=random.uniform(0, 1.5),
            node=random.randrange(2),
            amount=random.random(),
        )
        for moment in moments
    )
    payment = "checkout" if seed % 3 == 2 else "direct"
    return Schedule(seed, kind, commands, payment, steps)
