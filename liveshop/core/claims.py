"""The claims of a token about its bearer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from liveshop.core.errors import Unauthorized
from liveshop.core.fields import Id, Name, PersonId, is_composed
from liveshop.core.limits import INSTANT_MS_MAX
from liveshop.core.roles import Identity, Role
from liveshop.core.unseen import flaw_of

_INSTANT_S_MAX: Final = INSTANT_MS_MAX // 1000


class _Claims(Struct, frozen=True, kw_only=True):
    sub: PersonId
    role: Literal["viewer", "moderator", "host", "admin"]
    name: Name | None = None
    session: Id | None = None
    shop: Id | None = None
    # The code that checks the signature compares it with the clock, and may take text for a number.
    exp: int | float
    nbf: int | float = 0
    # RFC 7519 asks for no type of the first two, and anything may stand in the third that others
    # made: a strange one is like none, see `grant_of`.
    iat: Any = None
    jti: Any = None
    guest: Any = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The identity that a token names, and the one session that it is good for; None for any.

    `token_id` is its `jti`. `issued_s` is its `iat`, 0 without one. `ends_s` is its `exp`, None for
    an API key. Both are in seconds.
    """

    identity: Identity
    session_id: str | None
    token_id: str | None = None
    issued_s: float = 0
    ends_s: float | None = None

    def seen_at(self, address: str) -> "Grant":
        """Return it with the address that staff ask from, for the activity log.

        Viewers are not in that, so their joins and purchases pay nothing for it.
        """
        if self.identity.role < Role.MODERATOR:
            return self
        return replace(self, identity=replace(self.identity, address=address))

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
        "".join((read.sub, read.name or "", read.session or "", read.shop or "")).encode()
    except (msgspec.ValidationError, UnicodeError) as exc:
        raise Unauthorized from exc
    if not is_composed(read.sub):
        raise Unauthorized("the sub of this token is not in Unicode's form NFC")
    name = read.name or read.sub
    if (flaw := flaw_of(name)) is not None:
        raise Unauthorized(f"the name in this token {flaw}")
    role, bound = Role[read.role.upper()], read.session is not None
    identity = Identity(read.sub, name, role, read.shop, bound, read.guest is True)
    return Grant(
        identity,
        read.session,
        token_id=read.jti if isinstance(read.jti, str) else None,
        issued_s=_seconds(read.iat),
        ends_s=_within(read.exp),
    )


def _seconds(claim: Any) -> float:
    """Return an instant that a token claims; one that is no number counts as 0."""
    is_number = isinstance(claim, int | float) and not isinstance(claim, bool)
    return _within(claim) if is_number and -math.inf < claim < math.inf else 0


def _within(instant_s: float) -> float:
    """Return an instant, or the end of time nearest to it.

    JSON has integers of hundreds of digits, and reckoning with one of those and a float fails.
    """
    return max(-_INSTANT_S_MAX, min(instant_s, _INSTANT_S_MAX))
