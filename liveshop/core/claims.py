"""The claims of a token about its bearer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import Struct

from liveshop.core.errors import Unauthorized
from liveshop.core.fields import Id, Name
from liveshop.core.roles import Identity, Role


class _Claims(Struct, frozen=True, kw_only=True):
    sub: Id
    role: Literal["viewer", "moderator", "host", "admin"]
    name: Name | None = None
    session: Id | None = None
    # The code that checks the signature compares it with the clock, and may take text for a number.
    exp: int | float
    nbf: int | float = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """The identity that a token names, and the one session that it is good for; None for any."""

    identity: Identity
    session_id: str | None

    def identity_in(self, session_id: str) -> Identity:
        """Return whom the token names; raises Unauthorized if it is of another session."""
        if self.session_id not in (None, session_id):
            raise Unauthorized("this token is for another session")
        return self.identity


def grant_of(claims: Mapping[str, Any]) -> Grant:
    """Read the claims of a token whose signature and times hold; raises Unauthorized.

    Claims that are not ours are ignored. A bearer without a `name` is shown by its `sub`.
    """
    try:
        read = msgspec.convert(claims, _Claims)
        # A name cut inside an emoji leaves half a character, which JSON may carry and UTF-8 not.
        "".join((read.sub, read.name or "", read.session or "")).encode()
    except (msgspec.ValidationError, UnicodeError) as exc:
        raise Unauthorized from exc
    identity = Identity(read.sub, read.name or read.sub, Role[read.role.upper()])
    return Grant(identity, read.session)
