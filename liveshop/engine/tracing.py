"""The trace of a purchase: it is told once that has ended, so that it costs nothing before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a purchase's time, by the process' own clock."""

    name: str
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class PurchaseTrace:
    """A purchase from its command to its answer; `outcome` is a verdict or an error's code."""

    session_id: str
    rid: str
    outcome: str
    stages: Sequence[Stage]


Trace = Callable[[PurchaseTrace], None]


def stages_of(asked_s: float, *calls: Stage | None) -> list[Stage]:
    """Return the calls that a purchase was part of, each after the time that it waited for it."""
    stages, ended_s = [], asked_s
    for call in calls:
        if call is not None:
            stages += [Stage(f"wait for {call.name}", ended_s, call.began_s), call]
            ended_s = call.ended_s
    return stages
