"""A plot of CPU per delivery against viewers, as SVG."""

import math
import statistics
from collections.abc import Sequence
from html import escape
from typing import Any, Final

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 150, 30, 50
_LABEL_HEIGHT: Final = 14
_SHOWN: Final = {
    "floor in C": "#999999",
    "floor": "#555555",
    "fan-out": "#d1495b",
    "websockets": "#00798c",
    "starlette": "#edae49",
}
_NAMES: Final = {"fan-out": "liveshop", "floor": "floor: socket.send"}
_STYLE: Final = "font-family:sans-serif;font-size:12px"

Series = list[tuple[float, float]]


def plot(measured: Sequence[dict[str, Any]]) -> str:
    """Return the plot of what the scenario `deliver` keeps in `raw`."""
    series = {
        name: [
            (float(each["viewers"]), statistics.median(each["cpu_us_per_delivery"][name]))
            for each in measured
            if name in each["cpu_us_per_delivery"]
        ]
        for name in _SHOWN
    }
    series = {name: points for name, points in series.items() if points}
    points = [point for each in series.values() for point in each]
    scale = _Scale(max(x for x, _ in points), max(y for _, y in points))
    parts = _axes(scale)
    label_y = float(_HEIGHT)
    for name, each in sorted(series.items(), key=lambda item: item[1][-1][1]):
        # Lines may end close to each other, their names must not.
        label_y = min(scale.y(each[-1][1]), label_y - _LABEL_HEIGHT)
        parts += _line(scale, name, each, label_y)
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
        """Return how far from the left a number of viewers lies."""
        return _LEFT + value / self.x_max * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return how far from the top a cost lies."""
        return _HEIGHT - _BOTTOM - value / self.y_max * (_HEIGHT - _TOP - _BOTTOM)


def _round(value: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def _axes(scale: _Scale) -> list[str]:
    parts = [_text(_LEFT, 18, "CPU per delivery, µs"), _text(_WIDTH / 2 - 80, 410, "viewers")]
    right = scale.x(scale.x_max)
    for number in range(round(scale.y_max / scale.y_step) + 1):
        y = scale.y(number * scale.y_step)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right:.1f}" stroke="#dddddd"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{number * scale.y_step:g}", "end"))
    for number in range(round(scale.x_max / scale.x_step) + 1):
        x = scale.x(number * scale.x_step)
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{number * scale.x_step:,.0f}", "middle"))
    return parts


def _line(scale: _Scale, name: str, points: Series, label_y: float) -> list[str]:
    colour = _SHOWN[name]
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in points)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{scale.x(x):.1f}" cy="{scale.y(y):.1f}" r="3" fill="{colour}"/>'
          for x, y in points),
        _text(scale.x(points[-1][0]) + 8, label_y + 4, _NAMES.get(name, name), "start", colour),
    ]  # fmt: skip


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "black") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )
