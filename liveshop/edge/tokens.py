"""JSON Web Tokens: HS256 with our secret, RS256 or ES256 with a given public key."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from liveshop.core import limits
from liveshop.core.access import Revocations
from liveshop.core.claims import Grant, grant_of
from liveshop.core.errors import Ended, LivesTooLong, NotYetValid, Revoked, Unauthorized
from liveshop.core.roles import Identity, Role
from liveshop.core.settings import Settings

_Key = str | RSAPublicKey | EllipticCurvePublicKey
_OPTIONS: jwt.types.Options = {
    "require": ["exp", "sub"],
    # RFC 7519 asks for no check of `iat`, and the issuer's clock may be ahead of ours.
    "verify_iat": False,
    # Ours is the stores' clock, not this machine's: see `read`.
    "verify_exp": False,
    "verify_nbf": False,
    # Identity providers name an audience of their own; whom we trust, the key says.
    "verify_aud": False,
}


class _Known(NamedTuple):
    """The grant of a token, and its time."""

    grant: Grant
    begins_ms: float
    ends_ms: float


@dataclass(frozen=True, slots=True)
class Trust:
    """The claims that a key's tokens must have: issuer, audience, at most a role; empty for any."""

    issuer: str = ""
    audience: str = ""
    role_max: Role = Role.ADMIN

    def require(self, claims: Mapping[str, Any], grant: Grant) -> None:
        """Raise Unauthorized unless a key may sign such a token; it is not said what is amiss."""
        heard = claims.get("aud")
        audiences = heard if isinstance(heard, list) else [heard]
        if (
            (self.issuer and claims.get("iss") != self.issuer)
            or (self.audience and self.audience not in audiences)
            or grant.identity.role > self.role_max
        ):
            raise Unauthorized


