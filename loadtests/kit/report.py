"""Figures in a table for people, and in JSON for programs."""

import json
import math
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure; a `value` of None is one that could not be taken, and `note` says why."""

    scenario: str
    name: str
    value: float | None
    unit: str
    wanted: str = ""
    note: str = ""

    def shown(self) -> str:
        """Return the value as it stands in the table."""
        if self.value is None:
            return "—"
        if self.value == 0 or abs(self.value) >= 1_000:
            return f"{self.value:,.0f}"
        return f"{self.value:.3g}"


@dataclass
class Report:
    """The findings of a run so far; `raw` has what the figures were made of."""

    machine: dict[str, Any]
    command: str
    figures: list[Figure] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def add(
        self,
        scenario: str,
        name: str,
        value: float | None,
        unit: str,
        wanted: str = "",
        note: str = "",
    ) -> None:
        """Add a figure; one that is not a number could not be taken."""
        if value is not None and math.isnan(value):
            value = None
        self.figures.append(Figure(scenario, name, value, unit, wanted, note))

    def keep(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a table in Markdown, aligned for a terminal too."""
    head = ("scenario", "measured", "value", "unit", "wanted", "note")
    rows = [(f.scenario, f.name, f.shown(), f.unit, f.wanted, f.note) for f in figures]
    return aligned(head, rows, right=(2,))


def aligned(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Container[int] = ()
) -> str:
    """Return a table in Markdown whose columns are aligned, some of them to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines.insert(1, f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    return "\n".join(lines)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of them do not exceed."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
