"""Tokens that the server signs itself: those of guests."""

from typing import NamedTuple

from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.edge.tokens import make_token


class SignedToken(NamedTuple):
    """A token, and when it ends."""

    token: str
    expires_at_ms: int


def guest_token(settings: Settings, sub: str, session_id: str, now_ms: int) -> SignedToken:
    """Return the token of a guest of one session; there has to be a secret to sign it with."""
    now_s, life_s = now_ms // 1000, settings.guest_token_life_s
    token = make_token(
        settings.secret,
        viewer_id=sub,
        role=Role.VIEWER,
        ttl_s=life_s,
        session_id=session_id,
        issuer=settings.secret_issuer,
        audience=settings.secret_audience,
        guest=True,
        now_s=now_s,
    )
    return SignedToken(token, (now_s + life_s) * 1000)
