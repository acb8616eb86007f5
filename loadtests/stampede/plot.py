"""A plot of what is reserved and durable against what is asked for, as SVG."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from loadtests.kit.plot import Line, draw

_SHOWN: Final = MappingProxyType(
    {"attempts": "#999999", "reserved": "#00798c", "durable": "#d1495b"}
)


def plot(steps: Sequence[dict[str, Any]]) -> str:
    """Return the plot of what the scenario `limit` keeps in `raw`."""
    lines = [
        Line(name, colour, [(step["offered"], step[name]) for step in steps])
        for name, colour in _SHOWN.items()
    ]
    return draw(lines, "purchases a second that are asked for", "a second")
