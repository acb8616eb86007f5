"""Revocations of tokens in requests and answers."""

from typing import Annotated

from msgspec import Meta

from liveshop.core import limits
from liveshop.core.fields import PLAIN, Instant, PersonId, is_composed
from liveshop.edge.http.base_records import Input, Output

# The `jti` of an identity provider is longer than our ids.
TokenId = Annotated[str, Meta(max_length=limits.TOKEN_ID_CHARS_MAX, pattern=PLAIN)]


class NewRevocation(Input, frozen=True, kw_only=True):
    """Tokens to revoke: that with a `jti`, or those of a `sub` issued before an instant.

    `issued_before_ms` is now if it is left out, and goes with `sub`. `ends_ms` is when the tokens
    would have ended: until then the revocation is kept, for ever without it.
    """

    jti: TokenId | None = None
    sub: PersonId | None = None
    issued_before_ms: Instant | None = None
    ends_ms: Instant | None = None

    def __post_init__(self) -> None:
        if (self.jti is None) == (self.sub is None):
            raise ValueError("give exactly one of `jti` and `sub`")
        if self.sub is not None and not is_composed(self.sub):
            raise ValueError("`sub` is not in Unicode's form NFC")
        if self.jti is not None and self.issued_before_ms is not None:
            raise ValueError("`issued_before_ms` goes with `sub`")


class RevocationView(Output, frozen=True, kw_only=True):
    """Tokens that hold no longer; with `session` or `shop`, only those that are of it.

    `role` is the highest that it reaches.
    """

    id: str
    jti: str | None
    sub: str | None
    issued_before_ms: int | None
    session: str | None
    shop: str | None
    role: str
    by: str
    at_ms: int
    ends_ms: int | None


class RevocationList(Output, frozen=True, kw_only=True):
    """A page of revocations; `next` is null on the last."""

    revocations: list[RevocationView]
    next: str | None
