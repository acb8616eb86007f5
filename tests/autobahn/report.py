"""The findings of the suite, judged strictly, and the table of them for the documents."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

PAGE_HEAD: Final = """\
# The Autobahn test suite

`make autobahn` writes this page, and these are its findings. It asks the gateway's own frame
handling, which says back what it is told. A case that the suite calls non-strict counts as
failed here.

"""
PAGE_FOOT: Final = """
Informational are cases to which the suite has no right answer. Declined are those that ask for an
extension, or for parameters of one, that the gateway does not negotiate; nothing is tested then.
Left out are the performance cases, 9.*.

"""

_FINE: Final = ("OK", "INFORMATIONAL")


class Group(NamedTuple):
    """Cases whose numbers start alike, and how many of them version 0.8.2 of the suite has."""

    number: int
    about: str
    cases: int


GROUPS: Final = (
    Group(1, "text and binary messages", 16),
    Group(2, "pings and pongs", 11),
    Group(3, "reserved bits", 7),
    Group(4, "reserved opcodes", 10),
    Group(5, "fragmentation", 20),
    Group(6, "UTF-8", 145),
    Group(7, "closing", 37),
    Group(10, "automatic fragmentation", 1),
    Group(12, "compression: payloads", 90),
    Group(13, "compression: parameters", 126),
)
# Starts of the cases that ask for what the gateway declines, which all of them must show: a server
# that compresses with a small window.
DECLINED: Final = ("13.3.", "13.5.")


class Outcome(NamedTuple):
    """How a case went, and how its connection ended, in the suite's words."""

    case: str
    behavior: str
    closing: str

    @property
    def group(self) -> int:
        """The number that the case's own starts with."""
        return int(self.case.split(".")[0])

    @property
    def verdict(self) -> str:
        """`OK`, `INFORMATIONAL`, `DECLINED` or `FAILED`."""
        if self.case.startswith(DECLINED):
            return "DECLINED" if self.behavior == "UNIMPLEMENTED" else "FAILED"
        if self.behavior not in _FINE or self.closing not in _FINE:
            return "FAILED"
        return self.behavior


def read_outcomes(index: Path) -> list[Outcome]:
    """Read the index of the one report that the suite has written."""
    ((_, cases),) = json.loads(index.read_text()).items()
    return [Outcome(case, of["behavior"], of["behaviorClose"]) for case, of in cases.items()]


def faults(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each case that failed, and for each group that lacks cases."""
    for outcome in outcomes:
        if outcome.verdict == "FAILED":
            yield f"{outcome.case}: {outcome.behavior}, closing: {outcome.closing}"
    found = Counter(outcome.group for outcome in outcomes)
    for group in GROUPS:
        if found.pop(group.number, 0) != group.cases:
            yield f"{group.number}.*: not all of its {group.cases} cases were run"
    for number in found:
        yield f"{number}.*: cases that nobody expects"


def page(outcomes: Sequence[Outcome], versions: Mapping[str, str]) -> str:
    """Return the page for the documents."""
    columns = ("OK", "INFORMATIONAL", "DECLINED", "FAILED")
    rows = ["| cases | | run | OK | informational | declined | failed |", "|---" * 7 + "|"]
    totals: Counter[str] = Counter()
    for group in GROUPS:
        counts = Counter(each.verdict for each in outcomes if each.group == group.number)
        totals += counts
        rows.append(_row(f"{group.number}.*", group.about, [counts[name] for name in columns]))
    rows.append(_row("all", "", [totals[name] for name in columns]))
    software = ", ".join(f"{name} {version}" for name, version in versions.items())
    return PAGE_HEAD + "\n".join(rows) + "\n" + PAGE_FOOT + f"With {software}.\n"


def _row(cases: str, about: str, counts: Sequence[int]) -> str:
    return f"| {cases} | {about} | {sum(counts)} | {' | '.join(map(str, counts))} |"
