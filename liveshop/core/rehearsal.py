"""A feature's part of a rehearsal: what its room and its stores keep and decide in a real show.

A feature that can be rehearsed hands a `RehearsalPart` over in its `Feature`. Nothing else has to
know of it: the state of a rehearsal gets the part's fields, and its commands may be sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.commands import Command
from liveshop.core.decision import SystemCommand
from liveshop.core.events import Event
from liveshop.core.fields import PLAIN, ChatText, Id, Instant
from liveshop.core.model import ChatMessage, Person, RoleWord
from liveshop.core.records import RecordField
from liveshop.core.roles import Identity
from liveshop.core.session import Part, SessionState

# The name of an API key may be longer than that of a viewer, and a backend may rehearse.
Shown = Annotated[str, Meta(max_length=limits.KEY_NAME_CHARS_MAX, pattern=PLAIN)]


class RehearsalRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that is not named here is refused."""


class RehearsedPerson(RehearsalRecord, frozen=True, kw_only=True):
    """Somebody who said something."""

    id: Shown
    name: Shown
    role: RoleWord | None = None


class RehearsedChat(RehearsalRecord, frozen=True, kw_only=True):
    """One line of chat."""

    id: Id
    at_ms: Instant
    viewer: RehearsedPerson
    text: ChatText
    reply_to: Id | None = None

    def message(self) -> ChatMessage:
        """Return the line as a real show has it."""
        viewer = Person(id=self.viewer.id, name=self.viewer.name, role=self.viewer.role)
        return ChatMessage(
            id=self.id,
            at_ms=self.at_ms,
            viewer=viewer,
            text=self.text,
            reply_to=self.reply_to,
        )


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """A rehearsed show in the middle of a step, which the parts of all features share.

    `chat` is the tail of the chat, the oldest message first; a part that changes it puts another
    list in its place. Only the step itself changes the rest.
    """

    state: SessionState
    now_ms: int
    chat: list[ChatMessage]


class RehearsalPart:
    """A feature's part of a rehearsal, made for one step; a refusal throws it away half done.

    It does no more than a feature needs: one whose commands are all decided by its `Part` has only
    `shown` and `restored`.
    """

    # Its fields: those that the feature adds to the `session` message (`Part.shown` writes them),
    # and those next to it (`kept`).
    shown: ClassVar[tuple[RecordField, ...]] = ()
    keeps: ClassVar[tuple[RecordField, ...]] = ()
    # Commands that a real show decides without its log.
    commands: ClassVar[tuple[type[Command], ...]] = ()

    def __init__(self, rehearsal: Rehearsal, before: Any) -> None:
        """Begin a step; `before` is the state that came, with the fields of `keeps`."""

    @classmethod
    def restored(cls, before: Any) -> Part | None:
        """Return the feature's part of the session's state: `before.session` shows it."""
        return None

    def execute(self, command: Any, by: Identity) -> None:
        """Carry out one of `commands`, or raise the error that refuses it."""
        raise AssertionError(f"{type(command).__name__} is carried out by nobody")

    def look_up(self, command: Any) -> Any:
        """Return what the feature's decision needs, as `RoomPart.look_up` does."""
        return None

    def decided(self, command: Command | SystemCommand, events: tuple[Event, ...]) -> None:
        """Note what a command led to; comes for each that is decided, of all features."""

    def gauge(self) -> Any:
        """Return the gauge that `Part.shown` gets; None without one."""
        return None

    def kept(self) -> Mapping[str, Any]:
        """Return the fields of `keeps` as they stand now."""
        return {}
