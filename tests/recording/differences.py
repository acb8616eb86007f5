"""The differences between two recordings, but for those that are allowed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

from tests.recording.tape import Part, Tape

_AROUND_CHARS: Final = 60


@dataclass(frozen=True)
class Allowance:
    """A difference that is meant: `pattern` becomes `becomes` in both recordings.

    A line of which nothing is left is left out. `why` names what readers of the changelog know.
    """

    pattern: re.Pattern[str]
    becomes: str
    why: str


@dataclass(frozen=True)
class Difference:
    """The lines of one part that differ, as a diff from one recording to the other."""

    part: Part
    diff: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.part.scene}, {self.part.listener}:"]
        for line, after in zip(self.diff, (*self.diff[1:], ""), strict=True):
            lines.append(line)
            if line.startswith("-") and after.startswith("+"):
                lines.append(f"  here: {_here(line[1:], after[1:])}")
        return "\n".join(lines)


def _here(old: str, new: str) -> str:
    """Return where two lines begin to differ, since a line may be long."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))
    begin = max(0, same - _AROUND_CHARS)
    return f"…{old[begin : same + _AROUND_CHARS]}… became …{new[begin : same + _AROUND_CHARS]}…"


def differences(
    before: Tape, after: Tape, allowances: Sequence[Allowance] = ()
) -> list[Difference]:
    """Return what differs between two recordings; the same difference of several stands once."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for part in dict.fromkeys((*before.lines, *after.lines)):
        old, new = (_lines(tape, part, allowances) for tape in (before, after))
        diff = [
            line
            for line in unified_diff(old, new, n=1, lineterm="")
            if not line.startswith(("---", "+++", "@@"))
        ]
        if diff:
            found.setdefault((part.scene, tuple(diff)), []).append(part.listener)
    turned = sorted(pair for pair in before.orders if pair[::-1] in after.orders)
    if turned:
        lines = [f"-{first} before {then}\n+{then} before {first}" for first, then in turned]
        found["orders of fields", tuple(lines)] = ["pulse"]
    return [
        Difference(Part(scene, ", ".join(names)), diff) for (scene, diff), names in found.items()
    ]


def count(found: Sequence[Difference]) -> int:
    """Return how many lines differ."""
    lines = [line for difference in found for line in difference.diff]
    return sum(line.startswith(("-", "+")) for line in lines)


def needed(before: Tape, after: Tape, allowances: Sequence[Allowance]) -> dict[str, int]:
    """Return by the reason of each allowance how many lines would differ without it."""
    always = count(differences(before, after, allowances))
    return {
        allowance.why: count(differences(before, after, [a for a in allowances if a != allowance]))
        - always
        for allowance in allowances
    }


def _lines(tape: Tape, part: Part, allowances: Sequence[Allowance]) -> list[str]:
    lines = []
    for line in tape.lines.get(part, ()):
        for allowance in allowances:
            line = allowance.pattern.sub(allowance.becomes, line)
        if line:
            lines.append(line)
    return lines
