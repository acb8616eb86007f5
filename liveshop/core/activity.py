"""The activity log: who did what, when, from where, and what came of it.

It is no check of the books: that is `liveshop audit`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from liveshop.core import limits
from liveshop.core.commands import Command
from liveshop.core.roles import Identity

OK: Final = "ok"
# The parts of a command that name what it is about, the first that it has; see `Command.about`.
_NAMING: Final = ("product_id", "viewer_id", "id", "rid")


class ActorKind(StrEnum):
    """The means by which somebody acted: a token, an API key, or the command line."""

    TOKEN = "token"
    KEY = "key"
    CLI = "cli"


class Activity(Struct, frozen=True, kw_only=True):
    """One thing that somebody did, or was refused.

    `activity_id` makes writing it again harmless. `subject` is the `sub` of a token or the id of
    an API key, `role` the role that it acted in. `action` is a command's type or the name of an
    HTTP operation, `object` what it was about, which belongs to `session_id` and `shop` if those
    are there. `outcome` is `ok`, `unknown`, or the code of the error that was answered.
    """

    activity_id: str
    at_ms: int
    subject: str
    name: str
    role: str
    kind: ActorKind
    action: str
    object: str | None
    session_id: str | None
    shop: str | None
    outcome: str
    address: str | None


def kind_of(by: Identity) -> ActorKind:
    """Return by what means somebody acts on a node."""
    return ActorKind.TOKEN if by.key_id is None else ActorKind.KEY


def action_of(command: Command) -> str:
    """Return the action that a command is."""
    return str(command.__struct_config__.tag)


def object_named_in(message: Mapping[str, Any]) -> str | None:
    """Return what a command is about that may not be one: anything may stand in its fields."""
    for field in _NAMING:
        named = message.get(field)
        if isinstance(named, str):
            return named[: limits.ID_CHARS_MAX]
    return None


def object_of(command: Command) -> str | None:
    """Return what a command is about, None if it is about the whole session."""
    for field in (command.about, *_NAMING):
        named = getattr(command, field, None)
        if named is not None:
            return str(named)
    return None
