"""A recording as text: one line for each message and answer, in an order that does not vary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_HEADING: Final = "## "
_LISTENER: Final = "# "
_ORDERS: Final = "orders of fields"
_BEFORE: Final = " < "


class Part(NamedTuple):
    """The place of lines in a recording: a scene, and whom they came to."""

    scene: str
    listener: str


@dataclass
class Tape:
    """The lines of a show by part, and which fields of a pulse came before which others.

    A pulse has only what changed, so two fields may never meet in one: pairs that met are kept.
    """

    lines: dict[Part, list[str]] = field(default_factory=dict)
    orders: set[tuple[str, str]] = field(default_factory=set)

    def add(self, scene: str, listener: str, lines: Iterable[str]) -> None:
        """Keep lines that came to a listener in a scene, after those that it has already."""
        came = list(lines)
        if came:
            self.lines.setdefault(Part(scene, listener), []).extend(came)

    def saw(self, fields: Sequence[str]) -> None:
        """Keep in which order the fields of a pulse stood."""
        self.orders |= {
            (before, after) for place, before in enumerate(fields) for after in fields[place + 1 :]
        }

    def text(self) -> str:
        """Return the whole as text, which `read` reads; lines that came to several stand once."""
        groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for part, lines in self.lines.items():
            groups.setdefault((part.scene, tuple(lines)), []).append(part.listener)
        told = [(scene, ", ".join(names), lines) for (scene, lines), names in groups.items()]
        orders = tuple(_BEFORE.join(pair) for pair in sorted(self.orders))
        return "".join(
            f"{_HEADING}{scene}\n{_LISTENER}{names}\n" + "".join(f"{line}\n" for line in lines)
            for scene, names, lines in (*told, (_ORDERS, "pulse", orders))
        )


def read(text: str) -> Tape:
    """Return the recording that a text has."""
    tape, scene, listeners = Tape(), "", [""]
    for line in text.splitlines():
        if line.startswith(_HEADING):
            scene = line.removeprefix(_HEADING)
        elif line.startswith(_LISTENER):
            listeners = line.removeprefix(_LISTENER).split(", ")
        elif scene == _ORDERS:
            before, _, after = line.partition(_BEFORE)
            tape.orders.add((before, after))
        else:
            for listener in listeners:
                tape.add(scene, listener, [line])
    return tape
