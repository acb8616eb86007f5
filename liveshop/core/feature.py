"""A feature, as the layers know it, and the vocabulary that the features of a node come to."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, Final, cast, get_args

import msgspec
from msgspec import Struct

from liveshop.core.audit import AuditFile
from liveshop.core.commands import Command, KernelCommand
from liveshop.core.decision import Decision
from liveshop.core.events import Event, KernelEvent, KnownEvent, UnknownEvent
from liveshop.core.model import Status
from liveshop.core.people import People
from liveshop.core.records import RecordField
from liveshop.core.rehearsal import RehearsalPart
from liveshop.core.roles import Role
from liveshop.core.session import Part, SessionInfo, SessionState
from liveshop.core.wire import Message, decode_as

# Carries out what a decision keeps next to the log, on the connection of its transaction.
Writer = Callable[[Any, str, Any], Awaitable[None]]
# Reads from the stores what a copy of a session takes along: events from an offset on, of an
# instant, and what is kept next to the log.
Copier = Callable[[Any, str, int, int], Awaitable[Decision]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A subject of its own: its words, and what it brings to each layer.

    `part` is its part of the state of a session in which nothing has happened. `room` makes its
    part of a room, a `RoomPart`, from a session. `still` refuses, by command, what an anonymous
    viewer asks of a settled show: it takes the `Still` and the command. `shown` are the fields that
    its part adds to a session: name, type, default. `rehearsal` makes its part of a rehearsal.
    `writers` carry out what its decisions keep next to the log, by class. `copied` is what a copy
    of a session takes along of it, besides what is on the shelf. `operations` returns those of
    HTTP, `routes` what it serves that is no part of the API: it takes the `Services` and the
    `Gate`. `head` finds the `Head` of a session's page: it takes the `Services` and the
    `AskedPage`. `metrics` is the class of its `FeatureMetrics`. `people` makes what keeps the
    names of people, from the settings and the stores. `audit` is what `liveshop audit` asks of its
    tables. `worker` is the class of its `WorkerPart`. `uses` are lower features that it stands on:
    a node that has this one has them too.
    """

    name: str
    commands: tuple[type[Command], ...] = ()
    events: tuple[type[KnownEvent], ...] = ()
    part: Part | None = None
    room: Callable[..., Any] | None = None
    still: Mapping[type[Command], Callable[[Any, Any], None]] = field(default_factory=dict)
    shown: tuple[RecordField, ...] = ()
    rehearsal: type[RehearsalPart] | None = None
    writers: Mapping[type[Struct], Writer] = field(default_factory=dict)
    copied: Copier | None = None
    operations: Callable[["Vocabulary"], tuple[Any, ...]] | None = None
    routes: Callable[[Any, Any], tuple[Any, ...]] | None = None
    head: Callable[[Any, Any], Awaitable[Any]] | None = None
    metrics: type[Any] | None = None
    people: Callable[[Any, Any], People] | None = None
    audit: AuditFile | None = None
    worker: Callable[[Any], Any] | None = None
    uses: tuple["Feature", ...] = ()


class Vocabulary:
    """The commands and events that a node knows: the kernel's, and those of its features.

    A table by type, since msgspec prepares a union again at each call, which takes ten times as
    long as all the rest.
    """

    def __init__(self, features: Iterable[Feature] = ()) -> None:
        self.features: Final = _with_lower(features)
        self._commands = _by_type(KernelCommand, (each.commands for each in self.features))
        self._events = _by_type(KernelEvent, (each.events for each in self.features))
        self.any_command: Final = reduce(or_, self._commands.values())
        self.parts: Final = {each.name: each.part for each in self.features if each.part}
        self.still: Final = {
            kind: refuse for each in self.features for kind, refuse in each.still.items()
        }
        self.metrics: Final = tuple(each.metrics for each in self.features if each.metrics)
        self.copiers: Final = tuple(each.copied for each in self.features if each.copied)
        self.writers: Final = {
            kind: writer for each in self.features for kind, writer in each.writers.items()
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, (self.features,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._types == other._types

    def __hash__(self) -> int:
        # A process that is sent a copy with each task finds again what it has made of the first.
        return hash(self._types)

    @property
    def _types(self) -> tuple[Any, ...]:
        rehearsals = tuple(each.rehearsal for each in self.features)
        return self.names, rehearsals, self.commands, self.events

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """All commands of a client."""
        return tuple(self._commands.values())

    @property
    def events(self) -> tuple[type[KnownEvent], ...]:
        """All events."""
        return tuple(self._events.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features, in their order."""
        return tuple(each.name for each in self.features)

    @property
    def any_event(self) -> Any:
        """The union of all events, for a schema."""
        return reduce(or_, self.events)

    @property
    def staff_command(self) -> Any:
        """The union of what a host or a moderator may ask for, on a socket or over HTTP."""
        return reduce(or_, filter(_is_for_staff, self.commands))

    def is_for_staff(self, name: str) -> bool:
        """Return True if there is a command of this type, and it is for moderators and above."""
        kind = self._commands.get(name)
        return kind is not None and _is_for_staff(kind)

    def command(self, message: Mapping[str, Any]) -> Command:
        """Read a command of a client; BadRequest names the field at fault."""
        kind = self._commands.get(str(message.get("type")), self.any_command)
        return cast(Command, decode_as(message, kind))

    def event(self, message: Message) -> Event:
        """Read an event of ours back, from the log or the bus.

        If one of a type that is not known here were refused, a node that meets a newer one's event,
        as in a rolling upgrade, would lose its show.
        """
        kind = self._events.get(str(message.get("type")))
        if kind is not None:
            return cast(Event, msgspec.convert(message, kind))
        return msgspec.convert({**message, "body": message}, UnknownEvent)

    def new_state(self, info: SessionInfo, status: Status) -> SessionState:
        """Return the state of a session in which nothing has happened yet."""
        return SessionState(info=info, status=status, parts=dict(self.parts))


def _with_lower(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Return features, before each the lower ones that it uses, whether or not they are listed."""
    found: list[Feature] = []
    used: list[Feature] = []
    for each in features:
        for lower in _with_lower(each.uses):
            if not any(lower is known for known in found):
                found.append(lower)
                used.append(lower)
        if not any(each is lower for lower in used):
            found.append(each)
    return tuple(found)


def _by_type(kernel: Any, features: Iterable[Iterable[type[Struct]]]) -> dict[str, Any]:
    kinds = [*get_args(kernel), *(kind for listed in features for kind in listed)]
    by_type = {str(kind.__struct_config__.tag): kind for kind in kinds}
    assert len(by_type) == len(kinds), "a type is listed twice"
    return by_type


def _is_for_staff(kind: type[Command]) -> bool:
    return kind.needs is not None and kind.needs >= Role.MODERATOR


KERNEL: Final = Vocabulary()
