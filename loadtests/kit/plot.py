"""Lines against two axes, as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 150, 30, 50
_LABEL_HEIGHT: Final = 14
_STYLE: Final = "font-family:sans-serif;font-size:12px"


@dataclass(frozen=True)
class Line:
    """A line and its name; its points are in the order of x."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]


def draw(lines: Sequence[Line], x_label: str, y_label: str) -> str:
    """Return a plot; no value is negative, and there is at least one point."""
    points = [point for line in lines for point in line.points]
    scale = _Scale(max(x for x, _ in points), max(y for _, y in points))
    parts = _axes(scale, x_label, y_label)
    label_y = float(_HEIGHT)
    for line in sorted(lines, key=lambda each: each.points[-1][1]):
        # Lines may end close to each other, their names must not.
        label_y = min(scale.y(line.points[-1][1]), label_y - _LABEL_HEIGHT)
        parts += _line(scale, line, label_y)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'style="{_STYLE}">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


class _Scale:
    """Where a value lies on the page; both axes start at 0 and end at a round number."""

    def __init__(self, x_max: float, y_max: float) -> None:
        self.x_step, self.y_step = _round(x_max / 5), _round(y_max / 5)
        self.x_max = self.x_step * math.ceil(x_max / self.x_step)
        self.y_max = self.y_step * math.ceil(y_max / self.y_step)

    def x(self, value: float) -> float:
        """Return how far from the left a value lies."""
        return _LEFT + value / self.x_max * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return how far from the top a value lies."""
        return _HEIGHT - _BOTTOM - value / self.y_max * (_HEIGHT - _TOP - _BOTTOM)


def _round(value: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def _axes(scale: _Scale, x_label: str, y_label: str) -> list[str]:
    parts = [_text(_LEFT, 18, y_label), _text(_WIDTH / 2 - 80, 410, x_label)]
    right = scale.x(scale.x_max)
    for number in range(round(scale.y_max / scale.y_step) + 1):
        y = scale.y(number * scale.y_step)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right:.1f}" stroke="#dddddd"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{number * scale.y_step:g}", "end"))
    for number in range(round(scale.x_max / scale.x_step) + 1):
        x = scale.x(number * scale.x_step)
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{number * scale.x_step:,.0f}", "middle"))
    return parts


def _line(scale: _Scale, line: Line, label_y: float) -> list[str]:
    places = [(scale.x(x), scale.y(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return [
        f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.colour}"/>' for x, y in places),
        _text(places[-1][0] + 8, label_y + 4, line.name, "start", line.colour),
    ]


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "black") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )
