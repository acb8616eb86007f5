"""A plot of CPU per delivery against viewers, as SVG."""

import statistics
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from loadtests.fanout.bench import FAN_OUT
from loadtests.kit.checkout import OURS
from loadtests.kit.plot import Line, draw

_SHOWN: Final = MappingProxyType(
    {
        "floor in C": ("floor in C", "#999999"),
        "floor": ("floor: socket.send", "#555555"),
        f"{FAN_OUT}{OURS}": ("liveshop", "#d1495b"),
        "websockets": ("websockets", "#00798c"),
        "starlette": ("starlette", "#edae49"),
    }
)


def plot(measured: Sequence[dict[str, Any]]) -> str:
    """Return the plot of what the scenario `deliver` keeps in `raw`."""
    lines = []
    for key, (name, colour) in _SHOWN.items():
        points = [
            (float(each["viewers"]), statistics.median(each["cpu_us_per_delivery"][key]))
            for each in measured
            if key in each["cpu_us_per_delivery"]
        ]
        if points:
            lines.append(Line(name, colour, points))
    return draw(lines, "viewers", "CPU per delivery, µs")
