"""The four roles, which say who may do what, each including those below it; and keys' scopes."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final


class Role(IntEnum):
    """A viewer, moderator, host or admin; a higher role may do all that a lower one may."""

    VIEWER = 1
    MODERATOR = 2
    HOST = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The role as tokens and messages write it."""
        return self.name.lower()


class Scope(StrEnum):
    """A part of the API that an API key may be limited to; each operation names its own."""

    CATALOGUE = "catalogue"
    SESSIONS = "sessions"
    RESERVE = "reserve"
    ORDERS = "orders"
    PAYMENTS = "payments"


@dataclass(frozen=True, slots=True)
class Identity:
    """The bearer whom a token names: `viewer_id` is its `sub`, opaque and seen by all viewers.

    `shop` is the only shop that it is good for, None for all: see `core.shops`.
    `bound` is whether the token is for one session only. `guest` is whether it says that it is a
    guest's, whose name it does not carry. `key_id` is that of an API key. `address`
    is where its requests come from, noted of moderators and above for the activity log.
    """

    viewer_id: str
    name: str
    role: Role
    shop: str | None = None
    bound: bool = False
    guest: bool = False
    key_id: str | None = field(default=None, compare=False)
    address: str | None = field(default=None, compare=False)

    @property
    def account(self) -> str:
        """The name that its requests are counted by; another shop may have given the same id."""
        if self.key_id is not None:
            return f"key {self.key_id}"
        return f"viewer {self.shop!r} {self.viewer_id}"


# A program of ours that asks without a token.
HOUSE: Final = Identity("#house", "#house", Role.HOST)