_ANY: Final = Trust()


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Tokens:
    """Checks tokens; each algorithm has keys of its own, so none can be passed off as another."""

    def __init__(
        self,
        *,
        secret: str = "",
        public_key: str = "",
        second_secret: str = "",
        second_public_key: str = "",
        secret_trust: Trust = _ANY,
        public_key_trust: Trust = _ANY,
        staff_life_s_max: int = 0,
        revocations: Revocations | None = None,
        now_ms: Callable[[], int] = _wall_ms,
    ) -> None:
        """Take the keys as the settings have them, empty where there is none.

        A token is good by either of two, so that one can replace the other; both are trusted with
        the same. `staff_life_s_max` is 0 without a limit. Raises ValueError for a public key of a
        kind that is not taken.
        """
        self._now_ms = now_ms
        self._revocations = Revocations() if revocations is None else revocations
        self._staff_life_s_max = staff_life_s_max
        # Tokens that held, by their hash, the latest last.
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._keys: dict[str, list[tuple[_Key, Trust]]] = {}
        for each in (secret, second_secret):
            if each:
                self._keys.setdefault("HS256", []).append((each, secret_trust))
        for each in (public_key, second_public_key):
            if each:
                algorithm, key = _load(each)
                self._keys.setdefault(algorithm, []).append((key, public_key_trust))

    @classmethod
    def of(
        cls,
        settings: Settings,
        now_ms: Callable[[], int] = _wall_ms,
        revocations: Revocations | None = None,
    ) -> "Tokens":
        """Return what checks tokens by the keys of the settings."""
        return cls(
            secret=settings.secret,
            public_key=settings.jwt_public_key,
            second_secret=settings.secret_second,
            second_public_key=settings.jwt_public_key_second,
            secret_trust=Trust(
                settings.secret_issuer,
                settings.secret_audience,
                Role[settings.secret_role_max.upper()],
            ),
            public_key_trust=Trust(
                settings.jwt_issuer, settings.jwt_audience, Role[settings.jwt_role_max.upper()]
            ),
            staff_life_s_max=settings.staff_token_life_max_s,
            revocations=revocations,
            now_ms=now_ms,
        )

    def recall(self, token: str) -> Grant | None:
        """Return what a token that was read lately grants now; None if it is to be read."""
        known = self._known.get(_digest(token))
        if known is None or not known.begins_ms <= self._now_ms() < known.ends_ms:
            return None
        if self._revocations and self._revocations.reach(known.grant):
            return None
        return known.grant

    def read(self, token: str) -> Grant:
        """Return whom a token names and where it is good; raises Unauthorized."""
        try:
            algorithm = str(jwt.get_unverified_header(token).get("alg"))
            claims, trust = self._claims(token, algorithm)
        except (jwt.PyJWTError, UnicodeError) as exc:
            raise Unauthorized from exc
        grant = grant_of(claims)
        trust.require(claims, grant)
        begins_ms, ends_ms = self._times(claims)
        self._refuse_long_life(grant)
        if self._revocations.reach(grant):
            raise Revoked
        self._known[_digest(token)] = _Known(grant, begins_ms, ends_ms)
        if len(self._known) > limits.TOKENS_KNOWN_MAX:
            self._known.popitem(last=False)
        return grant

    def _times(self, claims: Mapping[str, Any]) -> tuple[float, float]:
        """Return when a token begins and ends, with the leeway; raises what refuses it now."""
        now_ms = self._now_ms()
        begins_ms = (claims.get("nbf", 0) - limits.TOKEN_LEEWAY_S) * 1000
        ends_ms = (claims["exp"] + limits.TOKEN_LEEWAY_S) * 1000
        # NaN is neither.
        if not (begins_ms < math.inf and -math.inf < ends_ms < math.inf):
            raise Unauthorized
        if now_ms >= ends_ms:
            raise Ended
        if begins_ms > now_ms + limits.TOKEN_AHEAD_S_MAX * 1000:
            raise Unauthorized
        if begins_ms > now_ms:
            raise NotYetValid(begins_in_ms=math.ceil(begins_ms - now_ms))
        return begins_ms, ends_ms

    def _refuse_long_life(self, grant: Grant) -> None:
        """Raise Unauthorized for a token of the staff that is good for longer than it may be."""
        life_s_max = self._staff_life_s_max
        if not life_s_max or grant.identity.role < Role.MODERATOR:
            return
        assert grant.ends_s is not None, "a token has an end"
        now_s = self._now_ms() / 1000
        # Without an instant of its issue, it counts as issued now.
        issued_s = min(grant.issued_s or now_s, now_s)
        if grant.ends_s - issued_s > life_s_max + limits.TOKEN_LEEWAY_S:
            raise LivesTooLong(life_s_max)

    def _claims(self, token: str, algorithm: str) -> tuple[dict[str, Any], Trust]:
        """Return what a token claims, and how far the key is trusted that has signed it."""
        for key, trust in self._keys.get(algorithm, ()):
            try:
                return jwt.decode(token, key, [algorithm], options=_OPTIONS), trust
            except jwt.InvalidSignatureError:
                continue
        raise Unauthorized

    def identify(self, token: str, session_id: str) -> Identity:
        """Return whom a token names in a session; raises Unauthorized."""
        return self.read(token).identity_in(session_id)


def make_token(
    secret: str,
    *,
    viewer_id: str,
    role: Role,
    ttl_s: int,
    name: str | None = None,
    session_id: str | None = None,
    shop: str | None = None,
    issuer: str = "",
    audience: str = "",
    guest: bool = False,
    now_s: int | None = None,
) -> str:
    """Return an HS256 token that is good for `ttl_s` seconds from `now_s`, by default now."""
    now_s = int(time.time()) if now_s is None else now_s
    claims = {
        "sub": viewer_id,
        "role": role.word,
        "name": name,
        "session": session_id,
        "shop": shop,
        "iat": now_s,
        "exp": now_s + ttl_s,
        "iss": issuer or None,
        "aud": audience or None,
        "guest": guest or None,
    }
    given = {claim: value for claim, value in claims.items() if value is not None}
    return jwt.encode(given, secret, algorithm="HS256")


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()


def _load(pem: str) -> tuple[str, _Key]:
    key = load_pem_public_key(pem.encode())
    if isinstance(key, RSAPublicKey):
        return "RS256", key
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return "ES256", key
    raise ValueError("the public key is neither RSA nor on the curve P-256")
